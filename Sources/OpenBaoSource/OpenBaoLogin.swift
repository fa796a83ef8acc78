import Foundation
import NIOHTTP1

extension OpenBaoEndpoint {
  /// How to get a token. A login's own token is revoked at the end; one that was given stays as it is.
  ///
  /// Mount paths are those of the auth methods, without `auth/`.
  public enum Login: Sendable {
    case token(String)
    /// - Parameter token: A projected service account token.
    case jwt(role: String, mountPath: String, token: String)
    /// The server asks its cluster's API to review the token.
    /// - Parameter token: A service account token that the API server takes.
    case kubernetes(role: String, mountPath: String, token: String)
    /// - Parameter secretID: nil where the role binds none (`bind_secret_id = false`).
    case appRole(roleID: String, secretID: String?, mountPath: String)
    case userpass(username: String, password: String, mountPath: String)
  }
}

/// A login as a request, and what to say where it is refused.
struct OpenBaoLogin: Sendable {
  var request: OpenBaoRequest
  /// Never to be repeated.
  var secrets: [String]

  /// - Returns: nil for a token, which needs no login.
  init?(_ login: OpenBaoEndpoint.Login) throws {
    switch login {
    case .token: return nil
    case .jwt(let role, let mountPath, let token):
      try self.init(
        path: "\(Self.mount(mountPath))/login", ["role": role, "jwt": token], secrets: [token],
        method: .init(
          name: "JWT", check: "jwtAuthRole, jwtMountPath, jwtAudience and what the role is bound to",
          mountField: "jwtMountPath"))
    case .kubernetes(let role, let mountPath, let token):
      try self.init(
        path: "\(Self.mount(mountPath))/login", ["role": role, "jwt": token], secrets: [token],
        method: .init(
          name: "Kubernetes",
          check: "kubernetesAuth.role, its bound service account and namespace, its audience, and that the server may "
            + "review tokens (system:auth-delegator)",
          mountField: "kubernetesAuth.mountPath"))
    case .appRole(let roleID, let secretID, let mountPath):
      try self.init(
        path: "\(Self.mount(mountPath))/login",
        ["role_id": roleID].merging(secretID.map { ["secret_id": $0] } ?? [:]) { $1 },
        secrets: [secretID ?? ""],
        method: .init(
          name: "AppRole", check: "appRole's role id and secret id, which may have expired or been used up",
          mountField: "appRole.mountPath"))
    case .userpass(let username, let password, let mountPath):
      let user = username.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? username
      try self.init(
        path: "\(Self.mount(mountPath))/login/\(user)", ["password": password], secrets: [password],
        method: .init(name: "userpass", check: "userpass's username and password", mountField: "userpass.mountPath"))
    }
  }

  private init(path: String, _ body: [String: String], secrets: [String], method: OpenBaoRequest.LoginMethod) throws {
    request = OpenBaoRequest(method: .POST, path: "auth/\(path)", json: try JSONEncoder().encode(body), login: method)
    self.secrets = secrets
  }

  private static func mount(_ path: String) -> String {
    path.split(separator: "/").joined(separator: "/")
  }
}
