import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel

/// A Job and its pods, as they are now, for one run.
struct RunObservation: Sendable {
  var job: Job
  var pods: [Pod]
  /// What was recorded before: pods go away, what they told stays.
  var previous: Backup.Status?
  /// The Job that has the turn.
  var waitsFor: String?

  static func waits(for job: String) -> String { "waits until Job \(job) of the same policy has ended" }

  /// Pods whose executor has ended, oldest first.
  var endedPods: [Pod] {
    pods.filter { $0.terminated != nil }.sorted { $0.ended < $1.ended }
  }

  /// The pod that shows how the run goes now.
  var newestPod: Pod? {
    pods.max { $0.metadata.created < $1.metadata.created }
  }

  func results(of operation: JobOperation) -> [ExecutorResult] {
    endedPods.compactMap(\.result).filter { $0.operation == operation }
  }

  var deadline: String { job.spec.activeDeadlineSeconds.map { " of \($0) s" } ?? "" }

  /// Why a Job that failed did so.
  func failure(of operation: JobOperation, reason: String, message: String) -> Backup.Failure {
    let isDeadline = reason == "DeadlineExceeded"
    if let (pod, last) = endedPods.reversed().lazy.compactMap({ $0.unsuccessful(operation) }).first {
      var failure =
        last.failure
        ?? Backup.Failure(step: "executor", reason: Reason.internalError.rawValue, message: "no reason given")
      // The executor only knows that it was told to stop.
      if isDeadline, failure.reason == Reason.interrupted.rawValue {
        failure.reason = Reason.deadlineExceeded.rawValue
        failure.message = "the Job's deadline\(deadline) passed: \(failure.message)"
      }
      failure.pod = pod.metadata.name
      return failure
    }
    let telling = ([endedPods.last ?? newestPod].compactMap(\.self) + pods).first { $0.cause != nil }
    if let telling, let cause = telling.cause {
      let late = isDeadline ? " until the Job's deadline\(deadline) passed" : ""
      return Backup.Failure(
        step: "pod", reason: cause.reason.rawValue, message: cause.message + late, pod: telling.metadata.name)
    }
    if isDeadline { return lateFailure }
    if let previous = previous?.failure { return previous }
    return Backup.Failure(
      step: "pod", reason: Reason.executorCrashed.rawValue,
      message: "the Job failed (\([reason, message].filter { !$0.isEmpty }.joined(separator: ": "))) and its pods are "
        + "gone, so that no more is known")
  }

  /// What a message begins with that tells which pod is waited for.
  static let waitPrefix = "waits for pod "

  /// The pod that was waited for, where it is gone.
  private static func pod(waitedFor message: String) -> String? {
    guard message.hasPrefix(waitPrefix), let end = message.firstIndex(of: ":") else { return nil }
    return String(message[..<end].dropFirst(waitPrefix.count))
  }

  /// The deadline removes the pods; what they waited for was recorded while they were there.
  private var lateFailure: Backup.Failure {
    let starts: [Reason] = [.imagePullFailed, .podStartFailed, .secretNotFound]
    if let waiting = previous?.conditions["Completed"], starts.contains(where: { $0.rawValue == waiting.reason }) {
      return Backup.Failure(
        step: "pod", reason: waiting.reason,
        message: "\(waiting.message); the Job's deadline\(deadline) passed meanwhile",
        pod: newestPod?.metadata.name ?? Self.pod(waitedFor: waiting.message))
    }
    let last = previous?.failure.map { "; the last attempt failed in step \($0.step): \($0.message)" } ?? ""
    return Backup.Failure(
      step: previous?.failure?.step ?? "pod", reason: Reason.deadlineExceeded.rawValue,
      message: "the run did not end within the Job's deadline\(deadline)\(last); raise "
        + "spec.executor.activeDeadlineSeconds if it needs more time", source: previous?.failure?.source,
      pod: newestPod?.metadata.name ?? previous?.failure?.pod)
  }
}

extension Pod {
  fileprivate var ended: Date { terminated?.finishedAt?.date ?? metadata.created }

  /// What its executor said where it did not succeed.
  fileprivate func unsuccessful(_ operation: JobOperation) -> (pod: Pod, result: ExecutorResult)? {
    guard let result, result.operation == operation, result.outcome != .succeeded else { return nil }
    return (self, result)
  }
}
