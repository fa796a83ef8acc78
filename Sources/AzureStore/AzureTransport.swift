import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import ObjectStore
import StoreHTTP

/// Authorizes requests, sends them, and gives failures their form.
struct AzureTransport: Sendable {
  /// The first that has everything used here (the newest is the tier Cold), so that older emulators and Azure Stack go
  /// on working. https://learn.microsoft.com/rest/api/storageservices/versioning-for-the-azure-storage-services
  static let version = "2021-12-02"

  let configuration: AzureConfiguration
  let endpoint: AzureEndpoint
  let client: StoreHTTPClient
  let tokens: AzureTokens?
  let now: @Sendable () -> Date

  init(_ configuration: AzureConfiguration, now: @escaping @Sendable () -> Date) throws {
    self.configuration = configuration
    self.now = now
    endpoint = try AzureEndpoint(configuration)
    let isSafe = AzureEndpoint.keepsSecrets(scheme: endpoint.scheme, host: endpoint.hostName)
    guard isSafe || !configuration.credentials.areTokens else {
      throw ObjectStoreError.azureConfiguration(
        "a token of \(configuration.credentials) must not travel unencrypted; make the endpoint https://\(endpoint.host)"
      )
    }
    // Both clients need a shutdown: nothing that the second refuses would the first have taken.
    tokens = try AzureTokens(configuration, now: now)
    client = try StoreHTTPClient(configuration.http)
  }

  func shutdown() async throws {
    try await client.shutdown()
    try await tokens?.shutdown()
  }

  /// Sends, and reads the whole of a small answer.
  /// - Throws: ``ObjectStoreError`` for every status but `expected`: what Azure says to that request. Some proxies say 200
  ///   to anything.
  func send(_ request: AzureRequest, expecting expected: Int) async throws -> StoreHTTPAnswer {
    let (outgoing, response) = try await begin(request)
    let answer = try await client.collect(response, outgoing)
    if answer.status == expected { return answer }
    if answer.isSuccess {
      throw ObjectStoreError(
        .integrity, isRetryable: true, operation: request.operation,
        message: "the answer is not Azure's: status \(answer.status) in place of \(expected)")
    }
    throw failure(answer, request).storeError
  }

  /// Sends; the body of the answer is still to be read. A token that the store refuses is renewed once.
  func begin(_ request: AzureRequest) async throws -> (StoreHTTPRequest, HTTPClientResponse) {
    let outgoing = try await authorize(request)
    let response = try await begin(outgoing)
    guard response.status.code == 401, let tokens else { return (outgoing, response) }
    _ = try await client.collect(response, outgoing)
    if let refused = outgoing.headers.first(where: { $0.name == "authorization" })?.value {
      await tokens.invalidate(refused)
    }
    let again = try await authorize(request)
    return (again, try await begin(again))
  }

  private func begin(_ request: StoreHTTPRequest) async throws -> HTTPClientResponse {
    do {
      return try await client.begin(request)
    } catch var error as ObjectStoreError where error.code == .unreachable {
      guard let cause = error.cause as? NIOConnectionError, cause.connectionErrors.isEmpty,
        cause.dnsAError != nil || cause.dnsAAAAError != nil
      else { throw error }
      error.message =
        "the name \(endpoint.hostName) does not resolve; is the storage account \(configuration.storageAccount) right, "
        + "and the cloud \(configuration.cloud.rawValue)? A private endpoint needs its private DNS zone"
      throw error
    }
  }

  /// The request as it goes out.
  func authorize(_ request: AzureRequest) async throws -> StoreHTTPRequest {
    var headers = request.headers
    headers.append((name: "x-ms-date", value: HTTPDate.format(now())))
    headers.append((name: "x-ms-version", value: Self.version))
    var query = request.query
    switch configuration.credentials {
    case .accountKey(let key):
      let signature = SharedKeySignature(account: configuration.storageAccount, key: key)
      let value = signature.authorization(
        method: request.method, path: endpoint.path(request.key), query: query, headers: headers,
        contentLength: request.body?.readableBytes ?? 0)
      headers.append((name: "authorization", value: value))
    case .sas(let token): query += token.items.map { (name: $0.name, value: $0.value) }
    case .workloadIdentity, .clientSecret, .managedIdentity:
      if let token = try await tokens?.token() { headers.append((name: "authorization", value: token)) }
    }
    return StoreHTTPRequest(
      method: request.method, url: endpoint.url(request.key, query: query), headers: headers, body: request.body,
      operation: request.operation)
  }

  func failure(_ answer: StoreHTTPAnswer, _ request: AzureRequest) -> AzureFailure {
    let error = try? XMLElement(parsing: answer.body.readableBytesView)
    return AzureFailure(
      status: answer.status, headers: answer.headers, error: error?.name == "Error" ? error : nil, request: request,
      configuration: configuration, now: now())
  }

  /// The answer as XML, read by `body`.
  func reading<Value>(
    _ answer: StoreHTTPAnswer, _ request: AzureRequest, _ body: (XMLElement) throws -> Value
  ) throws -> Value {
    do {
      return try body(try XMLElement(parsing: answer.body.readableBytesView))
    } catch let error as XMLElement.ParseError {
      throw ObjectStoreError(
        .integrity, isRetryable: true, operation: request.operation, message: "the answer is not Azure's: \(error)",
        cause: error)
    }
  }

  /// Compares what the store says to have received with what was sent.
  func checkEcho(_ answer: StoreHTTPAnswer, _ request: AzureRequest) throws {
    // An emulator may not know the header; Azure always answers it.
    guard let theirs = answer.headers.first(name: "x-ms-content-crc64"),
      let ours = request.header("x-ms-content-crc64"),
      theirs != ours
    else { return }
    throw ObjectStoreError(
      .integrity, isRetryable: true, operation: request.operation,
      message: "the store has other bytes than were sent: CRC-64 \(theirs), not \(ours)")
  }
}
