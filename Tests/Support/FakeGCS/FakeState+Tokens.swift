import Crypto
import CryptoExtras
public import Foundation
import NIOCore
import NIOHTTP1

struct FakeToken: Sendable {
  var account: String
  var scopes: Set<String>
  var expires: Date
}

struct FakeServiceAccount: Sendable {
  var email: String
  var key: _RSA.Signing.PublicKey
}

/// The services that give tokens, and what a token allows.
extension FakeState {
  private static let storageScopes: Set = [
    "https://www.googleapis.com/auth/devstorage.read_write", "https://www.googleapis.com/auth/devstorage.full_control",
    "https://www.googleapis.com/auth/cloud-platform",
  ]

  // MARK: Accounts

  /// Makes a key of a service account, and its file.
  public mutating func makeServiceAccountKey(_ email: String) throws -> Data {
    let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
    let id = makeID("key")
    keys[id] = FakeServiceAccount(email: email, key: key.publicKey)
    return try JSONSerialization.data(
      withJSONObject: [
        "type": "service_account", "project_id": "project", "private_key_id": id,
        "private_key": key.pemRepresentation, "client_email": email, "client_id": "1",
        "token_uri": "\(endpoint)/token", "universe_domain": "googleapis.com",
      ], options: [.sortedKeys])
  }

  public mutating func revokeKeys(of email: String) {
    keys = keys.filter { $0.value.email != email }
  }

  /// Ends every token that was given.
  public mutating func revokeTokens() { tokens = [:] }

  private mutating func issue(_ account: String, scopes: [String]) -> (token: String, seconds: Int) {
    let token = makeID("ya29.token")
    tokens[token] = FakeToken(
      account: account, scopes: Set(scopes), expires: now().addingTimeInterval(TimeInterval(tokenLifetime)))
    return (token, tokenLifetime)
  }

  private mutating func answer(_ account: String, scopes: [String]) -> FakeAnswer {
    let issued = issue(account, scopes: scopes)
    return .json(["access_token": issued.token, "expires_in": issued.seconds, "token_type": "Bearer"])
  }

  // MARK: Checking

  /// - Returns: What refuses the request, nil where the token's account has the permission.
  func unauthorized(_ request: FakeRequest, _ permission: String, bucket: String) -> FakeAnswer? {
    guard requiresToken else { return nil }
    guard let header = request.headers.first(name: "authorization") else {
      return .error(
        401, "required", "Anonymous caller does not have \(permission) access to the Google Cloud Storage object.")
    }
    guard let token = tokens[String(header.dropFirst("Bearer ".count))], header.hasPrefix("Bearer "),
      token.expires > now()
    else { return .error(401, "authError", "Invalid Credentials") }
    guard !token.scopes.isDisjoint(with: Self.storageScopes) else {
      return .error(403, "insufficientPermissions", "Insufficient Permission")
    }
    return forbidden(header, permission)
  }

  func forbidden(_ header: String?, _ permission: String) -> FakeAnswer? {
    guard requiresToken, let account = tokens[String((header ?? "").dropFirst("Bearer ".count))]?.account,
      let allowed = permissions[account], !allowed.contains(permission)
    else { return nil }
    return .error(
      403, "forbidden",
      "\(account) does not have \(permission) access to the Google Cloud Storage object. Permission '\(permission)' denied "
        + "on resource (or it may not exist).")
  }

  // MARK: Giving

  mutating func token(_ request: FakeRequest) -> FakeAnswer {
    let path = request.path
    switch (request.method, path) {
    case ("POST", ["token"]): return oauth(request)
    case ("POST", ["v1", "token"]): return exchange(request)
    case ("GET", ["computeMetadata", "v1", "instance", "service-accounts", "default", "token"]):
      return metadata(request)
    case ("GET", ["subject-token"]):
      guard request.headers.first(name: "x-wanted") == "yes" else { return FakeAnswer(403) }
      return .json(["value": subjects.keys.sorted().first ?? ""])
    case ("POST", _) where path.count == 5 && path[1] == "projects" && path[4].hasSuffix(":generateAccessToken"):
      return impersonate(request, String(path[4].dropLast(":generateAccessToken".count)))
    default: return FakeAnswer(404)
    }
  }

  /// https://developers.google.com/identity/protocols/oauth2/service-account#httprest
  private mutating func oauth(_ request: FakeRequest) -> FakeAnswer {
    let form = request.form
    switch form["grant_type"] {
    case "refresh_token":
      guard refreshTokens.contains(form["refresh_token"] ?? "") else {
        return .oauth("invalid_grant", "Token has been expired or revoked.")
      }
      return answer("user@example.org", scopes: ["https://www.googleapis.com/auth/cloud-platform"])
    case "urn:ietf:params:oauth:grant-type:jwt-bearer": return bearer(form["assertion"] ?? "")
    default: return .oauth("unsupported_grant_type", "Invalid grant_type: \(form["grant_type"] ?? "")")
    }
  }

  private mutating func bearer(_ assertion: String) -> FakeAnswer {
    let parts = assertion.split(separator: ".").map(String.init)
    guard parts.count == 3, let header = Self.decode(parts[0]).map(FakeRequest.object),
      let claims = Self.decode(parts[1]).map(FakeRequest.object), let signature = Self.decode(parts[2])
    else { return .oauth("invalid_grant", "Bad JWT") }
    guard header["alg"] as? String == "RS256", header["typ"] as? String == "JWT" else {
      return .oauth("invalid_grant", "Invalid JWT: unsupported algorithm")
    }
    guard let issuer = claims["iss"] as? String, keys.values.contains(where: { $0.email == issuer }) else {
      return .oauth("invalid_grant", "Invalid grant: account not found")
    }
    let digest = SHA256.hash(data: Data("\(parts[0]).\(parts[1])".utf8))
    guard let account = keys[header["kid"] as? String ?? ""], account.email == issuer,
      account.key.isValidSignature(.init(rawRepresentation: signature), for: digest, padding: .insecurePKCS1v1_5)
    else { return .oauth("invalid_grant", "Invalid JWT Signature.") }
    let time = now().timeIntervalSince1970
    guard let issued = claims["iat"] as? Double, let expires = claims["exp"] as? Double, expires - issued <= 3600,
      abs(issued - time) < 300, expires > time
    else {
      return .oauth(
        "invalid_grant",
        "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp "
          + "values in the JWT claim.")
    }
    // Google's client names Google's own address, whatever the file says.
    let audiences = ["\(endpoint)/token", "https://oauth2.googleapis.com/token"]
    guard let audience = claims["aud"] as? String, audiences.contains(audience) else {
      return .oauth("invalid_grant", "Invalid JWT: Failed audience check.")
    }
    guard let scope = claims["scope"] as? String, !scope.isEmpty else {
      return .oauth("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
    }
    return answer(issuer, scopes: scope.split(separator: " ").map(String.init))
  }

  private static func decode(_ text: String) -> Data? {
    var base = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
    base += String(repeating: "=", count: (4 - base.count % 4) % 4)
    return text.contains("=") ? nil : Data(base64Encoded: base)
  }

  /// https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
  private mutating func exchange(_ request: FakeRequest) -> FakeAnswer {
    let form = request.form
    guard form["grant_type"] == "urn:ietf:params:oauth:grant-type:token-exchange",
      form["requested_token_type"] == "urn:ietf:params:oauth:token-type:access_token",
      form["subject_token_type"] == "urn:ietf:params:oauth:token-type:jwt", let scope = form["scope"], !scope.isEmpty
    else { return .oauth("invalid_request", "Invalid request.") }
    guard form["audience"] == audience else {
      return .oauth("invalid_target", "The target service indicated by the \"audience\" parameters is invalid.")
    }
    guard let subject = subjects[form["subject_token"] ?? ""] else {
      return .oauth("invalid_grant", "The ID Token has expired: it is stale to sign-in.")
    }
    let issued = issue("principal://\(subject)", scopes: [scope])
    return .json([
      "access_token": issued.token, "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
      "token_type": "Bearer", "expires_in": issued.seconds,
    ])
  }

  /// https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
  private mutating func impersonate(_ request: FakeRequest, _ account: String) -> FakeAnswer {
    guard let header = request.headers.first(name: "authorization"),
      let token = tokens[String(header.dropFirst("Bearer ".count))], token.expires > now()
    else { return .error(401, "authError", "Invalid Credentials") }
    guard token.scopes.contains("https://www.googleapis.com/auth/cloud-platform"),
      impersonators[account]?.contains(token.account) == true
    else {
      return .json(
        [
          "error": [
            "code": 403, "status": "PERMISSION_DENIED",
            "message": "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).",
          ] as [String: Any]
        ], status: 403)
    }
    guard let scopes = request.json["scope"] as? [String], !scopes.isEmpty else {
      return .error(400, "badRequest", "scope is required")
    }
    let issued = issue(account, scopes: scopes)
    let end = now().addingTimeInterval(TimeInterval(issued.seconds))
    return .json(["accessToken": issued.token, "expireTime": end.formatted(.iso8601)])
  }

  /// https://cloud.google.com/compute/docs/metadata/querying-metadata
  private mutating func metadata(_ request: FakeRequest) -> FakeAnswer {
    guard request.headers.first(name: "metadata-flavor") == "Google" else {
      return FakeAnswer(403, body: ByteBuffer(string: "Missing required header \"Metadata-Flavor\": \"Google\""))
    }
    guard let account = machineAccount else { return FakeAnswer(404, headers: ["metadata-flavor": "Google"]) }
    var answer = answer(account, scopes: ["https://www.googleapis.com/auth/cloud-platform"])
    answer.headers.replaceOrAdd(name: "metadata-flavor", value: "Google")
    return answer
  }
}
