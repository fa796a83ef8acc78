import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import ObjectStore
import StoreHTTP

/// What the token services answer; numbers come as numbers or as text.
struct TokenAnswer: Decodable {
  private var accessToken: String
  private var expiresIn: Seconds?
  private var expiresOn: Seconds?

  private enum CodingKeys: String, CodingKey {
    case accessToken = "access_token"
    case expiresIn = "expires_in"
    case expiresOn = "expires_on"
  }

  private struct Seconds: Decodable {
    var value: Double

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Double.self) {
        value = number
      } else if let number = Double(try container.decode(String.self)) {
        value = number
      } else {
        throw DecodingError.dataCorruptedError(in: container, debugDescription: "a number of seconds expected")
      }
    }
  }

  init(_ answer: StoreHTTPAnswer, _ request: StoreHTTPRequest) throws {
    do {
      self = try JSONDecoder().decode(Self.self, from: Data(buffer: answer.body))
    } catch {
      // The cause may quote the token: it stays here.
      throw ObjectStoreError(
        .integrity, isRetryable: true, operation: request.operation,
        message: "the token service's answer has no access_token; is the right service asked?")
    }
  }

  func token(now: Date) -> (value: String, expires: Date?) {
    if let expiresIn { return (accessToken, now.addingTimeInterval(expiresIn.value)) }
    return (accessToken, expiresOn.map { Date(timeIntervalSince1970: $0.value) })
  }
}

/// A token service that said no.
/// https://learn.microsoft.com/entra/identity-platform/reference-error-codes
struct TokenFailure {
  var answer: StoreHTTPAnswer
  var request: StoreHTTPRequest
  var credentials: AzureCredentials
  /// Our clock.
  var now: Date

  private struct Body: Decodable {
    var error: String?
    var description: String?

    private enum CodingKeys: String, CodingKey {
      case error
      case description = "error_description"
    }
  }

  var storeError: ObjectStoreError {
    switch answer.status {
    case 429, 503: return make(.throttled, retry: true, "the token service asks for fewer requests")
    // 410: the metadata service is being updated. 404 is the same of older ones.
    case 410, 500...599: return make(.serverError, retry: true, "the token service failed inside")
    default: break
    }
    if case .managedIdentity = credentials { return managed }
    return byCode
  }

  private var managed: ObjectStoreError {
    if description.lowercased().contains("identity not found") || body?.error == "invalid_request" {
      return make(
        .accessDenied,
        "the node does not have \(credentials); assign it to the virtual machine scale set, or name one that is by "
          + "AZURE_CLIENT_ID")
    }
    if answer.status == 404 { return make(.serverError, retry: true, "the metadata service has no tokens now") }
    return make(.accessDenied, "the metadata service refused a token of \(credentials)")
  }

  /// `AADSTS700213` and the like, at the beginning of the description.
  private var byCode: ObjectStoreError {
    switch entraCode {
    case "AADSTS70021", "AADSTS700211", "AADSTS700212", "AADSTS700213":
      return make(
        .accessDenied,
        "no federated credential of the application matches the ServiceAccount's token; its issuer must be the cluster's, "
          + "its subject system:serviceaccount:<namespace>:<name>, its audience api://AzureADTokenExchange")
    case "AADSTS700024", "AADSTS700020":
      return make(
        .clockSkew,
        "the ServiceAccount's token is outside its time for the token service; this clock says "
          + "\(now.formatted(.iso8601)), the service's \(answer.headers.first(name: "date") ?? "unknown"); set the "
          + "node's clock (NTP), or wait for the kubelet to renew the token")
    case "AADSTS90002", "AADSTS900023":
      return make(.configuration, "there is no such tenant; correct AZURE_TENANT_ID, or AZURE_AUTHORITY_HOST")
    case "AADSTS700016":
      return make(
        .configuration, "the tenant has no application with that client id; correct AZURE_CLIENT_ID or AZURE_TENANT_ID")
    case "AADSTS7000215": return make(.signatureMismatch, "the client secret is wrong; give its value, not its id")
    case "AADSTS7000222": return make(.accessDenied, "the client secret has expired; make a new one")
    case "AADSTS500011":
      return make(.configuration, "the tenant does not know Azure Storage; use a tenant that has the subscription")
    default:
      return make(.accessDenied, "the token service refused a token of \(credentials)")
    }
  }

  private var body: Body? { try? JSONDecoder().decode(Body.self, from: Data(buffer: answer.body)) }
  private var description: String { body?.description ?? "" }
  private var entraCode: String { String(description.prefix { $0.isASCII && ($0.isLetter || $0.isNumber) }) }

  private func make(_ code: ObjectStoreError.Code, retry: Bool = false, _ message: String) -> ObjectStoreError {
    // The first line says what is wrong; trace ids follow.
    let said = [body?.error ?? "", String(description.prefix { !$0.isNewline }.prefix(300))].filter { !$0.isEmpty }
      .joined(separator: ": ")
    return ObjectStoreError(
      code, isRetryable: retry,
      retryAfter: retry
        ? answer.headers.first(name: "retry-after").flatMap { HeaderValues.retryAfter($0, now: now) } : nil,
      operation: request.operation, message: "\(message) [\(answer.status)\(said.isEmpty ? "" : " \(said)")]")
  }
}
