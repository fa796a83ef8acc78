public import Bolt

/// What an OpenZiti controller's database tells of itself.
///
/// Source: github.com/openziti/ziti, controller/db (paths and schema versions), and github.com/openziti/storage,
/// boltz/db.go (`meta`) and boltz/typed_bucket.go (values).
public struct OpenZitiDatabase: Sendable, Hashable {
  /// Where a database file comes from, by the marks that the controller leaves in snapshots.
  public enum Origin: String, Sendable, Hashable {
    /// A snapshot: it has an id, and asks for a new timeline when a controller opens it.
    case snapshot
    /// A copy of the file that a controller works on. It may have been taken in the middle of a write.
    case liveCopy
    /// From before ``firstMarkingSchema``, with no mark: a snapshot looks the same as a live copy.
    case unmarked
  }

  /// Controllers mark snapshots since v1.4.0, which had schema 37 as its predecessors; from 38 on all do.
  public static let firstMarkingSchema: Int64 = 38

  /// The schema version of the edge: what a controller migrates from.
  public var schema: Int64
  public var origin: Origin
  public var snapshotID: String?
  public var timelineID: String?
  /// Nil where the database has no such mark.
  public var resetTimeline: Bool?
  public var clusterID: String?
  /// Nil where no clustered controller wrote to it.
  public var raftIndex: Int64?
  public var identities: Int
  /// Edge routers included.
  public var routers: Int
  public var edgeRouters: Int
  public var services: Int
  public var hasDefaultAdmin: Bool
  /// Key identifiers, in hexadecimal, of the authorities that signed certificates of routers, or of identities where the
  /// network itself enrolled all of them. Sorted; from a sample, and empty where there is none.
  public var signerKeyIDs: [String]
  /// In bytes, without what follows the last page.
  public var size: Int64

  /// For the manifest and the status of a Backup.
  public var facts: [String: String] {
    var facts = [
      "schemaVersion": "\(schema)", "origin": origin.rawValue, "identities": "\(identities)", "routers": "\(routers)",
      "edgeRouters": "\(edgeRouters)", "services": "\(services)", "defaultAdmin": "\(hasDefaultAdmin)",
      "databaseSize": "\(size)",
    ]
    facts["snapshotId"] = snapshotID
    facts["timelineId"] = timelineID
    facts["resetTimeline"] = resetTimeline.map(String.init)
    facts["clusterId"] = clusterID
    facts["raftIndex"] = raftIndex.map(String.init)
    if !signerKeyIDs.isEmpty { facts["signerKeyIds"] = signerKeyIDs.prefix(4).joined(separator: " ") }
    return facts
  }
}

extension OpenZitiDatabase {
  /// To be given to the check whose report ``init(_:)`` reads.
  public static let probes = [
    Probe.schema, Probe.snapshotID, Probe.timelineID, Probe.resetTimeline, Probe.raftIndex, Probe.clusterID,
    Probe.root, Probe.identities, Probe.routers, Probe.edgeRouters, Probe.services, Probe.defaultAdmins,
    Probe.routerCertificates, Probe.identityCertificates, Probe.foreignAuthenticators,
  ]

  private enum Probe {
    static let root = BoltProbe.count("ziti")
    static let schema = BoltProbe.value("ziti", "versions", "edge")
    static let snapshotID = BoltProbe.value("meta", "snapshotId")
    static let timelineID = BoltProbe.value("meta", "timelineId")
    static let resetTimeline = BoltProbe.value("meta", "resetTimeline")
    static let raftIndex = BoltProbe.value("ziti", "metadata", "raftIndex")
    static let clusterID = BoltProbe.value("ziti", "metadata", "clusterId")
    static let identities = BoltProbe.entries("ziti", "identities")
    static let routers = BoltProbe.entries("ziti", "routers")
    // An edge router is a router with a bucket of its own for the edge.
    static let edgeRouters = BoltProbe.count("ziti", "routers", BoltProbe.anyName, "edge")
    static let services = BoltProbe.entries("ziti", "services")
    static let defaultAdmins = BoltProbe.count(
      "ziti", "identities", BoltProbe.anyName, "isDefaultAdmin", equals: TypedValue.bool(true).bytes)
    // controller/db/edge_router_store.go and authenticator_store.go.
    static let routerCertificates = BoltProbe.samples("ziti", "routers", BoltProbe.anyName, "edge", "certPem")
    static let identityCertificates = BoltProbe.samples("ziti", "authenticators", BoltProbe.anyName, "certPem")
    static let foreignAuthenticators = BoltProbe.count(
      "ziti", "authenticators", BoltProbe.anyName, "isIssuedByNetwork", equals: TypedValue.bool(false).bytes)
  }

  /// - Parameter report: Of a check with ``probes``. Its verdict is not looked at.
  /// - Returns: Nil where this is not an OpenZiti controller's database.
  public init?(_ report: BoltReport) {
    func value(_ probe: BoltProbe) -> TypedValue? { report.value(probe).flatMap(TypedValue.init) }
    guard let schema = value(Probe.schema)?.integer else { return nil }
    self.schema = schema
    snapshotID = value(Probe.snapshotID)?.text
    timelineID = value(Probe.timelineID)?.text
    resetTimeline = value(Probe.resetTimeline)?.flag
    clusterID = value(Probe.clusterID)?.text.flatMap { $0.isEmpty ? nil : $0 }
    raftIndex = value(Probe.raftIndex)?.integer
    identities = report.count(Probe.identities)
    routers = report.count(Probe.routers)
    edgeRouters = report.count(Probe.edgeRouters)
    services = report.count(Probe.services)
    hasDefaultAdmin = report.count(Probe.defaultAdmins) > 0
    size = report.databaseSize ?? 0
    let ofRouters = NetworkSigners.keyIDs(report.samples(Probe.routerCertificates))
    // Identities may have certificates of somebody else's authority.
    let hasOnlyOwn = report.count(Probe.foreignAuthenticators) == 0
    signerKeyIDs =
      ofRouters.isEmpty && hasOnlyOwn
      ? NetworkSigners.keyIDs(report.samples(Probe.identityCertificates)) : ofRouters
    origin =
      switch (resetTimeline, snapshotID) {
      case (.some(true), _): .snapshot
      case (.some(false), _): .liveCopy
      case (.none, .none): schema < Self.firstMarkingSchema ? .unmarked : .liveCopy
      // Id and mark are written together; an id alone was kept by a live database that an older snapshot was restored to.
      case (.none, .some): schema < Self.firstMarkingSchema ? .unmarked : .liveCopy
      }
  }

  /// Whether the file looks like one at all, though its schema may be unreadable.
  static func isLikely(_ report: BoltReport) -> Bool { report.count(Probe.root) > 0 }
}
