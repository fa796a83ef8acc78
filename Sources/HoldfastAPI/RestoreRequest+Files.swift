public import KubernetesModel

extension RestoreRequest {
  /// Where files are brought back to. Default: to where they came from.
  public struct FilesDestination: Codable, Sendable, Hashable {
    public struct Claim: Codable, Sendable, Hashable {
      public var claimName: String
      public var create: ClaimCreation?
      /// A folder in the claim in place of its root; made where it is not there.
      public var subPath: String?
      /// Pods that mount the claim: the executor runs beside one, since most volumes are on one node at a time.
      public var podSelector: LabelSelector?

      public init(
        claimName: String, create: ClaimCreation? = nil, subPath: String? = nil, podSelector: LabelSelector? = nil
      ) {
        self.claimName = claimName
        self.create = create
        self.subPath = subPath
        self.podSelector = podSelector
      }
    }

    public var persistentVolumeClaim: Claim?
    /// A container that has tar: the archive is its input.
    public var pod: PodSelection?
    /// The folder that stands for `/` of the archive: in the pod, or of the machine that `holdfast restore` runs on.
    /// Default `/`.
    public var path: String?
    /// What to do where a file is there that differs. Default: that of the request.
    public var conflictPolicy: ConflictPolicy?

    public init(
      persistentVolumeClaim: Claim? = nil, pod: PodSelection? = nil, path: String? = nil,
      conflictPolicy: ConflictPolicy? = nil
    ) {
      self.persistentVolumeClaim = persistentVolumeClaim
      self.pod = pod
      self.path = path
      self.conflictPolicy = conflictPolicy
    }
  }
}

extension RestoreRequest.FilesDestination {
  /// Whether it says where files go, and not only how.
  public var hasPlace: Bool { persistentVolumeClaim != nil || pod != nil || path != nil }
}
