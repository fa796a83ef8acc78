import Crypto
import Foundation
import TestServers
import Testing

/// A JWT auth method of its own on a real server, which trusts a fresh ES256 key, with a role that may take snapshots.
struct JWTMethod {
  let mount: String
  private let key = P256.Signing.PrivateKey()

  /// - Parameter policy: What the role grants; the capability to take snapshots where nil.
  static func enable(on server: OpenBaoServer, policy: String? = nil) async throws -> JWTMethod {
    let method = JWTMethod(mount: "jwt-\(UUID().uuidString.prefix(6).lowercased())")
    try await method.enable(
      server, policy: policy ?? #"path \"sys/storage/raft/snapshot\" { capabilities = [\"read\"] }"#)
    return method
  }

  private init(mount: String) { self.mount = mount }

  private func enable(_ server: OpenBaoServer, policy: String) async throws {
    let keys = try JSONEncoder().encode(["jwt_validation_pubkeys": key.publicKey.pemRepresentation])
    let calls: [(String, String)] = [
      ("sys/auth/\(mount)", #"{"type":"jwt"}"#),
      ("sys/policies/acl/\(mount)", #"{"policy":"\#(policy)"}"#),
      ("auth/\(mount)/config", String(decoding: keys, as: UTF8.self)),
      (
        "auth/\(mount)/role/backup",
        #"{"role_type":"jwt","user_claim":"sub","bound_audiences":"openbao-internal","token_policies":"\#(mount)"}"#
      ),
    ]
    for (path, body) in calls {
      let answer = try await server.request("POST", path, json: body)
      try #require((200..<300).contains(answer.status), "\(path): \(answer.text)")
    }
  }

  /// - Parameter lifetime: Seconds from now; negative for one that has ended.
  func token(audience: String = "openbao-internal", lifetime: Int = 300) throws -> String {
    let now = Int(Date().timeIntervalSince1970)
    let issued = min(now, now + lifetime) - 600
    let head = Self.base64(Data(#"{"alg":"ES256","typ":"JWT"}"#.utf8))
    let claims = Self.base64(
      Data(
        #"{"sub":"system:serviceaccount:a:b","aud":"\#(audience)","iat":\#(issued),"exp":\#(now + lifetime)}"#.utf8))
    let signature = try key.signature(for: Data("\(head).\(claims)".utf8))
    return "\(head).\(claims).\(Self.base64(signature.rawRepresentation))"
  }

  private static func base64(_ data: Data) -> String {
    data.base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
      .replacingOccurrences(of: "=", with: "")
  }
}
