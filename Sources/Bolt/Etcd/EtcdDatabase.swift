/// What the database in an etcd v3 snapshot tells of itself.
///
/// Source: go.etcd.io/etcd, server/storage/schema (buckets and keys) and etcdutl/snapshot/v3_snapshot.go (`status`).
public struct EtcdDatabase: Sendable, Hashable {
  /// Of the last write; zero where the key space was never written to.
  public var revision: Int64
  /// All keys of all buckets, as `etcdctl snapshot status` of etcd 3.4 and 3.5 counts them (3.6 counts live keys).
  public var totalKeys: Int
  /// Revisions in the key space that were not compacted away.
  public var revisions: Int
  /// In bytes, as `snapshot status` tells it: without what follows the last page, and without the hash.
  public var size: Int64
  /// Of the Raft log; nil of a database that was restored from a snapshot and not started since.
  public var consistentIndex: UInt64?
  /// Since etcd 3.5.
  public var term: UInt64?
  public var members: Int
  /// For example `3.5.0`; nil where the cluster had not agreed on one.
  public var clusterVersion: String?
  /// Since etcd 3.6.
  public var storageVersion: String?
  public var isAuthEnabled: Bool

  /// For the manifest and the status of a Backup.
  public var facts: [String: String] {
    var facts = [
      "revision": "\(revision)", "totalKeys": "\(totalKeys)", "databaseSize": "\(size)", "members": "\(members)",
      "authEnabled": "\(isAuthEnabled)",
    ]
    facts["consistentIndex"] = consistentIndex.map(String.init)
    facts["term"] = term.map(String.init)
    facts["clusterVersion"] = clusterVersion
    facts["storageVersion"] = storageVersion
    return facts
  }
}

extension EtcdDatabase {
  /// To be given to the check whose report ``init(_:)`` reads.
  public static let probes = [
    Probe.key, Probe.meta, Probe.lastRevision, Probe.revisions, Probe.consistentIndex, Probe.term, Probe.members,
    Probe.clusterVersion, Probe.storageVersion, Probe.authEnabled,
  ]

  private enum Probe {
    static let key = BoltProbe.count("key")
    static let meta = BoltProbe.count("meta")
    static let lastRevision = BoltProbe.lastKey("key")
    static let revisions = BoltProbe.entries("key")
    static let consistentIndex = BoltProbe.value("meta", "consistent_index")
    static let term = BoltProbe.value("meta", "term")
    static let members = BoltProbe.entries("members")
    static let clusterVersion = BoltProbe.value("cluster", "clusterVersion")
    static let storageVersion = BoltProbe.value("meta", "storageVersion")
    static let authEnabled = BoltProbe.value("auth", "authEnabled")
  }

  /// - Parameter report: Of a check with ``probes``. Its verdict is not looked at.
  /// - Returns: Nil where this is not etcd's database, or its last revision is not one.
  public init?(_ report: BoltReport) {
    guard report.count(Probe.key) > 0, report.count(Probe.meta) > 0, let size = report.databaseSize else { return nil }
    if let key = report.value(Probe.lastRevision) {
      // Eight bytes, '_', eight bytes, and a 't' where the key was deleted.
      guard key.count == 17 || (key.count == 18 && key[17] == UInt8(ascii: "t")), key[8] == UInt8(ascii: "_"),
        let main = Self.bigEndian(Array(key[..<8])), main <= UInt64(Int64.max)
      else { return nil }
      revision = Int64(main)
    } else {
      revision = 0
    }
    self.size = size
    totalKeys = report.keyCount
    revisions = report.count(Probe.revisions)
    consistentIndex = report.value(Probe.consistentIndex).flatMap(Self.bigEndian)
    term = report.value(Probe.term).flatMap(Self.bigEndian)
    members = report.count(Probe.members)
    clusterVersion = report.value(Probe.clusterVersion).map { String(decoding: $0, as: UTF8.self) }
    storageVersion = report.value(Probe.storageVersion).map { String(decoding: $0, as: UTF8.self) }
    isAuthEnabled = report.value(Probe.authEnabled)?.first == 1
  }

  private static func bigEndian(_ bytes: [UInt8]) -> UInt64? {
    bytes.count == 8 ? bytes.reduce(0) { $0 << 8 | UInt64($1) } : nil
  }
}
