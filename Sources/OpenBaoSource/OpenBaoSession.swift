import Foundation
import SnapshotSource

/// A login at a server, ended again where it was ours.
struct OpenBaoSession: Sendable {
  let client: OpenBaoClient
  let token: String
  private let isOwn: Bool

  /// Logs in, runs `body`, and revokes the login's token whatever happened; a token that was given stays as it is.
  ///
  /// - Returns: What `body` returned, and a warning where the token could not be revoked.
  static func with<Value>(
    _ client: OpenBaoClient, _ body: (OpenBaoSession) async throws -> Value
  ) async throws -> (value: Value, warning: String?) {
    let session = try await begin(client)
    do {
      let value = try await body(session)
      return (value, await session.end())
    } catch {
      _ = await session.end()
      throw error
    }
  }

  private static func begin(_ client: OpenBaoClient) async throws -> OpenBaoSession {
    if case .token(let token) = client.endpoint.login {
      return OpenBaoSession(client: client, token: token, isOwn: false)
    }
    guard let login = try OpenBaoLogin(client.endpoint.login) else {
      throw SnapshotSourceError(.configuration, operation: "login", message: "there is no way to log in")
    }
    let answer: OpenBaoAnswer.Login = try await client.answer(login.request, secrets: login.secrets)
    let operation = login.request.operation
    if answer.auth?.secondFactor != nil {
      throw SnapshotSourceError(
        .unauthorized, operation: operation,
        message:
          "the login asks for a second factor, which nobody can give here; exempt the backup's role or user from it")
    }
    guard let auth = answer.auth, !auth.clientToken.isEmpty else {
      throw SnapshotSourceError(.failed, operation: operation, message: "the login gave no token")
    }
    return OpenBaoSession(client: client, token: auth.clientToken, isOwn: true)
  }

  private func end() async -> String? {
    guard isOwn else { return nil }
    return await withoutCancellation {
      do {
        let (status, _) = try await client.call(.revokeSelf, token: token)
        guard status >= 400 else { return nil }
        return "the login's token could not be revoked (status \(status)); it ends with its own lifetime"
      } catch {
        return "the login's token could not be revoked; it ends with its own lifetime"
      }
    }
  }
}

extension OpenBaoClient {
  /// - Throws: ``SnapshotSourceError`` where the server cannot be reached, is sealed, or is not initialized.
  func checkHealth() async throws -> OpenBaoAnswer.Health? {
    let request = OpenBaoRequest.health
    let (status, body) = try await call(request)
    // A proxy may hide this path; then only the facts are missing.
    guard status == 200, let health = try? JSONDecoder().decode(OpenBaoAnswer.Health.self, from: body) else {
      return nil
    }
    guard health.initialized != false else {
      throw SnapshotSourceError(
        .failed, operation: request.operation,
        message: "\(endpoint.address) is not initialized; run `bao operator init`")
    }
    guard health.sealed != true else {
      throw SnapshotSourceError(
        .failed, operation: request.operation, message: "\(endpoint.address) is sealed; unseal it and try again")
    }
    guard health.disasterRecoveryMode != "secondary" else {
      throw SnapshotSourceError(
        .configuration, operation: request.operation,
        message:
          "\(endpoint.address) is a disaster recovery secondary, which gives no snapshots; set address to the primary")
    }
    return health
  }
}
