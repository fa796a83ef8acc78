import Foundation
import NIOCore
import NIOFoundationCompat
import ObjectStore
import StoreHTTP

/// The bearer token of one store: fetched at its first use, kept, renewed before it ends.
final class AzureTokens: Sendable {
  private let client: StoreHTTPClient
  private let cache: ExpiringValue<String>

  /// - Returns: nil for credentials that need no token.
  /// - Throws: ``ObjectStoreError/Code/configuration``.
  init?(_ configuration: AzureConfiguration, now: @escaping @Sendable () -> Date) throws {
    var http = configuration.http
    // Who skips the check of the store's certificate does not mean to give an identity away to anyone.
    http.insecureSkipVerify = false
    http.proxy = nil
    http.requestTimeout = min(http.requestTimeout, .seconds(60))
    let request: @Sendable () async throws -> StoreHTTPRequest
    switch configuration.credentials {
    case .accountKey, .sas: return nil
    case .workloadIdentity(let identity):
      try Self.checkAuthority(identity.authorityHost)
      http.proxy = configuration.identityProxy
      request = { try EntraRequests.exchange(identity) }
    case .clientSecret(let secret):
      try Self.checkAuthority(secret.authorityHost)
      http.proxy = configuration.identityProxy
      request = { EntraRequests.token(secret) }
    case .managedIdentity(let identity):
      // The metadata service is near, and on another cloud nobody answers there.
      http.connectTimeout = min(http.connectTimeout, .seconds(3))
      request = { ManagedIdentityRequests.token(identity) }
    }
    client = try StoreHTTPClient(http)
    let credentials = configuration.credentials
    cache = ExpiringValue(now: now) { [client] in
      let request = try await request()
      let answer = try await Self.send(request, client, credentials)
      guard answer.isSuccess else {
        throw TokenFailure(answer: answer, request: request, credentials: credentials, now: now()).storeError
      }
      return try TokenAnswer(answer, request).token(now: now())
    }
  }

  /// As the `Authorization` header has it.
  func token() async throws -> String { "Bearer \(try await cache.value())" }

  /// The store refused that one.
  func invalidate(_ token: String) async { await cache.invalidate { "Bearer \($0)" == token } }

  func shutdown() async throws { try await client.shutdown() }

  private static func checkAuthority(_ host: String) throws {
    let url = URLComponents(string: host)
    guard url?.host?.isEmpty == false, AzureEndpoint.keepsSecrets(scheme: url?.scheme, host: url?.host) else {
      throw ObjectStoreError.azureConfiguration(
        "AZURE_AUTHORITY_HOST must be an https URL such as https://login.microsoftonline.com")
    }
  }

  private static func send(
    _ request: StoreHTTPRequest, _ client: StoreHTTPClient, _ credentials: AzureCredentials
  ) async throws -> StoreHTTPAnswer {
    do {
      return try await client.send(request)
    } catch var error as ObjectStoreError where error.code == .unreachable || error.code == .timeout {
      if case .managedIdentity(let identity) = credentials, identity.header == nil {
        // Nobody asked for this identity: it is what is left where there is nothing else.
        error.code = .credentialsNotFound
        error.message =
          "there are no credentials for Azure: no credentialsSecretRef, none of AZURE_STORAGE_CONNECTION_STRING, "
          + "AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN, AZURE_FEDERATED_TOKEN_FILE and AZURE_CLIENT_SECRET in the "
          + "environment, and no managed identity: \(error.message)"
      } else if case .managedIdentity = credentials {
        error.message = "the endpoint of IDENTITY_ENDPOINT does not answer: \(error.message)"
      } else {
        error.message = "the token service does not answer; allow egress to it: \(error.message)"
      }
      throw error
    }
  }
}

/// Requests of OAuth 2.0's client credentials flow.
/// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
enum EntraRequests {
  /// The same in all clouds.
  static let scope = "https://storage.azure.com/.default"

  /// - Throws: ``ObjectStoreError/Code/configuration`` where the token's file cannot be read.
  static func exchange(_ identity: AzureWorkloadIdentity) throws -> StoreHTTPRequest {
    let assertion: String
    do {
      assertion = try String(contentsOfFile: identity.tokenFile, encoding: .utf8)
        .trimmingCharacters(in: .whitespacesAndNewlines)
    } catch {
      throw ObjectStoreError(
        .configuration, operation: "workload identity",
        message: "the token file \(identity.tokenFile) cannot be read; is the projected token mounted? Label the pods "
          + "azure.workload.identity/use: \"true\"", cause: error)
    }
    guard !assertion.isEmpty else {
      throw ObjectStoreError(
        .configuration, operation: "workload identity", message: "the token file \(identity.tokenFile) is empty")
    }
    return request(
      identity.authorityHost, identity.tenantID,
      [
        ("client_id", identity.clientID),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
      ], operation: "token of \(identity)")
  }

  static func token(_ secret: AzureClientSecret) -> StoreHTTPRequest {
    request(
      secret.authorityHost, secret.tenantID, [("client_id", secret.clientID), ("client_secret", secret.secret)],
      operation: "token of \(secret)")
  }

  private static func request(
    _ authority: String, _ tenant: String, _ fields: [(String, String)], operation: String
  ) -> StoreHTTPRequest {
    let form = (fields + [("scope", scope), ("grant_type", "client_credentials")])
      .map { "\($0)=\(AzureEncoding.encode($1))" }.joined(separator: "&")
    return StoreHTTPRequest(
      method: "POST", url: "\(authority)/\(AzureEncoding.encode(tenant))/oauth2/v2.0/token",
      headers: [
        (name: "content-type", value: "application/x-www-form-urlencoded"), (name: "accept", value: "application/json"),
      ], body: ByteBuffer(string: form), operation: operation)
  }
}

/// Requests of the metadata service, and of the endpoints of App Service and its kin.
/// https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
enum ManagedIdentityRequests {
  static func token(_ identity: AzureManagedIdentity) -> StoreHTTPRequest {
    var query = [
      ("api-version", identity.header == nil ? "2018-02-01" : "2019-08-01"), ("resource", "https://storage.azure.com/"),
    ]
    if let id = identity.clientID { query.append(("client_id", id)) }
    let text = query.map { "\($0)=\(AzureEncoding.encode($1))" }.joined(separator: "&")
    let header = identity.header.map { (name: "x-identity-header", value: $0) } ?? (name: "metadata", value: "true")
    return StoreHTTPRequest(
      method: "GET", url: "\(identity.endpoint)?\(text)", headers: [header], operation: "token of \(identity)")
  }
}
