internal import Foundation

/// Bytes of a file that can be read at any place.
public protocol BoltBytes: Sendable {
  var size: Int64 { get }

  /// - Returns: `count` bytes, or fewer where the file ends before.
  /// - Throws: ``BoltError`` with code `unreadable`.
  func read(at offset: Int64, count: Int) throws -> [UInt8]
}

/// A file that is read with pread(2). It is not mapped: a mapped file that shrinks kills its reader.
public final class BoltFileBytes: BoltBytes {
  public let size: Int64
  private let path: String
  private let descriptor: CInt

  /// - Throws: ``BoltError`` with code `unreadable`.
  public init(path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw BoltError.system("\(path) cannot be opened", errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw BoltError(.unreadable, page: nil, "\(path) is no regular file")
    }
    self.descriptor = descriptor
    self.path = path
    size = Int64(status.st_size)
  }

  deinit { close(descriptor) }

  public func read(at offset: Int64, count: Int) throws -> [UInt8] {
    // Never more than the file has, whatever its content asks for.
    let wanted = Int(max(0, min(Int64(count), size - offset)))
    guard wanted > 0, offset >= 0 else { return [] }
    return try [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
      while filled < wanted {
        let result = pread(descriptor, buffer.baseAddress.map { $0 + filled }, wanted - filled, off_t(offset) + filled)
        if result < 0 && errno == EINTR { continue }
        guard result >= 0 else { throw BoltError.system("\(path) cannot be read", errno) }
        guard result > 0 else { return }
        filled += result
      }
    }
  }
}

public struct BoltMemoryBytes: BoltBytes {
  private let bytes: [UInt8]

  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  public var size: Int64 { Int64(bytes.count) }

  public func read(at offset: Int64, count: Int) -> [UInt8] {
    guard offset >= 0, offset < size, count > 0 else { return [] }
    return Array(bytes[Int(offset)..<Int(min(size, offset + Int64(count)))])
  }
}
