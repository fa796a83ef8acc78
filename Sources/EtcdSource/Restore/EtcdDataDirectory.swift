#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
import Bolt
import Foundation
public import SnapshotSource

/// A data directory that etcd's own tool makes of a snapshot, under another name first: it appears only whole.
public struct EtcdDataDirectory: Sendable, Hashable {
  /// Absolute, the root of the volume being `/`.
  public let path: String

  public init(path: String) { self.path = path }

  private var parts: [String] { path.split(separator: "/").map(String.init) }
  private var name: String { parts.last ?? "" }
  private var temporaryName: String { ".holdfast-\(name)" }

  /// What the tool is given as `--data-dir`, absolute as `path` is.
  public var temporaryPath: String {
    "/" + (parts.dropLast() + [temporaryName]).joined(separator: "/")
  }

  func exists(in root: String) throws -> Bool {
    try mapping { try folder(root)?.exists(name) ?? false }
  }

  /// Removes what a run that died left; nothing else has this name.
  func removeLeftover(in root: String) throws {
    guard try mapping({ try folder(root)?.exists(temporaryName) ?? false }) else { return }
    do {
      try FileManager.default.removeItem(atPath: root + temporaryPath)
    } catch {
      throw SnapshotSourceError(
        .forbidden, operation: operation,
        message: "an earlier run left \(temporaryPath) unfinished, and user \(geteuid()) cannot remove it (\(error)); "
          + "remove that folder, or name another runRestore.dataDir",
        cause: error)
    }
  }

  /// Checks what the tool made, and gives it its name.
  ///
  /// Calls block.
  /// - Parameter root: Of the volume, on this machine.
  /// - Throws: `SnapshotSourceError`: `corrupt` where it is not whole, `conflict` where the name is taken.
  public func publish(in root: String) throws -> SnapshotFacts {
    guard let folder = try mapping({ try folder(root) }), try mapping({ try folder.exists(temporaryName) }) else {
      throw SnapshotSourceError(
        .failed, operation: operation, message: "the tool ended well and made no data directory")
    }
    let facts = try check(root)
    let isNew = try mapping { try folder.rename(temporaryName, to: name) }
    guard isNew else {
      throw SnapshotSourceError(
        .conflict, operation: operation,
        message:
          "\(path) came there meanwhile; what was made is whole, in \(temporaryPath): rename it to another name, or "
          + "remove one of the two folders and restore again")
    }
    try mapping { try folder.folder.sync() }
    return facts
  }

  private var operation: String { "check of the data directory \(path)" }

  private func folder(_ root: String) throws -> SnapshotFolder? {
    try SnapshotFolder.open(root: root, way: parts.dropLast(), makes: false)
  }

  private func check(_ root: String) throws -> SnapshotFacts {
    let way = Array(parts.dropLast()) + [temporaryName, "member"]
    let snapshots = try mapping { try SnapshotFolder.open(root: root, way: way + ["snap"], makes: false) }
    guard let file = try mapping({ try snapshots?.file("db") }) else {
      throw SnapshotSourceError(.corrupt, operation: operation, message: "it has no member/snap/db")
    }
    let logs = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)\(temporaryPath)/member/wal")) ?? []
    guard logs.contains(where: { $0.hasSuffix(".wal") }) else {
      throw SnapshotSourceError(.corrupt, operation: operation, message: "it has no write-ahead log in member/wal")
    }
    var checker = BoltStreamChecker(probes: EtcdDatabase.probes)
    try mapping { try file.forEachPiece { checker.consume($0) } }
    let report = checker.finish()
    guard report.verdict != .unsound else {
      let problems = report.problems.prefix(3).map(\.message).joined(separator: "; ")
      throw SnapshotSourceError(.corrupt, operation: operation, message: "member/snap/db is damaged: \(problems)")
    }
    var facts = SnapshotFacts(["dataDir": path])
    if report.verdict == .sound {
      guard let database = EtcdDatabase(report) else {
        throw SnapshotSourceError(.corrupt, operation: operation, message: "member/snap/db is no database of etcd")
      }
      for (key, value) in database.facts { facts.values["dataDir.\(key)"] = value }
    }
    return facts
  }

  private func mapping<Value>(_ body: () throws -> Value) throws -> Value {
    do { return try body() } catch let error as FileFailure {
      throw FileFailure.mapped(error, operation: operation, place: path)
    }
  }
}
