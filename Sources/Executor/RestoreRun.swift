internal import Logging
public import Age
public import BackupFormat
internal import Foundation
internal import HoldfastAPI
public import JobPlan
internal import KubernetesModel
internal import NIOCore
internal import ResourceRestore
public import SnapshotSource
import Synchronization

/// Brings the artifacts of one backup back to where they came from, or to where the plan says.
///
/// Everything is read, decrypted and checked once before anything is touched; then it is read again, into the
/// destination. The destructive step is begun at most once in a run; that it is begun once at all is the operator's
/// part, which claims the request before it makes the Job.
public struct RestoreRun: Sendable {
  public typealias MakeDestination =
    @Sendable (_ source: String, _ kind: String, _ force: Bool) throws -> any SnapshotDestination

  /// nil for an artifact that is no set of API objects.
  public typealias MakeObjectRestore = @Sendable (_ artifact: Manifest.Artifact) throws -> ObjectRestore?

  private struct Target: Sendable {
    var artifact: Manifest.Artifact
    var destination: any SnapshotDestination
  }

  /// API objects: brought back by many small steps, each of which can be repeated.
  private struct ObjectTarget: Sendable {
    var artifact: Manifest.Artifact
    var restore: ObjectRestore
    var planned: ObjectRestore.Planned?
  }

  let context: RunContext
  let restore: Plan.Restore
  let identities: [AgeIdentity]
  let makeDestination: MakeDestination
  let makeObjectRestore: MakeObjectRestore
  let results: RestoreResultMap?
  /// Told of the result as it stands right before the destructive step: where the process dies in it, that is what
  /// remains to be read.
  let checkpoint: @Sendable (ExecutorResult) -> Void

  public init(
    context: RunContext, restore: Plan.Restore, identities: [AgeIdentity],
    makeDestination: @escaping MakeDestination, makeObjectRestore: @escaping MakeObjectRestore = { _ in nil },
    results: RestoreResultMap? = nil, checkpoint: @escaping @Sendable (ExecutorResult) -> Void = { _ in }
  ) {
    self.context = context
    self.restore = restore
    self.identities = identities
    self.makeDestination = makeDestination
    self.makeObjectRestore = makeObjectRestore
    self.results = results
    self.checkpoint = checkpoint
  }

  private var layout: BucketLayout {
    BucketLayout(
      pathPrefix: context.plan.spec.target.pathPrefix, namespace: restore.origin.namespace, policy: restore.origin.name)
  }

  public func run() async -> ExecutorResult {
    let started = Timestamp(context.now())
    var result = ExecutorResult(operation: .restore, outcome: .failed, startTime: started, completionTime: started)
    var steps = StepLog([.preflight, .download, .restore, .verify], now: context.now)
    do {
      try await run(&result, &steps)
      result.outcome = .succeeded
    } catch {
      var failure = ErrorMapping.failure(error, step: Self.running(steps))
      // A cancelled restore may have been sent whole: that is not the same as an interrupted one.
      if Task.isCancelled && !failure.isOutcomeUnknown { failure = ErrorMapping.interrupted(failure) }
      steps.end(after: failure)
      result.outcome = failure.isOutcomeUnknown ? .unknown : .failed
      result.failure = failure.backupFailure
      context.logger.error(
        "restore failed",
        metadata: ["step": "\(failure.step.rawValue)", "reason": "\(failure.reason)", "error": "\(error)"])
    }
    result.steps = steps.steps
    result.completionTime = Timestamp(context.now())
    return result
  }

  private static func running(_ steps: StepLog) -> RunStep {
    steps.steps.first { $0.state == .running }.flatMap { RunStep(rawValue: $0.name) } ?? .preflight
  }

  private func run(_ result: inout ExecutorResult, _ steps: inout StepLog) async throws {
    steps.begin(.preflight)
    let manifest = try await findBackup()
    result.id = manifest.id.rawValue
    result.location = context.location(of: manifest.id, in: layout)
    let artifacts = try chosen(manifest)
    var objects = try makeObjectTargets(artifacts)
    let targets = try makeTargets(artifacts.filter { artifact in !objects.contains { $0.artifact == artifact } })
    let actions = try await preflight(targets)
    result.plan = try await planObjects(&objects) + actions
    if !objects.isEmpty { await results?.write(result.plan ?? []) }
    guard !restore.dryRun else {
      steps.complete(.preflight, objects.isEmpty ? nil : Self.summary(objects))
      steps.skipPending()
      return
    }
    try check(objects)
    steps.complete(.preflight)
    steps.begin(.download)
    for target in targets { try await download(target) }
    steps.complete(.download, "\(targets.count) artifact(s) read, decrypted and checked")

    steps.begin(.restore)
    // First what a database's clients log in with.
    let message = try await writeObjects(objects, &steps)
    for (index, target) in targets.enumerated() {
      try await write(target, result, steps, isFirst: index == 0 && objects.isEmpty)
    }
    steps.complete(.restore, message)

    steps.begin(.verify)
    var facts: [String: [String: String]] = [:]
    for target in targets { facts[target.artifact.source] = try await verify(target) }
    result.facts = facts
    steps.complete(.verify)
    context.logger.info("restore complete", metadata: ["backup.id": "\(manifest.id)"])
  }

  // MARK: Preflight

  private func findBackup() async throws -> Manifest {
    var id: BackupID?
    if let text = restore.id, text != "latest" {
      guard let parsed = BackupID(text) else {
        throw RunFailure(step: .preflight, reason: .invalidSpec, message: "restore.id '\(text)' is no backup id")
      }
      id = parsed
    }
    var before: Date?
    if let text = restore.before {
      guard let time = Timestamp(text) else {
        throw RunFailure(
          step: .preflight, reason: .invalidSpec, message: "restore.before '\(text)' is no RFC 3339 time")
      }
      before = time.date
    }
    do {
      return try await ListRun(context: context, layout: layout).find(id: id, before: before)
    } catch var failure as RunFailure {
      failure.step = .preflight
      throw failure
    }
  }

  private func chosen(_ manifest: Manifest) throws -> [Manifest.Artifact] {
    let wanted = restore.sources.map { Set($0.map(\.name)) }
    let known = Set(manifest.artifacts.map(\.source))
    for name in (wanted ?? []).sorted() where !known.contains(name) {
      throw RunFailure(
        step: .preflight, reason: .backupNotFound,
        message: "the backup \(manifest.id) has no source \(name); it has \(known.sorted().joined(separator: ", "))",
        source: name)
    }
    return manifest.artifacts.filter { wanted?.contains($0.source) ?? true }
  }

  private func makeTargets(_ artifacts: [Manifest.Artifact]) throws -> [Target] {
    try artifacts.map { artifact in
      do {
        let destination = try makeDestination(artifact.source, artifact.kind, restore.force)
        return Target(artifact: artifact, destination: destination)
      } catch {
        throw ErrorMapping.failure(error, step: .preflight, source: artifact.source)
      }
    }
  }

  private func preflight(_ targets: [Target]) async throws -> [RestoreRequest.PlannedAction] {
    var actions: [RestoreRequest.PlannedAction] = []
    for target in targets {
      let artifact = target.artifact
      do {
        try await ArtifactReader(store: context.store, artifact: artifact).checkIdentity(identities)
        let preview = try await target.destination.preflight()
        actions.append(
          RestoreRequest.PlannedAction(
            source: artifact.source, action: "restore", object: preview.object, detail: preview.detail))
      } catch {
        throw ErrorMapping.failure(error, step: .preflight, source: artifact.source)
      }
    }
    return actions
  }

  // MARK: API objects

  private func makeObjectTargets(_ artifacts: [Manifest.Artifact]) throws -> [ObjectTarget] {
    try artifacts.compactMap { artifact in
      do {
        return try makeObjectRestore(artifact).map { ObjectTarget(artifact: artifact, restore: $0) }
      } catch {
        throw ErrorMapping.failure(error, step: .preflight, source: artifact.source)
      }
    }
  }

  /// Reads each set twice, and so checks every byte of it before anything is touched.
  private func planObjects(_ objects: inout [ObjectTarget]) async throws -> [RestoreRequest.PlannedAction] {
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

  private static func summary(_ objects: [ObjectTarget]) -> String {
    objects.compactMap { target in
      target.planned.map { "\(target.artifact.source): \($0.plan.summary)" }
    }.joined(separator: "; ")
  }

  private func check(_ objects: [ObjectTarget]) throws {
    for target in objects {
      do {
        if let planned = target.planned { try planned.restore.check(planned.plan) }
      } catch {
        throw ErrorMapping.failure(error, step: .preflight, source: target.artifact.source)
      }
    }
  }

  /// - Returns: What was done, for people; nil where there are no API objects.
  private func writeObjects(_ objects: [ObjectTarget], _ steps: inout StepLog) async throws -> String? {
    let total = objects.reduce(0) { $0 + ($1.planned?.plan.total ?? 0) }
    var before = 0
    var told: [String] = []
    for target in objects {
      guard let planned = target.planned else { continue }
      let (offset, results, now) = (before, results, context.now)
      do {
        let outcome = try await planned.restore.apply(planned.plan) { progress in
          await results?.write(done: offset + progress.done, total: total, now: now())
        }
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

  // MARK: Steps

  private func download(_ target: Target) async throws {
    do {
      try await ArtifactReader(store: context.store, artifact: target.artifact).verifyPlain(identities)
    } catch {
      throw ErrorMapping.failure(error, step: .download, source: target.artifact.source)
    }
  }

  /// - Parameter isFirst: Whether nothing was written before it.
  private func write(_ target: Target, _ result: ExecutorResult, _ steps: StepLog, isFirst: Bool) async throws {
    let artifact = target.artifact
    let name = artifact.source
    let hasBegun = Mutex(false)
    do {
      let reader = ArtifactReader(store: context.store, artifact: artifact)
      try await reader.decoded(identities) { stream in
        _ = try await target.destination.restore(from: stream, size: artifact.plainSize, force: restore.force) {
          hasBegun.withLock { $0 = true }
          checkpoint(unknownResult(result, steps, name))
          context.logger.notice("destructive step begins", metadata: ["source": "\(name)"])
        }
      }
    } catch {
      var failure = ErrorMapping.failure(error, step: .restore, source: name)
      if !isFirst {
        failure.message += "; what was restored before it stays"
      } else if !failure.isOutcomeUnknown, hasBegun.withLock({ $0 }) {
        failure.message += "; nothing was changed"
      }
      throw failure
    }
  }

  /// What is true if nothing more is heard of this process.
  private func unknownResult(_ result: ExecutorResult, _ steps: StepLog, _ source: String) -> ExecutorResult {
    let failure = RunFailure(
      step: .restore, reason: .outcomeUnknown,
      message: "the executor ended while it restored \(source): it may or may not have taken effect; look at the "
        + "destination before another try", source: source, isOutcomeUnknown: true)
    var steps = steps
    steps.end(after: failure)
    var unknown = result
    unknown.outcome = .unknown
    unknown.failure = failure.backupFailure
    unknown.steps = steps.steps
    unknown.completionTime = Timestamp(context.now())
    return unknown
  }

  private func verify(_ target: Target) async throws -> [String: String] {
    do {
      return try await target.destination.verify().values
    } catch {
      var failure = ErrorMapping.failure(error, step: .verify, source: target.artifact.source)
      failure.message += "; the restore itself was accepted"
      throw failure
    }
  }
}
