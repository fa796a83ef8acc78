import Foundation
import KubernetesClient
import KubernetesModel
import SnapshotSource

/// The Deployment or StatefulSet of a controller: stopped, and started again as it was.
///
/// What it was is noted on the object itself, by the same write that stops it: whoever finds it at zero after a run that died
/// can see why, and how many replicas it had. A HorizontalPodAutoscaler leaves a workload alone that is at zero
/// (https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#implicit-maintenance-mode-deactivation), and a
/// paused rollout is scaled all the same.
struct ControllerWorkload: Sendable {
  static let replicasAnnotation = "holdfast.dev/replicas-before-restore"
  static let requestAnnotation = "holdfast.dev/stopped-by-restore"
  private static let tries = 5

  let client: KubernetesClient
  let namespace: String
  let workload: OpenZitiDestinationConfiguration.Workload
  let request: String
  let pause: Duration

  private var resource: ResourceType {
    switch workload.kind {
    case .deployment: ResourceType(group: "apps", version: "v1", kind: "Deployment", plural: "deployments")
    case .statefulSet: ResourceType(group: "apps", version: "v1", kind: "StatefulSet", plural: "statefulsets")
    }
  }

  var name: String { "\(workload.kind.rawValue) \(workload.name)" }

  struct State: Sendable {
    var replicas: Int
    /// Noted by a run that stopped it and did not start it again.
    var replicasBefore: Int?
    var stoppedBy: String?
    var selector: LabelSelector
    var images: [String]
    var isPaused: Bool
    var resourceVersion: String?

    /// What it is to be scaled to in the end.
    var wanted: Int { replicas == 0 ? replicasBefore ?? 0 : replicas }
  }

  /// - Returns: nil where there is none of that name.
  func state() async throws -> State? {
    do {
      return try Self.state(of: try await client.get(resource, name: workload.name, namespace: namespace), name: name)
    } catch let error as KubernetesError where error.code == .notFound {
      return nil
    } catch let error as KubernetesError {
      throw Self.mapped(error, "get \(name)")
    }
  }

  private static func state(of object: JSONValue, name: String) throws -> State {
    let spec = object["spec"]
    guard let selector = try? spec?["selector"]?.decoded(as: LabelSelector.self) else {
      throw SnapshotSourceError(.failed, operation: "get \(name)", message: "it has no selector")
    }
    let annotations = object["metadata"]?["annotations"]
    let containers = spec?["template"]?["spec"]?["containers"]?.arrayValue ?? []
    return State(
      replicas: spec?["replicas"]?.integerValue.map { Int($0) } ?? 1,
      replicasBefore: annotations?[replicasAnnotation]?.stringValue.flatMap { Int($0) },
      stoppedBy: annotations?[requestAnnotation]?.stringValue, selector: selector,
      images: containers.compactMap { $0["image"]?.stringValue }, isPaused: spec?["paused"]?.boolValue ?? false,
      resourceVersion: object.resourceVersion)
  }

  // MARK: Scaling

  /// Scales it to zero and notes what it had. May be repeated: an answer that was lost is looked after.
  /// - Returns: What it has to be scaled back to.
  func stop() async throws -> Int {
    var wanted: Int?
    try await change("scale \(name) to zero") { state in
      let before = wanted ?? state.wanted
      wanted = before
      // At zero by somebody's own wish, or by this very call, whose answer was lost.
      if state.replicas == 0, state.replicasBefore == nil || state.stoppedBy == request { return nil }
      return Self.patch(
        state, replicas: 0,
        annotations: [Self.replicasAnnotation: .string("\(before)"), Self.requestAnnotation: .string(request)])
    }
    return wanted ?? 0
  }

  /// Scales it back and removes the note. Where somebody scaled it meanwhile, that stays.
  func start(replicas: Int) async throws {
    try await change("scale \(name) back to \(replicas)") { state in
      let none = state.replicasBefore == nil && state.stoppedBy == nil
      if none, state.replicas == replicas || state.replicas != 0 { return nil }
      return Self.patch(
        state, replicas: state.replicas == 0 ? replicas : state.replicas,
        annotations: [Self.replicasAnnotation: .null, Self.requestAnnotation: .null])
    }
  }

  private static func patch(_ state: State, replicas: Int, annotations: [String: JSONValue]) -> JSONValue {
    var metadata: JSONValue = ["annotations": .object(annotations)]
    // Somebody else's change in between is looked at first.
    metadata["resourceVersion"] = state.resourceVersion.map { .string($0) }
    return ["metadata": metadata, "spec": ["replicas": .integer(Int64(replicas))]]
  }

  private func change(_ operation: String, _ patch: (State) -> JSONValue?) async throws {
    var last: KubernetesError?
    for attempt in 1...Self.tries {
      if attempt > 1 { try await Task.sleep(for: pause) }
      do {
        guard let state = try await state() else {
          throw SnapshotSourceError(.failed, operation: operation, message: "\(name) is gone; somebody deleted it")
        }
        guard let change = patch(state) else { return }
        _ = try await client.patch(resource, name: workload.name, namespace: namespace, .merge(change))
        return
      } catch let error as KubernetesError where Self.isWorthAnotherTry(error) {
        last = error
      } catch let error as SnapshotSourceError where error.code == .unreachable {
        last = error.cause as? KubernetesError
      } catch let error as KubernetesError {
        throw Self.mapped(error, operation)
      }
    }
    guard let last else {
      throw SnapshotSourceError(.unreachable, operation: operation, message: "the API server does not answer")
    }
    throw Self.mapped(last, operation)
  }

  private static func isWorthAnotherTry(_ error: KubernetesError) -> Bool {
    switch error.code {
    case .forbidden, .unauthorized, .invalid, .badRequest, .invalidArgument, .notFound: false
    default: true
    }
  }

  // MARK: Pods

  /// Pods that run the controller or have its claim, but for the one that this runs in.
  func users(of claim: String?, selector: LabelSelector?, except own: String?) async throws -> [Pod] {
    try await ControllerPods(client: client, namespace: namespace).users(of: claim, selector: selector, except: own)
  }

  static func mapped(_ error: KubernetesError, _ operation: String) -> SnapshotSourceError {
    let code: SnapshotSourceError.Code =
      switch error.code {
      case .forbidden, .unauthorized: .unauthorized
      case .invalidArgument, .badRequest, .invalid: .failed
      default: .unreachable
      }
    return SnapshotSourceError(code, operation: operation, message: error.message, cause: error)
  }
}

/// The pods around a claim.
struct ControllerPods: Sendable {
  let client: KubernetesClient
  let namespace: String

  func all() async throws -> [Pod] {
    do {
      let list = try await client.list(Pod.self, namespace: namespace)
      if let broken = list.failures().first {
        throw SnapshotSourceError(.failed, operation: "list pods", message: broken.message)
      }
      return list.objects()
    } catch let error as KubernetesError {
      throw ControllerWorkload.mapped(error, "list pods in \(namespace)")
    }
  }

  /// Whoever runs the controller or has its claim; a pod that is being deleted still counts, one that has ended does not.
  func users(of claim: String?, selector: LabelSelector?, except own: String?) async throws -> [Pod] {
    try await all().filter { pod in
      guard pod.metadata.name != own else { return false }
      let hasEnded = ["Succeeded", "Failed"].contains(pod.status?.phase ?? "")
      let isController = selector.map { (try? $0.matches(pod.metadata.labels)) ?? true } ?? false
      // Of the controller's own the object itself has to go: until then the kubelet may not be done with it.
      if isController, pod.metadata.deletionTimestamp != nil { return true }
      if hasEnded { return false }
      return isController
        || pod.spec.volumes?.contains { $0.persistentVolumeClaim?.claimName == claim && claim != nil } ?? false
    }
  }

  /// A pod of the controller that was put on another node than this one and has not started there: a volume that is on one
  /// node at a time is still here.
  /// - Parameter own: The pod that this runs in; nil where it is none.
  func waitingAway(_ selector: LabelSelector, from own: String?) async throws -> String? {
    let all = try await all()
    guard let own, let node = all.first(where: { $0.metadata.name == own })?.spec.nodeName else { return nil }
    let waiting = try all.first { pod in
      guard try selector.matches(pod.metadata.labels), let other = pod.spec.nodeName, other != node else {
        return false
      }
      let hasStarted = (pod.status?.containerStatuses ?? []).contains {
        $0.state?.running != nil || $0.state?.terminated != nil
      }
      return pod.metadata.deletionTimestamp == nil && pod.status?.phase == "Pending" && !hasStarted
    }
    return waiting.map {
      "pod \($0.metadata.name ?? "?") waits on node \($0.spec.nodeName ?? "?") while this one is on \(node)"
    }
  }

  /// Ready ones of the controller; of the others why they are not.
  func readiness(_ selector: LabelSelector) async throws -> (ready: Int, waiting: [String]) {
    try Self.readiness(selector, among: try await all())
  }

  static func readiness(_ selector: LabelSelector, among pods: [Pod]) throws -> (ready: Int, waiting: [String]) {
    var ready = 0
    var waiting: [String] = []
    for pod in pods where try selector.matches(pod.metadata.labels) {
      guard pod.metadata.deletionTimestamp == nil,
        !(pod.metadata.ownerReferences ?? []).contains(where: { $0.kind == "Job" })
      else { continue }
      if pod.status?.conditions?.first(where: { $0.type == "Ready" })?.status == "True" {
        ready += 1
      } else {
        waiting.append("\(pod.metadata.name ?? "?") \(pod.trouble)")
      }
    }
    return (ready, waiting)
  }
}

extension Pod {
  /// What holds it up, in the kubelet's words.
  var trouble: String {
    let statuses = (status?.initContainerStatuses ?? []) + (status?.containerStatuses ?? [])
    for container in statuses {
      if let waiting = container.state?.waiting, let reason = waiting.reason, reason != "PodInitializing" {
        let code = container.lastState?.terminated.map { ", it ended with \($0.exitCode)" } ?? ""
        return "waits: \(container.name) \(reason)\(waiting.message.map { ": \($0.prefix(200))" } ?? "")\(code)"
      }
      if let ended = container.state?.terminated, ended.exitCode != 0 {
        return "\(container.name) ended with \(ended.exitCode)\(ended.reason.map { " (\($0))" } ?? "")"
      }
    }
    let scheduled = status?.conditions?.first { $0.type == "PodScheduled" && $0.status == "False" }
    if let scheduled { return "is not scheduled: \(scheduled.message ?? scheduled.reason ?? "")" }
    return "is \(status?.phase ?? "Pending") and not ready"
  }
}

/// Looks again and again, until something is so.
struct Patience: Sendable {
  let limit: Duration
  let pause: Duration

  /// - Parameter look: What is still missing; nil when it is so. Where the API server does not answer, it is asked again.
  /// - Returns: What was missing last; nil when it was so in time.
  func wait(_ look: () async throws -> String?) async throws -> String? {
    let deadline = ContinuousClock.now + limit
    while true {
      var missing: String
      do {
        guard let said = try await look() else { return nil }
        missing = said
      } catch let error as SnapshotSourceError where error.code == .unreachable {
        missing = error.description
      }
      guard ContinuousClock.now + pause < deadline else { return missing }
      try await Task.sleep(for: pause)
    }
  }
}
