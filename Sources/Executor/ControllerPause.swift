public import HoldfastAPI
internal import Foundation
public import JobPlan
public import KubernetesClient
internal import KubernetesModel
internal import ObjectStore
internal import ResourceRestore

/// Scales cert-manager's controller to zero for the time of a restore, and back.
///
/// What it did stands on the Deployment itself, written with the same request that scales it: how many replicas there were,
/// and for which request. So whoever finds it at zero can put it back, also after the process that did it was killed: a second
/// run of this request, another request that pauses the same Deployment (it takes over, and puts it back at its end), or
/// ``resume()`` by a Job of its own.
///
/// Guarantees: ``pause()`` and ``resume()`` are idempotent. ``resume()`` changes nothing that another request has taken over,
/// and does not scale what a person has scaled meanwhile.
public struct ControllerPause: Sendable {
  /// Looks, with ``interval`` between them, until the pods are gone.
  private static let patience = 240
  private static let interval: Duration = .milliseconds(500)
  private static let attempts = 8
  /// For ``resume()`` after SIGTERM, so that it ends within a pod's grace period of 30 s.
  private static let cleanupLimit: Duration = .seconds(20)

  static let resource = ResourceType(group: "apps", version: "v1", kind: "Deployment", plural: "deployments")
  static let labels = "app.kubernetes.io/name=cert-manager,app.kubernetes.io/component=controller"

  let namespace: String
  /// nil for the one of cert-manager's default name, or of its labels.
  let name: String?
  /// `<namespace>/<name>/<uid>` of the request.
  let holder: String
  let client: KubernetesClient
  let sleep: @Sendable (Duration) async throws -> Void

  public init(
    namespace: String, name: String?, holder: String, client: KubernetesClient,
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) {
    self.namespace = namespace
    self.name = name
    self.holder = holder
    self.client = client
    self.sleep = sleep
  }

  /// - Returns: nil where the destination asks for none.
  public init?(
    _ destination: RestoreRequest.ObjectDestination?, restore: Plan.Restore, plan: Plan, client: KubernetesClient
  ) {
    guard let paused = destination?.pausedController else { return nil }
    self.init(
      namespace: paused.namespace, name: paused.name,
      holder: "\(plan.policy.namespace)/\(restore.request)/\(restore.uid ?? "")", client: client)
  }

  /// All that a plan pauses.
  public static func all(of plan: Plan, client: KubernetesClient) -> [ControllerPause] {
    guard let restore = plan.restore else { return [] }
    return (restore.sources ?? []).compactMap {
      ControllerPause($0.certManager ?? $0.resources, restore: restore, plan: plan, client: client)
    }
  }

  var hooks: ControllerPauseHooks {
    ControllerPauseHooks {
      try await pause()
    } resume: {
      let error = await cleaningUp(within: Task.isCancelled ? Self.cleanupLimit : .seconds(120), clock: .continuous) {
        _ = try await resume()
      }
      if let error { throw error }
    }
  }

  /// What will be paused; changes nothing.
  /// - Throws: `ResourceRestoreError` where there is no such Deployment, or no right to see it.
  func preview() async throws -> (object: String, detail: String) {
    let deployment = try await find()
    return (
      "Deployment \(deployment.key)",
      "scaled from \(Self.replicas(deployment)) to 0 while objects are written, and back"
    )
  }

  // MARK: Pause

  /// Returns when the controller's pods are gone.
  /// - Throws: `ResourceRestoreError`.
  public func pause() async throws {
    for attempt in 1... {
      let live = try await find()
      do {
        // Scaled to zero by a person: theirs to scale back.
        if Self.replicas(live) == 0, Self.recorded(live) == nil { return }
        if Self.replicas(live) != 0 || live.annotations[HoldfastAPI.pausedByAnnotation] != holder {
          try await mark(live)
        }
        return try await waitUntilGone(live.key)
      } catch let error as KubernetesError where error.code == .conflict && attempt < Self.attempts {
        continue
      } catch let error as KubernetesError {
        throw ResourceRestoreError(
          error.code == .forbidden ? .forbidden : .failed, "Deployment \(live.key) cannot be scaled to zero: \(error)",
          cause: error)
      }
    }
  }

  private func mark(_ live: JSONValue) async throws {
    // Of one that is paused already, the number of old is the true one.
    let replicas = Self.replicas(live) > 0 ? Self.replicas(live) : Self.recorded(live) ?? 1
    try await patch(
      live, replicas: 0,
      [
        HoldfastAPI.pausedReplicasAnnotation: .string("\(replicas)"), HoldfastAPI.pausedByAnnotation: .string(holder),
      ])
  }

  private func waitUntilGone(_ key: KubernetesModel.ObjectKey) async throws {
    for look in 0..<Self.patience {
      if look > 0 { try await sleep(Self.interval) }
      do {
        let live = try await client.get(Self.resource, name: key.name, namespace: key.namespace)
        let observed = live[path: "status", "observedGeneration"]?.integerValue ?? 0
        guard observed >= live.objectMeta.generation ?? 0, (live[path: "status", "replicas"]?.integerValue ?? 0) == 0
        else {
          continue
        }
        if try await pods(of: live) == 0 { return }
      } catch let error as KubernetesError where error.isTransient {
        continue
      }
    }
    throw ResourceRestoreError(
      .failed,
      "Deployment \(key) was scaled to zero and still has pods after \(Self.patience / 2) s; does an autoscaler or a "
        + "GitOps controller scale it back?")
  }

  /// One that ends may still write.
  private func pods(of deployment: JSONValue) async throws -> Int {
    guard let selector = try deployment[path: "spec", "selector"]?.decoded(as: LabelSelector.self) else { return 0 }
    let text = try selector.selectorString()
    guard !text.isEmpty else { return 0 }
    let pods = try await client.list(
      Pod.resource, namespace: deployment.namespace, options: ListOptions(labelSelector: text))
    return pods.items.count {
      !["Succeeded", "Failed"].contains($0[path: "status", "phase"]?.stringValue ?? "")
    }
  }

  // MARK: Resume

  /// - Returns: What was done, for people; nil where nothing was to be done.
  /// - Throws: `ResourceRestoreError` that says how to do it by hand.
  public func resume() async throws -> String? {
    var last: any Error = CancellationError()
    var replicas: Int64?
    for attempt in 0..<Self.attempts {
      if attempt > 0 { try await sleep(.milliseconds(200 << min(attempt, 5))) }
      do {
        let live = try await find()
        guard live.annotations[HoldfastAPI.pausedByAnnotation] == holder, let recorded = Self.recorded(live) else {
          return nil
        }
        replicas = recorded
        let isAtZero = Self.replicas(live) == 0
        try await patch(
          live, replicas: isAtZero ? recorded : nil,
          [
            HoldfastAPI.pausedReplicasAnnotation: .null, HoldfastAPI.pausedByAnnotation: .null,
          ])
        return isAtZero ? "Deployment \(live.key) is scaled back to \(recorded)" : nil
      } catch let error as ResourceRestoreError where error.code == .refused {
        // It is gone: there is nothing to scale.
        return nil
      } catch {
        last = error
      }
    }
    let name = name ?? RestoreRequest.ObjectDestination.Controller.defaultName
    throw ResourceRestoreError(
      .controllerPaused,
      "cert-manager's controller may still be at zero: \(last). Run: kubectl -n \(namespace) scale deployment \(name) "
        + "--replicas=\(replicas ?? 1)", cause: last)
  }

  // MARK: The Deployment

  /// - Throws: `ResourceRestoreError`: `refused` where there is none.
  private func find() async throws -> JSONValue {
    do {
      let wanted = name ?? RestoreRequest.ObjectDestination.Controller.defaultName
      if let live = try await absentIfNotFound({
        try await client.get(Self.resource, name: wanted, namespace: namespace)
      }) {
        return live
      }
      let found =
        name == nil
        ? try await client.list(
          Self.resource, namespace: namespace, options: ListOptions(labelSelector: Self.labels)
        ).items : []
      guard found.count == 1 else {
        throw ResourceRestoreError(
          .refused,
          "there is no Deployment \(namespace)/\(wanted)"
            + (name == nil ? ", and \(found.count) have the labels \(Self.labels)" : "")
            + "; say in pauseControllers' controller {namespace, name} which one is cert-manager's, or leave pauseControllers out"
        )
      }
      return found[0]
    } catch let error as KubernetesError {
      throw ResourceRestoreError(
        error.code == .forbidden ? .forbidden : .failed,
        "cert-manager's Deployment in namespace \(namespace) cannot be looked at: \(error)", cause: error)
    }
  }

  private func patch(_ live: JSONValue, replicas: Int64?, _ annotations: [String: JSONValue]) async throws {
    var metadata: JSONValue = ["annotations": .object(annotations)]
    metadata["resourceVersion"] = live.resourceVersion.map { .string($0) }
    var change: JSONValue = ["metadata": metadata]
    if let replicas { change["spec"] = ["replicas": .integer(replicas)] }
    _ = try await client.patch(
      Self.resource, name: live.key.name, namespace: live.namespace, .merge(change),
      options: WriteOptions(fieldManager: "holdfast-restore"))
  }

  /// One where the field is not set.
  private static func replicas(_ deployment: JSONValue) -> Int64 {
    deployment[path: "spec", "replicas"]?.integerValue ?? 1
  }

  private static func recorded(_ deployment: JSONValue) -> Int64? {
    deployment.annotations[HoldfastAPI.pausedReplicasAnnotation].flatMap(Int64.init).flatMap { $0 > 0 ? $0 : nil }
  }
}
