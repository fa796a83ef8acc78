import Logging

/// The loop of ``RetryingStore``: which errors, how often, how long between.
struct Retrier: Sendable {
  struct Attempt: Sendable {
    /// From 1.
    var number: Int
    /// Until the operation's deadline.
    var remaining: Duration
    var isRetry: Bool { number > 1 }
  }

  var policy: RetryPolicy
  var clock: StoreClock
  /// In `0..<1`.
  var random: @Sendable () -> Double
  var logger: Logger?
  let budget: RetryBudget

  /// Runs `body` until it succeeds, fails for good, or must not be tried again.
  func run<Value: Sendable>(
    _ operation: String, isolation: isolated (any Actor)? = #isolation, _ body: (Attempt) async throws -> Value
  ) async throws -> Value {
    let start = clock.now()
    var attempt = Attempt(number: 1, remaining: policy.deadline)
    while true {
      do {
        let value = try await body(attempt)
        budget.giveBack()
        return value
      } catch let error as ObjectStoreError where error.isRetryable {
        try Task.checkCancellation()
        let elapsed = clock.now() - start
        let delay = policy.delay(after: attempt.number, retryAfter: error.retryAfter, random: random())
        if let reason = reasonToStop(attempt, elapsed: elapsed, delay: delay) {
          throw error.givenUp(after: attempt.number, elapsed: elapsed, reason: reason)
        }
        log(operation, attempt, delay, error)
        try await clock.sleep(delay)
        attempt = Attempt(number: attempt.number + 1, remaining: policy.deadline - (clock.now() - start))
      }
    }
  }

  /// The same, and ends an attempt that is still running at the deadline.
  func runBounded<Value: Sendable>(
    _ operation: String, _ body: @escaping @Sendable (Attempt) async throws -> Value
  ) async throws -> Value {
    try await run(operation) { attempt in
      try await withTimeout(attempt.remaining, operation: operation) { try await body(attempt) }
    }
  }

  private func reasonToStop(_ attempt: Attempt, elapsed: Duration, delay: Duration) -> String? {
    if attempt.number >= policy.maximumAttempts { return "that is the most for one operation" }
    if elapsed + delay >= policy.deadline { return "the deadline of \(policy.deadline.seconds) would pass" }
    if !budget.take() { return "the store failed so often that the retries are used up" }
    return nil
  }

  private func log(_ operation: String, _ attempt: Attempt, _ delay: Duration, _ error: ObjectStoreError) {
    logger?.info(
      "object store operation failed, trying again",
      metadata: [
        "store.operation": "\(operation)", "store.attempt": "\(attempt.number)", "store.delay": "\(delay.seconds)",
        "store.code": "\(error.code)", "store.error": "\(error.message)",
      ])
  }
}

extension ObjectStoreError {
  fileprivate func givenUp(after attempts: Int, elapsed: Duration, reason: String) -> ObjectStoreError {
    var error = self
    let tries = attempts == 1 ? "1 attempt" : "\(attempts) attempts"
    error.message += " (given up after \(tries) in \(elapsed.seconds): \(reason))"
    return error
  }
}

extension Duration {
  /// Seconds with two digits, for people.
  var seconds: String {
    let hundredths = Int64(self / .milliseconds(10))
    let fraction = hundredths % 100
    return fraction == 0 ? "\(hundredths / 100) s" : "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) s"
  }
}

/// Ends `body` by cancellation when it takes longer than `limit` of real time.
func withTimeout<Value: Sendable>(
  _ limit: Duration, operation: String, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  try await withThrowingTaskGroup(of: Value?.self) { group in
    group.addTask { try await body() }
    group.addTask {
      try await Task.sleep(for: limit)
      return nil
    }
    defer { group.cancelAll() }
    if let first = try await group.next(), let value = first { return value }
    throw ObjectStoreError(
      .timeout, isRetryable: true, operation: operation,
      message: "no answer within \(limit.seconds); check the network and the store's load")
  }
}
