import Foundation
import NIOHTTP1
import SnapshotSource

/// `POST /fabric/v1/database/snapshot`, as an administrator; where the controller does not have it, the edge API's, which
/// names no file.
struct ManagementSnapshotTaker: SnapshotTaker {
  private static let fabric = "/fabric/v1/database/snapshot"
  private static let edge = "/edge/management/v1/database/snapshot"

  let endpoint: ManagementEndpoint

  func take(_ path: String, until deadline: ContinuousClock.Instant) async throws -> TakenSnapshot {
    try await ManagementClient.with(endpoint) { client in
      let login = ManagementLogin(endpoint: endpoint, client: client)
      let version = try await login.version()
      var taken = try await login.withSession { token in try await take(path, token, client, until: deadline) }
      taken.facts["version"] = version
      return taken
    }
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
