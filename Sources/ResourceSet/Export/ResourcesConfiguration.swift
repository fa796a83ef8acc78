public import KubernetesModel

/// What a ``ResourcesSource`` takes.
public struct ResourcesConfiguration: Sendable, Hashable {
  public enum Scope: Sendable, Hashable {
    /// Each must exist.
    case namespaces([String])
    case allNamespaces
  }

  /// Kinds of object, and perhaps some of them by name.
  public struct Selector: Sendable, Hashable {
    /// nil is any; empty is the core group.
    public var group: String?
    /// nil is the group's preferred one.
    public var version: String?
    /// nil is any.
    public var kind: String?
    /// nil is all.
    public var names: Set<String>?

    public init(group: String? = nil, version: String? = nil, kind: String? = nil, names: Set<String>? = nil) {
      self.group = group
      self.version = version
      self.kind = kind
      self.names = names
    }
  }

  /// What becomes of the Secrets in which Helm keeps its releases.
  public enum HelmReleases: Sendable, Hashable {
    /// Taken with the Secrets of a namespace, even where the label selector would leave them out.
    case withSecrets
    /// Taken even where Secrets are not.
    case always
    case never
  }

  public var scope: Scope
  /// Also objects that are in no namespace.
  public var isClusterScoped: Bool
  /// nil is everything but what ``ResourceRules`` leaves out.
  public var include: [Selector]?
  public var exclude: [Selector]
  /// As the API takes it: `app=web,tier!=test`.
  public var labelSelector: String?
  public var fieldSelector: String?
  public var includesDefinitions: Bool
  public var helmReleases: HelmReleases
  /// Objects for each request; less where they are large.
  public var pageSize: Int
  /// uid of the namespace `kube-system`, for the header.
  public var clusterID: String?
  /// The selection as a person wrote it, for the header.
  public var selection: JSONValue?

  public init(
    scope: Scope, isClusterScoped: Bool = false, include: [Selector]? = nil, exclude: [Selector] = [],
    labelSelector: String? = nil, fieldSelector: String? = nil, includesDefinitions: Bool = true,
    helmReleases: HelmReleases = .withSecrets, pageSize: Int = 250, clusterID: String? = nil,
    selection: JSONValue? = nil
  ) {
    self.scope = scope
    self.isClusterScoped = isClusterScoped
    self.include = include
    self.exclude = exclude
    self.labelSelector = labelSelector
    self.fieldSelector = fieldSelector
    self.includesDefinitions = includesDefinitions
    self.helmReleases = helmReleases
    self.pageSize = pageSize
    self.clusterID = clusterID
    self.selection = selection
  }
}

extension ResourcesConfiguration.Selector {
  func covers(_ resource: ResourceType) -> Bool {
    (group == nil || group == resource.group) && (kind == nil || kind == resource.kind)
      && (version == nil || version == resource.version)
  }

  /// As ``covers(_:)``, whatever version the resource is served in.
  func coversAnyVersion(of resource: ResourceType) -> Bool {
    (group == nil || group == resource.group) && (kind == nil || kind == resource.kind)
  }

  /// Whether the selector may cover something in the group.
  func mayCover(group other: String) -> Bool { group == nil || group == other }
}
