import Foundation
import ObjectStore

/// Reads Google's credentials files, and says what is wrong with one without showing what it holds.
struct CredentialsFile {
  private let fields: [String: JSONField]
  private let origin: String

  init(json: [UInt8], origin: String) throws {
    self.origin = origin
    do {
      fields = try JSONDecoder().decode([String: JSONField].self, from: Data(json))
    } catch {
      throw Self.error(origin, Self.whyNotJSON(json))
    }
  }

  private init(_ fields: [String: JSONField], origin: String) {
    self.fields = fields
    self.origin = origin
  }

  private static func whyNotJSON(_ bytes: [UInt8]) -> String {
    let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    if text.isEmpty { return "is empty; it must hold the JSON file that Google gives for a service account key" }
    if text.hasPrefix("-----BEGIN") {
      return "is a PEM key; it must hold the whole JSON file that Google gives, of which that is the field private_key"
    }
    if let decoded = Data(base64Encoded: text, options: .ignoreUnknownCharacters), decoded.first == UInt8(ascii: "{") {
      return "is base64 of a JSON file; store the file itself (kubectl create secret generic --from-file), or use "
        + "stringData"
    }
    return "is not JSON; it must hold the JSON file that Google gives for a service account key, unchanged"
  }

  private static func error(_ origin: String, _ message: String) -> ObjectStoreError {
    ObjectStoreError(.configuration, operation: "Google credentials", message: "\(origin) \(message)")
  }

  private func error(_ message: String) -> ObjectStoreError { Self.error(origin, message) }

  func kind() throws -> GoogleCredentials.Kind {
    guard let type = fields["type"]?.text else {
      if fields["installed"] != nil || fields["web"] != nil {
        throw error("is an OAuth client, not an identity; create a key of a service account instead")
      }
      throw error("has no field type; it must be the JSON file that Google gives for a service account key")
    }
    switch type {
    case "service_account": return .serviceAccount(try serviceAccount())
    case "authorized_user":
      return .authorizedUser(
        AuthorizedUser(
          clientID: try text("client_id"), clientSecret: try text("client_secret"),
          refreshToken: try text("refresh_token"), tokenURL: try url("token_uri", default: Self.tokenURL)))
    case "external_account": return .externalAccount(try externalAccount())
    case "impersonated_service_account": return .impersonated(try impersonated())
    default:
      throw error(
        "has type \(type), which is not supported; use service_account, external_account, "
          + "impersonated_service_account or authorized_user")
    }
  }

  static let tokenURL = "https://oauth2.googleapis.com/token"

  private func serviceAccount() throws -> ServiceAccountKey {
    let pem = try text("private_key")
    do {
      return try ServiceAccountKey(
        email: text("client_email"), keyID: fields["private_key_id"]?.text, pem: pem,
        tokenURL: url("token_uri", default: Self.tokenURL))
    } catch is ServiceAccountKey.BadKey {
      let found = pem.contains("-----BEGIN") ? "holds a key of another type" : "is no PEM key"
      throw error(
        "has a private_key that \(found); it must be an RSA private key of 2048 bits or more between BEGIN and END "
          + "lines, with line ends as \\n: use the file as Google gave it")
    }
  }

  private func externalAccount() throws -> ExternalAccount {
    guard let source = fields["credential_source"]?.object.map({ CredentialsFile($0, origin: origin) }) else {
      throw error("has no field credential_source")
    }
    return ExternalAccount(
      audience: try text("audience"), subjectTokenType: try text("subject_token_type"),
      tokenURL: try url("token_url", default: "https://sts.googleapis.com/v1/token"), source: try source.tokenSource(),
      clientID: fields["client_id"]?.text, clientSecret: fields["client_secret"]?.text,
      workforceUserProject: fields["workforce_pool_user_project"]?.text, impersonation: try impersonation())
  }

  private func tokenSource() throws -> ExternalAccount.Source {
    var field: String?
    if let format = fields["format"]?.object, format["type"]?.text == "json" {
      guard let name = format["subject_token_field_name"]?.text, !name.isEmpty else {
        throw error("has credential_source.format json without subject_token_field_name")
      }
      field = name
    }
    if let path = fields["file"]?.text { return .file(path, jsonField: field) }
    if fields["url"] != nil {
      let headers = fields["headers"]?.object?.compactMapValues(\.text) ?? [:]
      return .url(try url("url", default: ""), headers: headers, jsonField: field)
    }
    let kind = ["environment_id", "executable", "certificate"].first { fields[$0] != nil } ?? "no file"
    throw error("has credential_source with \(kind), which is not supported; use file or url")
  }

  private func impersonation() throws -> Impersonation? {
    guard fields["service_account_impersonation_url"] != nil else { return nil }
    let seconds = fields["service_account_impersonation"]?.object?["token_lifetime_seconds"]?.number ?? 3600
    let delegates = fields["delegates"]?.array?.compactMap(\.text) ?? []
    let url = try url("service_account_impersonation_url", default: "")
    // .../serviceAccounts/<email>:generateAccessToken
    let account = url.split(separator: "/").last?.split(separator: ":").first.map(String.init)
    return Impersonation(url: url, account: account ?? url, lifetime: Int(seconds), delegates: delegates)
  }

  private func impersonated() throws -> ImpersonatedAccount {
    guard let source = fields["source_credentials"]?.object else { throw error("has no field source_credentials") }
    guard let impersonation = try impersonation() else {
      throw error("has no field service_account_impersonation_url")
    }
    let kind = try CredentialsFile(source, origin: "source_credentials of \(origin)").kind()
    if case .impersonated = kind {
      throw error("has source_credentials that are impersonated themselves; use delegates")
    }
    return ImpersonatedAccount(source: kind, impersonation: impersonation)
  }

  private func text(_ name: String) throws -> String {
    guard let value = fields[name]?.text, !value.isEmpty else { throw error("has no field \(name)") }
    return value
  }

  /// https, or a server on this machine: what is sent there is a credential.
  private func url(_ name: String, default fallback: String) throws -> String {
    let value = fields[name]?.text ?? fallback
    guard let parts = URLComponents(string: value), let host = parts.host, !host.isEmpty,
      parts.scheme == "https" || (parts.scheme == "http" && Self.isLocal(host))
    else { throw error("has a field \(name) that is no https URL") }
    return value
  }

  /// This machine, or one that is only reached from it: sidecars and cloud metadata servers speak plain http.
  private static func isLocal(_ host: String) -> Bool {
    host == "localhost" || host.hasPrefix("127.") || host == "[::1]" || host == "::1" || host.hasPrefix("169.254.")
      || host == "metadata.google.internal"
  }
}

/// Any JSON value, as far as credentials files need it.
enum JSONField: Decodable, Sendable {
  case string(String), number(Double), list([JSONField]), dictionary([String: JSONField]), other

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode([String: JSONField].self) {
      self = .dictionary(value)
    } else if let value = try? container.decode([JSONField].self) {
      self = .list(value)
    } else {
      self = .other
    }
  }

  var text: String? { if case .string(let value) = self { value } else { nil } }
  var number: Double? { if case .number(let value) = self { value } else { nil } }
  var object: [String: JSONField]? { if case .dictionary(let value) = self { value } else { nil } }
  var array: [JSONField]? { if case .list(let value) = self { value } else { nil } }
}
