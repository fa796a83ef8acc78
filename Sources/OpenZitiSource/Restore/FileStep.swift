#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
import CFileCalls
import SnapshotSource

/// A system call that failed.
struct FileCallError: Error, CustomStringConvertible {
  var number: Int32
  var call: String
  var path: String

  var description: String { "\(call) \(path): \(String(cString: strerror(number)))" }

  /// - Parameter operation: For the message.
  func sourceError(_ operation: String) -> SnapshotSourceError {
    switch number {
    case ENOSPC, EDQUOT:
      SnapshotSourceError(
        .noSpace, operation: operation,
        message: "\(description); enlarge the volume, or remove what is not needed there",
        cause: self)
    case EACCES, EPERM, EROFS:
      SnapshotSourceError(
        .configuration, operation: operation,
        message: "\(description); the executor is user \(geteuid()) and must be the controller's (runAsUser)",
        cause: self)
    default: SnapshotSourceError(.failed, operation: operation, message: description, cause: self)
    }
  }
}

/// System calls that throw. All of them block.
enum FileStep {
  struct Status: Sendable, Hashable {
    var size: Int64
    var user: UInt32
    var group: UInt32
    var mode: UInt16
    var isRegular: Bool
  }

  static func check(_ result: some BinaryInteger, _ call: String, _ path: String) throws {
    if result == -1 { throw FileCallError(number: errno, call: call, path: path) }
  }

  /// nil where there is nothing of that name. A link is not followed.
  static func status(_ path: String) throws -> Status? {
    var found = holdfast_file_status()
    guard holdfast_status(path, 0, &found) == 0 else {
      if errno == ENOENT { return nil }
      throw FileCallError(number: errno, call: "stat", path: path)
    }
    return Status(
      size: found.size, user: found.user, group: found.group,
      mode: UInt16(truncatingIfNeeded: found.mode & 0o7777), isRegular: found.is_regular != 0)
  }

  static func isFolder(_ path: String) -> Bool {
    var found = holdfast_file_status()
    return holdfast_status(path, 1, &found) == 0 && found.is_folder != 0
  }

  /// Bytes that this user may still write.
  static func freeSpace(_ folder: String) throws -> Int64 {
    var found = statvfs()
    try check(statvfs(folder, &found), "statvfs", folder)
    return Int64(clamping: UInt64(found.f_bavail) * UInt64(found.f_frsize))
  }

  static func open(_ path: String, _ flags: Int32, mode: mode_t = 0o600, followsLinks: Bool = false) throws -> Int32 {
    let flags = flags | O_CLOEXEC | (followsLinks ? 0 : O_NOFOLLOW)
    #if canImport(Glibc)
      let descriptor = Glibc.open(path, flags, mode)
    #else
      let descriptor = Musl.open(path, flags, mode)
    #endif
    try check(descriptor, "open", path)
    return descriptor
  }

  static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String) throws {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      #if canImport(Glibc)
        let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
      #else
        let count = Musl.write(descriptor, rest.baseAddress, rest.count)
      #endif
      if count == -1, errno == EINTR { continue }
      try check(count, "write", path)
      done += count
    }
  }

  static func synchronize(folder: String) throws {
    // A folder may well be a link, as a mount is in some places.
    let descriptor = try open(folder, O_RDONLY | O_DIRECTORY, followsLinks: true)
    defer { close(descriptor) }
    // Some file systems know no such thing for a folder, and keep its order by themselves.
    if fsync(descriptor) == -1, errno != EINVAL, errno != ENOTSUP {
      throw FileCallError(number: errno, call: "fsync", path: folder)
    }
  }

  static func rename(_ old: String, _ new: String) throws {
    #if canImport(Glibc)
      try check(Glibc.rename(old, new), "rename", old)
    #else
      try check(Musl.rename(old, new), "rename", old)
    #endif
  }

  /// A second name for a file.
  /// - Returns: false where the file system knows no such thing.
  static func link(_ old: String, _ new: String) throws -> Bool {
    #if canImport(Glibc)
      let result = Glibc.link(old, new)
    #else
      let result = Musl.link(old, new)
    #endif
    if result == 0 { return true }
    // EPERM: no hard links here, or none to a file of somebody else's (fs.protected_hardlinks).
    if [EPERM, ENOTSUP, EOPNOTSUPP, ENOSYS, EMLINK].contains(errno) { return false }
    throw FileCallError(number: errno, call: "link", path: new)
  }

  static func remove(_ path: String) throws {
    guard unlink(path) == -1, errno != ENOENT else { return }
    throw FileCallError(number: errno, call: "unlink", path: path)
  }

  /// Whether nobody holds the lock that a controller has on its open database (`flock`, by bbolt).
  static func isUnlocked(_ path: String) throws -> Bool {
    let descriptor = try open(path, O_RDONLY)
    defer { close(descriptor) }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
    if errno == EWOULDBLOCK { return false }
    // Without locks on this file system there is nothing to be learnt.
    if [ENOLCK, ENOTSUP, EOPNOTSUPP, ENOSYS, EINVAL, EBADF].contains(errno) { return true }
    throw FileCallError(number: errno, call: "flock", path: path)
  }
}
