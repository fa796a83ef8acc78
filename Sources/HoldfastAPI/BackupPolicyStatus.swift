public import KubernetesModel

public struct BackupPolicyStatus: Codable, Sendable, Hashable {
  /// A run, as seen from its policy.
  public struct Run: Codable, Sendable, Hashable {
    /// The Backup's name.
    public var name: String
    /// When it ended; when it started, where it has not ended.
    public var time: Timestamp
    public var phase: Backup.Phase?
    /// Stored bytes.
    public var size: Int64?
    /// Seconds.
    public var durationSeconds: Int64?

    public init(
      name: String, time: Timestamp, phase: Backup.Phase? = nil, size: Int64? = nil, durationSeconds: Int64? = nil
    ) {
      self.name = name
      self.time = time
      self.phase = phase
      self.size = size
      self.durationSeconds = durationSeconds
    }
  }

  /// What the last successful run saw in the bucket after it pruned.
  public struct Storage: Codable, Sendable, Hashable {
    public var count: Int
    /// Stored bytes.
    public var bytes: Int64
    public var oldest: Timestamp?
    public var newest: Timestamp?

    public init(count: Int, bytes: Int64, oldest: Timestamp? = nil, newest: Timestamp? = nil) {
      self.count = count
      self.bytes = bytes
      self.oldest = oldest
      self.newest = newest
    }
  }

  public var observedGeneration: Int64?
  /// `Ready`, `Scheduled`, `Protected`.
  public var conditions: [Condition]?
  public var lastBackup: Run?
  public var lastSuccessfulBackup: Run?
  public var nextScheduledTime: Timestamp?
  public var consecutiveFailures: Int?
  public var storage: Storage?

  public init(
    observedGeneration: Int64? = nil, conditions: [Condition]? = nil, lastBackup: Run? = nil,
    lastSuccessfulBackup: Run? = nil, nextScheduledTime: Timestamp? = nil, consecutiveFailures: Int? = nil,
    storage: Storage? = nil
  ) {
    self.observedGeneration = observedGeneration
    self.conditions = conditions
    self.lastBackup = lastBackup
    self.lastSuccessfulBackup = lastSuccessfulBackup
    self.nextScheduledTime = nextScheduledTime
    self.consecutiveFailures = consecutiveFailures
    self.storage = storage
  }
}
