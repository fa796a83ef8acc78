/// What of cert-manager and trust-manager is taken.
public struct CertManagerConfiguration: Sendable, Hashable {
  public enum Names: Sendable, Hashable {
    case all
    case none
    /// Each must exist.
    case some([String])

    func contains(_ name: String) -> Bool {
      switch self {
      case .all: true
      case .none: false
      case .some(let names): names.contains(name)
      }
    }

    var isNone: Bool { self == .none || self == .some([]) }
  }

  public var namespace: String
  public var issuers: Names
  /// What lies beyond the namespace needs rights there: ClusterIssuers, Bundles and CRDs.
  public var clusterIssuers: Names
  public var bundles: Names
  /// As the API takes it: `app=web,tier!=test`.
  public var certificateSelector: String?
  /// Each must exist.
  public var extraSecrets: [String]
  /// nil: what cert-manager's Deployment says.
  public var clusterResourceNamespace: String?
  /// nil: what trust-manager's Deployment says.
  public var trustNamespace: String?
  public var includesDefinitions: Bool

  public init(
    namespace: String, issuers: Names = .all, clusterIssuers: Names = .none, bundles: Names = .none,
    certificateSelector: String? = nil, extraSecrets: [String] = [], clusterResourceNamespace: String? = nil,
    trustNamespace: String? = nil, includesDefinitions: Bool = false
  ) {
    self.namespace = namespace
    self.issuers = issuers
    self.clusterIssuers = clusterIssuers
    self.bundles = bundles
    self.certificateSelector = certificateSelector
    self.extraSecrets = extraSecrets
    self.clusterResourceNamespace = clusterResourceNamespace
    self.trustNamespace = trustNamespace
    self.includesDefinitions = includesDefinitions
  }
}
