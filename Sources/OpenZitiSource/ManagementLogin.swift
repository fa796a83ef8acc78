import Foundation
import NIOHTTP1
import SnapshotSource

/// A session at a controller's management API.
struct ManagementLogin: Sendable {
  private static let session = "/edge/management/v1/current-api-session"

  let endpoint: ManagementEndpoint
  let client: ManagementClient

  /// Logs in, and out again however `body` ends.
  func withSession<Value: Sendable>(_ body: (String) async throws -> Value) async throws -> Value {
    let token = try await token()
    let result: Result<Value, any Error>
    do { result = .success(try await body(token)) } catch { result = .failure(error) }
    let client = client
    // The session ends with its own lifetime where this fails.
    await withoutCancellation { _ = try? await client.send(.DELETE, Self.session, session: token) }
    return try result.get()
  }

  /// Needs no login, and tells a wrong URL apart from a wrong password.
  func version() async throws -> String? {
    let path = "/edge/management/v1/version"
    let answer = try await client.send(.GET, path)
    guard answer.status == 200 else {
      throw ManagementErrors.refusal(answer, operation: "GET \(path)", endpoint: endpoint)
    }
    return try? JSONDecoder().decode(
      ManagementAnswer.Envelope<ManagementAnswer.Version>.self, from: answer.body
    ).data.version
  }

  private func token() async throws -> String {
    let path = "/edge/management/v1/authenticate"
    let answer: ManagementClient.Answer
    switch endpoint.login {
    case .password(let user, let password):
      let body = try JSONEncoder().encode(["username": user, "password": password])
      answer = try await client.send(.POST, "\(path)?method=password", json: body)
    case .certificate:
      answer = try await client.send(.POST, "\(path)?method=cert", json: Data("{}".utf8))
    }
    guard answer.status == 200 else {
      throw ManagementErrors.refusal(answer, operation: "POST \(path)", endpoint: endpoint, isLogin: true)
    }
    guard
      let session = try? JSONDecoder().decode(
        ManagementAnswer.Envelope<ManagementAnswer.Session>.self, from: answer.body
      ).data
    else {
      throw SnapshotSourceError(
        .configuration, operation: "POST \(path)",
        message: "the answer is not a controller's; managementAPI.url must be the listener of the management API")
    }
    guard (session.authQueries ?? []).isEmpty else {
      throw SnapshotSourceError(
        .unauthorized, operation: "POST \(path)",
        message: "the login asks for a second factor, which nobody can give here; use an identity without "
          + "one, or for a snapshot the agent")
    }
    return session.token
  }
}
