import Synchronization

/// A clock that stands still until a test moves it.
public final class ManualClock: Clock, Sendable {
  public struct Instant: InstantProtocol {
    public var offset: Duration

    public func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    public func duration(to other: Instant) -> Duration { other.offset - offset }
    public static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
  }

  private struct Sleeper {
    let id: UInt64
    let deadline: Instant
    let continuation: CheckedContinuation<Void, any Error>
  }

  private struct State {
    var now = Instant(offset: .zero)
    var sleepers: [Sleeper] = []
    var nextID: UInt64 = 0
  }

  private let state = Mutex(State())

  public init() {}

  public var now: Instant { state.withLock { $0.now } }
  public var minimumResolution: Duration { .nanoseconds(1) }

  /// How many tasks wait for this clock.
  public var sleeperCount: Int { state.withLock { $0.sleepers.count } }

  public func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let result: Result<Void, any Error>? = state.withLock { state in
          if Task.isCancelled { return .failure(CancellationError()) }
          if deadline <= state.now { return .success(()) }
          state.sleepers.append(Sleeper(id: id, deadline: deadline, continuation: continuation))
          return nil
        }
        if let result { continuation.resume(with: result) }
      }
    } onCancel: {
      let sleeper = state.withLock { state in
        state.sleepers.firstIndex { $0.id == id }.map { state.sleepers.remove(at: $0) }
      }
      sleeper?.continuation.resume(throwing: CancellationError())
    }
  }

  /// Moves the clock and wakes who is due.
  public func advance(by duration: Duration) {
    let due = state.withLock { state in
      state.now = state.now.advanced(by: duration)
      let due = state.sleepers.filter { $0.deadline <= state.now }
      state.sleepers.removeAll { $0.deadline <= state.now }
      return due
    }
    for sleeper in due.sorted(by: { $0.deadline < $1.deadline }) { sleeper.continuation.resume() }
  }

  /// Moves the clock in steps, each once `count` tasks wait for it, until a condition holds.
  /// - Returns: How far it moved.
  /// - Throws: ``DeadlineExceeded`` after `limit` on this clock, or ten seconds of real time without enough sleepers.
  @discardableResult
  public func advance(
    by step: Duration, whileSleeping count: Int = 1, limit: Duration = .seconds(600),
    until condition: @Sendable () async -> Bool
  ) async throws -> Duration {
    let start = now
    while true {
      if await condition() { return start.duration(to: now) }
      if start.duration(to: now) > limit { throw DeadlineExceeded(what: "the condition, on the test's clock") }
      var isDone = false
      try await eventually("\(count) sleepers") {
        isDone = await condition()
        return isDone || self.sleeperCount >= count
      }
      if isDone { continue }
      advance(by: step)
    }
  }
}

/// A condition did not come true in time.
public struct DeadlineExceeded: Error, CustomStringConvertible {
  public let what: String

  public var description: String { "gave up waiting for \(what)" }
}

/// Waits until a condition holds.
/// - Throws: ``DeadlineExceeded`` after `limit`.
public func eventually(
  _ what: String = "a condition", within limit: Duration = .seconds(20),
  isolation: isolated (any Actor)? = #isolation, _ condition: () async throws -> Bool
) async throws {
  let end = ContinuousClock.now + limit
  while true {
    if try await condition() { return }
    guard ContinuousClock.now < end else { throw DeadlineExceeded(what: what) }
    try await Task.sleep(for: .milliseconds(2))
  }
}
