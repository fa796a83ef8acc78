import Crypto
import CryptoExtras
import Foundation

/// A service account's key, which signs for a token.
struct ServiceAccountKey: Sendable {
  struct BadKey: Error {}

  var email: String
  /// Names the key to people; no secret.
  var keyID: String?
  var tokenURL: String
  private let key: _RSA.Signing.PrivateKey

  /// - Throws: ``BadKey``; what the library says of a key may quote it.
  init(email: String, keyID: String?, pem: String, tokenURL: String) throws {
    self.email = email
    self.keyID = keyID
    self.tokenURL = tokenURL
    do { key = try _RSA.Signing.PrivateKey(pemRepresentation: pem) } catch { throw BadKey() }
  }

  /// A JWT that asks for an access token, signed with RS256. Good for an hour, which is the most that Google takes.
  /// https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests
  func assertion(scope: String, now: Date) throws -> String {
    struct Header: Encodable {
      var alg = "RS256"
      var kid: String?
      var typ = "JWT"
    }
    struct Claims: Encodable {
      var aud: String
      var exp: Int
      var iat: Int
      var iss: String
      var scope: String
    }
    let issued = Int(now.timeIntervalSince1970)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let signed =
      Self.base64URL(try encoder.encode(Header(kid: keyID))) + "."
      + Self.base64URL(
        try encoder.encode(Claims(aud: tokenURL, exp: issued + 3600, iat: issued, iss: email, scope: scope)))
    let signature = try key.signature(for: SHA256.hash(data: Data(signed.utf8)), padding: .insecurePKCS1v1_5)
    return "\(signed).\(Self.base64URL(signature.rawRepresentation))"
  }

  /// https://www.rfc-editor.org/rfc/rfc7515#section-2
  static func base64URL(_ data: Data) -> String {
    data.base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
      .replacingOccurrences(of: "=", with: "")
  }
}

/// A person's refresh token, as `gcloud auth application-default login` leaves it.
struct AuthorizedUser: Sendable {
  var clientID: String
  var clientSecret: String
  var refreshToken: String
  var tokenURL: String
}

/// Another provider's token, exchanged for one of Google's.
/// https://cloud.google.com/iam/docs/workload-identity-federation-with-kubernetes
struct ExternalAccount: Sendable {
  enum Source: Sendable {
    /// Read anew each time: a projected token is replaced before it ends.
    case file(String, jsonField: String?)
    case url(String, headers: [String: String], jsonField: String?)
  }
  var audience: String
  var subjectTokenType: String
  var tokenURL: String
  var source: Source
  var clientID: String?
  var clientSecret: String?
  var workforceUserProject: String?
  var impersonation: Impersonation?
}

/// A service account whose token another identity may ask for.
/// https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
struct Impersonation: Sendable {
  var url: String
  /// Its e-mail address.
  var account: String
  /// Of a token, in seconds.
  var lifetime = 3600
  var delegates: [String] = []
}

struct ImpersonatedAccount: Sendable {
  var source: GoogleCredentials.Kind
  var impersonation: Impersonation
}
