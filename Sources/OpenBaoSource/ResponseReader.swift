import AsyncHTTPClient
import NIOCore
import SnapshotSource

/// Gives the body's pieces to `consume`, one at a time, with one more read ahead.
///
/// - Throws: ``SnapshotSourceError``, or what `consume` threw.
func readBody(
  of response: HTTPClientResponse, idle: Duration, operation: String, host: String,
  _ consume: (ByteBuffer) async throws -> Void
) async throws {
  let silence: @Sendable () -> any Error = {
    SnapshotSourceError(
      .truncated, operation: operation, message: "\(host) sent nothing for \(idle) in the middle of its answer")
  }
  try await relayPieces(idle: idle, silence: silence) { hand in
    var body = response.body.makeAsyncIterator()
    while true {
      let next: ByteBuffer?
      do { next = try await body.next() } catch { throw bodyFailure(error, operation: operation, host: host) }
      guard let next else { return }
      try await hand(next)
    }
  } consume: { bytes in
    try await consume(bytes)
  }
}

private func bodyFailure(_ error: any Error, operation: String, host: String) -> any Error {
  let mapped = OpenBaoErrors.failure(error, operation: operation, host: host)
  guard var mapped = mapped as? SnapshotSourceError, mapped.code == .unreachable else { return mapped }
  // The answer had begun: whatever broke, broke the stream.
  mapped.code = .truncated
  mapped.message = "the stream ended before the snapshot did: \(mapped.message)"
  return mapped
}
