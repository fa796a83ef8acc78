public import KubernetesModel

/// One run of a policy, and what it left in the bucket. Made by the operator for each run, or by a person: creating
/// one with `spec.policyRef` is a manual trigger.
public struct Backup: KubernetesObject, Hashable {
  public static let resource = ResourceType(
    group: HoldfastAPI.group, version: HoldfastAPI.version, kind: "Backup", plural: "backups")

  public enum Phase: String, Codable, Sendable, Hashable, CaseIterable {
    case pending = "Pending"
    case running = "Running"
    case completed = "Completed"
    case failed = "Failed"
    case deleting = "Deleting"

    /// The run has ended.
    public var isTerminal: Bool { self == .completed || self == .failed }
  }

  public enum DeletionPolicy: String, Codable, Sendable, Hashable, CaseIterable {
    /// Deleting the object leaves the backup in the bucket.
    case retain = "Retain"
    /// Deleting the object removes the backup from the bucket first.
    case delete = "Delete"
  }

  public struct Spec: Codable, Sendable, Hashable {
    public var policyRef: NameReference
    public var deletionPolicy: DeletionPolicy?

    public init(policyRef: NameReference, deletionPolicy: DeletionPolicy? = nil) {
      self.policyRef = policyRef
      self.deletionPolicy = deletionPolicy
    }
  }

  public struct Artifact: Codable, Sendable, Hashable {
    /// The source's name in the policy.
    public var source: String
    public var key: String
    /// Bytes that the source gave.
    public var plainSize: Int64?
    /// Lower-case hex.
    public var plainSHA256: String?
    /// Bytes in the bucket.
    public var storedSize: Int64
    /// Lower-case hex.
    public var storedSHA256: String?

    public init(
      source: String, key: String, plainSize: Int64? = nil, plainSHA256: String? = nil, storedSize: Int64,
      storedSHA256: String? = nil
    ) {
      self.source = source
      self.key = key
      self.plainSize = plainSize
      self.plainSHA256 = plainSHA256
      self.storedSize = storedSize
      self.storedSHA256 = storedSHA256
    }
  }

  /// Why a run failed.
  public struct Failure: Codable, Sendable, Hashable {
    /// The step that failed, for example `source`, `upload`, `manifest`, `pod`.
    public var step: String
    /// From ``Reason``.
    public var reason: String
    public var message: String
    /// The source that the step worked on.
    public var source: String?
    /// The pod that it happened in, where there was one.
    public var pod: String?

    public init(step: String, reason: String, message: String, source: String? = nil, pod: String? = nil) {
      self.step = step
      self.reason = reason
      self.message = message
      self.source = source
      self.pod = pod
    }
  }

  /// What makes a backup suspicious: it, or one of its sources, is much smaller than the ones before it.
  public struct Anomaly: Codable, Sendable, Hashable {
    /// The source that shrank; nil where all of them together did.
    public var source: String?
    /// Bytes.
    public var size: Int64
    /// Bytes: the median of the backups that it was compared with.
    public var median: Int64
    /// How many those were.
    public var compared: Int
    /// `spec.anomaly.minSizeRatio` at that time.
    public var ratio: Double
    /// For people.
    public var message: String?

    public init(
      source: String? = nil, size: Int64, median: Int64, compared: Int, ratio: Double, message: String? = nil
    ) {
      self.source = source
      self.size = size
      self.median = median
      self.compared = compared
      self.ratio = ratio
      self.message = message
    }
  }

  public struct Status: Codable, Sendable, Hashable {
    public var phase: Phase?
    public var trigger: BackupTrigger?
    public var startTime: Timestamp?
    public var completionTime: Timestamp?
    /// The id in the bucket, once the manifest is there.
    public var id: String?
    /// Where the manifest is, for people: `s3://bucket/prefix/namespace/policy/id`.
    public var location: String?
    public var job: String?
    public var artifacts: [Artifact]?
    /// Stored bytes of all artifacts.
    public var size: Int64?
    /// By source name: what the source told of itself, for example a cluster id.
    public var facts: [String: [String: String]]?
    /// uid of `kube-system` in the cluster that made it, where that is another one than this.
    public var clusterID: String?
    /// Whether the last look found the backup good, however deep it went; nil where nobody has looked.
    public var verified: Bool?
    public var verification: Verification?
    /// nil where its size is as expected, or nobody could tell.
    public var anomaly: Anomaly?
    /// What the run saw in the bucket after it pruned.
    public var storage: BackupPolicyStatus.Storage?
    /// Ids of the backups that the run removed by retention.
    public var pruned: [String]?
    /// Why the run failed; of one that still runs, why its last attempt did.
    public var failure: Failure?
    public var warnings: [String]?
    /// `Completed`, `Failed`; `PartiallyCaptured` where something that was asked for is not in it; `Verified` where somebody
    /// has looked; `Suspicious` where it is much smaller than the ones before it.
    public var conditions: [Condition]?

    public init(phase: Phase? = nil, trigger: BackupTrigger? = nil) {
      self.phase = phase
      self.trigger = trigger
    }
  }

  public var apiVersion = HoldfastAPI.apiVersion
  public var kind = "Backup"
  public var metadata: ObjectMeta
  public var spec: Spec
  public var status: Status?

  public init(metadata: ObjectMeta, spec: Spec, status: Status? = nil) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }
}

/// What started a run.
public enum BackupTrigger: String, Codable, Sendable, Hashable, CaseIterable {
  case scheduled, manual, preUpgrade, safety
}
