public import KubernetesModel

extension Source {
  /// Issuers and Certificates of the policy's namespace, with every Secret that they name.
  ///
  /// What is beyond the namespace (ClusterIssuers with their Secrets, Bundles, CRDs) only from a trusted namespace.
  public struct CertManager: Codable, Sendable, Hashable {
    /// Default All.
    public var issuers: NameSelection?
    /// Default None.
    public var clusterIssuers: NameSelection?
    /// Certificates to take; default all of the namespace.
    public var certificateSelector: LabelSelector?
    /// Further Secrets of the namespace, by name.
    public var extraSecrets: [String]?
    /// Bundles of trust-manager, with what they are made from; default None.
    public var bundles: NameSelection?
    /// Where ClusterIssuers have their Secrets; default: what cert-manager's own Deployment says.
    public var clusterResourceNamespace: String?
    /// Where Bundles have their sources; default: what trust-manager's own Deployment says.
    public var trustNamespace: String?
    /// The CRDs of what is taken. Default true from a trusted namespace, else false.
    public var includeCRDs: Bool?

    public init(
      issuers: NameSelection? = nil, clusterIssuers: NameSelection? = nil, certificateSelector: LabelSelector? = nil,
      extraSecrets: [String]? = nil, bundles: NameSelection? = nil, clusterResourceNamespace: String? = nil,
      trustNamespace: String? = nil, includeCRDs: Bool? = nil
    ) {
      self.issuers = issuers
      self.clusterIssuers = clusterIssuers
      self.certificateSelector = certificateSelector
      self.extraSecrets = extraSecrets
      self.bundles = bundles
      self.clusterResourceNamespace = clusterResourceNamespace
      self.trustNamespace = trustNamespace
      self.includeCRDs = includeCRDs
    }
  }
}

extension Source.CertManager {
  /// cert-manager's and trust-manager's own default: where their charts are installed.
  public static let defaultControllerNamespace = "cert-manager"

  public var resolvedIssuers: NameSelection { issuers ?? .all }
  public var resolvedClusterIssuers: NameSelection { clusterIssuers ?? .nothing }
  public var resolvedBundles: NameSelection { bundles ?? .nothing }
}
