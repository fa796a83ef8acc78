import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOPosix
import NIOSSL

/// The transport over HTTP/1.1 and TLS.
///
/// Every request has a time limit of its own; a stream has one for its head and one for silence. ``shutdown()`` has to
/// be called once at the end; ``KubernetesClient/withClient(configuration:retry:_:)`` does it.
public struct HTTPTransport: Transport {
  public struct Limits: Sendable {
    /// For TCP and TLS.
    public var connect: Duration
    /// For a whole call, or the head of a stream, where the request has no limit of its own.
    public var request: Duration
    /// For silence in a stream, where the request has no limit of its own.
    public var idle: Duration
    /// Bytes of an answer that is read whole.
    public var bodySize: Int

    public init(
      connect: Duration = .seconds(10), request: Duration = .seconds(30), idle: Duration = .seconds(330),
      bodySize: Int = 64 << 20
    ) {
      self.connect = connect
      self.request = request
      self.idle = idle
      self.bodySize = bodySize
    }
  }

  private let client: HTTPClient
  let endpoint: Endpoint
  let credentials: CredentialSource
  let userAgent: String
  private let limits: Limits
  let clock: ErasedClock
  let tls: TLSConfiguration

  /// - Throws: ``KubernetesError`` with `configuration` where the server's URL or a certificate cannot be used.
  public init(
    configuration: ClientConfiguration, limits: Limits = Limits(), clock: some Clock<Duration> = ContinuousClock()
  ) throws {
    endpoint = try Endpoint(configuration)
    credentials = CredentialSource(configuration.credential, clock: clock)
    userAgent = configuration.userAgent
    self.limits = limits
    self.clock = ErasedClock(clock)
    tls = try .kubernetes(configuration)
    client = HTTPClient(
      eventLoopGroupProvider: .singleton,
      configuration: .kubernetes(tls: tls, endpoint: endpoint, connectTimeout: limits.connect))
  }

  /// Closes all connections. Calls after this fail.
  public func shutdown() async throws { try await client.shutdown() }

  public func send(_ request: Request) async throws -> Response {
    let limit = request.timeout ?? limits.request
    let message = try httpRequest(request)
    do {
      return try await withTimeout(limit, clock: clock) { [client, limits] in
        let response = try await client.execute(message, deadline: .distantFuture)
        let body = try await response.body.collect(upTo: limits.bodySize)
        return Response(
          status: Int(response.status.code), headers: response.headers.lowercased, body: Data(buffer: body))
      }
    } catch {
      throw translate(error, request: request)
    }
  }

  public func stream<Value: Sendable>(
    _ request: Request, consume: @escaping @Sendable (StreamedResponse) async throws -> Value
  ) async throws -> Value {
    let message = try httpRequest(request)
    let watchdog = StreamWatchdog(
      headLimit: min(limits.request, request.timeout ?? limits.request), idleLimit: request.timeout ?? limits.idle,
      clock: clock)
    do {
      return try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask {
          let response = try await client.execute(message, deadline: .distantFuture)
          watchdog.headArrived()
          let body = MarkedBody(base: response.body, watchdog: watchdog)
          let streamed = StreamedResponse(
            status: Int(response.status.code), headers: response.headers.lowercased, body: ResponseBody(body))
          do {
            return try await consume(streamed)
          } catch let error where !(error is BodyError) {
            throw ConsumerError(underlying: error)
          }
        }
        group.addTask {
          try await watchdog.run()
          return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let value = first else { throw CancellationError() }
        return value
      }
    } catch let error as ConsumerError {
      throw error.underlying
    } catch let error as BodyError {
      throw translate(error.underlying, request: request)
    } catch {
      throw translate(error, request: request)
    }
  }

  private func httpRequest(_ request: Request) throws -> HTTPClientRequest {
    var message = HTTPClientRequest(url: endpoint.url(request))
    message.method = HTTPMethod(rawValue: request.method.rawValue)
    message.headers.add(name: "Accept", value: request.accept)
    message.headers.add(name: "User-Agent", value: userAgent)
    if let contentType = request.contentType { message.headers.add(name: "Content-Type", value: contentType) }
    if let token = try credentials.bearerToken(operation: request.operation) {
      message.headers.add(name: "Authorization", value: "Bearer \(token)")
    }
    if let body = request.body { message.body = .bytes(ByteBuffer(bytes: body)) }
    return message
  }
}

/// Marks what the consumer of a stream threw, so that it is not taken for a failure of the connection.
private struct ConsumerError: Error {
  let underlying: any Error
}

/// Marks what the connection threw into the consumer's loop.
private struct BodyError: Error {
  let underlying: any Error
}

/// A body whose errors can be told from the consumer's, and that reports life to a watchdog.
private struct MarkedBody: AsyncSequence, Sendable {
  typealias Element = Data

  let base: HTTPClientResponse.Body
  let watchdog: StreamWatchdog

  func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: base.makeAsyncIterator(), watchdog: watchdog) }

  struct AsyncIterator: AsyncIteratorProtocol {
    var base: HTTPClientResponse.Body.AsyncIterator
    let watchdog: StreamWatchdog

    mutating func next() async throws -> Data? {
      do {
        let piece = try await base.next()
        watchdog.bytesArrived()
        return piece.map { Data(buffer: $0) }
      } catch {
        throw BodyError(underlying: error)
      }
    }
  }
}

/// Turns errors of the HTTP client into ours. A cancelled task gets `CancellationError` whatever happened.
private func translate(_ error: any Error, request: Request) -> any Error {
  if Task.isCancelled { return CancellationError() }
  switch error {
  case is CancellationError, is KubernetesError: return error
  case let error as TimeoutError:
    return KubernetesError(
      code: .timeout, operation: request.operation,
      message: "the server did not answer within \(error.duration)", cause: error)
  case let error as HTTPClientError where error == .cancelled: return CancellationError()
  case is NIOTooManyBytesError:
    return KubernetesError(
      code: .answerTooLarge, operation: request.operation, message: "the answer is too large; list in smaller pages",
      cause: error)
  case is NIOSSLError, is BoringSSLError:
    return KubernetesError(
      code: .connection, operation: request.operation,
      message: "TLS failed; check the certificate authority and the server's name: \(error)", cause: error)
  default:
    return KubernetesError(
      code: .connection, operation: request.operation, message: "the connection failed: \(error)", cause: error)
  }
}

extension HTTPHeaders {
  fileprivate var lowercased: [String: String] {
    Dictionary(map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
  }
}
