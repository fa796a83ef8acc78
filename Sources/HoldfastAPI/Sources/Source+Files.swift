public import KubernetesModel

extension Source {
  /// Files and folders: from a pod, from a claim, or, outside a cluster, of the machine that `holdfast backup` runs on.
  public struct Files: Codable, Sendable, Hashable {
    /// A claim of the same namespace, mounted read-only.
    public struct Claim: Codable, Sendable, Hashable {
      public var claimName: String
      /// Absolute, `/` being the claim's root; in place of the source's own `paths`.
      public var paths: [String]?
      /// Pods that mount the claim: the executor runs beside one, since most volumes are on one node at a time.
      public var podSelector: LabelSelector?

      public init(claimName: String, paths: [String]? = nil, podSelector: LabelSelector? = nil) {
        self.claimName = claimName
        self.paths = paths
        self.podSelector = podSelector
      }
    }

    public var pod: PodSelection?
    public var persistentVolumeClaim: Claim?
    /// Absolute paths.
    public var paths: [String]?
    /// Shell patterns of what stays out, matched against the whole path, or against the name where it has no slash.
    public var exclude: [String]?

    public init(
      pod: PodSelection? = nil, persistentVolumeClaim: Claim? = nil, paths: [String]? = nil, exclude: [String]? = nil
    ) {
      self.pod = pod
      self.persistentVolumeClaim = persistentVolumeClaim
      self.paths = paths
      self.exclude = exclude
    }
  }
}

extension Source.Files {
  public var resolvedPaths: [String] { persistentVolumeClaim?.paths ?? paths ?? [] }
}
