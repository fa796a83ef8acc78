#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
import Foundation

/// A system call that failed.
struct FileError: Error {
  var number: Int32
  var call: String
  var path: String

  /// - Parameter operation: Of the store, for the message.
  func storeError(_ operation: String) -> ObjectStoreError {
    let reason = "\(call) \(path): \(String(cString: strerror(number)))"
    switch number {
    case ENOSPC, EDQUOT:
      return ObjectStoreError(
        .outOfSpace, operation: operation,
        message: "\(reason); enlarge the volume or keep fewer backups (retention)", cause: self)
    case EACCES, EPERM, EROFS:
      return ObjectStoreError(
        .accessDenied, operation: operation,
        message: "\(reason); give user \(geteuid()) write access to the folder (fsGroup for a volume)", cause: self)
    case ENAMETOOLONG, EISDIR, ENOTDIR:
      return ObjectStoreError(
        .configuration, operation: operation,
        message: "\(reason); a file system cannot hold such a key: no segment over 255 bytes, no object below another",
        cause: self)
    case EINTR, EAGAIN, ESTALE, ETIMEDOUT, EBUSY:
      return ObjectStoreError(.failed, isRetryable: true, operation: operation, message: reason, cause: self)
    case ENOENT:
      return ObjectStoreError(.notFound, operation: operation, message: reason, cause: self)
    default:
      return ObjectStoreError(.failed, operation: operation, message: reason, cause: self)
    }
  }
}

/// System calls that throw. All of them block.
enum FileCalls {
  struct Status {
    var size: Int64
    var modified: Date
    var isRegular: Bool
    var isDirectory: Bool
  }

  static func check(_ result: some BinaryInteger, _ call: String, _ path: String) throws {
    if result == -1 { throw FileError(number: errno, call: call, path: path) }
  }

  /// Closes the file after `body`, whose errors win over closing's.
  static func withFile<Value>(
    _ path: String, _ flags: Int32, mode: mode_t = 0o600, _ body: (Int32) throws -> Value
  ) throws -> Value {
    let descriptor = open(path, flags | O_CLOEXEC | O_NOFOLLOW, mode)
    try check(descriptor, "open", path)
    let value: Value
    do {
      value = try body(descriptor)
    } catch {
      close(descriptor)
      throw error
    }
    // A network file system may report a failed write only here.
    try check(close(descriptor), "close", path)
    return value
  }

  static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int64, path: String) throws {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
      if count == -1, errno == EINTR { continue }
      try check(count, "write", path)
      done += count
    }
  }

  /// - Returns: How many bytes were read; 0 at the end.
  static func read(
    into bytes: UnsafeMutableRawBufferPointer, from descriptor: Int32, at offset: Int64, path: String
  ) throws -> Int {
    while true {
      let count = pread(descriptor, bytes.baseAddress, bytes.count, off_t(offset))
      if count == -1, errno == EINTR { continue }
      try check(count, "read", path)
      return count
    }
  }

  static func sync(_ descriptor: Int32, _ path: String) throws {
    try check(fsync(descriptor), "fsync", path)
  }

  /// A new name in a folder lasts only after this.
  static func syncFolder(_ path: String) throws {
    try withFile(path, O_RDONLY | O_DIRECTORY) { try sync($0, path) }
  }

  /// - Returns: nil where there is nothing.
  static func status(_ path: String) throws -> Status? {
    var info = stat()
    if lstat(path, &info) == -1 {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw FileError(number: errno, call: "stat", path: path)
    }
    return status(info)
  }

  /// Where links lead; the path itself where it leads nowhere.
  static func resolved(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }

  static func status(_ info: stat) -> Status {
    let time = info.st_mtim
    return Status(
      size: Int64(info.st_size),
      modified: Date(timeIntervalSince1970: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9),
      isRegular: info.st_mode & S_IFMT == S_IFREG, isDirectory: info.st_mode & S_IFMT == S_IFDIR)
  }

  /// - Returns: false where the folder was there.
  @discardableResult
  static func makeFolder(_ path: String) throws -> Bool {
    if mkdir(path, 0o700) == 0 { return true }
    guard errno == EEXIST else { throw FileError(number: errno, call: "mkdir", path: path) }
    // Whoever deletes may have removed it since: not there is not the same as not a folder.
    guard let status = try status(path) else { throw FileError(number: ENOENT, call: "mkdir", path: path) }
    guard status.isDirectory else { throw FileError(number: ENOTDIR, call: "mkdir", path: path) }
    return false
  }

  /// Names in a folder, without `.` and `..` and without what is not UTF-8; nil where there is no such folder.
  static func names(in path: String) throws -> [String]? {
    guard let folder = opendir(path) else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw FileError(number: errno, call: "opendir", path: path)
    }
    defer { closedir(folder) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(folder) else {
        if errno != 0 { throw FileError(number: errno, call: "readdir", path: path) }
        return names
      }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if let name, name != ".", name != ".." { names.append(name) }
    }
  }
}
