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

  /// Waits until all tasks that use this clock have come to rest: at least `count` sleep, and for a while no other ones.
  /// - Throws: ``DeadlineExceeded``.
  public func settle(sleepers count: Int = 1, unless isDone: @Sendable () async -> Bool = { false }) async throws {
    var last: [UInt64] = []
    var rounds = 0
    try await eventually("\(count) sleepers") {
      // Lets tasks that are ready go first; what they do here needs no input from outside.
      for _ in 0..<20 { await Task.yield() }
      if await isDone() { return true }
      let present = state.withLock { $0.sleepers.map(\.id) }
      rounds = present.count >= count && present == last ? rounds + 1 : 0
      last = present
      return rounds >= 3
    }
  }

  /// Moves the clock, each time when all have come to rest, until a condition holds: to the next time for which somebody
  /// waits, but no further than `step`.
  /// - Returns: How far it moved.
  /// - Throws: ``DeadlineExceeded`` after `limit` on this clock, or when fewer than `count` tasks ever sleep.
  @discardableResult
  public func advance(
    by step: Duration, whileSleeping count: Int = 1, limit: Duration = .seconds(600),
    until condition: @Sendable () async -> Bool
  ) async throws -> Duration {
    let start = now
    while true {
      try await settle(sleepers: count, unless: condition)
      if await condition() { return start.duration(to: now) }
      if start.duration(to: now) > limit { throw DeadlineExceeded(what: "the condition, on the test's clock") }
      let next = state.withLock { state in state.sleepers.map { state.now.duration(to: $0.deadline) }.min() }
      advance(by: min(step, next ?? step))
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
