import Crypto
import NIOCore
import SnapshotSource

/// Checks the bytes of an etcd snapshot as they pass: the SHA-256 in the last 32 bytes is of all before them.
///
/// A database's file is a multiple of 512 bytes, so that 32 more tell that the hash is there; etcd's own restore looks at
/// the same. https://github.com/etcd-io/etcd/blob/main/etcdutl/snapshot/v3_snapshot.go
struct EtcdSnapshotCheck {
  private let operation: String
  private var hash = SHA256()
  /// The last bytes so far, which may be the hash.
  private var tail: [UInt8] = []
  private var size: Int64 = 0

  init(operation: String) { self.operation = operation }

  mutating func update(_ bytes: ByteBuffer) {
    size += Int64(bytes.readableBytes)
    bytes.withUnsafeReadableBytes { piece in
      if piece.count >= SHA256.byteCount {
        hash.update(data: tail)
        hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: piece.dropLast(SHA256.byteCount)))
        tail = Array(piece.suffix(SHA256.byteCount))
      } else {
        tail += piece
        let excess = max(0, tail.count - SHA256.byteCount)
        hash.update(data: tail.prefix(excess))
        tail.removeFirst(excess)
      }
    }
  }

  /// - Throws: ``SnapshotSourceError`` with code `truncated` or `corrupt`.
  func finish() throws -> SnapshotFacts {
    guard size > SHA256.byteCount, size % 512 == Int64(SHA256.byteCount) else {
      throw SnapshotSourceError(
        .truncated, operation: operation,
        message: "\(size) bytes came, which is no database with a SHA-256 behind it: the stream ended early")
    }
    guard Array(hash.finalize()) == tail else {
      throw SnapshotSourceError(
        .corrupt, operation: operation, message: "the SHA-256 at the snapshot's end is not that of the bytes before it")
    }
    return SnapshotFacts([:])
  }
}
