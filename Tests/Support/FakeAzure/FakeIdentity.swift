import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
public import Synchronization

/// The token service of Entra ID, the metadata service of virtual machines and the endpoint of App Service, in one. Its
/// tokens are good for a ``FakeAzure``.
/// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
public final class FakeIdentity: Sendable {
  public struct Settings: Sendable {
    public var tenant = "11111111-1111-1111-1111-111111111111"
    public var clientID = "22222222-2222-2222-2222-222222222222"
    /// What a projected token must be.
    public var assertion = "header.payload.signature"
    public var clientSecret = "secret-value~1"
    /// Of App Service.
    public var identityHeader = "identity-header"
    /// In seconds.
    public var lifetime = 3600
    public var permissions = "rwdlt"
    /// Answered in place of a token.
    public var failure: (status: Int, body: String)?
  }

  public let settings = Mutex(Settings())
  private let azure: FakeAzure
  private let issued = Mutex<[String]>([])
  private let server = Mutex<FakeHTTPServer?>(nil)
  private let address = Mutex(0)

  public var origin: String { "http://127.0.0.1:\(address.withLock { $0 })" }
  public var metadataEndpoint: String { origin + "/metadata/identity/oauth2/token" }
  public var appServiceEndpoint: String { origin + "/msi/token" }
  /// The tokens so far, in order.
  public var tokens: [String] { issued.withLock { $0 } }

  public static func start(for azure: FakeAzure) async throws -> FakeIdentity {
    let fake = FakeIdentity(azure)
    let server = try await FakeHTTPServer.start { fake.answer($0) }
    fake.server.withLock { $0 = server }
    fake.address.withLock { $0 = server.port }
    return fake
  }

  private init(_ azure: FakeAzure) { self.azure = azure }

  public func stop() async { await server.withLock { $0 }?.stop() }

  private func answer(_ request: FakeRequest) -> FakeResponse {
    let settings = settings.withLock { $0 }
    if let failure = settings.failure { return json(failure.status, failure.body) }
    if request.path == "/metadata/identity/oauth2/token" { return metadata(request, settings) }
    if request.path == "/msi/token" { return appService(request, settings) }
    return entra(request, settings)
  }

  private func entra(_ request: FakeRequest, _ settings: Settings) -> FakeResponse {
    guard request.method == "POST", request.header("content-type") == "application/x-www-form-urlencoded" else {
      return json(400, #"{"error":"invalid_request","error_description":"AADSTS900144: not a form"}"#)
    }
    let form = FakeRequest.items(String(buffer: request.body))
    func field(_ name: String) -> String? { form.first { $0.name == name }?.value }
    func refused(_ code: String, _ text: String) -> FakeResponse {
      let error =
        code == "AADSTS700016" ? "unauthorized_client" : code == "AADSTS90002" ? "invalid_request" : "invalid_client"
      return json(
        code == "AADSTS7000215" ? 401 : 400,
        #"{"error":"\#(error)","error_description":"\#(code): \#(text)\r\nTrace ID: 1\r\nCorrelation ID: 2"}"#)
    }
    guard request.path == "/\(settings.tenant)/oauth2/v2.0/token" else {
      return refused("AADSTS90002", "Tenant not found.")
    }
    guard field("scope") == "https://storage.azure.com/.default", field("grant_type") == "client_credentials" else {
      return refused("AADSTS900144", "The request body must contain scope and grant_type.")
    }
    guard field("client_id") == settings.clientID else { return refused("AADSTS700016", "Application not found.") }
    if let secret = field("client_secret") {
      guard secret == settings.clientSecret else { return refused("AADSTS7000215", "Invalid client secret provided.") }
    } else {
      guard field("client_assertion_type") == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        field("client_assertion") == settings.assertion
      else { return refused("AADSTS700213", "No matching federated identity record found for presented assertion.") }
    }
    return json(
      200, #"{"token_type":"Bearer","expires_in":\#(settings.lifetime),"access_token":"\#(issue(settings))"}"#)
  }

  private func metadata(_ request: FakeRequest, _ settings: Settings) -> FakeResponse {
    guard request.header("metadata") == "true", request.header("x-forwarded-for") == nil else {
      return json(
        400, #"{"error":"invalid_request","error_description":"Required metadata header not specified"}"#)
    }
    guard request[query: "api-version"] == "2018-02-01", request[query: "resource"] == "https://storage.azure.com/"
    else {
      return json(400, #"{"error":"invalid_resource","error_description":"AADSTS500011: resource not found"}"#)
    }
    if let id = request[query: "client_id"], id != settings.clientID {
      return json(400, #"{"error":"invalid_request","error_description":"Identity not found"}"#)
    }
    // Numbers are text here.
    let expires = Int(azure.now().timeIntervalSince1970) + settings.lifetime
    return json(
      200,
      #"{"access_token":"\#(issue(settings))","expires_in":"\#(settings.lifetime)","expires_on":"\#(expires)","token_type":"Bearer"}"#
    )
  }

  private func appService(_ request: FakeRequest, _ settings: Settings) -> FakeResponse {
    guard request.header("x-identity-header") == settings.identityHeader, request[query: "api-version"] == "2019-08-01"
    else { return json(401, #"{"error":"unauthorized"}"#) }
    let expires = Int(azure.now().timeIntervalSince1970) + settings.lifetime
    return json(200, #"{"access_token":"\#(issue(settings))","expires_on":"\#(expires)","token_type":"Bearer"}"#)
  }

  private func issue(_ settings: Settings) -> String {
    let token = "token-\(UUID().uuidString)"
    azure.allow(
      token: token, permissions: settings.permissions,
      expires: azure.now().addingTimeInterval(Double(settings.lifetime)))
    issued.withLock { $0.append(token) }
    return token
  }

  private func json(_ status: Int, _ body: String) -> FakeResponse {
    FakeResponse(
      status,
      headers: [
        (name: "content-type", value: "application/json"), (name: "date", value: FakeDate.format(azure.now())),
      ], body: ByteBuffer(string: body))
  }
}
