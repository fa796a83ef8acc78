internal import Age
internal import BackupFormat
internal import HoldfastAPI
internal import JobPlan
internal import Logging
internal import ResourceRestore

/// API objects: planned one by one, and written by steps that can each be repeated.
extension RestoreRun {
  func makeObjectTargets(_ artifacts: [Manifest.Artifact]) throws -> [ObjectTarget] {
    try artifacts.compactMap { artifact in
      do {
        return try makeObjectRestore(artifact).map { ObjectTarget(artifact: artifact, restore: $0) }
      } catch {
        throw ErrorMapping.failure(error, step: .preflight, source: artifact.source)
      }
    }
  }

  /// Reads each set twice, and so checks every byte of it before anything is touched.
  func planObjects(_ objects: inout [ObjectTarget]) async throws -> [RestoreRequest.PlannedAction] {
    var actions: [RestoreRequest.PlannedAction] = []
    for index in objects.indices {
      let artifact = objects[index].artifact
      do {
        let reader = ArtifactReader(store: context.store, artifact: artifact)
        try await reader.checkIdentity(identities)
        let planned = try await objects[index].restore.plan(reader, identities, now: context.now)
        objects[index].planned = planned
        actions += planned.actions
        for warning in planned.plan.allWarnings {
          context.logger.warning("restore plan", metadata: ["source": "\(artifact.source)", "warning": "\(warning)"])
        }
      } catch {
        throw ErrorMapping.failure(error, step: .preflight, source: artifact.source)
      }
    }
    return actions
  }

  static func summary(_ objects: [ObjectTarget]) -> String {
    objects.compactMap { target in
      target.planned.map { "\(target.artifact.source): \($0.plan.summary)" }
    }.joined(separator: "; ")
  }

  func check(_ objects: [ObjectTarget]) throws {
    for target in objects {
      do {
        if let planned = target.planned { try planned.restore.check(planned.plan) }
      } catch {
        throw ErrorMapping.failure(error, step: .preflight, source: target.artifact.source)
      }
    }
  }

  /// - Returns: What was done, for people; nil where there are no API objects.
  func writeObjects(_ objects: [ObjectTarget], _ steps: inout StepLog) async throws -> String? {
    let total = objects.reduce(0) { $0 + ($1.planned?.plan.total ?? 0) }
    var before = 0
    var told: [String] = []
    for target in objects {
      guard let planned = target.planned else { continue }
      let (offset, journal) = (before, journal)
      do {
        try await journal?.begin(target.artifact.source, isRepeatable: true)
        let outcome = try await planned.restore.apply(planned.plan) { progress in
          await journal?.write(done: offset + progress.done, total: total)
        }
        await journal?.done(target.artifact.source)
        before += planned.plan.total
        steps.count(.restore, done: before, total: total)
        told.append(
          "\(target.artifact.source): \(outcome.written) written, \(outcome.unchanged + outcome.skipped) left as they are"
        )
        told += outcome.warnings
        for warning in outcome.warnings {
          context.logger.warning("restore", metadata: ["source": "\(target.artifact.source)", "warning": "\(warning)"])
        }
      } catch {
        var failure = ErrorMapping.failure(error, step: .restore, source: target.artifact.source)
        failure.message += "; what was written until then stays, and a new request goes on from there"
        throw failure
      }
    }
    return objects.isEmpty ? nil : told.joined(separator: "; ")
  }
}
