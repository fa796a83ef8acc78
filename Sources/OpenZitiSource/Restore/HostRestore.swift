import Foundation
import NIOCore
import SnapshotSource

/// A controller in Docker or on this machine, which a person stops and starts.
struct HostRestore: DatabaseRestore {
  let file: DatabaseFile
  let now: @Sendable () -> Date

  private static let stop = "stop it first (docker stop, systemctl stop ziti-controller) and let nothing start it again"

  func preflight(of snapshot: CapturedSnapshot) async throws -> RestorePreview {
    let free = try await file.checkRoom(for: snapshot.size)
    let before = try await file.existing()
    try checkClosed(before?.isUnlocked ?? true)
    try checkName()
    var entries: [RestorePreview.Entry] = []
    let controller = VersionGate.Controller(databaseSchema: before?.database?.schema)
    if let entry = try DatabasePlan.gate(
      snapshot.facts["schemaVersion"].flatMap { Int64($0) }, controller, object: file.path)
    {
      entries.append(entry)
    }
    if let entry = DatabasePlan.clustered(snapshot, object: file.path) { entries.append(entry) }
    entries.append(
      .init(
        "warning", file.path,
        "the controller has to be stopped, and nothing here can see to that: only that no process has the file open"))
    return RestorePreview(
      object: file.path, detail: DatabasePlan.what(snapshot, before: before) + DatabasePlan.size(snapshot, free),
      entries: entries)
  }

  func restore<Snapshot: AsyncSequence & Sendable>(
    _ snapshot: Snapshot, size: Int64, didBegin: @Sendable () async throws -> Void
  ) async throws -> RestoredDatabase where Snapshot.Element == ByteBuffer {
    let before = try await file.existing()
    let database = try await file.stage(snapshot, size: size)
    do {
      _ = try DatabasePlan.gate(
        database.schema, VersionGate.Controller(databaseSchema: before?.database?.schema), object: file.path)
      try checkClosed(try await file.isUnlocked())
      try await didBegin()
    } catch {
      await file.discard()
      throw error
    }
    do {
      let replaced = try await file.replace(now: now())
      return RestoredDatabase(database: database, keptAs: replaced.keptAs)
    } catch {
      await file.discard()
      let described = error as? SnapshotSourceError
      throw SnapshotSourceError(
        described?.code ?? .failed, operation: described?.operation ?? "replace \(file.path)",
        message: "\(described?.message ?? "\(error)"); the database is the old one", cause: error)
    }
  }

  func verify(_ restored: RestoredDatabase) async throws -> SnapshotFacts {
    var facts = SnapshotFacts(restored.database.facts)
    facts.values[SnapshotFacts.proof] =
      "\(file.path) is the snapshot and passes its check (\(restored.summary))\(restored.kept); start the controller now"
    return facts
  }

  private func checkClosed(_ isUnlocked: Bool) throws {
    guard !isUnlocked else { return }
    throw SnapshotSourceError(
      .inUse, operation: "look at \(file.path)",
      message: "a process has the database open: the controller runs; \(Self.stop)")
  }

  private func checkName() throws {
    guard SnapshotName.split(file.path).file == "ctrl-ha.db" else { return }
    throw SnapshotSourceError(
      .configuration, operation: "look at \(file.path)",
      message:
        "this is the database of a clustered controller, which plays the log beside it onto it again. Give the snapshot to "
        + "the running leader with `ziti agent cluster restore-from-db`, or to a new cluster as its `db` setting")
  }
}
