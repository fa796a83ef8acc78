import AsyncHTTPClient
import Crypto
import Foundation
import NIOCore
import ObjectStore
import StoreHTTP

/// Signs requests, sends them, and gives failures their form.
struct S3Transport: Sendable {
  let configuration: S3Configuration
  let endpoint: S3Endpoint
  let client: StoreHTTPClient
  let now: @Sendable () -> Date

  init(_ configuration: S3Configuration, now: @escaping @Sendable () -> Date) throws {
    self.configuration = configuration
    self.now = now
    endpoint = try S3Endpoint(configuration)
    client = try StoreHTTPClient(configuration.http)
  }

  /// Sends, and reads the whole of a small answer.
  /// - Throws: ``ObjectStoreError`` for every status but 2xx.
  func send(_ request: S3Request) async throws -> StoreHTTPAnswer {
    let answer = try await client.send(try await sign(request))
    guard answer.isSuccess else { throw failure(answer, request).storeError }
    return answer
  }

  /// The request as it goes out.
  func sign(_ request: S3Request) async throws -> StoreHTTPRequest {
    let body = request.body ?? ByteBuffer()
    let hash = SigV4.hex(body.withUnsafeReadableBytes { SHA256.hash(data: $0) })
    let signer = SigV4(credentials: try await configuration.credentials.credentials(), region: configuration.region)
    let headers = signer.sign(
      method: request.method, path: endpoint.path(request.key), query: request.query,
      headers: request.headers + [(name: "host", value: endpoint.host)], payloadHash: hash, date: now())
    return StoreHTTPRequest(
      method: request.method, url: endpoint.url(request), headers: headers, body: request.body,
      operation: request.operation)
  }

  func failure(_ answer: StoreHTTPAnswer, _ request: S3Request) -> S3Failure {
    let error = try? XMLElement(parsing: answer.body.readableBytesView)
    return S3Failure(
      status: answer.status, headers: answer.headers, error: error?.name == "Error" ? error : nil, request: request,
      configuration: configuration, now: now())
  }

  /// The answer as XML.
  func xml(_ answer: StoreHTTPAnswer, _ request: S3Request) throws -> XMLElement {
    do {
      return try XMLElement(parsing: answer.body.readableBytesView)
    } catch {
      throw ObjectStoreError(
        .integrity, isRetryable: true, operation: request.operation,
        message: "the store's answer cannot be read: \(error)", cause: error)
    }
  }
}
