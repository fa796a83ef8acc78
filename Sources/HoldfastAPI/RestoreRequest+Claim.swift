extension RestoreRequest {
  /// How a claim is made that a restore writes into and that does not exist yet. It stays when the request goes.
  public struct ClaimCreation: Codable, Sendable, Hashable {
    /// A quantity such as 8Gi.
    public var storage: String
    /// Default: the cluster's default class.
    public var storageClassName: String?
    /// Default `ReadWriteOnce`.
    public var accessModes: [String]?

    public init(storage: String, storageClassName: String? = nil, accessModes: [String]? = nil) {
      self.storage = storage
      self.storageClassName = storageClassName
      self.accessModes = accessModes
    }
  }
}
