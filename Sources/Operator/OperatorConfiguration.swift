public import JobPlan

/// What the operator is told at its start. The command line's flags and the chart's values set these and nothing else.
public struct OperatorConfiguration: Sendable, Hashable {
  /// Of several replicas one works; the others wait for its lease.
  public struct LeaderElection: Sendable, Hashable {
    /// Where the Lease is: the operator's own namespace.
    public var namespace: String
    /// Default `holdfast-operator`.
    public var leaseName: String
    /// New for each process.
    public var identity: String

    public init(namespace: String, leaseName: String = "holdfast-operator", identity: String) {
      self.namespace = namespace
      self.leaseName = leaseName
      self.identity = identity
    }
  }

  /// Where Events are told of besides. The URL stays in its file.
  public struct Notifications: Sendable, Hashable {
    public var urlFile: String
    public var format: NotificationFormat
    /// Reasons of Events; `*` stands for all.
    public var reasons: [String]

    public init(urlFile: String, format: NotificationFormat = .json, reasons: [String]) {
      self.urlFile = urlFile
      self.format = format
      self.reasons = reasons
    }
  }

  /// `--executor-image` and its kin: how executor pods look where a policy does not say.
  public var executor: ExecutorDefaults
  /// `--namespace`: the namespaces to work in; empty means all.
  public var namespaces: [String]
  /// `--trusted-namespace`: namespaces whose policies may capture cluster-scoped objects and other namespaces.
  public var trustedNamespaces: Set<String>
  /// `--leader-elect`; nil means that there is one replica.
  public var leaderElection: LeaderElection?
  /// `--workers`: objects of one kind worked on at once.
  public var workers: Int
  /// `--failed-backups-limit`: Backup objects of failed runs that are kept for each policy.
  public var failedBackupsLimit: Int
  /// `--target-preflight`: try each policy's target before a backup has to.
  public var targetPreflight: Bool
  /// `--pre-upgrade-gate`: watch labelled workloads, and tell of broken glass.
  public var preUpgradeGate: Bool
  /// `--notifications-url-file` and its kin; nil means none.
  public var notifications: Notifications?

  public init(
    executor: ExecutorDefaults, namespaces: [String] = [], trustedNamespaces: Set<String> = [],
    leaderElection: LeaderElection? = nil, workers: Int = 2,
    failedBackupsLimit: Int = 20, targetPreflight: Bool = true, preUpgradeGate: Bool = false,
    notifications: Notifications? = nil
  ) {
    self.executor = executor
    self.namespaces = namespaces
    self.trustedNamespaces = trustedNamespaces
    self.leaderElection = leaderElection
    self.workers = workers
    self.failedBackupsLimit = failedBackupsLimit
    self.targetPreflight = targetPreflight
    self.preUpgradeGate = preUpgradeGate
    self.notifications = notifications
  }

  /// Whether the operator can have rights on what is in no namespace: one that works in some namespaces only has them
  /// where one of those is trusted.
  var managesClusterBindings: Bool { namespaces.isEmpty || !trustedNamespaces.isEmpty }
}
