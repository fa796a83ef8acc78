#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
import CFileCalls
import Crypto
import NIOCore

/// A system call that failed.
struct FileFailure: Error, CustomStringConvertible {
  var number: Int32
  /// What it was called for.
  var path: String
  var description: String { "\(path): \(String(cString: strerror(number)))" }
}

/// An open file or folder, closed with the last reference. Every call may block.
final class OpenFile: Sendable {
  let number: Int32
  let path: String

  init(_ number: Int32, _ path: String) throws(FileFailure) {
    guard number >= 0 else { throw FileFailure(number: errno, path: path) }
    self.number = number
    self.path = path
  }

  deinit { close(number) }

  func write(_ bytes: ByteBuffer) throws(FileFailure) {
    var failure: Int32 = 0
    bytes.withUnsafeReadableBytes { piece in
      var done = 0
      while done < piece.count, failure == 0 {
        let count = Self.write(number, piece, from: done)
        if count >= 0 { done += count } else if errno != EINTR { failure = errno }
      }
    }
    guard failure == 0 else { throw FileFailure(number: failure, path: path) }
  }

  private static func write(_ number: Int32, _ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    #if canImport(Glibc)
      Glibc.write(number, bytes.baseAddress.map { $0 + start }, bytes.count - start)
    #else
      Musl.write(number, bytes.baseAddress.map { $0 + start }, bytes.count - start)
    #endif
  }

  func sync() throws(FileFailure) {
    guard fsync(number) == 0 else { throw FileFailure(number: errno, path: path) }
  }

  /// Reads the file from its beginning to its end.
  func forEachPiece(_ body: (ByteBuffer) throws -> Void) throws {
    var offset: off_t = 0
    while true {
      var failure: Int32 = 0
      var buffer = ByteBufferAllocator().buffer(capacity: 256 << 10)
      let count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 256 << 10) { bytes in
        let count = pread(number, bytes.baseAddress, bytes.count, offset)
        if count < 0 { failure = errno }
        return max(0, count)
      }
      if failure == EINTR { continue }
      guard failure == 0 else { throw FileFailure(number: failure, path: path) }
      guard count > 0 else { return }
      offset += off_t(count)
      try body(buffer)
    }
  }

  /// Lower-case hex.
  func sha256() throws -> String {
    var hash = SHA256()
    try forEachPiece { piece in piece.withUnsafeReadableBytes { hash.update(bufferPointer: $0) } }
    return SnapshotFolder.hex(hash.finalize())
  }
}

/// The folder that a snapshot's file is in, below a root that nothing leads out of: links are not followed.
struct SnapshotFolder: Sendable {
  let folder: OpenFile
  /// For people.
  let path: String

  /// - Parameters:
  ///   - way: Folders below the root.
  ///   - makes: Makes those that are not there.
  /// - Returns: nil where one is not there.
  static func open(root: String, way: [String], makes: Bool) throws(FileFailure) -> SnapshotFolder? {
    let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
    var current = try OpenFile(openat(AT_FDCWD, root, flags), root)
    for part in way {
      let path = "\(current.path)/\(part)"
      do {
        current = try OpenFile(openat(current.number, part, flags | O_NOFOLLOW), path)
      } catch {
        guard error.number == ENOENT else { throw error }
        guard makes else { return nil }
        guard mkdirat(current.number, part, 0o755) == 0 || errno == EEXIST else {
          throw FileFailure(number: errno, path: path)
        }
        try current.sync()
        current = try OpenFile(openat(current.number, part, flags | O_NOFOLLOW), path)
      }
    }
    return SnapshotFolder(folder: current, path: current.path)
  }

  /// nil where it can be written, as far as can be told without.
  var whyNotWritable: Int32? { holdfast_may_write(folder.number) == 0 ? nil : errno }

  /// Bytes that fit; nil where the file system does not tell.
  var freeBytes: Int64? {
    var (bytes, names): (UInt64, UInt64) = (0, 0)
    guard holdfast_free_space(folder.number, &bytes, &names) == 0 else { return nil }
    return Int64(clamping: bytes)
  }

  func exists(_ name: String) throws(FileFailure) -> Bool { try kind(name) != 0 }

  /// A regular file; nil where something else, or nothing, has the name.
  func file(_ name: String) throws(FileFailure) -> OpenFile? {
    guard try kind(name) == 1 else { return nil }
    return try OpenFile(
      openat(folder.number, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), "\(path)/\(name)")
  }

  private func kind(_ name: String) throws(FileFailure) -> Int32 {
    let kind = holdfast_kind(folder.number, name)
    guard kind >= 0 else { throw FileFailure(number: errno, path: "\(path)/\(name)") }
    return kind
  }

  func create(_ name: String) throws(FileFailure) -> OpenFile {
    remove(name)
    return try OpenFile(
      openat(folder.number, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600), "\(path)/\(name)")
  }

  func remove(_ name: String) { _ = unlinkat(folder.number, name, 0) }

  /// - Returns: False where the new name is taken.
  func rename(_ old: String, to new: String) throws(FileFailure) -> Bool {
    if holdfast_rename_new(folder.number, old, folder.number, new) == 0 { return true }
    guard errno == EEXIST else { throw FileFailure(number: errno, path: "\(path)/\(new)") }
    return false
  }

  static func hex(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
