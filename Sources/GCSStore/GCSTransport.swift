import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import ObjectStore
import StoreHTTP
import Synchronization

/// Gives requests their token, sends them, and gives failures their form.
final class GCSTransport: Sendable {
  let configuration: GCSConfiguration
  let endpoint: GCSEndpoint
  let client: StoreHTTPClient
  let now: @Sendable () -> Date
  private let tokens: AccessTokens
  /// Whether the bucket's requester pays, as it turned out.
  private let isBilled = Mutex(false)

  init(_ configuration: GCSConfiguration, now: @escaping @Sendable () -> Date) throws {
    self.configuration = configuration
    self.now = now
    endpoint = try GCSEndpoint(configuration)
    client = try StoreHTTPClient(configuration.http)
    tokens = try AccessTokens(configuration.credentials, http: configuration.http, now: now)
  }

  func shutdown() async throws {
    try await client.shutdown()
    try await tokens.shutdown()
  }

  /// Sends, and reads the whole of a small answer.
  /// - Throws: `ObjectStoreError` for every status but 2xx.
  func send(_ request: GCSRequest) async throws -> StoreHTTPAnswer {
    let answer = try await answer(request)
    guard answer.isSuccess else { throw failure(answer, request) }
    return answer
  }

  /// The answer, whatever its status.
  func answer(_ request: GCSRequest) async throws -> StoreHTTPAnswer {
    try await attempts(request) { outgoing in
      let answer = try await client.send(outgoing)
      return (answer, answer)
    }
  }

  /// Sends, and leaves the body of an answer with one of these statuses to be read; the bodies of others are read.
  func open(_ request: GCSRequest, statuses: Set<Int>) async throws -> GCSOpenAnswer {
    try await attempts(request) { outgoing in
      let response = try await client.begin(outgoing)
      let status = Int(response.status.code)
      if statuses.contains(status) { return (.stream(response, outgoing), nil) }
      let answer = try await client.collect(response, outgoing)
      return (.whole(answer), answer)
    }
  }

  /// Once more with another token where this one is refused, and once more with the project to be billed where the
  /// bucket wants one.
  /// - Parameter perform: Also gives the answer that may be such a refusal.
  private func attempts<Value>(
    _ request: GCSRequest, _ perform: (StoreHTTPRequest) async throws -> (Value, StoreHTTPAnswer?)
  ) async throws -> Value {
    var token = try await tokens.token()
    var (value, answer) = try await perform(outgoing(request, token))
    if answer?.status == 401, let refused = token {
      token = try await tokens.token(insteadOf: refused)
      (value, answer) = try await perform(outgoing(request, token))
    }
    if let answer, wantsProject(answer), !request.isSession {
      isBilled.withLock { $0 = true }
      (value, _) = try await perform(outgoing(request, token))
    }
    return value
  }

  /// "Bucket is a requester pays bucket but no user project provided."
  private func wantsProject(_ answer: StoreHTTPAnswer) -> Bool {
    guard answer.status == 400, configuration.userProject != nil, !isBilled.withLock({ $0 }) else { return false }
    return GCSErrorAnswer.read(answer.body).message.lowercased().contains("requester pays")
  }

  private func outgoing(_ request: GCSRequest, _ token: AccessToken?) -> StoreHTTPRequest {
    var query = request.query
    if let project = configuration.userProject, isBilled.withLock({ $0 }), !request.isSession {
      query.append((name: "userProject", value: project))
    }
    var headers = request.headers
    if let token { headers.append((name: "authorization", value: "Bearer \(token.value)")) }
    return StoreHTTPRequest(
      method: request.method, url: request.url + (query.isEmpty ? "" : "?\(PercentEncoding.query(query))"),
      headers: headers, body: request.body, operation: request.operation)
  }

  func failure(_ answer: StoreHTTPAnswer, _ request: GCSRequest) -> ObjectStoreError {
    GCSFailure(answer, request, configuration, now: now()).storeError
  }

  /// An answer as one of Google's; one that is something else may be a proxy's.
  func decode<Value: Decodable>(
    _ type: Value.Type, _ answer: StoreHTTPAnswer, _ request: GCSRequest
  ) throws -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(answer.body.readableBytesView))
    } catch {
      throw ObjectStoreError(
        .integrity, isRetryable: true, operation: request.operation,
        message: "the store's answer is not one of Cloud Storage", cause: error)
    }
  }
}

enum GCSOpenAnswer {
  case stream(HTTPClientResponse, StoreHTTPRequest)
  case whole(StoreHTTPAnswer)
}
