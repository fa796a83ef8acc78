public import Foundation

/// A credential that is fetched when it is first needed, kept as long as it is good, and renewed before it ends.
///
/// However many ask at once, one fetch is under way. Where a renewal fails while the old value still has time left, the
/// old one is given: a token service that is down for a minute does not end an upload. It is then left in peace for a
/// while, so that not every request waits for its timeout.
public actor ExpiringValue<Value: Sendable> {
  /// - Returns: The value, and when it ends; nil for never.
  public typealias Fetch = @Sendable () async throws -> (value: Value, expires: Date?)

  private struct Current {
    var value: Value
    var expires: Date?
    /// When to fetch the next.
    var renewal: Date?
  }

  private let fetch: Fetch
  private let margin: TimeInterval
  private let now: @Sendable () -> Date
  private var current: Current?
  private var isFetching = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// - Parameter margin: How long before its end a value is renewed; half its life where that is shorter.
  public init(
    margin: Duration = .seconds(300), now: @escaping @Sendable () -> Date = { Date() }, fetch: @escaping Fetch
  ) {
    self.margin = margin / .seconds(1)
    self.now = now
    self.fetch = fetch
  }

  public func value() async throws -> Value {
    while true {
      try Task.checkCancellation()
      if let current, isBefore(current.renewal) { return current.value }
      guard isFetching else { return try await renew() }
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  /// Has the next call fetch anew: the value was refused.
  public func invalidate() { current = nil }

  /// The same, unless the value has been replaced since.
  public func invalidate(where isRefused: @Sendable (Value) -> Bool) {
    if let current, isRefused(current.value) { self.current = nil }
  }

  private func renew() async throws -> Value {
    isFetching = true
    defer {
      isFetching = false
      for continuation in waiting { continuation.resume() }
      waiting = []
    }
    let start = now()
    do {
      let fetched = try await fetch()
      let renewal = fetched.expires.map { $0.addingTimeInterval(-min(margin, $0.timeIntervalSince(start) / 2)) }
      current = Current(value: fetched.value, expires: fetched.expires, renewal: renewal)
      return fetched.value
    } catch {
      guard let current, !(error is CancellationError), isBefore(current.expires) else { throw error }
      self.current?.renewal = current.expires.map { end in
        now().addingTimeInterval(min(margin / 10, end.timeIntervalSince(now()) / 2))
      }
      return current.value
    }
  }

  private func isBefore(_ end: Date?) -> Bool { end.map { now() < $0 } ?? true }
}
