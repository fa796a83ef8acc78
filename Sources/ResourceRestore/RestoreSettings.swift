/// How a resource set is brought back.
public struct ResourceRestoreSettings: Sendable, Hashable {
  /// What becomes of an object that exists and differs.
  public enum ConflictPolicy: String, Sendable, Hashable, CaseIterable {
    /// Nothing at all is restored.
    case fail
    /// It stays as it is.
    case skip
    /// It becomes what the backup has.
    case replace
  }

  /// Old name to new name; a namespace that is not named keeps its name.
  public var namespaceMapping: [String: String]
  public var conflictPolicy: ConflictPolicy
  /// Goes on where a CA would be issued again.
  public var force: Bool
  /// Where ClusterIssuers had their Secrets when the backup was taken; nil where it has none.
  public var oldClusterResourceNamespace: String?
  /// Where they have them on the server that is restored to; nil where nobody knows, and then the mapping decides.
  public var clusterResourceNamespace: String?
  /// Also brings back the registration of ACME accounts, so that issuers need not ask the CA for it.
  public var restoresACMEStatus: Bool

  public init(
    namespaceMapping: [String: String] = [:], conflictPolicy: ConflictPolicy = .fail, force: Bool = false,
    oldClusterResourceNamespace: String? = nil, clusterResourceNamespace: String? = nil,
    restoresACMEStatus: Bool = false
  ) {
    self.namespaceMapping = namespaceMapping.filter { $0.key != $0.value }
    self.conflictPolicy = conflictPolicy
    self.force = force
    self.oldClusterResourceNamespace = oldClusterResourceNamespace
    self.clusterResourceNamespace = clusterResourceNamespace
    self.restoresACMEStatus = restoresACMEStatus
  }

  /// Where ClusterIssuers will look for their Secrets.
  var effectiveClusterResourceNamespace: String? {
    clusterResourceNamespace ?? oldClusterResourceNamespace.map { namespaceMapping[$0] ?? $0 }
  }
}
