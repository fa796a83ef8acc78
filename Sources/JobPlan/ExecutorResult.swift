public import HoldfastAPI
public import KubernetesModel

/// What an executor tells the operator: JSON on the termination message, at most 4,096 bytes.
public struct ExecutorResult: Codable, Sendable, Hashable {
  public static let currentVersion = 1
  /// Kubernetes cuts a termination message at this many bytes.
  public static let maximumBytes = 4_096

  public enum Outcome: String, Codable, Sendable, Hashable {
    case succeeded, failed
    /// A destructive restore step began and its outcome is not known.
    case unknown
  }

  public struct Prune: Codable, Sendable, Hashable {
    /// Backups removed in this run.
    public var deleted: [String]
    /// Backups left, and their stored bytes.
    public var count: Int
    public var bytes: Int64
    public var oldest: Timestamp?
    public var newest: Timestamp?
    /// Set where pruning failed; the backup is good all the same.
    public var message: String?

    public init(
      deleted: [String], count: Int, bytes: Int64, oldest: Timestamp? = nil, newest: Timestamp? = nil,
      message: String? = nil
    ) {
      self.deleted = deleted
      self.count = count
      self.bytes = bytes
      self.oldest = oldest
      self.newest = newest
      self.message = message
    }
  }

  /// Of a listing of the target.
  public struct Catalog: Codable, Sendable, Hashable {
    /// Manifests, those that cannot be used among them.
    public var found: Int
    /// Backup objects that were made, or whose making was ended.
    public var made: Int
    public var unreadable: Int
    public var storage: BackupPolicyStatus.Storage

    public init(found: Int, made: Int, unreadable: Int, storage: BackupPolicyStatus.Storage) {
      self.found = found
      self.made = made
      self.unreadable = unreadable
      self.storage = storage
    }
  }

  /// Of a run that reads backups back. What was found of each is in its Backup object.
  public struct Verification: Codable, Sendable, Hashable {
    public var good: Int
    public var damaged: Int
    /// Of which nothing could be told.
    public var unknown: Int
    /// The first of those that are damaged, newest first.
    public var damagedIDs: [String]

    public init(good: Int = 0, damaged: Int = 0, unknown: Int = 0, damagedIDs: [String] = []) {
      self.good = good
      self.damaged = damaged
      self.unknown = unknown
      self.damagedIDs = damagedIDs
    }
  }

  public var resultVersion: Int
  public var operation: JobOperation
  public var outcome: Outcome
  public var trigger: BackupTrigger?
  public var startTime: Timestamp
  public var completionTime: Timestamp
  /// The backup's id, where there is one.
  public var id: String?
  /// `s3://bucket/prefix/namespace/policy/id`, for people.
  public var location: String?
  /// Keys are relative to `location` here, to save room.
  public var artifacts: [Backup.Artifact]?
  /// By source name.
  public var facts: [String: [String: String]]?
  /// Set where the backup is suspiciously small.
  public var anomaly: Backup.Anomaly?
  public var prune: Prune?
  public var catalog: Catalog?
  public var verification: Verification?
  /// Of a restore.
  public var plan: [RestoreRequest.PlannedAction]?
  public var steps: [RestoreRequest.Step]?
  public var failure: Backup.Failure?
  public var warnings: [String]?
  /// Of a preflight: what was found out, by ``PreflightCapability``.
  public var capabilities: [String: Bool]?
  /// What was asked for and is not in the backup, though the rest is good; with the source's name in front.
  public var missing: [String]?
  /// Something was left out to fit; the manifest in the bucket is whole.
  public var truncated: Bool?

  public init(
    resultVersion: Int = ExecutorResult.currentVersion, operation: JobOperation, outcome: Outcome,
    trigger: BackupTrigger? = nil, startTime: Timestamp, completionTime: Timestamp
  ) {
    self.resultVersion = resultVersion
    self.operation = operation
    self.outcome = outcome
    self.trigger = trigger
    self.startTime = startTime
    self.completionTime = completionTime
  }
}

/// What a preflight finds out about a store and the credentials for it, beyond that a backup can be written.
public enum PreflightCapability: String, Codable, Sendable, Hashable, CaseIterable {
  /// Without it there are no backups at all.
  case conditionalWrite
  /// For verification, retention and restores.
  case read
  /// For retention, and for the runs of a policy to see each other.
  case list
  /// For retention.
  case delete
  /// Only looked for where `objectLock` asks for it.
  case objectLock
  /// Not of the credentials: whether there are backups below the policy's prefix already.
  case olderBackups
}
