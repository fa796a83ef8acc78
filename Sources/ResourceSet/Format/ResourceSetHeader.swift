public import KubernetesModel

/// The first member of a resource set: what it is, and where and when it was taken.
public struct ResourceSetHeader: Codable, Sendable, Hashable {
  public var format: String
  public var formatVersion: String
  /// When the capture began, UTC.
  public var capturedAt: Timestamp
  /// uid of the namespace `kube-system`.
  public var clusterID: String?
  /// For example `v1.36.2`.
  public var serverVersion: String?
  /// What was asked for, as in the policy, or as the source says it.
  public var selection: JSONValue?

  public init(
    capturedAt: Timestamp, clusterID: String? = nil, serverVersion: String? = nil, selection: JSONValue? = nil
  ) {
    format = ResourceSetFormat.identifier
    formatVersion = ResourceSetFormat.version
    self.capturedAt = capturedAt
    self.clusterID = clusterID
    self.serverVersion = serverVersion
    self.selection = selection
  }
}

/// The last member of a resource set: what is in it, and what is not although it was asked for.
public struct ResourceSetIndex: Codable, Sendable, Hashable {
  /// Objects of one kind.
  public struct Kind: Codable, Sendable, Hashable {
    /// Empty for the core group.
    public var group: String
    public var version: String
    public var kind: String
    public var plural: String
    public var namespaced: Bool
    public var count: Int
  }

  /// One list of the API server, as far as its objects were written.
  public struct List: Codable, Sendable, Hashable {
    public var group: String
    public var version: String
    public var plural: String
    /// nil for all namespaces, and for what is in none.
    public var namespace: String?
    /// The state of the cluster that the list shows.
    public var resourceVersion: String
    /// false where the server could not keep that state to the end: the rest shows a later one.
    public var consistent: Bool

    public init(_ resource: ResourceType, namespace: String?, resourceVersion: String, consistent: Bool = true) {
      group = resource.group
      version = resource.version
      plural = resource.plural
      self.namespace = namespace
      self.resourceVersion = resourceVersion
      self.consistent = consistent
    }
  }

  /// Something that was asked for and is not in the set.
  public struct Failure: Codable, Sendable, Hashable, CustomStringConvertible {
    /// Empty for the core group.
    public var group: String
    /// nil where the group itself did not say what it has.
    public var plural: String?
    public var namespace: String?
    /// The API server's, for example `Forbidden`.
    public var reason: String
    public var message: String

    public init(group: String, plural: String?, namespace: String?, reason: String, message: String) {
      self.group = group
      self.plural = plural
      self.namespace = namespace
      self.reason = reason
      self.message = message
    }

    /// For people: `deployments.apps in shop: Forbidden: …`.
    public var description: String {
      let name = [plural, group.isEmpty ? nil : group].compactMap(\.self).joined(separator: ".")
      return "\(name)\(namespace.map { " in \($0)" } ?? ""): \(reason): \(message)"
    }
  }

  public var formatVersion = ResourceSetFormat.version
  /// Members below `resources/`, those of ``superseded`` included.
  public var objects = 0
  public var kinds: [Kind] = []
  public var lists: [List]?
  public var failures: [Failure]?
  /// Members that a later state replaced while the set was written, once for each time: so many of the first of this name
  /// do not count.
  public var superseded: [String]?
  /// What the source recorded of its objects, in a form of its own.
  public var facts: JSONValue?

  public init() {}
}
