import Foundation
import ObjectStore
import StoreHTTP

/// Keys that end, and are fetched anew before.
struct RenewingCredentials: CredentialsProvider {
  struct Fetched {
    var credentials: S3Credentials
    /// nil for never.
    var expires: Date?
  }

  private let value: ExpiringValue<S3Credentials>

  init(now: @escaping @Sendable () -> Date, fetch: @escaping @Sendable () async throws -> Fetched) {
    value = ExpiringValue(now: now) {
      let fetched = try await fetch()
      return (fetched.credentials, fetched.expires)
    }
  }

  func credentials() async throws -> S3Credentials { try await value.value() }

  func renewed(after refused: S3Credentials) async throws -> S3Credentials? {
    await value.invalidate { $0 == refused }
    let next = try await value.value()
    return next == refused ? nil : next
  }
}

/// Keys as the agents on a node write them.
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
struct CredentialsDocument: Decodable {
  /// Of instance metadata alone: `Success`.
  var code: String?
  var accessKeyID: String?
  var secretAccessKey: String?
  var token: String?
  var expiration: String?

  private enum CodingKeys: String, CodingKey {
    case code = "Code"
    case accessKeyID = "AccessKeyId"
    case secretAccessKey = "SecretAccessKey"
    case token = "Token"
    case expiration = "Expiration"
  }

  /// - Parameter body: JSON.
  /// - Throws: ``ObjectStoreError/Code/integrity``, worth a retry; never with the body, which holds secrets.
  static func read(_ body: some Collection<UInt8>, operation: String) throws -> RenewingCredentials.Fetched {
    func problem(_ message: String) -> ObjectStoreError {
      ObjectStoreError(.integrity, isRetryable: true, operation: operation, message: message)
    }
    guard let document = try? JSONDecoder().decode(Self.self, from: Data(body)) else {
      throw problem("the answer is not the JSON that credentials come in")
    }
    if let code = document.code, code != "Success" {
      throw problem(
        "the answer says \(code.prefix(100)) instead of Success; the instance's role is not ready or not valid")
    }
    guard let id = document.accessKeyID, let secret = document.secretAccessKey, !id.isEmpty, !secret.isEmpty else {
      throw problem("the answer holds no AccessKeyId and SecretAccessKey")
    }
    var expires: Date?
    if let text = document.expiration {
      guard let date = HeaderValues.isoDate(text) else { throw problem("the answer's Expiration is no time in UTC") }
      expires = date
    }
    return RenewingCredentials.Fetched(
      credentials: S3Credentials(accessKeyID: id, secretAccessKey: secret, sessionToken: document.token),
      expires: expires)
  }
}
