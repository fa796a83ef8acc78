public import AsyncHTTPClient
import Foundation
public import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import ObjectStore

/// Sends requests and gives failures of the connection their form. Every answer comes back, whatever its status; follows
/// no redirect; does not retry.
///
/// End with ``shutdown()``.
public struct StoreHTTPClient: Sendable {
  public typealias BodyIterator = HTTPClientResponse.Body.AsyncIterator

  public let settings: StoreHTTPSettings
  private let client: HTTPClient
  private static let answerLimit = 16 << 20
  /// Bytes of one read: NIO's own limit of 64 KiB costs four times as many steps through the pipeline.
  private static let reads = AdaptiveRecvByteBufferAllocator(minimum: 4 << 10, initial: 16 << 10, maximum: 256 << 10)

  /// - Throws: `ObjectStoreError.Code.configuration` where the CA is not PEM.
  public init(_ settings: StoreHTTPSettings) throws {
    self.settings = settings
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: try Self.configuration(settings))
  }

  private static func configuration(_ settings: StoreHTTPSettings) throws -> HTTPClient.Configuration {
    let idle = TimeAmount(settings.idleTimeout)
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow,
      timeout: .init(connect: TimeAmount(settings.connectTimeout), read: idle, write: idle),
      connectionPool: .init(
        idleTimeout: .seconds(30), concurrentHTTP1ConnectionsPerHostSoftLimit: settings.connections),
      decompression: .disabled)
    configuration.httpVersion = .http1Only
    configuration.http1_1ConnectionDebugInitializer = { channel in
      channel.setOption(.recvAllocator, value: Self.reads)
    }
    // Whether to try again is decided above, where there is a deadline.
    configuration.connectionPool.retryConnectionEstablishment = false
    if let proxy = settings.proxy {
      configuration.proxy = .server(
        host: proxy.host, port: proxy.port,
        authorization: proxy.user.map { .basic(username: $0, password: proxy.password ?? "") })
    }
    var tls = TLSConfiguration.makeClientConfiguration()
    if settings.insecureSkipVerify { tls.certificateVerification = .none }
    if let pem = settings.caCertificates {
      do {
        tls.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMBytes(pem))]
      } catch {
        throw ObjectStoreError(
          .configuration, operation: "store configuration",
          message: "caBundle is not PEM: it must hold certificates between BEGIN and END lines", cause: error)
      }
    }
    configuration.tlsConfiguration = tls
    return configuration
  }

  /// Closes the connections.
  public func shutdown() async throws {
    try await client.shutdown()
  }

  /// Sends, and reads the whole of a small answer (16 MiB at most).
  public func send(_ request: StoreHTTPRequest) async throws -> StoreHTTPAnswer {
    let response = try await begin(request)
    return try await collect(response, request)
  }

  /// Sends, and leaves the body to be read with ``collect(_:_:)`` or ``next(_:_:)``.
  public func begin(_ request: StoreHTTPRequest) async throws -> HTTPClientResponse {
    var outgoing = HTTPClientRequest(url: request.url)
    outgoing.method = HTTPMethod(rawValue: request.method)
    for header in request.headers { outgoing.headers.add(name: header.name, value: header.value) }
    if let body = request.body {
      outgoing.body = .stream(
        BodySlices(body: body, isSecure: request.url.hasPrefix("https:")), length: .known(Int64(body.readableBytes)))
    } else if request.method == "PUT" || request.method == "POST" {
      outgoing.body = .bytes(ByteBuffer())
    }
    do {
      return try await client.execute(outgoing, timeout: TimeAmount(settings.requestTimeout))
    } catch {
      throw storeError(error, request)
    }
  }

  /// The rest of an answer whose head is there.
  public func collect(_ response: HTTPClientResponse, _ request: StoreHTTPRequest) async throws -> StoreHTTPAnswer {
    do {
      let body = try await response.body.collect(upTo: Self.answerLimit)
      return StoreHTTPAnswer(status: Int(response.status.code), headers: response.headers, body: body)
    } catch {
      throw storeError(error, request)
    }
  }

  /// The next piece of a body. The iteration also ends, without an error, when the task is cancelled: check that after.
  public func next(_ iterator: inout BodyIterator, _ request: StoreHTTPRequest) async throws -> ByteBuffer? {
    do { return try await iterator.next() } catch { throw storeError(error, request) }
  }

  /// Gives the body of an answer to `consume`, and knows whether it was whole.
  ///
  /// An error that `consume` throws comes out unchanged.
  /// - Parameter length: How many bytes the answer's head promised.
  /// - Throws: `ObjectStoreError.Code.integrity`, worth a retry, where more or fewer came.
  public func consume(
    _ response: HTTPClientResponse, length: Int64, _ request: StoreHTTPRequest,
    consume: (ByteBuffer) async throws -> Void
  ) async throws {
    var received: Int64 = 0
    var iterator = response.body.makeAsyncIterator()
    while let chunk = try await next(&iterator, request) {
      received += Int64(chunk.readableBytes)
      guard received <= length else { throw wrongLength(length, received, request) }
      try await consume(chunk)
    }
    try Task.checkCancellation()
    guard received == length else { throw wrongLength(length, received, request) }
  }

  private func wrongLength(_ expected: Int64, _ received: Int64, _ request: StoreHTTPRequest) -> ObjectStoreError {
    ObjectStoreError(
      .integrity, isRetryable: true, operation: request.operation,
      message: "the answer was to have \(expected) bytes and had \(received)")
  }

  private func storeError(_ error: any Error, _ request: StoreHTTPRequest) -> any Error {
    if error is ObjectStoreError { return error }
    if error is CancellationError || Task.isCancelled { return CancellationError() }
    var host = URLComponents(string: request.url)?.host ?? "the store"
    if let port = URLComponents(string: request.url)?.port { host += ":\(port)" }
    return ConnectionFailure(error: error, operation: request.operation, host: host, settings: settings).storeError
  }
}

/// Slices of one buffer, not copies. One after the other, so that silence shows, and with TLS small, since what is being
/// written is encrypted at once.
private struct BodySlices: AsyncSequence, Sendable {
  typealias Element = ByteBuffer
  var body: ByteBuffer
  var isSecure: Bool

  struct Iterator: AsyncIteratorProtocol {
    var rest: ByteBuffer
    let length: Int
    mutating func next() async -> ByteBuffer? {
      rest.readableBytes == 0 ? nil : rest.readSlice(length: Swift.min(rest.readableBytes, length))
    }
  }

  func makeAsyncIterator() -> Iterator { Iterator(rest: body, length: isSecure ? 256 << 10 : 1 << 20) }
}
