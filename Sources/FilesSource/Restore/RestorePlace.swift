#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
import CFileCalls
import SnapshotSource

/// A folder of this machine that files go below, and a folder in it that need not be there yet.
struct RestorePlace: Sendable {
  var root: String
  /// For people, for example `claim data`.
  var name: String
  /// Below the root.
  var subPath: [[UInt8]]
  /// The root itself comes with the restore: it is no mistake that it is not there.
  var isToBeMade: Bool

  init(root: String, name: String, subPath: String?, isToBeMade: Bool) {
    (self.root, self.name, self.isToBeMade) = (root, name, isToBeMade)
    self.subPath = (subPath ?? "").utf8.split(separator: UInt8(ascii: "/")).map(Array.init)
  }

  var display: String {
    subPath.isEmpty ? name : "\(PathSet.display(Array(subPath.joined(separator: [UInt8(ascii: "/")])))) of \(name)"
  }

  /// - Returns: nil where the root is yet to be made.
  func open() throws -> Descriptor? {
    do throws(CallFailure) {
      // The root is what an administrator mounted, or what a person named: a link there is theirs.
      return try Descriptor.openRoot(root)
    } catch {
      if error.number == ENOENT, isToBeMade { return nil }
      throw SnapshotSourceError(
        .configuration, operation: "open \(name)", message: "\(name) is not here (\(error.reason))", cause: error)
    }
  }

  func failure(_ error: any Error, _ path: [UInt8]) -> SnapshotSourceError {
    let operation = "write \(PathSet.display(path)) of \(name)"
    switch error {
    case let error as SnapshotSourceError: return error
    case let error as InTheWay:
      return SnapshotSourceError(.conflict, operation: operation, message: error.message, cause: error)
    case let error as CallFailure: return failure(error, operation)
    default: return SnapshotSourceError(.failed, operation: operation, message: "\(error)", cause: error)
    }
  }

  private func failure(_ error: CallFailure, _ operation: String) -> SnapshotSourceError {
    switch error.number {
    case EACCES, EPERM:
      return SnapshotSourceError(
        .forbidden, operation: operation,
        message:
          "user \(geteuid()) may not write here; set executor.runAsUser of the request to the user that owns the files",
        cause: error)
    case EROFS:
      return SnapshotSourceError(
        .forbidden, operation: operation, message: "the file system is read-only", cause: error)
    case ENOSPC, EDQUOT:
      return SnapshotSourceError(
        .noSpace, operation: operation, message: "no space is left (\(error.reason)); make room, then restore again",
        cause: error)
    default:
      return SnapshotSourceError(.failed, operation: operation, message: error.reason, cause: error)
    }
  }
}

extension Descriptor {
  /// A folder as a process sees the path, for reading and for setting what it has.
  static func openRoot(_ path: String) throws(CallFailure) -> Descriptor {
    do {
      return try open(folder: path, flags: 0)
    } catch {
      guard error.number == EACCES else { throw error }
      return try openFolder(path)
    }
  }

  /// Bytes and names that fit; nil where the file system does not tell. Names are nil where it has no limit.
  func freeSpace() -> (bytes: Int64, names: Int64?)? {
    var (bytes, names): (UInt64, UInt64) = (0, 0)
    guard holdfast_free_space(number, &bytes, &names) == 0 else { return nil }
    return (Int64(clamping: bytes), names == 0 ? nil : Int64(clamping: names))
  }

  /// Why this process may not make names in the folder; nil where it may, as far as can be told without.
  var whyNotWritable: CallFailure? { holdfast_may_write(number) == 0 ? nil : CallFailure(number: errno) }
}
