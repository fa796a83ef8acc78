/// Any clock of wall or test seconds, reduced to durations since an origin of its own, so that types that wait need no
/// generic parameter.
package struct ErasedClock: Sendable {
  private let elapsed: @Sendable () -> Duration
  private let wait: @Sendable (Duration) async throws -> Void

  /// A sleep that is cancelled stays in memory, near a kilobyte, until its time has come. Each request and each reconcile
  /// begins one of minutes that it hardly ever needs: of thousands the last seconds' are there instead of the last minutes'.
  private static let step = Duration.seconds(2)

  package init(_ clock: some Clock<Duration>) {
    let origin = clock.now
    elapsed = { origin.duration(to: clock.now) }
    if clock is ContinuousClock {
      wait = { duration in try await Self.sleepInSteps(for: duration) }
    } else {
      wait = { duration in try await clock.sleep(for: duration) }
    }
  }

  private static func sleepInSteps(for duration: Duration) async throws {
    let clock = ContinuousClock()
    let end = clock.now + duration
    while clock.now + step < end { try await clock.sleep(for: step) }
    try await clock.sleep(until: end)
  }

  /// The time since the origin; never goes back.
  package var now: Duration { elapsed() }

  /// - Throws: `CancellationError` where the task is cancelled before or while it waits.
  package func sleep(for duration: Duration) async throws { try await wait(duration) }
}

/// Thrown by ``withTimeout(_:clock:_:)``.
package struct TimeoutError: Error, CustomStringConvertible {
  package let duration: Duration

  package var description: String { "no end within \(duration)" }
}

/// Runs `body` and cancels it after `duration`.
///
/// `body` has to react to cancellation, since its end is awaited in any case.
/// - Throws: ``TimeoutError``, or what `body` throws.
package func withTimeout<Value: Sendable>(
  _ duration: Duration, clock: ErasedClock, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  try await withThrowingTaskGroup(of: Value?.self) { group in
    group.addTask { try await body() }
    group.addTask {
      try await clock.sleep(for: duration)
      return nil
    }
    defer { group.cancelAll() }
    guard let first = try await group.next(), let value = first else { throw TimeoutError(duration: duration) }
    return value
  }
}

extension Duration {
  /// Seconds as a double, for metrics and jitter; precise to about a microsecond over a year.
  package var seconds: Double {
    let (whole, attoseconds) = components
    return Double(whole) + Double(attoseconds) / 1e18
  }
}
