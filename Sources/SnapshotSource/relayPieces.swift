public import NIOCore
internal import Synchronization

/// Gives the pieces that `produce` hands over to `consume`, one at a time, with one more read ahead.
///
/// `produce` runs in a task of its own, so that only the source's silence counts against `idle`, and not the time that
/// `consume` takes: a slow store must not look like a dead source. Returns when `produce` has returned and all pieces are
/// consumed. What either throws ends both and comes out unchanged; so does cancellation.
///
/// - Parameters:
///   - idle: The longest that `produce` may take between two pieces.
///   - silence: The error where it takes longer.
///   - produce: Calls its parameter for each piece; that call waits until there is room.
public func relayPieces(
  idle: Duration, silence: @escaping @Sendable () -> any Error,
  produce: @escaping @Sendable (_ hand: @escaping @Sendable (ByteBuffer) async throws -> Void) async throws -> Void,
  consume: (ByteBuffer) async throws -> Void
) async throws {
  let (permits, permit) = AsyncStream<Void>.makeStream()
  let (pieces, piece) = AsyncThrowingStream<ByteBuffer, any Error>.makeStream()
  let watch = IdleWatch()
  try await withThrowingTaskGroup(of: Void.self) { group in
    defer { group.cancelAll() }
    group.addTask {
      do {
        watch.begin()
        try await produce { bytes in
          watch.end()
          piece.yield(bytes)
          var iterator = permits.makeAsyncIterator()
          guard await iterator.next() != nil else { throw CancellationError() }
          watch.begin()
        }
        watch.end()
        piece.finish()
      } catch {
        piece.finish(throwing: error)
      }
    }
    group.addTask {
      while true {
        try await Task.sleep(for: min(idle / 4, .seconds(1)))
        guard !watch.exceeds(idle) else { break }
      }
      piece.finish(throwing: silence())
    }
    for try await bytes in pieces {
      permit.yield()
      try await consume(bytes)
    }
    // A cancelled stream ends like a complete one.
    try Task.checkCancellation()
  }
}

/// Since when somebody waits for the source.
private final class IdleWatch: Sendable {
  private let since = Mutex<ContinuousClock.Instant?>(nil)

  func begin() { since.withLock { $0 = .now } }
  func end() { since.withLock { $0 = nil } }
  func exceeds(_ limit: Duration) -> Bool {
    since.withLock { since in since.map { ContinuousClock.now - $0 > limit } ?? false }
  }
}
