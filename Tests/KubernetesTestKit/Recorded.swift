import Synchronization

/// A list that closures of a test add to.
public final class Recorded<Value: Sendable>: Sendable {
  private let list = Mutex<[Value]>([])

  public init() {}

  public var values: [Value] { list.withLock { $0 } }
  public var count: Int { values.count }

  public func append(_ value: Value) { list.withLock { $0.append(value) } }
}
