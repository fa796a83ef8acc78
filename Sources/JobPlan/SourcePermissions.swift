public import HoldfastAPI

/// What the executor of a policy may do at the API server: the one place that says so for each kind of source. Pure.
public struct SourcePermissions: Sendable, Hashable {
  public struct Grant: Sendable, Hashable {
    public var role: ExecutorRole
    /// nil for all namespaces, and what is in none.
    public var namespace: String?

    public init(_ role: ExecutorRole, in namespace: String?) {
      self.role = role
      self.namespace = namespace
    }
  }

  /// Each once, in a fixed order.
  public private(set) var grants: [Grant] = []

  /// - Parameter spec: With its defaults.
  public init(spec: BackupPolicySpec, namespace: String) {
    var wanted: Set<Grant> = []
    for source in spec.sources { wanted.formUnion(Self.grants(for: source, in: namespace)) }
    // What is granted everywhere need not be granted here too.
    let everywhere = Set(wanted.filter { $0.namespace == nil }.map(\.role))
    grants = wanted.filter { $0.namespace == nil || !everywhere.contains($0.role) }
      .sorted { ($0.namespace ?? "", $0.role.rawValue) < ($1.namespace ?? "", $1.role.rawValue) }
  }

  static func grants(for source: Source, in namespace: String) -> [Grant] {
    switch source.kind {
    case .openZiti: source.openZiti?.defaulted().needsExec == true ? [Grant(.exec, in: namespace)] : []
    case .files: source.files?.pod == nil ? [] : [Grant(.exec, in: namespace)]
    case .certManager: source.certManager.map { grants(for: $0, in: namespace) } ?? []
    case .resources: source.resources.map { grants(for: $0, in: namespace) } ?? []
    case .openBao, .vault, .etcd, nil: []
    }
  }

  private static func grants(for source: Source.CertManager, in namespace: String) -> [Grant] {
    var grants = [Grant(.certManager, in: namespace)]
    let hasIssuers = !source.resolvedClusterIssuers.isEmpty
    let hasBundles = !source.resolvedBundles.isEmpty
    if hasIssuers || hasBundles { grants.append(Grant(.certManagerCluster, in: nil)) }
    if hasIssuers { grants.append(Grant(.secrets, in: source.resolvedClusterResourceNamespace)) }
    if hasBundles { grants.append(Grant(.secrets, in: source.resolvedTrustNamespace)) }
    if source.includeCRDs == true { grants.append(Grant(.definitions, in: nil)) }
    return grants
  }

  private static func grants(for source: Source.Resources, in namespace: String) -> [Grant] {
    var grants: [Grant] = []
    if source.clusterScoped == true || source.selectsAllNamespaces { grants.append(Grant(.resources, in: nil)) }
    grants += source.resolvedNamespaces(own: namespace).map { Grant(.resources, in: $0) }
    if source.includeCRDs == true { grants.append(Grant(.definitions, in: nil)) }
    return grants
  }
}

extension Source.CertManager {
  /// Where ClusterIssuers have their Secrets, as far as rights are concerned.
  public var resolvedClusterResourceNamespace: String {
    clusterResourceNamespace ?? Self.defaultControllerNamespace
  }
  /// Where Bundles have their sources, as far as rights are concerned.
  public var resolvedTrustNamespace: String { trustNamespace ?? Self.defaultControllerNamespace }
}

/// What only policies of trusted namespaces may ask for.
public enum SourceTrust {
  /// - Returns: An issue for each field that reaches beyond the namespace; empty where all stays in it.
  public static func issues(of spec: BackupPolicySpec, in namespace: String) -> [ValidationIssue] {
    spec.sources.enumerated().flatMap { index, source in
      fields(of: source, in: namespace).map { field, what in
        ValidationIssue(
          field: "spec.sources[\(index)].\(field)",
          message: "\(what), and policies of namespace '\(namespace)' are not trusted with that; leave it out, or add "
            + "--trusted-namespace \(namespace) to the operator (trustedNamespaces in the chart's values)")
      }
    }
  }

  private static func fields(of source: Source, in namespace: String) -> [(String, String)] {
    var fields: [(String, String)] = []
    if let resources = source.resources {
      let others = (resources.namespaces ?? []).filter { $0 != namespace }
      if !others.isEmpty {
        fields.append(("resources.namespaces", "reaches into other namespaces (\(others.joined(separator: ", ")))"))
      }
      if resources.clusterScoped == true {
        fields.append(("resources.clusterScoped", "takes objects that are in no namespace"))
      }
      if resources.includeCRDs == true {
        fields.append(("resources.includeCRDs", "takes definitions, which are in no namespace"))
      }
    }
    if let certManager = source.certManager {
      if !certManager.resolvedClusterIssuers.isEmpty {
        fields.append(("certManager.clusterIssuers", "takes ClusterIssuers, which are in no namespace"))
      }
      if !certManager.resolvedBundles.isEmpty {
        fields.append(("certManager.bundles", "takes Bundles, which are in no namespace"))
      }
      if certManager.includeCRDs == true {
        fields.append(("certManager.includeCRDs", "takes definitions, which are in no namespace"))
      }
    }
    return fields
  }
}
