internal import Foundation
public import NIOCore
internal import Synchronization

/// Reads a file, a pipe or standard input once, from its beginning, in pieces of 256 KiB.
///
/// An iterator goes on where the last one stopped. A read that waits ends when the task is cancelled.
public final class FileInput: AsyncSequence, Sendable {
  public typealias Element = ByteBuffer

  private static let pieceSize = 256 << 10
  private static let waitMilliseconds: CInt = 100

  /// For messages.
  public let name: String
  /// The path of a regular file, which can be read again; nil of anything else.
  public let regularFile: String?
  private let descriptor: CInt
  private let ownsDescriptor: Bool
  private let position = Mutex<Int64>(0)

  /// - Parameter path: `-` is standard input.
  /// - Throws: ``InputError``.
  public init(path: String) throws {
    if path == "-" {
      (name, descriptor, ownsDescriptor, regularFile) = ("standard input", STDIN_FILENO, false, nil)
      return
    }
    // Opening a named pipe would wait for its writer; reading does that, and can be cancelled.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw InputError(path, "cannot be opened", errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
      close(descriptor)
      throw InputError(path, "cannot be read", EISDIR)
    }
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
    self.descriptor = descriptor
    ownsDescriptor = true
    name = path
    regularFile = status.st_mode & S_IFMT == S_IFREG ? path : nil
  }

  deinit {
    if ownsDescriptor { close(descriptor) }
  }

  /// Bytes that were read so far.
  public var byteCount: Int64 { position.withLock { $0 } }

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(input: self) }

  public struct AsyncIterator: AsyncIteratorProtocol {
    let input: FileInput

    public mutating func next() async throws -> ByteBuffer? { try await input.read() }
  }

  private func read() async throws -> ByteBuffer? {
    try await waitUntilReadable()
    var buffer = ByteBufferAllocator().buffer(capacity: Self.pieceSize)
    let count = try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.pieceSize) { bytes in
      while true {
        let count = Foundation.read(descriptor, bytes.baseAddress, Self.pieceSize)
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 else { throw InputError(name, "cannot be read", errno) }
        return count
      }
    }
    position.withLock { $0 += Int64(count) }
    return count > 0 ? buffer : nil
  }

  /// A pipe may have nothing to give for long.
  private func waitUntilReadable() async throws {
    while true {
      try Task.checkCancellation()
      var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      if Foundation.poll(&poll, 1, Self.waitMilliseconds) != 0 { return }
      await Task.yield()
    }
  }
}

/// A file that cannot be read at all.
public struct InputError: Error, Sendable, CustomStringConvertible {
  public var message: String

  init(_ name: String, _ what: String, _ number: CInt) {
    message = "\(name) \(what): \(String(cString: strerror(number)))"
  }

  public var description: String { message }
}
