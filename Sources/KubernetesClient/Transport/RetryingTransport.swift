/// How a failed call is tried again.
public struct RetryPolicy: Sendable {
  /// Tries in all, the first one included.
  public var maxAttempts: Int
  /// The longest wait before the first repetition; it doubles with each one.
  public var baseDelay: Duration
  public var maxDelay: Duration
  /// No repetition starts later than this after the call began.
  public var deadline: Duration

  public init(
    maxAttempts: Int = 5, baseDelay: Duration = .milliseconds(200), maxDelay: Duration = .seconds(5),
    deadline: Duration = .seconds(30)
  ) {
    self.maxAttempts = maxAttempts
    self.baseDelay = baseDelay
    self.maxDelay = maxDelay
    self.deadline = deadline
  }
}

/// Repeats calls that failed for a reason that may pass.
///
/// 429 is repeated for every method, since the server did nothing. 500, 502, 503, 504, a broken connection and a timeout
/// are repeated only where doing it twice is as good as once (``Request/isIdempotent``). The wait has full jitter
/// (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/) and is at least what `Retry-After`
/// asks for. Streams are handed through: a watch has its own backoff.
public struct RetryingTransport<Base: Transport>: Transport {
  private let base: Base
  private let policy: RetryPolicy
  private let clock: ErasedClock
  private let random: @Sendable () -> Double

  /// - Parameter random: Gives values from 0 up to, but not including, 1.
  public init(
    _ base: Base, policy: RetryPolicy = RetryPolicy(), clock: some Clock<Duration> = ContinuousClock(),
    random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
  ) {
    self.base = base
    self.policy = policy
    self.clock = ErasedClock(clock)
    self.random = random
  }

  public func send(_ request: Request) async throws -> Response {
    let start = clock.now
    var attempt = 1
    while true {
      let result = await attemptOnce(request)
      guard attempt < policy.maxAttempts, let wait = delay(after: result, request: request, attempt: attempt),
        clock.now - start + wait <= policy.deadline
      else { return try result.get() }
      try await clock.sleep(for: wait)
      attempt += 1
    }
  }

  public func stream<Value: Sendable>(
    _ request: Request, consume: @escaping @Sendable (StreamedResponse) async throws -> Value
  ) async throws -> Value {
    try await base.stream(request, consume: consume)
  }

  public func webSocket<Value: Sendable>(
    _ request: Request, subprotocols: [String], limits: WebSocketLimits,
    _ body: (WebSocketConnection) async throws -> Value
  ) async throws -> Value {
    try await base.webSocket(request, subprotocols: subprotocols, limits: limits, body)
  }

  private func attemptOnce(_ request: Request) async -> Result<Response, any Error> {
    do { return .success(try await base.send(request)) } catch { return .failure(error) }
  }

  /// How long to wait before the next try; nil where the result stands.
  private func delay(after result: Result<Response, any Error>, request: Request, attempt: Int) -> Duration? {
    var floor = Duration.zero
    switch result {
    case .success(let response):
      guard response.status == 429 || (request.isIdempotent && [500, 502, 503, 504].contains(response.status))
      else { return nil }
      if let seconds = response.headers["retry-after"].flatMap(Int.init), seconds >= 0 { floor = .seconds(seconds) }
    case .failure(let error):
      guard request.isIdempotent, let error = error as? KubernetesError,
        error.code == .connection || error.code == .timeout
      else { return nil }
    }
    let ceiling = min(policy.maxDelay, policy.baseDelay * Int(1 << min(attempt - 1, 20)))
    return max(floor, .seconds(ceiling.seconds * random()))
  }
}
