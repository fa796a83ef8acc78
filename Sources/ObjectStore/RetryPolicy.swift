import Synchronization

/// When and how often ``RetryingStore`` tries again.
public struct RetryPolicy: Sendable {
  /// The longest wait before the first retry; doubles with each.
  public var baseDelay: Duration
  /// No wait is longer, unless the store asks for it.
  public var maximumDelay: Duration
  /// How long one operation may take with all its attempts. No attempt begins later, and one that hangs is given up.
  public var deadline: Duration
  /// Tries of one operation, the first included.
  public var maximumAttempts: Int
  /// Retries that all operations of the store share; each operation that succeeds gives half a retry back. So a store
  /// that is down is not kept down by its clients.
  public var budget: Int

  public init(
    baseDelay: Duration = .milliseconds(200), maximumDelay: Duration = .seconds(20), deadline: Duration = .seconds(300),
    maximumAttempts: Int = 12, budget: Int = 100
  ) {
    self.baseDelay = baseDelay
    self.maximumDelay = maximumDelay
    self.deadline = deadline
    self.maximumAttempts = maximumAttempts
    self.budget = budget
  }

  /// "Full jitter": anything between zero and the exponential bound, so that clients which failed together do not come
  /// back together. https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
  /// - Parameters:
  ///   - attempt: The attempt that failed, from 1.
  ///   - random: In `0..<1`.
  func delay(after attempt: Int, retryAfter: Duration?, random: Double) -> Duration {
    let bound = min(baseDelay * (1 << min(attempt - 1, 30)), maximumDelay)
    return max(bound * random, retryAfter ?? .zero)
  }
}

/// Time as the decorators see it; tests bring their own.
public struct StoreClock: Sendable {
  /// Since some moment in the past; never goes back.
  public var now: @Sendable () -> Duration
  /// Throws when the task is cancelled.
  public var sleep: @Sendable (Duration) async throws -> Void

  public init(now: @escaping @Sendable () -> Duration, sleep: @escaping @Sendable (Duration) async throws -> Void) {
    self.now = now
    self.sleep = sleep
  }

  public static let continuous: StoreClock = {
    let start = ContinuousClock.now
    return StoreClock(now: { start.duration(to: .now) }, sleep: { try await Task.sleep(for: $0) })
  }()
}

/// The retries that are left to all operations of a store together.
final class RetryBudget: Sendable {
  private let capacity: Double
  private let tokens: Mutex<Double>

  init(_ capacity: Int) {
    self.capacity = Double(capacity)
    tokens = Mutex(Double(capacity))
  }

  func take() -> Bool {
    tokens.withLock { tokens in
      guard tokens >= 1 else { return false }
      tokens -= 1
      return true
    }
  }

  func giveBack() {
    tokens.withLock { $0 = min($0 + 0.5, capacity) }
  }
}
