public import KubernetesModel

/// A request to bring a backup back. The spec never changes; one object is one attempt.
public struct RestoreRequest: KubernetesObject, Hashable {
  public static let resource = ResourceType(
    group: HoldfastAPI.group, version: HoldfastAPI.version, kind: "RestoreRequest", plural: "restorerequests")

  public enum Phase: String, Codable, Sendable, Hashable, CaseIterable {
    case pending = "Pending"
    case validating = "Validating"
    case planned = "Planned"
    case safetyBackup = "SafetyBackup"
    case restoring = "Restoring"
    case verifying = "Verifying"
    case completed = "Completed"
    case failed = "Failed"
    /// A destructive step began and its outcome is not known: a person decides.
    case unknown = "Unknown"

    public var isTerminal: Bool { [.planned, .completed, .failed, .unknown].contains(self) }
  }

  public enum ConflictPolicy: String, Codable, Sendable, Hashable, CaseIterable {
    case fail = "Fail"
    case skip = "Skip"
    case replace = "Replace"
  }

  /// Which backup. Exactly one member is set.
  public struct From: Codable, Sendable, Hashable {
    public struct Latest: Codable, Sendable, Hashable {
      public var policyRef: NameReference
      /// Only backups made before this time.
      public var before: Timestamp?
      public var requireVerified: Bool?
      public init(policyRef: NameReference, before: Timestamp? = nil, requireVerified: Bool? = nil) {
        self.policyRef = policyRef
        self.before = before
        self.requireVerified = requireVerified
      }
    }

    /// A backup in a bucket that this cluster may never have written.
    public struct Location: Codable, Sendable, Hashable {
      public var target: Target
      /// `namespace/name` of the policy that wrote it.
      public var policy: String
      /// A backup id, or `latest`.
      public var id: String
      public init(target: Target, policy: String, id: String) {
        self.target = target
        self.policy = policy
        self.id = id
      }
    }

    /// A Backup in the same namespace.
    public var backup: String?
    public var latest: Latest?
    public var location: Location?

    public init(backup: String? = nil, latest: Latest? = nil, location: Location? = nil) {
      self.backup = backup
      self.latest = latest
      self.location = location
    }
  }

  public struct Decryption: Codable, Sendable, Hashable {
    /// An age identity file; default key `identity.txt`.
    public var identitySecretRef: SecretReference?
    public init(identitySecretRef: SecretReference? = nil) { self.identitySecretRef = identitySecretRef }
  }

  /// A source of the backup to restore, and where it goes if not where it came from.
  public struct SourceSelection: Codable, Sendable, Hashable {
    public var name: String
    public var openBao: Source.OpenBao?
    public var vault: Source.OpenBao?
    public var openZiti: OpenZitiDestination?
    public var certManager: ObjectDestination?
    public var resources: ObjectDestination?
    public var etcd: EtcdDestination?
    public var files: FilesDestination?
    public init(
      name: String, openBao: Source.OpenBao? = nil, vault: Source.OpenBao? = nil, openZiti: OpenZitiDestination? = nil,
      certManager: ObjectDestination? = nil, resources: ObjectDestination? = nil, etcd: EtcdDestination? = nil,
      files: FilesDestination? = nil
    ) {
      self.name = name
      self.openBao = openBao
      self.vault = vault
      self.openZiti = openZiti
      self.certManager = certManager
      self.resources = resources
      self.etcd = etcd
      self.files = files
    }
  }

  public struct Spec: Codable, Sendable, Hashable {
    public var from: From
    public var decryption: Decryption?
    /// Default: all sources of the backup, to where they came from.
    public var sources: [SourceSelection]?
    public var namespaceMapping: [String: String]?
    /// Default Fail.
    public var conflictPolicy: ConflictPolicy?
    /// Default true.
    public var safetyBackup: Bool?
    /// Default false: true ends in `Planned`, with nothing touched.
    public var dryRun: Bool?
    /// Default false.
    public var force: Bool?
    public var executor: ExecutorTemplate?

    public init(
      from: From, decryption: Decryption? = nil, sources: [SourceSelection]? = nil,
      namespaceMapping: [String: String]? = nil, conflictPolicy: ConflictPolicy? = nil, safetyBackup: Bool? = nil,
      dryRun: Bool? = nil, force: Bool? = nil, executor: ExecutorTemplate? = nil
    ) {
      self.from = from
      self.decryption = decryption
      self.sources = sources
      self.namespaceMapping = namespaceMapping
      self.conflictPolicy = conflictPolicy
      self.safetyBackup = safetyBackup
      self.dryRun = dryRun
      self.force = force
      self.executor = executor
    }
  }

  /// What will happen to one thing.
  public struct PlannedAction: Codable, Sendable, Hashable {
    public var source: String
    /// `restore`, `create`, `replace`, `skip`, `conflict` or `warning`.
    public var action: String
    public var object: String
    public var detail: String?
    public init(source: String, action: String, object: String, detail: String? = nil) {
      self.source = source
      self.action = action
      self.object = object
      self.detail = detail
    }
  }

  public struct Step: Codable, Sendable, Hashable {
    public enum State: String, Codable, Sendable, Hashable, CaseIterable {
      case pending = "Pending"
      case running = "Running"
      case completed = "Completed"
      case failed = "Failed"
      case skipped = "Skipped"
      case unknown = "Unknown"
    }

    public var name: String
    public var state: State
    public var startTime: Timestamp?
    public var completionTime: Timestamp?
    public var message: String?
    /// Of API objects: written so far, and to be written.
    public var done: Int64?
    public var total: Int64?
    public init(
      name: String, state: State, startTime: Timestamp? = nil, completionTime: Timestamp? = nil, message: String? = nil
    ) {
      self.name = name
      self.state = state
      self.startTime = startTime
      self.completionTime = completionTime
      self.message = message
    }
  }

  /// The durable claim that comes before a destructive step: written with an optimistic lock, never removed.
  public struct Claim: Codable, Sendable, Hashable {
    public var time: Timestamp
    /// The Job that may run the step, by name; it alone, and once.
    public var job: String
    public init(time: Timestamp, job: String) {
      self.time = time
      self.job = job
    }
  }

  public struct Status: Codable, Sendable, Hashable {
    public var phase: Phase?
    public var observedGeneration: Int64?
    public var startTime: Timestamp?
    public var completionTime: Timestamp?
    /// The id that `from` was resolved to.
    public var backupID: String?
    public var location: String?
    /// The Backup object of the safety backup.
    public var safetyBackup: String?
    public var claim: Claim?
    /// How often it was begun: 1, and one more for each `resume`.
    public var attempt: Int?
    /// Sources that are restored, as earlier attempts tell; a later one leaves them out.
    public var restoredSources: [String]?
    /// The last value of the annotation `holdfast.dev/decision` that was acted on.
    public var decision: String?
    public var plan: [PlannedAction]?
    public var steps: [Step]?
    public var failure: Backup.Failure?
    /// `Completed`, `Failed`.
    public var conditions: [Condition]?

    public init(phase: Phase? = nil) { self.phase = phase }
  }

  /// Whether its backup is still needed. Of an unknown outcome it is: a person has yet to decide.
  public var mayStillRestore: Bool {
    guard let phase = status?.phase else { return true }
    return !phase.isTerminal || phase == .unknown
  }

  public var apiVersion = HoldfastAPI.apiVersion
  public var kind = "RestoreRequest"
  public var metadata: ObjectMeta
  public var spec: Spec
  public var status: Status?

  public init(metadata: ObjectMeta, spec: Spec, status: Status? = nil) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }
}
