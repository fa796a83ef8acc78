import Foundation
import NIOHTTP1
import SnapshotSource

/// `POST /fabric/v1/database/snapshot`, as an administrator; where the controller does not have it, the edge API's, which
/// names no file.
struct ManagementSnapshotTaker: SnapshotTaker {
  private static let fabric = "/fabric/v1/database/snapshot"
  private static let edge = "/edge/management/v1/database/snapshot"
  private static let session = "/edge/management/v1/current-api-session"

  let endpoint: ManagementEndpoint

  func take(_ path: String, until deadline: ContinuousClock.Instant) async throws -> TakenSnapshot {
    try await ManagementClient.with(endpoint) { client in
      let version = try await version(client)
      let token = try await login(client)
      let result: Result<TakenSnapshot, any Error>
      do { result = .success(try await take(path, token, client, until: deadline)) } catch { result = .failure(error) }
      // The session ends with its own lifetime where this fails.
      await withoutCancellation { _ = try? await client.send(.DELETE, Self.session, session: token) }
      var taken = try result.get()
      taken.facts["version"] = version
      return taken
    }
  }

  /// Needs no login, and tells a wrong URL apart from a wrong password.
  private func version(_ client: ManagementClient) async throws -> String? {
    let path = "/edge/management/v1/version"
    let answer = try await client.send(.GET, path)
    guard answer.status == 200 else {
      throw ManagementErrors.refusal(answer, operation: "GET \(path)", endpoint: endpoint)
    }
    return try? JSONDecoder().decode(
      ManagementAnswer.Envelope<ManagementAnswer.Version>.self, from: answer.body
    ).data.version
  }

  private func login(_ client: ManagementClient) async throws -> String {
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
        message: "the login asks for a second factor, which nobody can give here; use an identity without one, or "
          + "snapshot: agent")
    }
    return session.token
  }

  private func take(
    _ path: String, _ token: String, _ client: ManagementClient, until deadline: ContinuousClock.Instant
  ) async throws -> TakenSnapshot {
    var isEdge = false
    var wasBusy = false
    while true {
      let target = isEdge ? Self.edge : Self.fabric
      let body = isEdge ? nil : try JSONEncoder().encode(["path": path])
      let answer = try await client.send(.POST, target, session: token, json: body)
      switch answer.status {
      case 200, 201: return isEdge ? TakenSnapshot() : try taken(answer, path)
      case 404 where !isEdge, 405 where !isEdge: isEdge = true
      case 429:
        wasBusy = true
        try await RateLimit.wait(until: deadline, operation: "POST \(target)")
      case 503 where ManagementErrors.code(answer) == "TIMEOUT":
        guard !(isEdge && wasBusy) else {
          throw SnapshotSourceError(
            .unreachable, operation: "POST \(target)",
            message: "somebody else takes snapshots too, and which file is this run's cannot be told; try again")
        }
        // The controller goes on; the file comes.
        return TakenSnapshot(path: isEdge ? nil : path, mayStillBeWritten: true)
      default: throw ManagementErrors.refusal(answer, operation: "POST \(target)", endpoint: endpoint)
      }
    }
  }

  private func taken(_ answer: ManagementClient.Answer, _ path: String) throws -> TakenSnapshot {
    let written = try? JSONDecoder().decode(
      ManagementAnswer.Envelope<ManagementAnswer.Snapshot>.self, from: answer.body
    ).data.path
    guard let written, written != path else { return TakenSnapshot(path: path) }
    throw SnapshotSourceError(
      .failed, operation: "POST \(Self.fabric)",
      message: "the snapshot was to be \(path), and the controller says that it wrote \(written); remove that file")
  }
}
