public import KubernetesModel

/// The pods that a command can run in.
public struct PodChoice: Sendable {
  /// Running, ready, not being deleted, no part of a Job; the newest first. At least one.
  public var ready: [Pod]
  /// Why the other pods that the selector matches were left out, by name.
  public var excluded: [String: String]

  /// The newest one. Where several are ready, a Deployment may be rolling out, and the newest is the one that stays.
  public var newest: Pod { ready[0] }
}

extension KubernetesClient {
  /// Finds the pods that a command can run in by their labels.
  ///
  /// - Parameters:
  ///   - container: Where given, it has to be one of the pod's and ready itself.
  /// - Throws: ``KubernetesError``: `notFound` with what there is and why it does not do; `invalidArgument` for a
  ///   selector that means nothing or that selects everything; as any list.
  public func readyPods(
    in namespace: String? = nil, selector: LabelSelector, container: String? = nil
  ) async throws -> PodChoice {
    let namespace = namespace ?? defaultNamespace
    let operation = "find pods in \(namespace)"
    let text: String
    do { text = try selector.selectorString() } catch {
      throw KubernetesError(
        code: .invalidArgument, operation: operation, message: "the pod selector is wrong: \(error)", cause: error)
    }
    guard !text.isEmpty else {
      throw KubernetesError(
        code: .invalidArgument, operation: operation, message: "the pod selector is empty, which means every pod")
    }
    let pods = try await list(Pod.self, namespace: namespace, options: ListOptions(labelSelector: text))
    var choice = PodChoice(ready: [], excluded: [:])
    for item in pods.items {
      guard let pod = item.object else {
        choice.excluded[item.metadata.name ?? ""] = "cannot be read"
        continue
      }
      if let reason = pod.reasonAgainstExec(container: container) {
        choice.excluded[pod.metadata.name ?? ""] = reason
      } else {
        choice.ready.append(pod)
      }
    }
    choice.ready.sort(by: Pod.isNewer)
    guard !choice.ready.isEmpty else {
      throw KubernetesError(
        code: .notFound, operation: operation, message: Self.nothingReady(selector: text, choice.excluded))
    }
    return choice
  }

  private static func nothingReady(selector: String, _ excluded: [String: String]) -> String {
    guard !excluded.isEmpty else { return "no pod has the labels \(selector); check the pod selector" }
    let list = excluded.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    let more = list.count > 5 ? ", and \(list.count - 5) more" : ""
    return "no pod with the labels \(selector) is ready: \(list.prefix(5).joined(separator: ", "))\(more)"
  }
}

extension Pod {
  /// Why no command should run in this pod; nil where one can.
  func reasonAgainstExec(container: String?) -> String? {
    if metadata.deletionTimestamp != nil { return "is being deleted" }
    // A Job's pods may carry the labels of the Deployment that it prepares.
    if let owner = metadata.ownerReferences?.first(where: { $0.kind == "Job" }) {
      return "belongs to Job \(owner.name)"
    }
    let phase = status?.phase ?? "Unknown"
    guard phase == "Running" else { return "is \(phase)" }
    if let container {
      guard spec.containers.contains(where: { $0.name == container }) else {
        return "has no container \(container), but \(spec.containers.map(\.name).joined(separator: ", "))"
      }
      if let status = status?.containerStatuses?.first(where: { $0.name == container }), status.ready == false {
        return "has its container \(container) not ready"
      }
    }
    guard status?.conditions?.first(where: { $0.type == "Ready" })?.status == "True" else { return "is not ready" }
    return nil
  }

  static func isNewer(_ left: Pod, _ right: Pod) -> Bool {
    let (first, second) = (left.metadata.creationTimestamp, right.metadata.creationTimestamp)
    if let first, let second, first != second { return first > second }
    return (left.metadata.name ?? "") < (right.metadata.name ?? "")
  }
}
