internal import Age
internal import BackupFormat
internal import HoldfastAPI
internal import JobPlan
internal import KubernetesModel
internal import Logging
internal import NIOCore
internal import SnapshotSource
import Synchronization

/// What is brought back as a whole, by a step that must not run twice.
extension RestoreRun {
  func download(_ target: Target) async throws {
    do {
      try await ArtifactReader(store: context.store, artifact: target.artifact).verifyPlain(identities)
    } catch {
      throw ErrorMapping.failure(error, step: .download, source: target.artifact.source)
    }
  }

  /// - Parameter isFirst: Whether nothing was written before it.
  func write(_ target: Target, _ result: ExecutorResult, _ steps: StepLog, isFirst: Bool) async throws {
    let artifact = target.artifact
    let name = artifact.source
    let hasBegun = Mutex(false)
    do {
      let reader = ArtifactReader(store: context.store, artifact: artifact)
      try await reader.decoded(identities) { stream in
        _ = try await target.destination.restore(from: stream, size: artifact.plainSize, force: restore.force) {
          try await journal?.begin(name, isRepeatable: false)
          hasBegun.withLock { $0 = true }
          checkpoint(unknownResult(result, steps, name))
          context.logger.notice("destructive step begins", metadata: ["source": "\(name)"])
        }
      }
      await journal?.done(name)
    } catch {
      // Only the destination knows whether a step that it began took effect, and what stopped us did not ask it.
      let isUnheard = hasBegun.withLock { $0 } && !(error is SnapshotSourceError)
      var failure = isUnheard ? unknownFailure(name, error) : ErrorMapping.failure(error, step: .restore, source: name)
      if !isFirst {
        failure.message += "; what was restored before it stays"
      } else if !failure.isOutcomeUnknown, !failure.isPartlyDone {
        failure.message += "; nothing was changed"
      }
      throw failure
    }
  }

  /// What is true if nothing more is heard of this process.
  private func unknownResult(_ result: ExecutorResult, _ steps: StepLog, _ source: String) -> ExecutorResult {
    let failure = unknownFailure(source, nil)
    var steps = steps
    steps.end(after: failure)
    var unknown = result
    unknown.outcome = .unknown
    unknown.failure = failure.backupFailure
    unknown.steps = steps.steps
    unknown.completionTime = Timestamp(context.now())
    return unknown
  }

  private func unknownFailure(_ source: String, _ cause: (any Error)?) -> RunFailure {
    RunFailure(
      step: .restore, reason: .outcomeUnknown,
      message: "the executor ended while it restored \(source): it may or may not have taken effect; look at the "
        + "destination before another try", source: source, isOutcomeUnknown: true, cause: cause)
  }

  func verify(_ target: Target) async throws -> [String: String] {
    do {
      return try await target.destination.verify().values
    } catch {
      var failure = ErrorMapping.failure(error, step: .verify, source: target.artifact.source)
      failure.message += "; the restore itself was accepted"
      throw failure
    }
  }
}
