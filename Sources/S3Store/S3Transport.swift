import AsyncHTTPClient
import Crypto
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import ObjectStore

/// A whole answer.
struct S3Answer: Sendable {
  var status: Int
  var headers: HTTPHeaders
  var body: ByteBuffer
}

/// Signs requests, sends them, and gives failures their form.
struct S3Transport: Sendable {
  typealias BodyIterator = HTTPClientResponse.Body.AsyncIterator

  let configuration: S3Configuration
  let endpoint: S3Endpoint
  let client: HTTPClient
  let now: @Sendable () -> Date
  private static let answerLimit = 16 << 20

  init(_ configuration: S3Configuration, now: @escaping @Sendable () -> Date) throws {
    self.configuration = configuration
    self.now = now
    endpoint = try S3Endpoint(configuration)
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: try Self.settings(configuration))
  }

  private static func settings(_ configuration: S3Configuration) throws -> HTTPClient.Configuration {
    let idle = TimeAmount(configuration.idleTimeout)
    var settings = HTTPClient.Configuration(
      redirectConfiguration: .disallow,
      timeout: .init(connect: TimeAmount(configuration.connectTimeout), read: idle, write: idle),
      connectionPool: .init(
        idleTimeout: .seconds(30), concurrentHTTP1ConnectionsPerHostSoftLimit: configuration.connections),
      decompression: .disabled)
    settings.httpVersion = .http1Only
    // Whether to try again is decided above, where there is a deadline.
    settings.connectionPool.retryConnectionEstablishment = false
    var tls = TLSConfiguration.makeClientConfiguration()
    if let pem = configuration.caCertificates {
      do {
        tls.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMBytes(pem))]
      } catch {
        throw ObjectStoreError(
          .configuration, operation: "S3 configuration",
          message: "caBundle is not PEM: it must hold certificates between BEGIN and END lines", cause: error)
      }
    }
    settings.tlsConfiguration = tls
    return settings
  }

  /// Sends, and reads the whole of a small answer.
  /// - Throws: ``ObjectStoreError`` for every status but 2xx.
  func send(_ request: S3Request) async throws -> S3Answer {
    let response = try await begin(request)
    let body = try await mapping(request) { try await response.body.collect(upTo: Self.answerLimit) }
    let answer = S3Answer(status: Int(response.status.code), headers: response.headers, body: body)
    guard (200...299).contains(answer.status) else { throw failure(answer, request).storeError }
    return answer
  }

  /// Sends, and leaves the body to be read.
  func begin(_ request: S3Request) async throws -> HTTPClientResponse {
    let signed = try await sign(request)
    return try await mapping(request) {
      try await client.execute(signed, timeout: TimeAmount(configuration.requestTimeout))
    }
  }

  private func sign(_ request: S3Request) async throws -> HTTPClientRequest {
    let body = request.body ?? ByteBuffer()
    let hash = SigV4.hex(body.withUnsafeReadableBytes { SHA256.hash(data: $0) })
    let signer = SigV4(credentials: try await configuration.credentials.credentials(), region: configuration.region)
    let headers = signer.sign(
      method: request.method, path: endpoint.path(request.key), query: request.query,
      headers: request.headers + [(name: "host", value: endpoint.host)], payloadHash: hash, date: now())
    var result = HTTPClientRequest(url: endpoint.url(request))
    result.method = HTTPMethod(rawValue: request.method)
    for header in headers { result.headers.add(name: header.name, value: header.value) }
    if request.body != nil || request.method == "PUT" || request.method == "POST" {
      result.body = .stream(BodySlices(body: body), length: .known(Int64(body.readableBytes)))
    }
    return result
  }

  func failure(_ answer: S3Answer, _ request: S3Request) -> S3Failure {
    let error = try? XMLElement(parsing: answer.body.readableBytesView)
    return S3Failure(
      status: answer.status, headers: answer.headers, error: error?.name == "Error" ? error : nil, request: request,
      configuration: configuration, now: now())
  }

  /// The answer as XML.
  func xml(_ answer: S3Answer, _ request: S3Request) throws -> XMLElement {
    do {
      return try XMLElement(parsing: answer.body.readableBytesView)
    } catch {
      throw ObjectStoreError(
        .integrity, isRetryable: true, operation: request.operation,
        message: "the store's answer cannot be read: \(error)", cause: error)
    }
  }

  /// Gives errors of the connection the store's form.
  func mapping<Value: Sendable>(
    _ request: S3Request, _ body: () async throws -> Value
  ) async throws -> Value {
    do { return try await body() } catch { throw storeError(error, request) }
  }

  func storeError(_ error: any Error, _ request: S3Request) -> any Error {
    if error is ObjectStoreError { return error }
    if error is CancellationError || Task.isCancelled { return CancellationError() }
    return S3ConnectionFailure(error: error, request: request, configuration: configuration, endpoint: endpoint)
      .storeError
  }
}

/// Slices of one buffer, not copies. With TLS only what is being written is encrypted, rather than a whole part at once.
private struct BodySlices: AsyncSequence, Sendable {
  typealias Element = ByteBuffer
  var body: ByteBuffer

  struct Iterator: AsyncIteratorProtocol {
    var rest: ByteBuffer
    mutating func next() async -> ByteBuffer? {
      rest.readableBytes == 0 ? nil : rest.readSlice(length: Swift.min(rest.readableBytes, 256 << 10))
    }
  }

  func makeAsyncIterator() -> Iterator { Iterator(rest: body) }
}
