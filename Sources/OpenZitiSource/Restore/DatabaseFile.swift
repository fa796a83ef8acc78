#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
import Bolt
import Foundation
import NIOCore
import NIOPosix
import SnapshotSource

/// The file of a controller's database, and how it is replaced.
///
/// The new one is written beside it under a name of its own, made durable and checked; only then does it take the name. The
/// old one keeps another name, and at every moment there is a whole database under the old name or the new one.
struct DatabaseFile: Sendable {
  /// Where a test makes a step fail.
  enum Step: String, Sendable, CaseIterable {
    case create, write, synchronize, check, keepOld, replace, synchronizeFolder
  }

  let path: String
  let owner: OpenZitiDestinationConfiguration.Owner
  /// Throws before a step in tests.
  let fault: @Sendable (Step) throws -> Void

  init(
    path: String, owner: OpenZitiDestinationConfiguration.Owner,
    fault: @escaping @Sendable (Step) throws -> Void = { _ in }
  ) {
    self.path = path
    self.owner = owner
    self.fault = fault
  }

  /// Left by a run that died; nothing else has such a name.
  var stagingPath: String { path + ".holdfast-restore" }
  var folder: String {
    let folder = String(SnapshotName.split(path).folder.dropLast())
    return folder.isEmpty ? "/" : folder
  }

  /// A database that is there.
  struct Existing: Sendable, Hashable {
    var status: FileStep.Status
    /// What it tells of itself; nil where it is none, or cannot be read.
    var database: OpenZitiDatabase?
    var isUnlocked: Bool
  }

  // MARK: Looking

  /// - Returns: nil where there is no file of that name.
  func existing() async throws -> Existing? {
    let operation = "look at \(path)"
    return try await blocking(operation) { () -> Existing? in
      guard let status = try FileStep.status(path) else { return nil }
      guard status.isRegular else {
        throw SnapshotSourceError(
          .configuration, operation: operation,
          message: "\(path) is a folder or a link and no database; correct its path")
      }
      // A controller may be writing to it: what it says is for the plan, and no verdict.
      let verdict = try Self.verdict(of: path)
      return Existing(status: status, database: verdict.database, isUnlocked: try FileStep.isUnlocked(path))
    }
  }

  /// - Throws: ``SnapshotSourceError`` where the folder cannot hold so many bytes more, or cannot be written.
  func checkRoom(for size: Int64) async throws -> Int64 {
    let operation = "look at \(folder)"
    return try await blocking(operation) { () -> Int64 in
      guard FileStep.isFolder(folder) else {
        throw SnapshotSourceError(
          .configuration, operation: operation, message: "there is no folder \(folder); correct the database's path")
      }
      guard access(folder, W_OK | X_OK) == 0 else {
        throw FileCallError(number: errno, call: "write to", path: folder).sourceError(operation)
      }
      // What a run that died left goes first.
      let leftOver = try FileStep.status(stagingPath)?.size ?? 0
      let free = try FileStep.freeSpace(folder) + leftOver
      // The old database stays beside the new one.
      guard free >= size + Self.slack else {
        throw SnapshotSourceError(
          .noSpace, operation: operation,
          message:
            "the database has \(size) bytes, and there are \(free) free; the old one is kept beside it. Enlarge the volume, "
            + "or remove what is not needed there")
      }
      return free
    }
  }

  /// For the folder's own growth.
  private static let slack: Int64 = 1 << 20

  /// Anew, and only where the file is there: it was not opened since.
  func isUnlocked() async throws -> Bool {
    try await blocking("look at \(path)") { try FileStep.status(path) == nil || FileStep.isUnlocked(path) }
  }

  // MARK: Writing

  /// Writes the snapshot beside the database, makes it durable, and checks what is on the disk then. Changes nothing else, and
  /// leaves nothing where it fails.
  func stage<Snapshot: AsyncSequence & Sendable>(
    _ snapshot: Snapshot, size: Int64
  ) async throws -> OpenZitiDatabase where Snapshot.Element == ByteBuffer {
    let staging = stagingPath
    do {
      try await write(snapshot, to: staging, size: size)
      let database = try await checked(staging)
      try await blocking("synchronize \(folder)") { try FileStep.synchronize(folder: folder) }
      return database
    } catch {
      await discard()
      throw error
    }
  }

  /// Removes the staged file; a later run does where this fails.
  func discard() async {
    let staging = stagingPath
    await withoutCancellation {
      try? await blocking("remove \(staging)") { try FileStep.remove(staging) }
    }
  }

  private func write<Snapshot: AsyncSequence & Sendable>(
    _ snapshot: Snapshot, to staging: String, size: Int64
  ) async throws where Snapshot.Element == ByteBuffer {
    let operation = "write \(staging)"
    let wanted = try await resolvedOwner()
    let descriptor = try await blocking(operation) { () -> Int32 in
      try fault(.create)
      try FileStep.remove(staging)
      let descriptor = try FileStep.open(staging, O_WRONLY | O_CREAT | O_EXCL)
      do {
        try Self.give(descriptor, staging, wanted)
        return descriptor
      } catch {
        close(descriptor)
        throw error
      }
    }
    do {
      var written: Int64 = 0
      for try await bytes in snapshot {
        written += Int64(bytes.readableBytes)
        try await blocking(operation) {
          try fault(.write)
          try bytes.withUnsafeReadableBytes { try FileStep.write($0, to: descriptor, path: staging) }
        }
      }
      guard written == size else {
        throw SnapshotSourceError(
          .truncated, operation: operation, message: "\(written) of \(size) bytes came; try again")
      }
      try await blocking(operation) {
        try fault(.synchronize)
        try FileStep.check(fsync(descriptor), "fsync", staging)
      }
    } catch {
      close(descriptor)
      throw error
    }
    // A network file system may report a failed write only here.
    try await blocking(operation) { try FileStep.check(close(descriptor), "close", staging) }
  }

  private struct Wanted: Sendable {
    var user: UInt32
    var group: UInt32
    var mode: UInt16
  }

  /// What is asked for, else as the file that is there, else as the image has it. Only root can give a file away; anybody
  /// else has to be the controller's user already.
  private func resolvedOwner() async throws -> Wanted {
    let operation = "write \(stagingPath)"
    let (owner, path) = (owner, path)
    return try await blocking(operation) { () -> Wanted in
      let old = try FileStep.status(path)
      let isRoot = geteuid() == 0
      let user = owner.user ?? old?.user ?? (isRoot ? OpenZitiDestinationConfiguration.Owner.defaultUser : geteuid())
      let group = owner.group ?? old?.group ?? owner.user ?? (isRoot ? user : getegid())
      guard isRoot || user == geteuid() else {
        throw SnapshotSourceError(
          .configuration, operation: operation,
          message:
            "the controller's user is \(user) and the executor's \(geteuid()), which cannot give files away; set "
            + "openZiti.runAsUser to \(user), and no other executor.runAsUser")
      }
      return Wanted(
        user: user, group: group,
        mode: owner.mode ?? old.map { $0.mode & 0o777 | 0o600 } ?? OpenZitiDestinationConfiguration.Owner.defaultMode)
    }
  }

  private static func give(_ descriptor: Int32, _ path: String, _ wanted: Wanted) throws {
    // A group that one is not part of cannot be given; with the mode 0600 it has no meaning either.
    if fchown(descriptor, geteuid() == 0 ? wanted.user : uid_t.max, wanted.group) == -1, geteuid() == 0 {
      throw FileCallError(number: errno, call: "chown", path: path)
    }
    try FileStep.check(fchmod(descriptor, mode_t(wanted.mode)), "chmod", path)
  }

  /// What the disk gives back is a snapshot that the controller can open.
  private func checked(_ staging: String) async throws -> OpenZitiDatabase {
    let operation = "check of \(staging)"
    return try await blocking(operation) { () -> OpenZitiDatabase in
      try fault(.check)
      let verdict = try Self.verdict(of: staging)
      guard let database = verdict.database else {
        throw SnapshotSourceError(
          .corrupt, operation: operation, message: "what was written fails its check: \(verdict.message ?? "unknown")")
      }
      return database
    }
  }

  private static func verdict(of path: String) throws -> OpenZitiVerdict {
    let descriptor = try FileStep.open(path, O_RDONLY)
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    var check = OpenZitiDatabaseCheck()
    while let bytes = try handle.read(upToCount: 1 << 20), !bytes.isEmpty { check.consume(ByteBuffer(bytes: bytes)) }
    return check.finish()
  }

  // MARK: Replacing

  /// Where the old database is after ``replace(now:)``; nil where there was none.
  struct Replaced: Sendable, Hashable {
    var keptAs: String?
  }

  /// Puts the staged file in the database's place. The old one is kept; where anything fails it has its name again.
  func replace(now: Date) async throws -> Replaced {
    let kept = try await keep(now)
    do {
      try await blocking("replace \(path)") {
        try fault(.replace)
        try FileStep.rename(stagingPath, path)
      }
    } catch {
      await undo(kept)
      throw error
    }
    // The database is replaced by now: where the folder cannot be made durable, saying that it failed would be wrong.
    try? await blocking("synchronize \(folder)") {
      try fault(.synchronizeFolder)
      try FileStep.synchronize(folder: folder)
    }
    return Replaced(keptAs: kept?.name)
  }

  private struct Kept: Sendable {
    var name: String
    /// It has lost its own name meanwhile.
    var isMoved: Bool
  }

  private func keep(_ now: Date) async throws -> Kept? {
    try await blocking("keep \(path)") { () -> Kept? in
      try fault(.keepOld)
      guard try FileStep.status(path) != nil else { return nil }
      let stem = "\(path).holdfast-\(SnapshotName.timestamp(now))"
      var name = stem
      var number = 2
      while try FileStep.status(name) != nil {
        name = "\(stem)-\(number)"
        number += 1
      }
      // A second name first, so that there is no moment without a database; where that cannot be, it moves.
      if try FileStep.link(path, name) { return Kept(name: name, isMoved: false) }
      try FileStep.rename(path, name)
      return Kept(name: name, isMoved: true)
    }
  }

  private func undo(_ kept: Kept?) async {
    guard let kept else { return }
    await withoutCancellation {
      try? await blocking("undo \(path)") {
        if kept.isMoved { try FileStep.rename(kept.name, path) } else { try FileStep.remove(kept.name) }
      }
    }
  }

  private func blocking<Value: Sendable>(
    _ operation: String, _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    do {
      return try await NIOThreadPool.singleton.runIfActive(body)
    } catch let error as FileCallError {
      throw error.sourceError(operation)
    }
  }
}

extension OpenZitiVerdict {
  /// What a sound database tells of itself, snapshot or not: a restored one is opened like any other.
  var database: OpenZitiDatabase? {
    switch self {
    case .snapshot(let database), .noSnapshot(let database): database
    case .otherDatabase, .damaged, .undecided: nil
    }
  }
}
