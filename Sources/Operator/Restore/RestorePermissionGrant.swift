import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel

/// Gives the executor of a restore its rights for the time of its Job, and takes them back.
///
/// They are found by the request's label. They are taken back before the request's end is written, so that an operator that
/// dies in between does it again, and when the request is deleted and its pods have ended.
struct RestorePermissionGrant: Sendable {
  let context: OperatorContext
  private var client: KubernetesClient { context.client }

  /// Before the Job is made. One that exists is of an earlier attempt of the same request.
  func give(_ bindings: PolicyObjects.Bindings) async throws {
    // That one makes the namespaces that are not there.
    let makesNamespaces = bindings.everywhere.contains { $0.roleRef.name == ExecutorRole.restore.name }
    for binding in bindings.inNamespaces { try await create(binding, mayLackNamespace: makesNamespaces) }
    for binding in bindings.everywhere { try await create(binding, mayLackNamespace: false) }
  }

  /// Whatever bindings there are for a request, in whichever namespaces.
  func takeBack(from request: ObjectKey) async throws {
    let namespaces: [String?] =
      context.configuration.namespaces.isEmpty ? [nil] : context.configuration.namespaces.map(Optional.some)
    for namespace in namespaces {
      for binding in try await existing(RoleBinding.self, of: request, in: namespace)
      where isOf(request, binding.subjects) {
        try await delete(binding)
      }
    }
    guard context.configuration.managesClusterBindings else { return }
    for binding in try await existing(ClusterRoleBinding.self, of: request, in: nil)
    where isOf(request, binding.subjects) { try await delete(binding) }
  }

  /// A request of the same name in another namespace has its own.
  private func isOf(_ request: ObjectKey, _ subjects: [Subject]?) -> Bool {
    (subjects ?? []).contains { $0.namespace == request.namespace }
  }

  private func existing<Object: KubernetesObject>(
    _ type: Object.Type, of request: ObjectKey, in namespace: String?
  ) async throws -> [Object] {
    let selector = "\(HoldfastAPI.restoreLabel)=\(ObjectLabels.value(request.name))"
    return try await client.list(type, namespace: namespace, options: ListOptions(labelSelector: selector)).objects()
  }

  private func create<Object: KubernetesObject>(_ binding: Object, mayLackNamespace: Bool) async throws {
    do {
      _ = try await client.create(binding)
    } catch let error as KubernetesError where error.code == .alreadyExists {
      return
    } catch let error as KubernetesError where error.code == .notFound {
      guard !mayLackNamespace else { return }
      throw RestoreStop(
        "start", .applyFailed,
        "namespace \(binding.key.namespace ?? "") is not there; create it, then make a new request")
    }
  }

  private func delete<Object: KubernetesObject>(_ binding: Object) async throws {
    do {
      try await client.delete(Object.self, name: binding.key.name, namespace: binding.metadata.namespace)
    } catch let error as KubernetesError where error.code == .notFound {
      return
    }
  }
}
