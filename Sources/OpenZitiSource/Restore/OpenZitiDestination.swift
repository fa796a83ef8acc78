public import Foundation
public import KubernetesClient
public import NIOCore
public import SnapshotSource
import Synchronization

/// Gives a controller its database back: as a file on its claim or on this machine, with the controller stopped, or through
/// the leader of a cluster that runs.
///
/// Flow on a claim: the snapshot is written beside the database, made durable and checked while the controller still serves;
/// then it is stopped, its pods are waited for, the file takes the database's name and the old one keeps another, and it is
/// started again. Whatever fails before the file has its name puts everything back as it was.
///
/// One value restores once: ``verify()`` proves what ``restore(from:size:force:didBegin:)`` did.
public final class OpenZitiDestination: SnapshotDestination {
  public let name: String
  public let kind = "openZiti"
  private let work: any DatabaseRestore
  private let configuration: OpenZitiDestinationConfiguration
  private let outcome = Mutex<RestoredDatabase?>(nil)

  /// - Parameter client: Where the controller runs in a cluster.
  public convenience init(
    name: String, configuration: OpenZitiDestinationConfiguration, client: KubernetesClient?,
    now: @escaping @Sendable () -> Date = { Date() }
  ) throws {
    try self.init(name: name, configuration: configuration, client: client, now: now, fault: { _ in })
  }

  /// - Parameter fault: Throws before a step on the file in tests.
  init(
    name: String, configuration: OpenZitiDestinationConfiguration, client: KubernetesClient?,
    now: @escaping @Sendable () -> Date = { Date() }, fault: @escaping @Sendable (DatabaseFile.Step) throws -> Void
  ) throws {
    self.name = name
    self.configuration = configuration
    func required() throws -> KubernetesClient {
      if let client { return client }
      throw SnapshotSourceError(
        .configuration, operation: "restore of \(name)", message: "a controller in a cluster needs its API server")
    }
    switch configuration.way {
    case .claim(let claim, let workload):
      work = ClaimRestore(
        configuration: configuration, claim: claim, workload: workload, client: try required(), now: now, fault: fault)
    case .cluster(let pods, let databasePath, let command):
      work = ClusterRestore(
        configuration: configuration, pods: pods, databasePath: databasePath, command: command, client: try required())
    case .file(let path):
      work = HostRestore(
        file: DatabaseFile(path: path, owner: configuration.owner, fault: fault), now: now)
    }
  }

  public func preflight() async throws -> RestorePreview { try await preflight(of: CapturedSnapshot(size: 0)) }

  public func preflight(of snapshot: CapturedSnapshot) async throws -> RestorePreview {
    try await work.preflight(of: snapshot)
  }

  /// - Parameter force: Changes nothing here: neither may an older controller get a newer schema, nor may a database be
  ///   replaced that somebody has open.
  public func restore<Snapshot: AsyncSequence & Sendable>(
    from snapshot: Snapshot, size: Int64, force: Bool, didBegin: @Sendable () async throws -> Void
  ) async throws -> SnapshotFacts where Snapshot.Element == ByteBuffer {
    let restored = try await work.restore(snapshot, size: size, didBegin: didBegin)
    outcome.withLock { $0 = restored }
    return SnapshotFacts(restored.database.facts)
  }

  public func verify() async throws -> SnapshotFacts {
    guard let restored = outcome.withLock({ $0 }) else {
      throw SnapshotSourceError(.failed, operation: "proof of \(name)", message: "nothing was restored")
    }
    return try await work.verify(restored)
  }
}

/// One way to give a controller its database back.
protocol DatabaseRestore: Sendable {
  func preflight(of snapshot: CapturedSnapshot) async throws -> RestorePreview

  func restore<Snapshot: AsyncSequence & Sendable>(
    _ snapshot: Snapshot, size: Int64, didBegin: @Sendable () async throws -> Void
  ) async throws -> RestoredDatabase where Snapshot.Element == ByteBuffer

  func verify(_ restored: RestoredDatabase) async throws -> SnapshotFacts
}

/// What a restore did.
struct RestoredDatabase: Sendable {
  var database: OpenZitiDatabase
  /// The old file's name now.
  var keptAs: String?
  /// What the workload was scaled back to; 0 where nothing runs.
  var replicas = 0
  /// Restarts of each pod's container before, by the pod's uid.
  var restarts: [String: Int32] = [:]
  /// A copy in a container, to be removed.
  var copy: (pod: String, path: String)?

  var summary: String { "schema \(database.schema), \(database.identities) identities" }
  var kept: String { keptAs.map { "; the old database is \(SnapshotName.split($0).file) beside it" } ?? "" }
}

/// Plan lines that all ways share.
enum DatabasePlan {
  static func what(_ snapshot: CapturedSnapshot, before: DatabaseFile.Existing?) -> String {
    let facts = snapshot.facts
    var new = ["\(snapshot.size) bytes"]
    if let schema = facts["schemaVersion"] { new.insert("schema \(schema)", at: 0) }
    if let identities = facts["identities"] { new.append("\(identities) identities") }
    let text = "the snapshot (\(new.joined(separator: ", ")))"
    guard let before else { return "\(text) is written; there is no database yet" }
    let old =
      before.database.map { "schema \($0.schema), \(before.status.size) bytes, \($0.identities) identities" }
      ?? "\(before.status.size) bytes, and not to be read as a database"
    return "\(text) replaces the database (\(old)), which is kept beside it as *.holdfast-<time>"
  }

  static func size(_ snapshot: CapturedSnapshot, _ free: Int64?) -> String {
    free.map { "; \($0) bytes are free" } ?? ""
  }

  /// - Throws: ``SnapshotSourceError`` with `incompatible`.
  static func gate(_ schema: Int64?, _ controller: VersionGate.Controller, object: String) throws -> RestorePreview
    .Entry?
  {
    guard let schema else {
      return .init("warning", object, "the backup does not tell its schema; it is looked at before anything is touched")
    }
    switch VersionGate.judge(schema: schema, controller) {
    case .pass: return nil
    case .unknown(let message): return .init("warning", object, message)
    case .refused(let message):
      throw SnapshotSourceError(.incompatible, operation: "check of the controller's version", message: message)
    }
  }

  static func proof(_ proof: OpenZitiDestinationConfiguration.Proof, object: String) -> RestorePreview.Entry? {
    guard proof.endpoint == nil else { return nil }
    return .init(
      "warning", object,
      "no login at the management API is known (\(proof.reason)): that the restored data is served will not be proved, only that "
        + "the controller is ready; set openZiti.managementAPI")
  }

  static func clustered(_ snapshot: CapturedSnapshot, object: String) -> RestorePreview.Entry? {
    // A standalone controller's database has the index 0.
    let index = snapshot.facts["raftIndex"] ?? "0"
    guard index != "0" || snapshot.facts["clusterId"] != nil else { return nil }
    return .init(
      "warning", object,
      "the snapshot is of a clustered controller (raft index \(index)): start the chart with cluster.mode cluster-migrate, "
        + "which makes a new cluster from this file")
  }
}

/// The proof that all ways share.
struct ProofOfService: Sendable {
  let proof: OpenZitiDestinationConfiguration.Proof
  let patience: Patience

  /// - Parameter seen: What is known without the API: `Deployment ziti-controller is ready`.
  /// - Throws: ``SnapshotSourceError`` where another database is served, or where somebody named the API and it does not
  ///   answer.
  func facts(_ restored: RestoredDatabase, seen: String) async throws -> SnapshotFacts {
    var facts = SnapshotFacts(restored.database.facts)
    guard let endpoint = proof.endpoint else {
      facts.values[SnapshotFacts.proof] =
        "\(seen); not asked over the management API (\(proof.reason)); in the file: \(restored.summary)\(restored.kept)"
      return facts
    }
    do {
      let served = try await ServedProof(endpoint: endpoint, patience: patience).served()
      guard served.identities == restored.database.identities else {
        throw SnapshotSourceError(
          .failed, operation: "proof at \(endpoint.url)",
          message:
            "the controller serves \(served.identities) identities, and the snapshot has \(restored.database.identities): it "
            + "works on another database, or was changed since. Look at its log\(restored.kept)")
      }
      facts.values["version"] = served.version
      facts.values[SnapshotFacts.proof] =
        "\(seen); \(served.version ?? "the controller") at \(endpoint.url) takes the administrator's login and serves "
        + "\(served.identities) identities as in the snapshot (schema \(restored.database.schema))\(restored.kept)"
      return facts
    } catch let error as SnapshotSourceError
      where !proof.isRequired
      && [.unreachable, .unauthorized, .certificateUntrusted, .configuration].contains(error.code)
    {
      facts.warnings.append(error.description)
      facts.values[SnapshotFacts.proof] =
        "\(seen); not proved over the management API, which nobody named: \(error.message.prefix(300)); in the file: "
        + "\(restored.summary)\(restored.kept)"
      return facts
    }
  }
}
