import Bolt
import NIOCore
import SnapshotSource
import Synchronization

/// Streams the snapshot of one member and checks it.
struct SnapshotStream: Sendable {
  func run(
    _ configuration: EtcdConfiguration, at endpoint: EtcdEndpoint, into sink: (ByteBuffer) async throws -> Void
  ) async throws -> SnapshotFacts {
    let operation = "snapshot of \(endpoint)"
    let idle = configuration.timeouts.idle
    let announced = Mutex<UInt64?>(nil)
    let hash = Mutex<[String: String]>([:])
    var check = EtcdSnapshotChecker()
    try await relayPieces(idle: idle) {
      SnapshotSourceError(.truncated, operation: operation, message: "\(endpoint) sent nothing for \(idle)")
    } produce: { hand in
      try await withConnection(to: endpoint, configuration) { connection in
        let token = try await configuration.login(connection)
        // Tells two members' data apart; a member too busy to say it gives a good snapshot all the same.
        if let answer = try? await connection.hashKV(token: token) {
          hash.withLock { $0 = ["hashKV": "\(answer.hash)", "hashKVRevision": "\(answer.revision)"] }
        }
        try await connection.snapshot(token: token) { piece in
          announced.withLock { $0 = piece.remaining }
          if piece.bytes.readableBytes > 0 { try await hand(piece.bytes) }
        }
      }
    } consume: { bytes in
      check.consume(bytes)
      try await sink(bytes)
    }
    if let remaining = announced.withLock({ $0 }), remaining != 0 {
      throw SnapshotSourceError(
        .truncated, operation: operation, message: "the stream ended with \(remaining) bytes still to come")
    }
    var facts = try SnapshotJudgement.facts(of: check.finish(), operation: operation)
    facts.values.merge(hash.withLock { $0 }) { mine, _ in mine }
    return facts
  }
}
