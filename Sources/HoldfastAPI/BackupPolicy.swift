public import KubernetesModel

/// What to back up, when, where to and how long to keep it.
public struct BackupPolicy: KubernetesObject, Hashable {
  public static let resource = ResourceType(
    group: HoldfastAPI.group, version: HoldfastAPI.version, kind: "BackupPolicy", plural: "backuppolicies")

  public var apiVersion = HoldfastAPI.apiVersion
  public var kind = "BackupPolicy"
  public var metadata: ObjectMeta
  public var spec: BackupPolicySpec
  public var status: BackupPolicyStatus?

  public init(metadata: ObjectMeta, spec: BackupPolicySpec, status: BackupPolicyStatus? = nil) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }
}

public struct BackupPolicySpec: Codable, Sendable, Hashable {
  /// Five-field cron, a macro such as `@daily`, or `H` for a stable minute; nil means manual runs only.
  public var schedule: String?
  /// IANA name; nil means UTC.
  public var timeZone: String?
  public var suspend: Bool?
  /// Seconds that a missed run may start late.
  public var startingDeadlineSeconds: Int64?
  /// 1 to 16, with unique names; together they form one backup.
  public var sources: [Source]
  public var target: Target
  public var encryption: Encryption?
  public var compression: Compression?
  public var retention: Retention?
  /// Reads backups back on a schedule of its own; nil means never.
  public var verification: Verification?
  /// What `Protected` and the recovery point are judged by; nil leaves that to the schedule.
  public var objective: Objective?
  /// When a backup is too small to be believed; nil is the default ratio.
  public var anomaly: Anomaly?
  /// Backup objects of completed runs that stay, 1 to 10,000; nil means ``defaultHistoryLimit``. The bucket is another matter.
  public var historyLimit: Int?
  public var executor: ExecutorTemplate?
  public var preUpgrade: PreUpgrade?

  /// As in the OpenBao operator's `spec.backup`; the same as `executor.image`.
  public var executorImage: String?
  /// As in the OpenBao operator's `spec.backup`; the default of `sources[].openBao.jwtAuthRole`.
  public var jwtAuthRole: String?
  /// As in the OpenBao operator's `spec.backup`; the default of `sources[].openBao.tokenSecretRef`.
  public var tokenSecretRef: SecretReference?

  public init(
    schedule: String? = nil, timeZone: String? = nil, suspend: Bool? = nil, startingDeadlineSeconds: Int64? = nil,
    sources: [Source], target: Target, encryption: Encryption? = nil, compression: Compression? = nil,
    retention: Retention? = nil, verification: Verification? = nil, objective: Objective? = nil,
    anomaly: Anomaly? = nil, historyLimit: Int? = nil, executor: ExecutorTemplate? = nil, preUpgrade: PreUpgrade? = nil,
    executorImage: String? = nil, jwtAuthRole: String? = nil, tokenSecretRef: SecretReference? = nil
  ) {
    self.schedule = schedule
    self.timeZone = timeZone
    self.suspend = suspend
    self.startingDeadlineSeconds = startingDeadlineSeconds
    self.sources = sources
    self.target = target
    self.encryption = encryption
    self.compression = compression
    self.retention = retention
    self.verification = verification
    self.objective = objective
    self.anomaly = anomaly
    self.historyLimit = historyLimit
    self.executor = executor
    self.preUpgrade = preUpgrade
    self.executorImage = executorImage
    self.jwtAuthRole = jwtAuthRole
    self.tokenSecretRef = tokenSecretRef
  }
}

public enum Compression: String, Codable, Sendable, Hashable, CaseIterable {
  /// zstd at level 3, with its content checksum.
  case zstd
  case none
}

/// How artifacts are encrypted. Exactly one member is set.
public struct Encryption: Codable, Sendable, Hashable {
  public struct Age: Codable, Sendable, Hashable {
    /// X25519 recipients, `age1…`. The identities never enter the cluster for a backup.
    public var recipients: [String]
    public init(recipients: [String]) { self.recipients = recipients }
  }

  public struct None: Codable, Sendable, Hashable {
    /// Must be true: artifacts are readable by everyone who can read the bucket.
    public var acknowledged: Bool
    public init(acknowledged: Bool) { self.acknowledged = acknowledged }
  }

  public var age: Age?
  public var none: None?

  public init(age: Age? = nil, none: None? = nil) {
    self.age = age
    self.none = none
  }
}

/// How many backups stay, and how long. With both, a backup goes when either says so; the protections of
/// `docs/retention.md` stand above both.
public struct Retention: Codable, Sendable, Hashable {
  /// At least 1.
  public var maxCount: Int?
  /// Go-style duration with `d` and `w`, for example `168h` or `30d`.
  public var maxAge: String?

  public init(maxCount: Int? = nil, maxAge: String? = nil) {
    self.maxCount = maxCount
    self.maxAge = maxAge
  }
}

/// The recovery point objective.
public struct Objective: Codable, Sendable, Hashable {
  /// How old the last good backup may become, counted from the start of its run: a duration such as `26h`.
  public var maxAge: String?

  public init(maxAge: String? = nil) { self.maxAge = maxAge }
}

/// When a backup that has suddenly shrunk is marked as suspicious.
public struct Anomaly: Codable, Sendable, Hashable {
  public static let defaultMinSizeRatio = 0.5

  /// 0 to 1: a backup smaller than this share of the median of the ones before it is suspicious; 0 turns that off.
  public var minSizeRatio: Double?

  public init(minSizeRatio: Double? = nil) { self.minSizeRatio = minSizeRatio }
}

/// How the executor's pods look. What Kubernetes defines is passed through as it stands.
public struct ExecutorTemplate: Codable, Sendable, Hashable {
  public var image: String?
  /// `core/v1` ResourceRequirements.
  public var resources: JSONValue?
  public var nodeSelector: [String: String]?
  /// `core/v1` Tolerations.
  public var tolerations: JSONValue?
  /// `core/v1` Affinity.
  public var affinity: JSONValue?
  public var serviceAccountName: String?
  /// `core/v1` EnvVars.
  public var env: JSONValue?
  public var podLabels: [String: String]?
  public var podAnnotations: [String: String]?
  /// Seconds.
  public var activeDeadlineSeconds: Int64?
  public var backoffLimit: Int?
  public var priorityClassName: String?
  /// The numeric user of the pods, where what a claim holds is readable to one user only; at least 1. Default: the
  /// image's; for `openZiti` with `retrieval: volume` the controller's own (2171).
  public var runAsUser: Int64?

  public init(
    image: String? = nil, resources: JSONValue? = nil, nodeSelector: [String: String]? = nil,
    tolerations: JSONValue? = nil, affinity: JSONValue? = nil, serviceAccountName: String? = nil,
    env: JSONValue? = nil, podLabels: [String: String]? = nil, podAnnotations: [String: String]? = nil,
    activeDeadlineSeconds: Int64? = nil, backoffLimit: Int? = nil, priorityClassName: String? = nil,
    runAsUser: Int64? = nil
  ) {
    self.image = image
    self.resources = resources
    self.nodeSelector = nodeSelector
    self.tolerations = tolerations
    self.affinity = affinity
    self.serviceAccountName = serviceAccountName
    self.env = env
    self.podLabels = podLabels
    self.podAnnotations = podAnnotations
    self.activeDeadlineSeconds = activeDeadlineSeconds
    self.backoffLimit = backoffLimit
    self.priorityClassName = priorityClassName
    self.runAsUser = runAsUser
  }
}

/// A gate for upgrades: the images of workloads change only while a fresh backup is at hand.
public struct PreUpgrade: Codable, Sendable, Hashable {
  public static let kinds = ["Deployment", "StatefulSet", "DaemonSet"]
  public static let defaultWindow = "30m"

  public struct Workload: Codable, Sendable, Hashable {
    /// One of ``PreUpgrade/kinds``.
    public var kind: String
    public var name: String
    public init(kind: String, name: String) {
      self.kind = kind
      self.name = name
    }
  }

  /// How long a fresh backup opens the gate; nil means ``defaultWindow``.
  public var window: String?
  /// Only a backup that was read back opens it.
  public var requireVerified: Bool?
  public var workloads: [Workload]?

  public init(window: String? = nil, requireVerified: Bool? = nil, workloads: [Workload]? = nil) {
    self.window = window
    self.requireVerified = requireVerified
    self.workloads = workloads
  }
}
