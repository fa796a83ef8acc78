/// Waiting times that double with each failure.
public struct Backoff: Sendable, Hashable {
  /// After the first failure.
  public var base: Duration
  public var cap: Duration
  /// The part of a wait that is random, 0 to 1.
  public var jitter: Double

  public init(base: Duration, cap: Duration, jitter: Double) {
    self.base = base
    self.cap = cap
    self.jitter = jitter
  }

  /// - Parameters:
  ///   - failures: In a row; 0 means no wait.
  ///   - random: From 0 up to, but not including, 1.
  public func delay(afterFailures failures: Int, random: Double) -> Duration {
    guard failures > 0 else { return .zero }
    let doubled = failures > 40 ? cap : min(cap, base * Int(1 << (failures - 1)))
    return doubled * (1 - jitter * random)
  }
}
