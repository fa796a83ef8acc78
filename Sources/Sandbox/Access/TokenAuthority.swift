import Crypto
import Foundation
import KubernetesModel

/// Tells who holds a bearer token, and makes tokens of service accounts: signed JWTs, as a real API server's are
/// (https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens).
struct TokenAuthority: Sendable {
  static let issuer = "https://kubernetes.default.svc.cluster.local"
  static let audience = issuer
  private static let keyID = "sandbox"

  /// The token of the kubeconfig.
  let administratorToken: String
  private let key: P256.Signing.PrivateKey
  private let clock: @Sendable () -> Date

  init(
    administratorToken: String = TokenAuthority.randomToken(), key: P256.Signing.PrivateKey = P256.Signing.PrivateKey(),
    clock: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.administratorToken = administratorToken
    self.key = key
    self.clock = clock
  }

  /// 256 random bits.
  static func randomToken() -> String {
    SymmetricKey(size: .bits256).withUnsafeBytes { Data($0).base64URL }
  }

  /// - Returns: Nil where the token is wrong, expired or for another audience.
  func caller(token: String) -> Caller? {
    if Self.digest(token) == Self.digest(administratorToken) { return .administrator }
    guard let claims = verify(token), (claims["aud"]?.arrayValue ?? []).contains(.string(Self.audience)),
      let subject = claims["sub"]?.stringValue, let namespace = claims["kubernetes.io"]?["namespace"]?.stringValue
    else { return nil }
    return Caller(
      username: subject, uid: claims["kubernetes.io"]?["serviceaccount"]?["uid"]?.stringValue,
      groups: ["system:serviceaccounts", "system:serviceaccounts:\(namespace)", "system:authenticated"])
  }

  /// Digests are compared, so that the time taken says nothing of the token.
  private static func digest(_ token: String) -> SHA256Digest { SHA256.hash(data: Data(token.utf8)) }

  func token(
    namespace: String, serviceAccount: String, uid: String, audiences: [String], expirationSeconds: Int
  ) -> String {
    let now = Int64(clock().timeIntervalSince1970)
    let claims: JSONValue = [
      "iss": .string(Self.issuer), "sub": .string("system:serviceaccount:\(namespace):\(serviceAccount)"),
      "aud": .array((audiences.isEmpty ? [Self.audience] : audiences).map { .string($0) }), "iat": .integer(now),
      "nbf": .integer(now), "exp": .integer(now + Int64(expirationSeconds)),
      "jti": .string(UUID().uuidString.lowercased()),
      "kubernetes.io": [
        "namespace": .string(namespace), "serviceaccount": ["name": .string(serviceAccount), "uid": .string(uid)],
      ],
    ]
    let header: JSONValue = ["alg": "ES256", "typ": "JWT", "kid": .string(Self.keyID)]
    let signed = Data(JSONWriter.bytes(header)).base64URL + "." + Data(JSONWriter.bytes(claims)).base64URL
    guard let signature = try? key.signature(for: Data(signed.utf8)) else { return "" }
    return signed + "." + signature.rawRepresentation.base64URL
  }

  private func verify(_ token: String) -> JSONValue? {
    let parts = token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, let payload = Data(base64URL: parts[1]), let bytes = Data(base64URL: parts[2]),
      let signature = try? P256.Signing.ECDSASignature(rawRepresentation: bytes),
      key.publicKey.isValidSignature(signature, for: Data("\(parts[0]).\(parts[1])".utf8)),
      let claims = try? JSONReader.parse(payload).value, let expiry = claims["exp"]?.integerValue,
      Double(expiry) > clock().timeIntervalSince1970
    else { return nil }
    return claims
  }

  /// `/openid/v1/jwks`: what others verify the tokens with.
  var keySet: JSONValue {
    let point = key.publicKey.rawRepresentation
    return [
      "keys": [
        [
          "use": "sig", "kty": "EC", "kid": .string(Self.keyID), "crv": "P-256", "alg": "ES256",
          "x": .string(point.prefix(32).base64URL), "y": .string(point.suffix(32).base64URL),
        ]
      ]
    ]
  }

  /// The public key, PEM: for verifiers that take no key set.
  var publicKey: String { key.publicKey.pemRepresentation }
}

extension TokenAuthority: CustomStringConvertible {
  var description: String { "TokenAuthority" }
}

extension Data {
  var base64URL: String {
    base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  init?(base64URL text: String) {
    let standard = text.replacing("-", with: "+").replacing("_", with: "/")
    self.init(base64Encoded: standard + String(repeating: "=", count: (4 - standard.count % 4) % 4))
  }
}
