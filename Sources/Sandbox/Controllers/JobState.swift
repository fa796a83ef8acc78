import Foundation
import KubernetesModel

/// A Job and its pods, and what follows from them: pure.
struct JobState {
  struct Failure {
    let reason: String
    let message: String
  }

  enum PodOutcome { case running, succeeded, failed, ignored }

  let job: JSONValue
  let pods: [JSONValue]
  var succeeded: Int
  var failed: Int
  var ignored: Set<String> = []
  private var policyFailure: String?
  private var lastFailure: Date?

  init(job: JSONValue, pods: [JSONValue]) {
    self.job = job
    self.pods = pods
    succeeded = Int(job[path: "status", "succeeded"]?.integerValue ?? 0)
    failed = Int(job[path: "status", "failed"]?.integerValue ?? 0)
    // Of pods that were counted before and are still there, for the back-off.
    lastFailure = pods.filter { $0.phase == "Failed" }.compactMap { Self.endTime(of: $0) }.max()
  }

  var uncounted: [JSONValue] { pods.filter { $0.finalizers.contains(JobController.trackingFinalizer) } }

  var active: [JSONValue] { pods.filter { $0.phase != "Succeeded" && $0.phase != "Failed" } }

  /// Pods that should exist now.
  var wantedPods: Int {
    let parallelism = Int(job[path: "spec", "parallelism"]?.integerValue ?? 1)
    guard let completions = job[path: "spec", "completions"]?.integerValue else {
      return succeeded > 0 ? active.count : parallelism
    }
    return min(parallelism, max(0, Int(completions) - succeeded))
  }

  var isComplete: Bool {
    if let completions = job[path: "spec", "completions"]?.integerValue { return succeeded >= Int(completions) }
    return succeeded > 0 && active.isEmpty
  }

  func outcome(of pod: JSONValue) -> PodOutcome {
    switch pod.phase {
    case "Succeeded": return .succeeded
    case "Failed": return policyAction(for: pod) == "Ignore" ? .ignored : .failed
    default: return .running
    }
  }

  mutating func countFailure(_ pod: JSONValue) {
    lastFailure = max(lastFailure ?? .distantPast, Self.endTime(of: pod) ?? .distantPast)
    if policyAction(for: pod) == "FailJob" {
      policyFailure = "Pod \(pod.namespace ?? "")/\(pod.objectName) failed and matched a FailJob rule"
    }
  }

  func failureReason(now: Date) -> Failure? {
    if let target = job[path: "status", "conditions"]?.arrayValue?.first(where: {
      $0["type"]?.stringValue == "FailureTarget"
    }) {
      return Failure(reason: target["reason"]?.stringValue ?? "", message: target["message"]?.stringValue ?? "")
    }
    if let policyFailure { return Failure(reason: "PodFailurePolicy", message: policyFailure) }
    if failed > Int(job[path: "spec", "backoffLimit"]?.integerValue ?? 6) {
      return Failure(reason: "BackoffLimitExceeded", message: "Job has reached the specified backoff limit")
    }
    if let deadline = job[path: "spec", "activeDeadlineSeconds"]?.integerValue,
      let start = job.time("status", "startTime"), now.timeIntervalSince(start) >= Double(deadline),
      !isComplete
    {
      return Failure(reason: "DeadlineExceeded", message: "Job was active longer than specified deadline")
    }
    return nil
  }

  /// - Parameter base: The delay after the first failure.
  func mayStartNow(now: Date, base: Duration) -> Bool {
    guard failed > 0, let lastFailure else { return true }
    let seconds = Double(base.components.seconds) + Double(base.components.attoseconds) / 1e18
    let delay = min(360, seconds * pow(2, Double(min(failed, 20) - 1)))
    return now.timeIntervalSince(lastFailure) >= delay
  }

  /// The action of the first rule of the pod failure policy that matches; nil counts as usual.
  private func policyAction(for pod: JSONValue) -> String? {
    for rule in job[path: "spec", "podFailurePolicy", "rules"]?.arrayValue ?? [] where matches(rule, pod) {
      return rule["action"]?.stringValue
    }
    return nil
  }

  private func matches(_ rule: JSONValue, _ pod: JSONValue) -> Bool {
    if let exit = rule["onExitCodes"] {
      let name = exit["containerName"]?.stringValue
      let values = Set(exit["values"]?.arrayValue?.compactMap(\.integerValue) ?? [])
      let codes = (pod[path: "status", "containerStatuses"]?.arrayValue ?? [])
        .filter { name == nil || $0["name"]?.stringValue == name }
        .compactMap { $0[path: "state", "terminated", "exitCode"]?.integerValue }.filter { $0 != 0 }
      let isIn = exit["operator"]?.stringValue == "In"
      return codes.contains { values.contains($0) == isIn }
    }
    return (rule["onPodConditions"]?.arrayValue ?? []).contains { pattern in
      pod[path: "status", "conditions"]?.arrayValue?.contains {
        $0["type"] == pattern["type"] && $0["status"]?.stringValue == pattern["status"]?.stringValue ?? "True"
      } ?? false
    }
  }

  private static func endTime(of pod: JSONValue) -> Date? {
    (pod[path: "status", "containerStatuses"]?.arrayValue ?? [])
      .compactMap { $0[path: "state", "terminated", "finishedAt"]?.stringValue.flatMap { RFC3339.parse($0) } }.max()
  }
}
