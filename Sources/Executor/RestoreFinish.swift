internal import EtcdSource
public import Foundation
internal import HoldfastAPI
public import JobPlan
internal import KubernetesModel
internal import SnapshotSource

/// The last part of a restore in which a tool of etcd made a data directory: checks it, gives it its name, and tells how all
/// of it ended. See `EtcdRestoreStep`.
public struct RestoreFinish: Sendable {
  let plan: Plan
  let mounts: Mounts
  let now: @Sendable () -> Date

  public init(plan: Plan, mounts: Mounts, now: @escaping @Sendable () -> Date = { Date() }) {
    self.plan = plan
    self.mounts = mounts
    self.now = now
  }

  /// What is true of a restore whose first part ended well if nothing more is heard.
  public static func pending(_ result: ExecutorResult) -> ExecutorResult {
    guard result.outcome == .succeeded else { return result }
    var pending = result
    pending.outcome = .failed
    pending.failure =
      RunFailure(
        step: .verify, reason: .restoreFailed,
        message: "the snapshot is in its place, and no data directory was made of it: see the log of container "
          + EtcdRestoreStep.toolContainer
      ).backupFailure
    return pending
  }

  /// Leaves the result where it outlives the pod.
  public func record(_ result: ExecutorResult, in journal: RestoreJournalWriter?) async { await journal?.write(result) }

  /// - Parameter handover: What the first part left. Calls block.
  public func run(handover: Data) -> ExecutorResult {
    var result: ExecutorResult
    do {
      result = try ExecutorResult(decoding: handover)
    } catch {
      result = ExecutorResult(
        operation: .restore, outcome: .failed, startTime: Timestamp(now()), completionTime: Timestamp(now()))
      result.failure =
        RunFailure(
          step: .verify, reason: .internalError, message: "the first part's result cannot be read: \(error)"
        ).backupFailure
      return result
    }
    do {
      guard let step = EtcdRestoreStep(plan.restore?.sources) else {
        throw RunFailure(step: .verify, reason: .invalidSpec, message: "the plan has no runRestore")
      }
      let made = try EtcdDataDirectory(path: step.dataDir).publish(in: mounts.volume(step.claim))
      result.facts = (result.facts ?? [:]).merging([step.source: made.values]) { $0.merging($1) { $1 } }
    } catch {
      let failure = ErrorMapping.failure(error, step: .verify)
      result.outcome = .failed
      result.failure = failure.backupFailure
      result.failure?.message += "; the snapshot itself is in its place"
      if let index = result.steps?.firstIndex(where: { $0.name == RunStep.verify.rawValue }) {
        result.steps?[index].state = .failed
        result.steps?[index].message = failure.message
      }
    }
    result.completionTime = Timestamp(now())
    return result
  }
}
