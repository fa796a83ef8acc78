/// What makes a set of artifacts a backup: written last and create-only, so that a backup exists exactly when its
/// manifest does. The fields are documented in `docs/format.md`.
public struct Manifest: Codable, Sendable, Hashable {
  /// The newest `formatVersion` that this code writes. Readers accept any minor version of the same major.
  public static let currentFormatVersion = "1.2"

  public struct Artifact: Codable, Sendable, Hashable {
    /// The source's name in the policy.
    public var source: String
    /// The source's kind, for example `openBao`; says how to restore it.
    public var kind: String
    /// The object's full key in the bucket.
    public var key: String
    /// Applied in this order to the source's bytes: `zstd`, `age`. Empty means the source's own bytes.
    public var encodings: [String]
    public var plainSize: Int64
    /// Lower-case hex.
    public var plainSHA256: String
    public var storedSize: Int64
    /// Lower-case hex.
    public var storedSHA256: String
    /// What the source told of itself, for example a cluster id or a schema version.
    public var facts: [String: String]

    public init(
      source: String, kind: String, key: String, encodings: [String], plainSize: Int64, plainSHA256: String,
      storedSize: Int64, storedSHA256: String, facts: [String: String] = [:]
    ) {
      self.source = source
      self.kind = kind
      self.key = key
      self.encodings = encodings
      self.plainSize = plainSize
      self.plainSHA256 = plainSHA256
      self.storedSize = storedSize
      self.storedSHA256 = storedSHA256
      self.facts = facts
    }
  }

  public struct Policy: Codable, Sendable, Hashable {
    public var namespace: String
    public var name: String
    public var uid: String?

    public init(namespace: String, name: String, uid: String? = nil) {
      self.namespace = namespace
      self.name = name
      self.uid = uid
    }
  }

  /// Why the run that made the backup found it suspiciously small: see ``SizeRule``.
  public struct Anomaly: Codable, Sendable, Hashable {
    /// The source that shrank the most; nil where only all of them together did.
    public var source: String?
    /// Plain bytes.
    public var size: Int64
    /// Of the plain bytes of those that it was compared with.
    public var median: Int64
    /// How many these were; 1 for the backup whose size a person has accepted.
    public var compared: Int
    /// The part of the median below which a size was suspicious.
    public var minRatio: Double

    public init(source: String?, size: Int64, median: Int64, compared: Int, minRatio: Double) {
      self.source = source
      self.size = size
      self.median = median
      self.compared = compared
      self.minRatio = minRatio
    }

    /// The part of the median that is left.
    public var share: Double { median > 0 ? Double(size) / Double(median) : 1 }
  }

  public var formatVersion: String
  public var id: BackupID
  public var policy: Policy
  /// uid of the namespace `kube-system`; nil for runs outside a cluster.
  public var clusterID: String?
  /// When the run began: RFC 3339, UTC, whole seconds.
  public var createdAt: String
  /// When the last artifact was complete: RFC 3339, UTC, whole seconds.
  public var completedAt: String
  /// `scheduled`, `manual`, `preUpgrade` or `safety`.
  public var trigger: String
  public var holdfastVersion: String
  /// The age recipients (public keys) that the artifacts are encrypted to, so that a person knows which key to fetch.
  public var recipients: [String]
  public var artifacts: [Artifact]
  /// Since format 1.2: set where it is much smaller than the ones before it.
  public var anomaly: Anomaly?

  public init(
    formatVersion: String = Manifest.currentFormatVersion, id: BackupID, policy: Policy, clusterID: String?,
    createdAt: String, completedAt: String, trigger: String, holdfastVersion: String, recipients: [String],
    artifacts: [Artifact], anomaly: Anomaly? = nil
  ) {
    self.formatVersion = formatVersion
    self.id = id
    self.policy = policy
    self.clusterID = clusterID
    self.createdAt = createdAt
    self.completedAt = completedAt
    self.trigger = trigger
    self.holdfastVersion = holdfastVersion
    self.recipients = recipients
    self.artifacts = artifacts
    self.anomaly = anomaly
  }

  /// Stored bytes of all artifacts.
  public var storedSize: Int64 { artifacts.reduce(0) { $0 + $1.storedSize } }
}
