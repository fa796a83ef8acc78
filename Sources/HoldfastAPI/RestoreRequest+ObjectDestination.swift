extension RestoreRequest {
  /// How the API objects of one source are brought back, onto the API server that the request is on.
  public struct ObjectDestination: Codable, Sendable, Hashable {
    /// Default: that of the request.
    public var conflictPolicy: ConflictPolicy?
    /// Where cert-manager looks for the Secrets of ClusterIssuers here. Default: where it did when the backup was taken, as
    /// `namespaceMapping` has it.
    public var clusterResourceNamespace: String?
    /// Brings back the registration of ACME accounts too. Default false.
    public var restoreACMEStatus: Bool?

    public init(
      conflictPolicy: ConflictPolicy? = nil, clusterResourceNamespace: String? = nil, restoreACMEStatus: Bool? = nil
    ) {
      self.conflictPolicy = conflictPolicy
      self.clusterResourceNamespace = clusterResourceNamespace
      self.restoreACMEStatus = restoreACMEStatus
    }
  }
}
