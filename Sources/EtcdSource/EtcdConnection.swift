import NIOCore

/// The calls that a capture makes at one member. Two implementations, for the two APIs, give the same.
///
/// Every error is a ``SnapshotSourceError`` or a `CancellationError`.
protocol EtcdConnection: Sendable {
  var endpoint: EtcdEndpoint { get }

  /// - Returns: The token that other calls take.
  func authenticate(_ user: EtcdConfiguration.User) async throws -> String

  func status(token: String?) async throws -> EtcdMember

  /// The hash of all keys at the member's current revision.
  func hashKV(token: String?) async throws -> (hash: UInt32, revision: Int64)

  /// Gives the snapshot's pieces, in order, to `hand`: the database's file, then its SHA-256. Returns at the stream's end.
  func snapshot(token: String?, hand: @escaping @Sendable (SnapshotPiece) async throws -> Void) async throws
}

struct SnapshotPiece: Sendable {
  var bytes: ByteBuffer
  /// Bytes of the database that are still to come, as the member counts.
  var remaining: UInt64
}
