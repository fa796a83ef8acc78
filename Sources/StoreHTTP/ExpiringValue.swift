public import Foundation

/// A credential that is fetched when it is first needed, kept as long as it is good, and renewed before it ends.
///
/// However many ask at once, one fetch is under way. Where a renewal fails while the old value still has time left, the
/// old one is given: a token service that is down for a minute does not end an upload.
public actor ExpiringValue<Value: Sendable> {
  /// - Returns: The value, and when it ends; nil for never.
  public typealias Fetch = @Sendable () async throws -> (value: Value, expires: Date?)

  private let fetch: Fetch
  private let margin: TimeInterval
  private let now: @Sendable () -> Date
  private var current: (value: Value, expires: Date?)?
  private var isFetching = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// - Parameter margin: How long before its end a value is renewed.
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
      if let current, hasTimeLeft(current.expires, beyond: margin) { return current.value }
      guard isFetching else { return try await renew() }
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  /// Has the next call fetch anew: the value was refused.
  public func invalidate() { current = nil }

  private func renew() async throws -> Value {
    isFetching = true
    defer {
      isFetching = false
      for continuation in waiting { continuation.resume() }
      waiting = []
    }
    do {
      let fetched = try await fetch()
      current = fetched
      return fetched.value
    } catch {
      if let current, !(error is CancellationError), hasTimeLeft(current.expires, beyond: 0) { return current.value }
      throw error
    }
  }

  private func hasTimeLeft(_ end: Date?, beyond margin: TimeInterval) -> Bool {
    end.map { $0.timeIntervalSince(now()) > margin } ?? true
  }
}
