import HoldfastAPI
import JobPlan
import KubernetesModel

/// Why a pod does not run, or ended without a result, as far as its status tells.
struct PodCause: Sendable, Hashable {
  var reason: Reason
  var message: String
  /// The executor never ran in this pod, so that it can have changed nothing.
  var neverStarted: Bool
}

extension Pod {
  private static let imageReasons: Set<String> = [
    "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable",
    "ImageInspectError", "SignatureValidationFailed",
  ]
  private static let disruptionReasons: Set<String> = [
    "Evicted", "Preempting", "Shutdown", "NodeShutdown", "NodeAffinity",
  ]

  /// The executor's container.
  var executorStatus: ContainerStatus? {
    let last =
      status?.containerStatuses?.first { $0.name == ExecutorPod.containerName } ?? status?.containerStatuses?.first
    // A restore in parts: until the last one runs, the first one tells.
    guard last?.state?.terminated == nil, last?.state?.running == nil else { return last }
    return status?.initContainerStatuses?.first { $0.name == EtcdRestoreStep.firstContainer } ?? last
  }

  /// The program of etcd between the parts of a restore.
  private var toolStatus: ContainerStatus? {
    status?.initContainerStatuses?.first { $0.name == EtcdRestoreStep.toolContainer }
  }

  var terminated: ContainerTerminated? { executorStatus?.state?.terminated ?? executorStatus?.lastState?.terminated }

  var isRunning: Bool { executorStatus?.state?.running != nil }

  /// What the executor said at its end; nil where it said nothing that can be read.
  var result: ExecutorResult? {
    guard let text = terminated?.message, text.utf8.first == UInt8(ascii: "{"),
      let json = try? JSONValue(parsing: .init(text.utf8)), let result = try? json.decoded(as: ExecutorResult.self),
      result.resultVersion == ExecutorResult.currentVersion
    else { return nil }
    return result.with(toolStatus?.state?.terminated)
  }

  /// nil where the pod runs, ended well, or has only just been made.
  var cause: PodCause? {
    if let disruption { return disruption }
    if let terminated { return terminated.exitCode == 0 ? nil : cause(of: terminated) }
    if let waiting = executorStatus?.state?.waiting, let cause = cause(of: waiting) { return cause }
    if isRunning { return nil }
    return unschedulable ?? failedBeforeStart
  }

  /// What a pod that has not started yet waits for, in a few words.
  var waitingFor: String? {
    if let tool = toolStatus?.state?.waiting, terminated != nil, executorStatus?.name == EtcdRestoreStep.firstContainer
    {
      return [EtcdRestoreStep.toolContainer, tool.reason ?? "", tool.message ?? ""].filter { !$0.isEmpty }
        .joined(separator: ": ")
    }
    if isRunning || terminated != nil { return nil }
    if let cause { return cause.message }
    guard let waiting = executorStatus?.state?.waiting else { return "it has no node yet" }
    return [waiting.reason, waiting.message].compactMap(\.self).filter { !$0.isEmpty }.joined(separator: ": ")
  }

  private var disruption: PodCause? {
    let condition = status?.conditions?.first { $0.type == "DisruptionTarget" && $0.status == "True" }
    guard condition != nil || Self.disruptionReasons.contains(status?.reason ?? "") else { return nil }
    // The executor's own word on how it ended, if it had the time, counts for more elsewhere.
    let why = [condition?.reason ?? status?.reason, condition?.message ?? status?.message].compactMap(\.self)
      .joined(separator: ": ")
    return PodCause(
      reason: .evicted, message: "the pod was evicted (\(why))", neverStarted: terminated == nil && !hasStarted)
  }

  private var hasStarted: Bool { isRunning || terminated?.startedAt != nil || executorStatus?.started == true }

  private func cause(of terminated: ContainerTerminated) -> PodCause {
    switch terminated.reason {
    case "OOMKilled":
      return PodCause(
        reason: .outOfMemory,
        message: "the executor was killed because it used more than its memory limit\(memoryLimit); raise "
          + "spec.executor.resources.limits.memory, or lower target.partSize or target.concurrency", neverStarted: false
      )
    case "ContainerCannotRun", "StartError", "CreateContainerError":
      return PodCause(
        reason: .podStartFailed, message: "the container did not start: \(terminated.message ?? "no message")",
        neverStarted: true)
    default:
      // Exit codes above 128 stand for a signal (https://www.gnu.org/software/bash/manual/bash.html#Exit-Status).
      let signal = terminated.signal.map(Int.init) ?? (terminated.exitCode > 128 ? Int(terminated.exitCode) - 128 : nil)
      let how = signal.map { "was killed by signal \($0)" } ?? "ended with code \(terminated.exitCode)"
      let said = terminated.message.map { ": \($0.prefix(512))" } ?? ""
      return PodCause(
        reason: .executorCrashed, message: "the executor \(how) and left no result\(said); see the pod's log",
        neverStarted: false)
    }
  }

  private func cause(of waiting: ContainerWaiting) -> PodCause? {
    let reason = waiting.reason ?? ""
    let message = [reason, waiting.message ?? ""].filter { !$0.isEmpty }.joined(separator: ": ")
    if Self.imageReasons.contains(reason) {
      return PodCause(
        reason: .imagePullFailed, message: "the image cannot be pulled: \(message)", neverStarted: true)
    }
    switch reason {
    case "CreateContainerConfigError":
      let isMissing = ["secret", "configmap"].contains { message.lowercased().contains($0) }
      return PodCause(
        reason: isMissing ? .secretNotFound : .podStartFailed, message: "the container cannot be made: \(message)",
        neverStarted: true)
    case "CreateContainerError", "RunContainerError", "PostStartHookError":
      return PodCause(
        reason: .podStartFailed, message: "the container cannot be made: \(message)", neverStarted: true)
    default:
      return nil
    }
  }

  private var unschedulable: PodCause? {
    guard let condition = status?.conditions?.first(where: { $0.type == "PodScheduled" && $0.status == "False" }) else {
      return nil
    }
    let message = [condition.reason, condition.message].compactMap(\.self).joined(separator: ": ")
    return PodCause(reason: .podStartFailed, message: "no node takes the pod: \(message)", neverStarted: true)
  }

  /// For example a node that refuses the pod: `OutOfmemory`, `UnexpectedAdmissionError`.
  private var failedBeforeStart: PodCause? {
    guard status?.phase == "Failed" else { return nil }
    let message = [status?.reason, status?.message].compactMap(\.self).joined(separator: ": ")
    return PodCause(
      reason: status?.reason == "DeadlineExceeded" ? .deadlineExceeded : .podStartFailed,
      message: "the pod failed before it started: \(message.isEmpty ? "no reason given" : message)", neverStarted: true)
  }

  private var memoryLimit: String {
    guard
      let limit = spec.containers.first(where: { $0.name == ExecutorPod.containerName })?.resources?.limits?["memory"]
    else { return "" }
    return " of \(limit)"
  }
}

extension ExecutorResult {
  /// With what the tool said at its end, where that is why the restore did not go on.
  fileprivate func with(_ tool: ContainerTerminated?) -> ExecutorResult {
    guard let tool, tool.exitCode != 0, failure != nil else { return self }
    var result = self
    let said = (tool.message ?? "").split(whereSeparator: \.isNewline).suffix(3).joined(separator: "; ").suffix(500)
    result.failure?.message += ". It ended with code \(tool.exitCode)\(said.isEmpty ? "" : ": \(said)")"
    return result
  }
}
