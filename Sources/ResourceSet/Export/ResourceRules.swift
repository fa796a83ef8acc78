internal import KubernetesModel

/// What is left out by itself: what controllers make again, what belongs to one cluster alone, and what would act when it
/// is restored. Listed for people in `docs/sources/resources.md`.
enum ResourceRules {
  /// Kinds that are taken only where a selector names the kind; nil as kind is the whole group.
  private static let leftOut: Set<[String]> = [
    ["", "Event"], ["events.k8s.io", "Event"], ["", "Endpoints"], ["discovery.k8s.io", "EndpointSlice"],
    ["coordination.k8s.io", "Lease"], ["coordination.k8s.io", "LeaseCandidate"], ["apps", "ControllerRevision"],
    ["", "Node"], ["", "ComponentStatus"], ["storage.k8s.io", "CSINode"], ["storage.k8s.io", "CSIStorageCapacity"],
    ["storage.k8s.io", "VolumeAttachment"], ["networking.k8s.io", "IPAddress"],
    ["certificates.k8s.io", "CertificateSigningRequest"], ["internal.apiserver.k8s.io", "StorageVersion"],
    ["cert-manager.io", "CertificateRequest"], ["acme.cert-manager.io", "Order"],
    ["acme.cert-manager.io", "Challenge"],
    // The bucket's mirror, and what would restore something once more.
    ["holdfast.dev", "Backup"], ["holdfast.dev", "RestoreRequest"],
  ]

  /// Groups of measurements, which are no objects.
  private static let leftOutGroups: Set<String> = [
    "metrics.k8s.io", "custom.metrics.k8s.io", "external.metrics.k8s.io", "packages.operators.coreos.com",
  ]

  static func isLeftOut(_ resource: ResourceType) -> Bool {
    leftOutGroups.contains(resource.group) || leftOut.contains([resource.group, resource.kind])
  }

  static func isLeftOut(group: String) -> Bool { leftOutGroups.contains(group) }

  /// Objects of kinds that are taken, but for these.
  static func isLeftOut(_ object: JSONValue, of resource: ResourceType) -> Bool {
    // What the operator makes from a policy, its Jobs and their pods among it.
    if object.labels["app.kubernetes.io/managed-by"] == "holdfast-operator" { return true }
    switch (resource.group, resource.kind) {
    // Restored, they would run beside what their controllers make.
    case ("", "Pod"), ("apps", "ReplicaSet"), ("batch", "Job"): return hasController(object)
    case ("", "Secret"): return isTiedToAnAccount(object)
    case ("", "ConfigMap"): return ["kube-root-ca.crt", "openshift-service-ca.crt"].contains(object.name)
    case ("cert-manager.io", _): return false
    case ("rbac.authorization.k8s.io", _):
      return object.labels["kubernetes.io/bootstrapping"] == "rbac-defaults"
    case ("apiregistration.k8s.io", "APIService"):
      return object.labels["kube-aggregator.kubernetes.io/automanaged"] != nil
    default: return false
    }
  }

  private static func hasController(_ object: JSONValue) -> Bool {
    (object[path: "metadata", "ownerReferences"]?.arrayValue ?? []).contains { $0["controller"]?.boolValue == true }
  }

  /// A token names the account's uid, which a restored account does not have; a key that is yet to be used, its request.
  private static func isTiedToAnAccount(_ object: JSONValue) -> Bool {
    object["type"]?.stringValue == "kubernetes.io/service-account-token"
      || object.labels["cert-manager.io/next-private-key"] == "true"
  }
}

/// Which kinds and objects are taken. Pure.
struct ObjectFilter: Sendable {
  let configuration: ResourcesConfiguration

  /// Whether the kind is listed at all.
  func takes(_ resource: ResourceType) -> Bool {
    // A kind is left out as a whole where no names limit that.
    if configuration.exclude.contains(where: { $0.names == nil && $0.covers(resource) }) { return false }
    guard let include = configuration.include else { return !ResourceRules.isLeftOut(resource) }
    return include.contains { selector in
      selector.covers(resource) && (selector.kind != nil || !ResourceRules.isLeftOut(resource))
    }
  }

  /// Whether a group that cannot be asked for its kinds is missed.
  func misses(group: String) -> Bool {
    if configuration.exclude.contains(where: { $0.group == group && $0.kind == nil && $0.names == nil }) {
      return false
    }
    guard let include = configuration.include else { return !ResourceRules.isLeftOut(group: group) }
    return include.contains {
      $0.mayCover(group: group) && ($0.group == group || !ResourceRules.isLeftOut(group: group))
    }
  }

  func takes(_ object: JSONValue, of resource: ResourceType) -> Bool {
    let name = object.name ?? ""
    let isExcluded = configuration.exclude.contains {
      $0.covers(resource) && $0.names?.contains(name) != false
    }
    if isExcluded { return false }
    if isHelmRelease(object, of: resource) { return configuration.helmReleases != .never }
    if let include = configuration.include {
      let chosen = include.filter { $0.covers(resource) && $0.names?.contains(name) != false }
      if chosen.isEmpty { return false }
      // Who names an object wants that object.
      if chosen.contains(where: { $0.names != nil }) { return true }
    }
    return !ResourceRules.isLeftOut(object, of: resource)
  }

  /// The version that a selector asks for, of those that are served.
  func version(of resource: ResourceType) -> String? {
    (configuration.include ?? []).first { $0.version != nil && $0.coversAnyVersion(of: resource) }?.version
  }

  private func isHelmRelease(_ object: JSONValue, of resource: ResourceType) -> Bool {
    resource.group.isEmpty && resource.kind == "Secret" && object["type"]?.stringValue == HelmReleases.secretType
  }
}

/// How Helm keeps its releases (https://helm.sh/docs/topics/advanced/#storage-backends).
enum HelmReleases {
  static let secretType = "helm.sh/release.v1"
  static let labelSelector = "owner=helm"
  static let secrets = ResourceType(group: "", version: "v1", kind: "Secret", plural: "secrets")
}
