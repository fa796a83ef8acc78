import Synchronization

/// Throws once a stream has been silent for too long.
final class StreamWatchdog: Sendable {
  private struct State {
    var lastActivity: Duration
    var limit: Duration
  }

  private let state: Mutex<State>
  private let idleLimit: Duration
  private let clock: ErasedClock

  /// - Parameters:
  ///   - headLimit: From the start until the answer's head.
  ///   - idleLimit: Between pieces of the body.
  init(headLimit: Duration, idleLimit: Duration, clock: ErasedClock) {
    state = Mutex(State(lastActivity: clock.now, limit: headLimit))
    self.idleLimit = idleLimit
    self.clock = clock
  }

  func headArrived() { state.withLock { $0 = State(lastActivity: clock.now, limit: idleLimit) } }

  func bytesArrived() { state.withLock { $0.lastActivity = clock.now } }

  /// - Throws: ``TimeoutError``, or `CancellationError` when the stream has ended.
  func run() async throws {
    while true {
      let (lastActivity, limit) = state.withLock { ($0.lastActivity, $0.limit) }
      let rest = lastActivity + limit - clock.now
      if rest <= .zero { throw TimeoutError(duration: limit) }
      // The limit may shrink when the head arrives, so never sleep past the shorter one.
      try await clock.sleep(for: min(rest, idleLimit))
    }
  }
}
