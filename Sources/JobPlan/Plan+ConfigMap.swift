internal import Foundation
public import HoldfastAPI
public import KubernetesModel

extension Plan {
  /// The plan of a policy's backups.
  /// - Parameters:
  ///   - spec: Validated, with its defaults filled in.
  ///   - protectedIDs: In any order.
  ///   - acceptedIDs: As well.
  public init(
    policy: BackupPolicy, spec: BackupPolicySpec, clusterID: String?, protectedIDs: some Sequence<String> = [],
    acceptedIDs: [String] = []
  ) {
    let ids = Set(protectedIDs).sorted()
    let accepted = Set(acceptedIDs).sorted()
    self.init(
      policy: Policy(
        namespace: policy.metadata.namespace ?? "", name: policy.metadata.name ?? "", uid: policy.metadata.uid),
      clusterID: clusterID, spec: spec.withoutExecutor, protectedIDs: ids.isEmpty ? nil : ids,
      acceptedIDs: accepted.isEmpty ? nil : accepted)
  }

  /// The plan as a ConfigMap, readable by people.
  public func configMap(name: String, owner: OwnerReference?, labels: [String: String]) throws -> ConfigMap {
    let text = String(decoding: try JSONValue(encoding: self).serialized(prettyPrinted: true), as: UTF8.self)
    var configMap = ConfigMap(
      metadata: ObjectMeta(
        name: name, namespace: policy.namespace, labels: labels, ownerReferences: owner.map { [$0] }),
      data: [MountLayout.planFile: text + "\n"])
    try SpecHash.stamp(&configMap)
    return configMap
  }
}

extension BackupPolicySpec {
  /// How the pod looks is no business of what runs in it, and its environment may hold what a ConfigMap should not.
  var withoutExecutor: BackupPolicySpec {
    var spec = self
    spec.executor = nil
    spec.executorImage = nil
    return spec
  }

  /// The executor's template, with the image at the place where the OpenBao operator has it.
  public var executorTemplate: ExecutorTemplate {
    var template = executor ?? ExecutorTemplate()
    template.image = template.image ?? executorImage
    return template
  }
}
