public import KubernetesModel

extension RestoreRequest {
  /// Where the database of an OpenZiti controller goes, in the request's own namespace. What is not set is as the source of
  /// the policy has it: see ``OpenZitiPlace``.
  public struct OpenZitiDestination: Codable, Sendable, Hashable {
    /// The claim that the controller keeps its database on.
    public struct Claim: Codable, Sendable, Hashable {
      public var claimName: String
      /// Makes the claim where there is none of that name.
      public var create: ClaimCreation?
      /// The database's file, from the root of the volume; default `ctrl.db`.
      public var path: String?

      public init(claimName: String, create: ClaimCreation? = nil, path: String? = nil) {
        self.claimName = claimName
        self.create = create
        self.path = path
      }
    }

    /// What runs the controller, and is scaled to zero meanwhile.
    public struct Workload: Codable, Sendable, Hashable {
      public enum Kind: String, Codable, Sendable, Hashable, CaseIterable {
        case deployment = "Deployment"
        case statefulSet = "StatefulSet"
      }

      public var kind: Kind
      public var name: String

      public init(kind: Kind, name: String) {
        self.kind = kind
        self.name = name
      }
    }

    /// A controller on this machine, for `holdfast restore`; refused in a RestoreRequest.
    public struct Host: Codable, Sendable, Hashable {
      /// The database's file. The controller must have been stopped.
      public var path: String

      public init(path: String) { self.path = path }
    }

    /// The Helm release of the controller's chart, whose conventions fill what is not set: see ``OpenZitiPreset``.
    public var release: String?
    public var persistentVolumeClaim: Claim?
    public var workload: Workload?
    /// Gives the snapshot to a cluster of controllers that runs, by `ziti agent cluster restore-from-db` on its leader.
    public var clustered: Bool?
    /// The controllers' pods, where `clustered`.
    public var podSelector: LabelSelector?
    /// Default `ziti-controller`.
    public var container: String?
    /// For the proof that the restored data is served.
    public var managementAPI: Source.OpenZiti.ManagementAPI?
    /// Owner and mode of the database's file; default those of the file that is there, else 2171 and 0600 as with the chart's
    /// image.
    public var runAsUser: Int64?
    public var runAsGroup: Int64?
    /// Octal, for example `"0600"`.
    public var fileMode: String?
    /// How long the controller may take to stop, and to be ready again; default 5m.
    public var timeout: String?
    public var host: Host?

    public init(
      release: String? = nil, persistentVolumeClaim: Claim? = nil, workload: Workload? = nil, clustered: Bool? = nil,
      podSelector: LabelSelector? = nil, container: String? = nil, managementAPI: Source.OpenZiti.ManagementAPI? = nil,
      runAsUser: Int64? = nil, runAsGroup: Int64? = nil, fileMode: String? = nil, timeout: String? = nil,
      host: Host? = nil
    ) {
      self.release = release
      self.persistentVolumeClaim = persistentVolumeClaim
      self.workload = workload
      self.clustered = clustered
      self.podSelector = podSelector
      self.container = container
      self.managementAPI = managementAPI
      self.runAsUser = runAsUser
      self.runAsGroup = runAsGroup
      self.fileMode = fileMode
      self.timeout = timeout
      self.host = host
    }
  }
}
