internal import HoldfastAPI
public import KubernetesModel

extension PolicyObjects {
  /// The bindings that give the executor what its sources need; one for each role and place.
  public struct Bindings: Sendable, Hashable {
    public var inNamespaces: [RoleBinding] = []
    public var everywhere: [ClusterRoleBinding] = []
  }

  /// - Throws: Where an object cannot be encoded.
  public func bindings() throws -> Bindings {
    var bindings = Bindings()
    var grants = SourcePermissions(spec: spec, namespace: namespace ?? "").grants
    if spec.verification != nil { grants.append(.init(.verification, in: namespace ?? "")) }
    for grant in grants {
      let role = RoleReference(kind: "ClusterRole", name: grant.role.name)
      let metadata = bindingMetadata(grant)
      if grant.namespace == nil {
        var binding = ClusterRoleBinding(metadata: metadata, roleRef: role, subjects: [executorSubject])
        try SpecHash.stamp(&binding)
        bindings.everywhere.append(binding)
      } else {
        var binding = RoleBinding(metadata: metadata, roleRef: role, subjects: [executorSubject])
        try SpecHash.stamp(&binding)
        bindings.inNamespaces.append(binding)
      }
    }
    return bindings
  }

  /// By these labels the bindings of a policy are found, wherever they are.
  public static func bindingLabels(policy: String, namespace: String) -> [String: String] {
    ObjectLabels.of(policy: policy).merging([HoldfastAPI.policyNamespaceLabel: namespace]) { $1 }
  }

  /// An owner in another namespace means nothing to the garbage collector, so that only what is in the policy's own has one.
  private func bindingMetadata(_ grant: SourcePermissions.Grant) -> ObjectMeta {
    let own = namespace ?? ""
    let isOwn = grant.namespace == own
    return ObjectMeta(
      name: isOwn
        ? ObjectNames.binding(policy: name, role: grant.role)
        : ObjectNames.foreignBinding(policy: name, namespace: own, role: grant.role),
      namespace: grant.namespace, labels: Self.bindingLabels(policy: name, namespace: own),
      ownerReferences: isOwn ? policy.ownerReference().map { [$0] } : nil)
  }

  var executorSubject: Subject {
    Subject(
      kind: "ServiceAccount",
      name: spec.executor?.serviceAccountName ?? serviceAccount?.metadata.name
        ?? ObjectNames.serviceAccount(policy: name), namespace: namespace)
  }
}
