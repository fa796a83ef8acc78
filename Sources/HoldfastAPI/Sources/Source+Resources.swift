public import KubernetesModel

extension Source {
  /// The API objects of namespaces, or of the cluster, by group and kind.
  public struct Resources: Codable, Sendable, Hashable {
    /// Kinds of object, and perhaps some of them by name. At least one field is set.
    public struct Selector: Codable, Sendable, Hashable {
      /// `""` is the core group; absent or `*` is any.
      public var group: String?
      /// Default: the group's preferred version.
      public var version: String?
      /// Absent or `*` is any kind of the group.
      public var kind: String?
      /// Default: all.
      public var names: [String]?

      public init(group: String? = nil, version: String? = nil, kind: String? = nil, names: [String]? = nil) {
        self.group = group
        self.version = version
        self.kind = kind
        self.names = names
      }
    }

    /// Default: the policy's own. `*` alone is all; others than the own only from a trusted namespace.
    public var namespaces: [String]?
    /// Objects that are in no namespace, too; only from a trusted namespace. Default false.
    public var clusterScoped: Bool?
    /// Default: everything but what is left out by itself (`docs/sources/resources.md`).
    public var include: [Selector]?
    public var exclude: [Selector]?
    public var labelSelector: LabelSelector?
    /// As the API takes it, for example `metadata.name!=kube-root-ca.crt`. A kind that does not know a field is named
    /// in the facts.
    public var fieldSelector: String?
    /// The CRDs of what is taken. Default true from a trusted namespace, else false.
    public var includeCRDs: Bool?
    /// Secrets in which Helm keeps its releases, even where a selector would leave them out. Default true.
    public var helmReleases: Bool?
    /// Objects for each list request: 1 to 1000, default 250.
    public var pageSize: Int?

    public init(
      namespaces: [String]? = nil, clusterScoped: Bool? = nil, include: [Selector]? = nil, exclude: [Selector]? = nil,
      labelSelector: LabelSelector? = nil, fieldSelector: String? = nil, includeCRDs: Bool? = nil,
      helmReleases: Bool? = nil, pageSize: Int? = nil
    ) {
      self.namespaces = namespaces
      self.clusterScoped = clusterScoped
      self.include = include
      self.exclude = exclude
      self.labelSelector = labelSelector
      self.fieldSelector = fieldSelector
      self.includeCRDs = includeCRDs
      self.helmReleases = helmReleases
      self.pageSize = pageSize
    }
  }
}

extension Source.Resources {
  public static let allNamespaces = "*"
  public static let defaultPageSize = 250

  /// Whether every namespace is asked for.
  public var selectsAllNamespaces: Bool { namespaces == [Self.allNamespaces] }
  public var resolvedPageSize: Int { pageSize ?? Self.defaultPageSize }

  /// Namespaces by name; empty where all are asked for.
  public func resolvedNamespaces(own: String) -> [String] {
    selectsAllNamespaces ? [] : (namespaces ?? [own])
  }
}
