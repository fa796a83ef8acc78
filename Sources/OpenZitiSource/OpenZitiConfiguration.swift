public import KubernetesModel

/// Which controller, how it writes its snapshot, and how that comes out.
public struct OpenZitiConfiguration: Sendable {
  /// The pods of the controller.
  public struct Pods: Sendable, Hashable {
    public var namespace: String
    public var selector: LabelSelector
    public var container: String

    public init(namespace: String, selector: LabelSelector, container: String) {
      self.namespace = namespace
      self.selector = selector
      self.container = container
    }
  }

  public enum Snapshot: Sendable {
    /// `<command> agent controller snapshot-db <path>` in the controller's container.
    case agent(command: [String])
    case managementAPI(ManagementEndpoint)
    /// A command of this machine, with the path added at its end.
    case host(command: [String])
  }

  public enum Retrieval: Sendable, Hashable {
    /// `cat` in the controller's container.
    case exec
    /// A folder of this machine that is `mountPath` to the controller: a mounted claim.
    case folder(String, mountPath: String)
  }

  public var snapshot: Snapshot
  public var retrieval: Retrieval
  /// nil where neither way needs a pod.
  public var pods: Pods?
  /// As the controller sees it; snapshots are written beside it.
  public var databasePath: String
  /// Where a host's command writes its snapshot, instead of beside the database.
  public var snapshotPath: String?
  /// For the snapshot, waiting for the controller's rate limit included.
  public var timeout: Duration
  /// The longest silence while the file comes.
  public var idle: Duration
  /// Accepts a file that is no snapshot, but sound; and takes the live file where the controller knows no snapshots.
  public var allowLiveCopy: Bool

  public init(
    snapshot: Snapshot, retrieval: Retrieval, pods: Pods? = nil, databasePath: String = "/persistent/ctrl.db",
    snapshotPath: String? = nil, timeout: Duration = .seconds(300), idle: Duration = .seconds(60),
    allowLiveCopy: Bool = false
  ) {
    self.snapshot = snapshot
    self.retrieval = retrieval
    self.pods = pods
    self.databasePath = databasePath
    self.snapshotPath = snapshotPath
    self.timeout = timeout
    self.idle = idle
    self.allowLiveCopy = allowLiveCopy
  }
}

/// A controller's management API and one way to log in. Descriptions never show a secret.
public struct ManagementEndpoint: Sendable, CustomStringConvertible, CustomReflectable {
  public enum Login: Sendable {
    case password(user: String, password: String)
    /// PEM.
    case certificate(String, key: String)
  }

  /// `https://host:port`, of the listener that serves `/edge/management/v1` and `/fabric/v1`.
  public var url: String
  public var login: Login
  /// PEM; trusted in place of the system's certificates.
  public var caCertificates: String?
  public var tlsServerName: String?

  public init(url: String, login: Login, caCertificates: String? = nil, tlsServerName: String? = nil) {
    self.url = url
    self.login = login
    self.caCertificates = caCertificates
    self.tlsServerName = tlsServerName
  }

  public var description: String { url }
  public var customMirror: Mirror { Mirror(self, children: ["url": url]) }
}
