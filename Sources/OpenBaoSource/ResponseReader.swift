import AsyncHTTPClient
import NIOCore
import SnapshotSource
import Synchronization

/// Since when somebody waits for the server.
private final class IdleWatch: Sendable {
  private let since = Mutex<ContinuousClock.Instant?>(nil)

  func begin() { since.withLock { $0 = .now } }
  func end() { since.withLock { $0 = nil } }
  func exceeds(_ limit: Duration) -> Bool {
    since.withLock { since in since.map { ContinuousClock.now - $0 > limit } ?? false }
  }
}

/// Gives the body's pieces to `consume`, one at a time, with one more read ahead.
///
/// The body is read in a task of its own, so that only the server's silence counts against `idle`, and not the time that
/// `consume` takes: a slow store must not look like a dead source.
///
/// - Throws: ``SnapshotSourceError``, or what `consume` threw.
func readBody(
  of response: HTTPClientResponse, idle: Duration, operation: String, host: String,
  _ consume: (ByteBuffer) async throws -> Void
) async throws {
  let (permits, permit) = AsyncStream<Void>.makeStream()
  let (pieces, piece) = AsyncThrowingStream<ByteBuffer, any Error>.makeStream()
  let watch = IdleWatch()
  try await withThrowingTaskGroup(of: Void.self) { group in
    defer { group.cancelAll() }
    group.addTask {
      do {
        var body = response.body.makeAsyncIterator()
        for await _ in permits {
          watch.begin()
          let next = try await body.next()
          watch.end()
          guard let next else { break }
          piece.yield(next)
        }
        piece.finish()
      } catch {
        piece.finish(throwing: bodyFailure(error, operation: operation, host: host))
      }
    }
    group.addTask {
      while true {
        try await Task.sleep(for: min(idle / 4, .seconds(1)))
        guard !watch.exceeds(idle) else { break }
      }
      piece.finish(
        throwing: SnapshotSourceError(
          .truncated, operation: operation, message: "\(host) sent nothing for \(idle) in the middle of its answer"))
    }
    permit.yield()
    for try await bytes in pieces {
      permit.yield()
      try await consume(bytes)
    }
    // A cancelled stream ends like a complete one.
    try Task.checkCancellation()
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
