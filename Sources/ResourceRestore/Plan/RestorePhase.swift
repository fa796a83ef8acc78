internal import KubernetesModel

/// The order of a restore. A phase begins when the one before has settled.
enum RestorePhase: Int, Sendable, Hashable, CaseIterable, Comparable {
  /// Until Established.
  case definitions
  case namespaces
  /// Before anything that runs under them.
  case accounts
  /// And ConfigMaps: before anything that reads them. cert-manager issues anew what it does not find.
  case secrets
  /// After cert-manager's webhook answers; until Ready.
  case issuers
  case certificates
  case others
  /// What can stop everything else from being written, so that it comes last.
  case gates

  static func < (first: RestorePhase, second: RestorePhase) -> Bool { first.rawValue < second.rawValue }

  init(_ resource: ResourceType) {
    self =
      switch (resource.group, resource.kind) {
      case ("apiextensions.k8s.io", "CustomResourceDefinition"): .definitions
      case ("", "Namespace"): .namespaces
      case ("", "ServiceAccount"): .accounts
      case ("", "Secret"), ("", "ConfigMap"): .secrets
      case ("cert-manager.io", "Issuer"), ("cert-manager.io", "ClusterIssuer"): .issuers
      case ("cert-manager.io", "Certificate"): .certificates
      case ("admissionregistration.k8s.io", _), ("apiregistration.k8s.io", _), ("", "ResourceQuota"): .gates
      default: .others
      }
  }
}
