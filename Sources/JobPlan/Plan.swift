public import HoldfastAPI

/// Everything an executor needs to know but for secrets: the validated, defaulted policy as JSON. The operator writes
/// it into a ConfigMap; a person may write it by hand and run `holdfast backup --plan plan.json` with no cluster.
///
/// Secrets and ConfigMaps are named as in the policy; the executor reads them as files from its mounts: see
/// ``MountLayout``.
public struct Plan: Codable, Sendable, Hashable {
  /// Readers refuse another major number.
  public static let currentVersion = 1

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

  /// What a restore Job does; absent in a backup's plan.
  public struct Restore: Codable, Sendable, Hashable {
    public var request: String
    public var uid: String?
    /// The policy that wrote the backup, which may be another cluster's.
    public var origin: Policy
    /// The backup to restore, or nil for the newest before `before`.
    public var id: String?
    /// RFC 3339.
    public var before: String?
    public var decryption: RestoreRequest.Decryption?
    public var sources: [RestoreRequest.SourceSelection]?
    /// Of API objects.
    public var namespaceMapping: [String: String]?
    public var conflictPolicy: RestoreRequest.ConflictPolicy?
    public var dryRun: Bool
    public var force: Bool
    /// Sources that an earlier attempt of the same request has restored.
    public var done: [String]?

    public init(
      request: String, uid: String? = nil, origin: Policy, id: String? = nil, before: String? = nil,
      decryption: RestoreRequest.Decryption? = nil, sources: [RestoreRequest.SourceSelection]? = nil,
      namespaceMapping: [String: String]? = nil, conflictPolicy: RestoreRequest.ConflictPolicy? = nil,
      dryRun: Bool = false, force: Bool = false
    ) {
      self.request = request
      self.uid = uid
      self.origin = origin
      self.id = id
      self.before = before
      self.decryption = decryption
      self.sources = sources
      self.namespaceMapping = namespaceMapping
      self.conflictPolicy = conflictPolicy
      self.dryRun = dryRun
      self.force = force
    }
  }

  public var planVersion: Int
  public var policy: Policy
  /// uid of the namespace `kube-system`.
  public var clusterID: String?
  /// Of the policy; for a restore from a bare location, `sources` may be empty.
  public var spec: BackupPolicySpec
  /// Among ``protectedIDs``: all there are. A restore of the newest backup in the bucket has yet to find out which that is.
  public static let everyID = "*"

  /// Ids that retention must keep, because a restore uses them or a person holds them; or ``everyID``.
  public var protectedIDs: [String]?
  /// Ids of backups whose size a person has accepted; the newest is enough.
  public var acceptedIDs: [String]?
  public var restore: Restore?
  /// Ids whose artifacts a delete Job removes.
  public var deleteIDs: [String]?

  public init(
    planVersion: Int = Plan.currentVersion, policy: Policy, clusterID: String? = nil, spec: BackupPolicySpec,
    protectedIDs: [String]? = nil, acceptedIDs: [String]? = nil, restore: Restore? = nil,
    deleteIDs: [String]? = nil
  ) {
    self.planVersion = planVersion
    self.policy = policy
    self.clusterID = clusterID
    self.spec = spec
    self.protectedIDs = protectedIDs
    self.acceptedIDs = acceptedIDs
    self.restore = restore
    self.deleteIDs = deleteIDs
  }
}
