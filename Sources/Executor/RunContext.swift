public import BackupFormat
public import Foundation
public import HoldfastAPI
public import JobPlan
public import Logging
public import ObjectStore

/// What one run works with: the plan, the store, and everything of the outside world that tests replace.
public struct RunContext: Sendable {
  /// Validated, with its defaults.
  public var plan: Plan
  public var store: any ObjectStore
  /// Asks whether the bucket allows locks; nil where the store has no such question.
  public var lockCheck: LockCheck?
  public var identity: RunIdentity
  public var settings: RunSettings
  public var logger: Logger
  /// Wall time, for ids and the manifest.
  public var now: @Sendable () -> Date
  public var makeID: @Sendable (Date) -> BackupID
  /// For heartbeats and deadlines.
  public var clock: StoreClock
  public var processes: any ProcessTable

  public init(
    plan: Plan, store: any ObjectStore, identity: RunIdentity = RunIdentity(), settings: RunSettings = RunSettings(),
    logger: Logger, now: @escaping @Sendable () -> Date = { Date() },
    makeID: @escaping @Sendable (Date) -> BackupID = { date in
      var generator = SystemRandomNumberGenerator()
      return BackupID(date: date, using: &generator)
    },
    clock: StoreClock = .continuous, processes: any ProcessTable = SystemProcesses()
  ) {
    self.plan = plan
    self.store = store
    self.identity = identity
    self.settings = settings
    self.logger = logger
    self.now = now
    self.makeID = makeID
    self.clock = clock
    self.processes = processes
  }

  /// Where the plan's own policy keeps its backups.
  var layout: BucketLayout {
    BucketLayout(
      pathPrefix: plan.spec.target.pathPrefix, namespace: plan.policy.namespace, policy: plan.policy.name)
  }

  /// `s3://bucket/prefix/namespace/policy/id`, for people.
  func location(of id: BackupID, in layout: BucketLayout) -> String {
    "\(store.location)/\(layout.prefix(of: id).dropLast())"
  }
}

/// Which Job and pod this is; all nil on a laptop.
public struct RunIdentity: Sendable, Hashable {
  public var job: String?
  public var pod: String?
  public var namespace: String?
  public var trigger: BackupTrigger

  public init(job: String? = nil, pod: String? = nil, namespace: String? = nil, trigger: BackupTrigger = .manual) {
    self.job = job
    self.pod = pod
    self.namespace = namespace
    self.trigger = trigger
  }

  /// Reads what the Job's template sets: see `ExecutorEnvironment`.
  public init(environment: [String: String]) {
    func value(_ key: String) -> String? { environment[key].flatMap { $0.isEmpty ? nil : $0 } }
    self.init(
      job: value(ExecutorEnvironment.jobName), pod: value(ExecutorEnvironment.podName),
      namespace: value(ExecutorEnvironment.podNamespace), trigger: Self.trigger(value))
  }

  private static func trigger(_ value: (String) -> String?) -> BackupTrigger {
    if let trigger = value(ExecutorEnvironment.trigger).flatMap(BackupTrigger.init) { return trigger }
    // The CronJob controller calls its Jobs `<name>-<minutes since 1970>`; another name was given by a person.
    guard let cronJob = value(ExecutorEnvironment.cronJobName), let job = value(ExecutorEnvironment.jobName),
      job.hasPrefix(cronJob + "-")
    else { return .manual }
    let suffix = job.dropFirst(cronJob.count + 1)
    return !suffix.isEmpty && suffix.allSatisfy({ $0.isASCII && $0.isNumber }) ? .scheduled : .manual
  }
}

/// Times that a run keeps to.
public struct RunSettings: Sendable, Hashable {
  public static let debrisGraceVariable = "HOLDFAST_DEBRIS_GRACE"

  /// Debris that no lease speaks for is removed when it is older.
  public var debrisGrace: Duration
  /// A lease that was not renewed for so long, by the store's clock, is dead.
  public var leaseLifetime: Duration
  /// Between two renewals of our own lease.
  public var heartbeat: Duration
  /// A run that could not renew its lease for so long gives up, well before others may call it dead.
  public var leaseConfidence: Duration
  /// How long a run waits for another of its policy.
  public var queueLimit: Duration
  public var queuePoll: Duration
  /// For cleaning up after a failure.
  public var cleanupLimit: Duration
  /// For cleaning up after SIGTERM, so that it ends within a pod's grace period of 30 s.
  public var interruptedCleanupLimit: Duration
  /// Goes into the manifest.
  public var version: String

  public init(
    debrisGrace: Duration = .seconds(86_400), leaseLifetime: Duration = .seconds(300),
    heartbeat: Duration = .seconds(20), leaseConfidence: Duration = .seconds(150),
    queueLimit: Duration = .seconds(7_200), queuePoll: Duration = .seconds(3),
    cleanupLimit: Duration = .seconds(60), interruptedCleanupLimit: Duration = .seconds(12),
    version: String = "0.0.0"
  ) {
    self.debrisGrace = debrisGrace
    // A grace below the lifetime is only given where nobody else writes: it then goes for leases too.
    self.leaseLifetime = min(leaseLifetime, debrisGrace)
    self.heartbeat = heartbeat
    self.leaseConfidence = leaseConfidence
    self.queueLimit = queueLimit
    self.queuePoll = queuePoll
    self.cleanupLimit = cleanupLimit
    self.interruptedCleanupLimit = interruptedCleanupLimit
    self.version = version
  }
}
