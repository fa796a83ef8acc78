/// Which API resource a kind is served as: group, version, kind, plural name and scope.
public struct ResourceType: Sendable, Hashable {
  /// Empty for the core group.
  public let group: String
  public let version: String
  public let kind: String
  /// The lower-case plural in URLs, for example `cronjobs`.
  public let plural: String
  public let isNamespaced: Bool

  public init(group: String, version: String, kind: String, plural: String, isNamespaced: Bool = true) {
    self.group = group
    self.version = version
    self.kind = kind
    self.plural = plural
    self.isNamespaced = isNamespaced
  }

  /// `group/version`, or `version` alone in the core group.
  public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
}

/// A typed API object.
public protocol KubernetesObject: Codable, Sendable {
  static var resource: ResourceType { get }
  var apiVersion: String { get }
  var kind: String { get }
  var metadata: ObjectMeta { get set }
}
