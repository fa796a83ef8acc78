public import Foundation
import Synchronization

/// A wall clock that stands still until a test moves it, also backwards.
public final class ManualWall: Sendable {
  private let date: Mutex<Date>

  /// - Parameter start: 2026-11-21T03:00:00Z by default.
  public init(_ start: Date = Date(timeIntervalSince1970: 1_795_230_000)) { date = Mutex(start) }

  public var now: Date { date.withLock { $0 } }

  public func advance(by seconds: TimeInterval) { date.withLock { $0 += seconds } }
}
