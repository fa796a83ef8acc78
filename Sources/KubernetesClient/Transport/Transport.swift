public import Foundation

/// Carries requests to an API server.
///
/// An implementation sends each request at most once; retries are a decorator (``RetryingTransport``). Any HTTP status
/// is a response, not an error. Both calls end soon after their task is cancelled, with `CancellationError`; whether a
/// cancelled write took place is then unknown.
public protocol Transport: Sendable {
  /// Sends a request and reads the whole answer.
  /// - Throws: ``KubernetesError`` with `connection`, `timeout` or `configuration`; `CancellationError`.
  func send(_ request: Request) async throws -> Response

  /// Sends a request and hands over the answer while it arrives.
  ///
  /// The connection is given up when `consume` returns or throws. `consume` is called at most once. It is called for
  /// every HTTP status.
  /// - Throws: what `consume` throws, or as ``send(_:)``.
  func stream<Value: Sendable>(
    _ request: Request, consume: @escaping @Sendable (StreamedResponse) async throws -> Value
  ) async throws -> Value

  /// Sends a request that asks for a WebSocket, and closes the connection when `body` returns or throws.
  ///
  /// - Parameter subprotocols: What the client speaks, the best one first; the server has to choose one.
  /// - Throws: ``KubernetesError`` where the server refuses the upgrade, with its reason; what `body` throws; as
  ///   ``send(_:)``. A transport may have no WebSockets and throw `configuration`.
  func webSocket<Value: Sendable>(
    _ request: Request, subprotocols: [String], limits: WebSocketLimits,
    _ body: (WebSocketConnection) async throws -> Value
  ) async throws -> Value
}

/// A whole answer.
public struct Response: Sendable {
  public var status: Int
  /// Names are in lower case.
  public var headers: [String: String]
  public var body: Data

  public init(status: Int, headers: [String: String] = [:], body: Data = Data()) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}

/// An answer whose body is still arriving.
public struct StreamedResponse: Sendable {
  public var status: Int
  /// Names are in lower case.
  public var headers: [String: String]
  /// Can be iterated once.
  public var body: ResponseBody

  public init(status: Int, headers: [String: String] = [:], body: ResponseBody) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}

/// The pieces of a body, split as they happened to arrive.
public struct ResponseBody: AsyncSequence, Sendable {
  public typealias Element = Data

  private let makeNext: @Sendable () -> () async throws -> Data?

  public init<Base: AsyncSequence & Sendable>(_ base: Base) where Base.Element == Data {
    makeNext = {
      var iterator = base.makeAsyncIterator()
      return { try await iterator.next() }
    }
  }

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(nextElement: makeNext()) }

  public struct AsyncIterator: AsyncIteratorProtocol {
    fileprivate let nextElement: () async throws -> Data?

    public mutating func next() async throws -> Data? { try await nextElement() }
  }

  /// All pieces joined, up to `limit` bytes; the rest is not read.
  public func collect(upTo limit: Int) async throws -> Data {
    var data = Data()
    for try await piece in self {
      data.append(piece.prefix(limit - data.count))
      if data.count >= limit { break }
    }
    return data
  }
}
