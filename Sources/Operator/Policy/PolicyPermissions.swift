import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import Logging

/// Keeps the rights of a policy's executor at what its sources need: role bindings in its own namespace and, for a policy
/// of a trusted one, beyond.
///
/// Those beyond have no owner that the garbage collector would know. They carry the policy's name and namespace as labels,
/// are watched, and go when the policy is gone, wants them no more, or is no longer trusted: each of these brings the
/// policy's key to the reconciler, at the latest when the operator starts. Therefore a policy needs no finalizer.
struct PolicyPermissions: Sendable {
  let context: OperatorContext
  private var client: KubernetesClient { context.client }
  private var owned: OwnedObjects { OwnedObjects(client: client) }

  /// - Returns: What was written, for the log: the object and how.
  func apply(_ wanted: PolicyObjects.Bindings, for policy: BackupPolicy) async throws -> [(
    String, OwnedObjects.Outcome
  )] {
    var written: [(String, OwnedObjects.Outcome)] = []
    for binding in wanted.inNamespaces {
      let place = binding.metadata.namespace.map { "\($0)/" } ?? ""
      written.append(("RoleBinding \(place)\(binding.key.name)", try await owned.ensure(binding)))
    }
    for binding in wanted.everywhere {
      written.append(("ClusterRoleBinding \(binding.key.name)", try await owned.ensure(binding)))
    }
    let keys = Set(wanted.inNamespaces.map(\.key))
    let names = Set(wanted.everywhere.map(\.key.name))
    try await remove(of: policy.key) {
      !keys.contains($0.key)
    } everywhere: {
      !names.contains($0.key.name)
    }
    return written
  }

  /// Takes back what reaches beyond the policy's namespace: it is gone, or no longer trusted.
  func revokeBeyond(_ policy: ObjectKey) async throws {
    try await remove(of: policy) {
      $0.metadata.namespace != policy.namespace
    } everywhere: { _ in
      true
    }
  }

  private func remove(
    of policy: ObjectKey, inNamespaces isLeftOver: (RoleBinding) -> Bool,
    everywhere isLeftOverEverywhere: (ClusterRoleBinding) -> Bool
  ) async throws {
    for namespace in namespaces {
      for binding in try await existing(RoleBinding.self, of: policy, in: namespace) where isLeftOver(binding) {
        try await delete(binding)
      }
    }
    guard context.configuration.managesClusterBindings else { return }
    for binding in try await existing(ClusterRoleBinding.self, of: policy, in: nil) where isLeftOverEverywhere(binding)
    {
      try await delete(binding)
    }
  }

  /// nil stands for all.
  private var namespaces: [String?] {
    context.configuration.namespaces.isEmpty ? [nil] : context.configuration.namespaces.map(Optional.some)
  }

  private func existing<Object: KubernetesObject>(
    _ type: Object.Type, of policy: ObjectKey, in namespace: String?
  ) async throws -> [Object] {
    let labels = PolicyObjects.bindingLabels(policy: policy.name, namespace: policy.namespace ?? "")
    // No object has a label of more than 63 bytes, and no policy of such a name was ever valid.
    guard labels.values.allSatisfy({ $0.utf8.count <= 63 }) else { return [] }
    let selector = try LabelSelector(matchLabels: labels).selectorString()
    return try await client.list(type, namespace: namespace, options: ListOptions(labelSelector: selector)).objects()
  }

  private func delete<Object: KubernetesObject>(_ object: Object) async throws {
    do {
      try await client.delete(
        Object.self, name: object.key.name, namespace: object.metadata.namespace,
        options: DeleteOptions(uid: object.metadata.uid))
    } catch let error as KubernetesError where error.code == .notFound {
      return
    }
    context.logger.notice(
      "A role binding is taken back.",
      metadata: ["binding": "\(Object.resource.kind) \(object.key)"])
  }
}
