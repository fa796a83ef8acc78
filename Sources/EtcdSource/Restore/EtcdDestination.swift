#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
import Bolt
import Crypto
public import Foundation
public import NIOCore
import NIOPosix
public import SnapshotSource
import Synchronization

/// Lays the snapshot of an etcd cluster down as a file, with its SHA-256 beside it: what `etcdutl snapshot restore` takes.
///
/// The file is written under another name and checked as a capture is; only a rename makes it appear. Nothing is ever
/// overwritten: what is replaced is kept as `<name>.holdfast-<time>`.
public final class EtcdDestination: SnapshotPlanner {
  public enum ConflictPolicy: Sendable, Hashable {
    case fail, skip, replace
  }

  public struct Configuration: Sendable {
    /// A folder of this machine, and what people call it.
    public var root: String
    public var place: String
    /// Absolute, the root being `/`.
    public var path: String
    public var policy: ConflictPolicy
    /// The root need not be there for the plan.
    public var isToBeMade: Bool
    /// The root may be mounted read-only.
    public var isDryRun: Bool
    public var commands: EtcdRestoreCommands
    /// Absolute, the root being `/`: a data directory that is made of the snapshot afterwards, and must not be there.
    public var dataDirectory: EtcdDataDirectory?
    public var now: @Sendable () -> Date

    public init(
      root: String, place: String, path: String, policy: ConflictPolicy, isToBeMade: Bool = false,
      isDryRun: Bool = false,
      commands: EtcdRestoreCommands = EtcdRestoreCommands(), dataDirectory: EtcdDataDirectory? = nil,
      now: @escaping @Sendable () -> Date = { Date() }
    ) {
      self.root = root
      self.place = place
      self.path = path
      self.policy = policy
      self.isToBeMade = isToBeMade
      self.isDryRun = isDryRun
      self.commands = commands
      self.dataDirectory = dataDirectory
      self.now = now
    }
  }

  public let name: String
  public let kind = "etcd"
  private let configuration: Configuration
  private let way: [String]
  private let file: String
  private let done = Mutex<[String: String]>([:])

  public init(name: String, configuration: Configuration) {
    self.name = name
    self.configuration = configuration
    let parts = configuration.path.split(separator: "/").map(String.init)
    way = Array(parts.dropLast())
    file = parts.last ?? "etcd.db"
  }

  private var temporary: String { ".holdfast-\(file)" }
  private var sums: String { "\(file).sha256" }
  private var object: String { "/\((way + [file]).joined(separator: "/")) of \(configuration.place)" }
  private var operation: String { "write \(object)" }

  // MARK: Plan

  public func preflight() async throws -> RestorePreview {
    let folder = try await blocking { try self.openFolder(makes: false) }
    if let folder { try checkWritable(folder) } else { try await checkRoot() }
    let commands = configuration.commands
    var actions: [RestoreAction] = []
    if let directory = configuration.dataDirectory {
      actions.append(
        RestoreAction(.create, "\(directory.path) of \(configuration.place)", detail: "data directory of etcd"))
    } else {
      actions.append(RestoreAction(.restore, "then, one member", detail: commands.oneMember(file: file)))
      let several = commands.severalMembers(file: file)
      for (member, command) in several {
        actions.append(RestoreAction(.restore, "then, member \(member)", detail: command))
      }
      if several.isEmpty {
        actions.append(RestoreAction(.restore, "or, each of several members", detail: commands.form(file: file)))
      }
      actions.append(RestoreAction(.warning, "Kubernetes", detail: EtcdRestoreCommands.advice))
    }
    return RestorePreview(
      object: object, detail: "the snapshot is written there, and its SHA-256 beside it; no etcd is touched",
      actions: actions)
  }

  /// The deepest folder that is there has to be writable, since the others are made in it.
  private func checkRoot() async throws {
    try await blocking { [self] in
      for depth in stride(from: way.count - 1, through: 0, by: -1) {
        guard let folder = try openFolder(makes: false, depth: depth) else { continue }
        return try checkWritable(folder)
      }
    }
  }

  private func checkWritable(_ folder: SnapshotFolder) throws {
    guard let number = folder.whyNotWritable, number != EROFS || !configuration.isDryRun else { return }
    throw failure(FileFailure(number: number, path: folder.path))
  }

  public func plan<Snapshot: AsyncSequence & Sendable>(
    from snapshot: Snapshot, size: Int64
  ) async throws -> [RestoreAction] where Snapshot.Element == ByteBuffer {
    var check = EtcdSnapshotChecker()
    var hash = SHA256()
    for try await bytes in snapshot {
      check.consume(bytes)
      bytes.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
    }
    let facts = try SnapshotJudgement.facts(of: check.finish(), operation: "check of the snapshot for \(object)")
    let digest = SnapshotFolder.hex(hash.finalize())
    return try await blocking { [self] in
      guard let folder = try openFolder(makes: false) else {
        return [RestoreAction(.create, object, detail: describe(facts, size))] + (try directoryConflicts())
      }
      try checkSpace(folder, size)
      return [try judge(folder, digest, facts, size)] + (try directoryConflicts())
    }
  }

  /// A data directory that is there, as after a run that died when all but its last word was done.
  private func directoryConflicts() throws -> [RestoreAction] {
    // Without a root nothing is in the way.
    guard let directory = configuration.dataDirectory, try openFolder(makes: false, depth: 0) != nil,
      try directory.exists(in: configuration.root)
    else { return [] }
    return [
      RestoreAction(
        .conflict, "\(directory.path) of \(configuration.place)",
        detail:
          "is there already, and no data directory is ever replaced: if an earlier run of this restore made it, it "
          + "is whole and can be used as it is; else remove it, or name another runRestore.dataDir")
    ]
  }

  private func judge(
    _ folder: SnapshotFolder, _ digest: String, _ facts: SnapshotFacts, _ size: Int64
  ) throws -> RestoreAction {
    guard try mapping({ try folder.exists(file) }) else {
      return RestoreAction(.create, object, detail: describe(facts, size))
    }
    if try mapping({ try folder.file(file)?.sha256() }) == digest {
      return RestoreAction(.skip, object, detail: "is this snapshot already")
    }
    switch configuration.policy {
    case .fail: return RestoreAction(.conflict, object, detail: "another file is there")
    case .skip: return RestoreAction(.skip, object, detail: "another file is there, and conflictPolicy is Skip")
    case .replace:
      return RestoreAction(
        .replace, object, detail: "the file that is there is kept as \(file).holdfast-<time>; \(describe(facts, size))")
    }
  }

  private func describe(_ facts: SnapshotFacts, _ size: Int64) -> String {
    let revision = facts.values["revision"].map { ", revision \($0)" } ?? ""
    let keys = facts.values["totalKeys"].map { ", \($0) keys" } ?? ""
    return "\(size) bytes\(revision)\(keys)"
  }

  private func checkSpace(_ folder: SnapshotFolder, _ size: Int64) throws {
    // Besides the database a data directory holds write-ahead logs of 64 MB.
    let needed = configuration.dataDirectory == nil ? size + 65_536 : 2 * size + 160_000_000
    guard let free = folder.freeBytes, free < needed else { return }
    throw SnapshotSourceError(
      .noSpace, operation: operation,
      message:
        "the restore needs \(needed) bytes, and \(configuration.place) has \(free) left; make room, or use a larger one"
    )
  }

  // MARK: Restore

  public func restore<Snapshot: AsyncSequence & Sendable>(
    from snapshot: Snapshot, size: Int64, force: Bool, didBegin: @Sendable () async throws -> Void
  ) async throws -> SnapshotFacts where Snapshot.Element == ByteBuffer {
    let opened = try await blocking { try self.openFolder(makes: true) }
    guard let folder = opened else {
      throw SnapshotSourceError(.configuration, operation: operation, message: "\(configuration.place) is not here")
    }
    try checkSpace(folder, size)
    do {
      let (facts, digest) = try await write(snapshot, to: folder)
      try await didBegin()
      let kept = try await blocking { [self] in try publish(folder, digest) }
      var values = facts.values
      values["file"] = object
      values["sha256"] = digest
      values["bytes"] = "\(size)"
      if let kept { values["kept"] = kept }
      if configuration.dataDirectory == nil {
        values["oneMember"] = configuration.commands.oneMember(file: file)
        for (member, command) in configuration.commands.severalMembers(file: file) {
          values["member \(member)"] = command
        }
      }
      done.withLock { [values] in $0 = values }
      return SnapshotFacts(values, warnings: facts.warnings)
    } catch {
      let (temporary, sums) = (temporary, ".holdfast-\(sums)")
      await withoutCancellation {
        try? await NIOThreadPool.singleton.runIfActive {
          folder.remove(temporary)
          folder.remove(sums)
        }
      }
      throw error
    }
  }

  /// Everything is on disk and checked when it returns, under names that begin with `.holdfast-`.
  private func write<Snapshot: AsyncSequence & Sendable>(
    _ snapshot: Snapshot, to folder: SnapshotFolder
  ) async throws -> (SnapshotFacts, String) where Snapshot.Element == ByteBuffer {
    let file = try await blocking { [self] in try mapping { try folder.create(temporary) } }
    var check = EtcdSnapshotChecker()
    var hash = SHA256()
    for try await bytes in snapshot {
      check.consume(bytes)
      bytes.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
      try await blocking { [self] in try mapping { try file.write(bytes) } }
    }
    let facts = try SnapshotJudgement.facts(of: check.finish(), operation: operation)
    let digest = SnapshotFolder.hex(hash.finalize())
    try await blocking { [self] in
      try mapping {
        try file.sync()
        let list = try folder.create(".holdfast-\(sums)")
        try list.write(ByteBuffer(string: "\(digest)  \(self.file)\n"))
        try list.sync()
      }
    }
    return (facts, digest)
  }

  /// - Returns: The name under which the old file is kept.
  private func publish(_ folder: SnapshotFolder, _ digest: String) throws -> String? {
    try configuration.dataDirectory?.removeLeftover(in: configuration.root)
    return try mapping {
      var kept: String?
      if try !folder.rename(temporary, to: file) {
        let isSame = try folder.file(file)?.sha256() == digest
        if isSame || configuration.policy == .skip {
          folder.remove(temporary)
        } else if configuration.policy == .replace {
          kept = try keep(folder)
        } else {
          throw SnapshotSourceError(
            .conflict, operation: operation, message: "another file came there after the plan was made")
        }
        // The list of a file that is not ours is not ours either.
        if !isSame, configuration.policy == .skip { folder.remove(".holdfast-\(sums)") }
      }
      try placeSums(folder)
      try folder.folder.sync()
      return kept
    }
  }

  private func keep(_ folder: SnapshotFolder) throws -> String {
    let time = configuration.now().formatted(
      Date.ISO8601FormatStyle(dateSeparator: .omitted, timeSeparator: .omitted, timeZone: .gmt))
    var old = "\(file).holdfast-\(time)"
    var number = 1
    while try !folder.rename(file, to: old) {
      number += 1
      old = "\(file).holdfast-\(time)-\(number)"
    }
    _ = try? folder.rename(sums, to: "\(old).sha256")
    guard try folder.rename(temporary, to: file) else {
      throw SnapshotSourceError(
        .partlyDone, operation: operation,
        message: "the old file is kept as \(old), and another one took its place meanwhile")
    }
    return old
  }

  private func placeSums(_ folder: SnapshotFolder) throws {
    guard try folder.exists(".holdfast-\(sums)") else { return }
    if try !folder.rename(".holdfast-\(sums)", to: sums) {
      folder.remove(sums)
      _ = try folder.rename(".holdfast-\(sums)", to: sums)
    }
  }

  /// Reads the file back from the disk.
  public func verify() async throws -> SnapshotFacts {
    let values = done.withLock { $0 }
    guard let expected = values["sha256"], configuration.policy != .skip else { return SnapshotFacts(values) }
    let found = try await blocking { [self] in
      try mapping { try openFolder(makes: false)?.file(file)?.sha256() }
    }
    guard found == expected else {
      throw SnapshotSourceError(
        .corrupt, operation: "check of \(object)",
        message: "the file reads back as \(found ?? "nothing") instead of SHA-256 \(expected); look at the volume")
    }
    return SnapshotFacts(values)
  }

  // MARK: Files

  private func openFolder(makes: Bool, depth: Int? = nil) throws -> SnapshotFolder? {
    do throws(FileFailure) {
      return try SnapshotFolder.open(
        root: configuration.root, way: Array(way.prefix(depth ?? way.count)), makes: makes)
    } catch {
      if error.number == ENOENT, error.path == configuration.root, configuration.isToBeMade { return nil }
      throw failure(error)
    }
  }

  private func mapping<Value>(_ body: () throws -> Value) throws -> Value {
    do { return try body() } catch let error as FileFailure { throw failure(error) }
  }

  private func failure(_ error: FileFailure) -> SnapshotSourceError {
    FileFailure.mapped(error, operation: operation, place: configuration.place)
  }

  private func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await NIOThreadPool.singleton.runIfActive(body)
  }
}

extension FileFailure {
  static func mapped(_ error: FileFailure, operation: String, place: String) -> SnapshotSourceError {
    func make(_ code: SnapshotSourceError.Code, _ message: String) -> SnapshotSourceError {
      SnapshotSourceError(code, operation: operation, message: message, cause: error)
    }
    switch error.number {
    case EACCES, EPERM:
      return make(
        .forbidden,
        "user \(geteuid()) may not write to \(place) (\(error)); set executor.runAsUser of the request to one that may")
    case EROFS: return make(.forbidden, "\(place) is read-only")
    case ENOSPC, EDQUOT: return make(.noSpace, "no space is left on \(place); make room, then restore again")
    case ENOTDIR, ELOOP:
      return make(.conflict, "\(error.path) is a link or no folder, and links are not followed; correct path")
    case ENOENT: return make(.configuration, "\(place) is not here (\(error))")
    default: return make(.failed, "\(error)")
    }
  }
}
