public import KubernetesModel

extension Source {
  /// The database of an OpenZiti controller: a snapshot that the controller writes beside it, fetched and checked.
  public struct OpenZiti: Codable, Sendable, Hashable {
    /// How the controller is told to write a snapshot.
    public enum Snapshot: String, Codable, Sendable, Hashable, CaseIterable {
      /// `ziti agent controller snapshot-db` in the controller's container: no login.
      case agent
      /// `POST /fabric/v1/database/snapshot`, as an administrator.
      case managementAPI
    }

    /// How the snapshot comes out of the controller.
    public enum Retrieval: String, Codable, Sendable, Hashable, CaseIterable {
      case exec
      /// From the controller's claim, mounted beside the controller.
      case volume
    }

    /// The listener that serves the management API, with one way to log in.
    public struct ManagementAPI: Codable, Sendable, Hashable {
      /// For example `https://ziti-controller-client:443`; required without `release`.
      public var url: String?
      public var caBundle: CABundle?
      /// A Secret with keys `admin-user` and `admin-password`.
      public var adminSecretRef: NameReference?
      /// A Secret with keys `tls.crt` and `tls.key`, or `client.crt` and `client.key`.
      public var clientCertificateSecretRef: NameReference?
      /// The name in the server's certificate where it is not the host of `url`.
      public var tlsServerName: String?

      public init(
        url: String? = nil, caBundle: CABundle? = nil, adminSecretRef: NameReference? = nil,
        clientCertificateSecretRef: NameReference? = nil, tlsServerName: String? = nil
      ) {
        self.url = url
        self.caBundle = caBundle
        self.adminSecretRef = adminSecretRef
        self.clientCertificateSecretRef = clientCertificateSecretRef
        self.tlsServerName = tlsServerName
      }
    }

    /// How the agent is called inside the controller's container.
    public struct Agent: Codable, Sendable, Hashable {
      /// Default `[ziti]`; what follows (`agent controller snapshot-db PATH`) is added.
      public var command: [String]?

      public init(command: [String]? = nil) { self.command = command }
    }

    /// A controller outside a cluster, for `holdfast backup`; refused in a BackupPolicy.
    public struct Host: Codable, Sendable, Hashable {
      /// Run on this machine to take a snapshot, with the snapshot's path added at the end, for example
      /// `[docker, exec, ziti-controller, ziti, agent, controller, snapshot-db]`.
      public var command: [String]
      /// Where the command writes the snapshot, as the command sees it.
      public var snapshotPath: String
      /// Where the same file is on this machine; default `snapshotPath`.
      public var hostPath: String?

      public init(command: [String], snapshotPath: String, hostPath: String? = nil) {
        self.command = command
        self.snapshotPath = snapshotPath
        self.hostPath = hostPath
      }
    }

    /// The Helm release of the controller's chart, whose conventions fill what is not set: see ``OpenZitiPreset``.
    public var release: String?
    /// Default agent.
    public var snapshot: Snapshot?
    /// Default exec.
    public var retrieval: Retrieval?
    /// The controller's pods.
    public var podSelector: LabelSelector?
    /// Default `ziti-controller`.
    public var container: String?
    /// In the controller's container; default `/persistent/ctrl.db`. Clustered: `/persistent/raft/ctrl-ha.db`.
    public var databasePath: String?
    /// The controller's claim, for retrieval volume; `mountPath` defaults to `/persistent`.
    public var persistentVolumeClaim: SourceClaim?
    public var managementAPI: ManagementAPI?
    public var agent: Agent?
    public var host: Host?
    /// How long the controller may take for a snapshot; default 5m.
    public var timeout: String?
    /// Takes the live file of a controller that cannot be told to write a snapshot. It may be torn; it is checked all
    /// the same.
    public var allowLiveCopy: Bool?

    public init(
      release: String? = nil, snapshot: Snapshot? = nil, retrieval: Retrieval? = nil,
      podSelector: LabelSelector? = nil, container: String? = nil, databasePath: String? = nil,
      persistentVolumeClaim: SourceClaim? = nil, managementAPI: ManagementAPI? = nil, agent: Agent? = nil,
      host: Host? = nil, timeout: String? = nil, allowLiveCopy: Bool? = nil
    ) {
      self.release = release
      self.snapshot = snapshot
      self.retrieval = retrieval
      self.podSelector = podSelector
      self.container = container
      self.databasePath = databasePath
      self.persistentVolumeClaim = persistentVolumeClaim
      self.managementAPI = managementAPI
      self.agent = agent
      self.host = host
      self.timeout = timeout
      self.allowLiveCopy = allowLiveCopy
    }
  }
}

extension Source.OpenZiti {
  public static let defaultContainer = "ziti-controller"
  public static let defaultDatabasePath = "/persistent/ctrl.db"
  public static let defaultClaimMountPath = "/persistent"
  public static let defaultTimeout = Duration.seconds(300)

  public var resolvedSnapshot: Snapshot { snapshot ?? .agent }
  public var resolvedRetrieval: Retrieval { retrieval ?? .exec }
  public var resolvedContainer: String { container ?? Self.defaultContainer }
  public var resolvedDatabasePath: String { databasePath ?? Self.defaultDatabasePath }
  public var resolvedTimeout: Duration { timeout.flatMap { try? DurationText.parse($0) } ?? Self.defaultTimeout }
  /// Whether a run calls programs in the controller's container. Without the agent and with the claim at hand it need not.
  public var needsExec: Bool { host == nil && (resolvedSnapshot == .agent || resolvedRetrieval == .exec) }
}
