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

  /// What is known of the target, from preflights and from backups: the state behind the condition `TargetReachable`.
  public struct TargetCheck: Codable, Sendable, Hashable {
    /// Of the target and of the identity that pods have there; all that follows is about these.
    public var hash: String
    /// When they were first seen.
    public var since: Timestamp
    /// When the last preflight ended.
    public var checkedAt: Timestamp?
    /// When the newest preflight or backup ended that tells something.
    public var seenAt: Timestamp?
    /// Preflights in a row that did not succeed.
    public var failures: Int?
    /// What the last preflight found that the credentials may do and the store can: `read`, `list`, `delete` and more.
    public var capabilities: [String: Bool]?

    public init(
      hash: String, since: Timestamp, checkedAt: Timestamp? = nil, seenAt: Timestamp? = nil, failures: Int? = nil,
      capabilities: [String: Bool]? = nil
    ) {
      self.hash = hash
      self.since = since
      self.checkedAt = checkedAt
      self.seenAt = seenAt
      self.failures = failures
      self.capabilities = capabilities
    }
  }

  /// What is known of the backups that the target held before: see `docs/catalogue.md`.
  public struct Catalog: Codable, Sendable, Hashable {
    /// Of the target that was listed.
    public var hash: String
    /// The value of the annotation `holdfast.dev/catalog-sync` that was last answered.
    public var request: String?
    /// When the last listing ended.
    public var time: Timestamp?
    /// Manifests that it found.
    public var found: Int?
    /// Backup objects that it made.
    public var made: Int?
    /// Manifests that cannot be used; no Backup object stands for them.
    public var unreadable: Int?
    /// Listings in a row that failed.
    public var failures: Int?
    /// Why the last one failed, or what it left out.
    public var message: String?
    /// What the listing saw.
    public var storage: Storage?

    public init(
      hash: String, request: String? = nil, time: Timestamp? = nil, found: Int? = nil, made: Int? = nil,
      unreadable: Int? = nil, failures: Int? = nil, message: String? = nil, storage: Storage? = nil
    ) {
      self.hash = hash
      self.request = request
      self.time = time
      self.found = found
      self.made = made
      self.unreadable = unreadable
      self.failures = failures
      self.message = message
      self.storage = storage
    }
  }

  /// The last run that read backups back.
  public struct VerificationRun: Codable, Sendable, Hashable {
    /// The Job's name.
    public var job: String
    /// When it ended.
    public var time: Timestamp
    /// Backups that were found good.
    public var good: Int?
    /// Backups that were found damaged.
    public var damaged: Int?
    /// Backups that it could not tell of.
    public var unknown: Int?

    public init(job: String, time: Timestamp, good: Int? = nil, damaged: Int? = nil, unknown: Int? = nil) {
      self.job = job
      self.time = time
      self.good = good
      self.damaged = damaged
      self.unknown = unknown
    }
  }

  /// To when the policy's data can be brought back.
  public struct RecoveryPoint: Codable, Sendable, Hashable {
    /// When the last good run began: nothing written later is in it.
    public var time: Timestamp
    /// The Backup's name.
    public var backup: String
    /// How old it was at `observedTime`, for people: `3h12m`. Not kept up to date between other changes of the status.
    public var age: String?
    public var observedTime: Timestamp?
    /// How old it may become: `spec.objective.maxAge`, or what the schedule allows. nil where neither says.
    public var objective: String?

    public init(
      time: Timestamp, backup: String, age: String? = nil, observedTime: Timestamp? = nil, objective: String? = nil
    ) {
      self.time = time
      self.backup = backup
      self.age = age
      self.observedTime = observedTime
      self.objective = objective
    }
  }

  /// The newest run that failed.
  public struct LastFailure: Codable, Sendable, Hashable {
    /// When it ended.
    public var time: Timestamp
    /// As ``Backup/Failure/step``.
    public var step: String
    /// From ``Reason``.
    public var reason: String
    public var message: String
    public var source: String?
    /// The Backup's name.
    public var backup: String?
    public var job: String?
    public var pod: String?

    public init(
      time: Timestamp, step: String, reason: String, message: String, source: String? = nil, backup: String? = nil,
      job: String? = nil, pod: String? = nil
    ) {
      self.time = time
      self.step = step
      self.reason = reason
      self.message = message
      self.source = source
      self.backup = backup
      self.job = job
      self.pod = pod
    }
  }

  /// The answer to the annotation ``HoldfastAPI/backupNowAnnotation``.
  public struct BackupNow: Codable, Sendable, Hashable {
    /// The value that was last answered; of a long one the beginning and a hash.
    public var token: String
    /// The Backup that was made for it.
    public var backup: String?
    public var time: Timestamp?
    /// Why no Backup was made for it.
    public var message: String?

    public init(token: String, backup: String? = nil, time: Timestamp? = nil, message: String? = nil) {
      self.token = token
      self.backup = backup
      self.time = time
      self.message = message
    }
  }

  /// Whether an upgrade may go ahead.
  public struct PreUpgradeGate: Codable, Sendable, Hashable {
    public var ready: Bool
    /// The Backup that opens the gate.
    public var backup: String?
    /// When it closes again by itself.
    public var until: Timestamp?
    /// Why it is closed, and what opens it.
    public var message: String?

    public init(ready: Bool, backup: String? = nil, until: Timestamp? = nil, message: String? = nil) {
      self.ready = ready
      self.backup = backup
      self.until = until
      self.message = message
    }
  }

  /// A workload whose images were let through without a fresh backup.
  public struct BreakGlass: Codable, Sendable, Hashable {
    /// One of ``PreUpgrade/kinds``.
    public var kind: String
    public var name: String
    /// The annotation ``HoldfastAPI/breakGlassAnnotation``, cut where it is long.
    public var reason: String
    /// When the operator saw it.
    public var time: Timestamp

    public init(kind: String, name: String, reason: String, time: Timestamp) {
      self.kind = kind
      self.name = name
      self.reason = reason
      self.time = time
    }
  }

  public var observedGeneration: Int64?
  /// `Ready`, `Scheduled`, `Protected`, `TargetReachable`, `TLSVerified` where that is off, `Verified` where backups are read
  /// back, `CatalogSynced` where the target held older backups, and `Suspicious` while the newest backup is.
  public var conditions: [Condition]?
  public var lastBackup: Run?
  public var lastSuccessfulBackup: Run?
  public var recoveryPoint: RecoveryPoint?
  public var lastFailure: LastFailure?
  public var nextScheduledTime: Timestamp?
  public var consecutiveFailures: Int?
  public var storage: Storage?
  public var target: TargetCheck?
  public var catalog: Catalog?
  public var verification: VerificationRun?
  public var backupNow: BackupNow?
  public var preUpgrade: PreUpgradeGate?
  /// Labelled workloads that have a reason in their annotation now; each was told of once.
  public var breakGlass: [BreakGlass]?

  public init(
    observedGeneration: Int64? = nil, conditions: [Condition]? = nil, lastBackup: Run? = nil,
    lastSuccessfulBackup: Run? = nil, recoveryPoint: RecoveryPoint? = nil, lastFailure: LastFailure? = nil,
    nextScheduledTime: Timestamp? = nil, consecutiveFailures: Int? = nil, storage: Storage? = nil,
    target: TargetCheck? = nil, catalog: Catalog? = nil, verification: VerificationRun? = nil,
    backupNow: BackupNow? = nil, preUpgrade: PreUpgradeGate? = nil, breakGlass: [BreakGlass]? = nil
  ) {
    self.observedGeneration = observedGeneration
    self.conditions = conditions
    self.lastBackup = lastBackup
    self.lastSuccessfulBackup = lastSuccessfulBackup
    self.recoveryPoint = recoveryPoint
    self.lastFailure = lastFailure
    self.nextScheduledTime = nextScheduledTime
    self.consecutiveFailures = consecutiveFailures
    self.storage = storage
    self.target = target
    self.catalog = catalog
    self.verification = verification
    self.backupNow = backupNow
    self.preUpgrade = preUpgrade
    self.breakGlass = breakGlass
  }
}
