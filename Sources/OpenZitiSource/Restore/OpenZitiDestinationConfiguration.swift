/// Where a controller's database goes, and who may be asked whether it is served.
public struct OpenZitiDestinationConfiguration: Sendable {
  public struct Workload: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable {
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

  public struct Claim: Sendable, Hashable {
    public var name: String
    /// Where the volume is mounted here. There is no such folder while there is no such claim.
    public var folder: String
    /// From the root of the volume.
    public var path: String
    /// How large it is made, where it is not there yet.
    public var creation: String?

    public init(name: String, folder: String, path: String, creation: String? = nil) {
      self.name = name
      self.folder = folder
      self.path = path
      self.creation = creation
    }
  }

  public enum Way: Sendable {
    /// The workload is at zero while the file is replaced; without one, nothing may use the claim.
    case claim(Claim, workload: Workload?)
    /// `<command> agent cluster restore-from-db` on the leader. The path is the database's, in the containers.
    case cluster(OpenZitiConfiguration.Pods, databasePath: String, command: [String])
    /// A file of this machine, whose controller a person has stopped.
    case file(String)
  }

  /// What the file gets; where nil, what the file that is there has, else the controller's image's.
  public struct Owner: Sendable, Hashable {
    public static let defaultUser: UInt32 = 2_171
    public static let defaultMode: UInt16 = 0o600

    public var user: UInt32?
    public var group: UInt32?
    public var mode: UInt16?

    public init(user: UInt32? = nil, group: UInt32? = nil, mode: UInt16? = nil) {
      self.user = user
      self.group = group
      self.mode = mode
    }
  }

  /// The management API, for the proof.
  public struct Proof: Sendable {
    /// nil where there is no login; ``reason`` then says why.
    public var endpoint: ManagementEndpoint?
    /// Somebody named this API: that it does not answer is then a failure.
    public var isRequired: Bool
    public var reason: String

    public init(endpoint: ManagementEndpoint?, isRequired: Bool, reason: String = "") {
      self.endpoint = endpoint
      self.isRequired = isRequired
      self.reason = reason
    }
  }

  public var namespace: String
  public var way: Way
  public var owner: Owner
  public var proof: Proof
  /// For the controller to stop, and to be ready again.
  public var timeout: Duration
  /// The pod that this runs in, which has the claim too.
  public var ownPod: String?
  /// `namespace/name` of the RestoreRequest, for the note on the workload.
  public var request: String
  /// Between two looks at the API.
  public var pause: Duration

  public init(
    namespace: String, way: Way, owner: Owner = Owner(), proof: Proof, timeout: Duration = .seconds(300),
    ownPod: String? = nil, request: String, pause: Duration = .seconds(1)
  ) {
    self.namespace = namespace
    self.way = way
    self.owner = owner
    self.proof = proof
    self.timeout = timeout
    self.ownPod = ownPod
    self.request = request
    self.pause = pause
  }
}
