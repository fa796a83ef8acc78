import Synchronization

/// A bearer token that somebody replaces before it expires, while requests go on.
public final class RenewedToken: Sendable {
  private let state: Mutex<String>

  public init(_ token: String) { state = Mutex(token) }

  public var value: String {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }
}
