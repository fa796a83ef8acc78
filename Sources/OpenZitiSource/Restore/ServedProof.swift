import Foundation
import NIOHTTP1
import SnapshotSource

/// Asks a controller over its management API whether it serves what was restored: its version, the login of an administrator
/// of the restored database, and how many identities it has.
struct ServedProof: Sendable {
  let endpoint: ManagementEndpoint
  /// Until the API answers.
  let patience: Patience

  struct Served: Sendable, Hashable {
    var version: String?
    var identities: Int
  }

  /// `GET /edge/management/v1/version`, which needs no login.
  static func version(_ endpoint: ManagementEndpoint) async throws -> ControllerVersion? {
    try await ManagementClient.with(endpoint) { client in
      try await ManagementLogin(endpoint: endpoint, client: client).version().flatMap { ControllerVersion($0) }
    }
  }

  /// - Throws: ``SnapshotSourceError``: `unreachable` where it did not answer in time, `unauthorized` where it refuses the
  ///   login.
  func served() async throws -> Served {
    var found: Served?
    let missing = try await patience.wait {
      do {
        found = try await ask()
        return nil
      } catch let error as SnapshotSourceError where error.code == .unreachable || error.code == .failed {
        // It has only just started.
        return error.description
      }
    }
    guard let found else {
      throw SnapshotSourceError(
        .unreachable, operation: "ask \(endpoint.url)", message: "the management API did not answer: \(missing ?? "")")
    }
    return found
  }

  private func ask() async throws -> Served {
    try await ManagementClient.with(endpoint) { client in
      let login = ManagementLogin(endpoint: endpoint, client: client)
      let version = try await login.version()
      return try await login.withSession { token in
        Served(version: version, identities: try await identities(client, token))
      }
    }
  }

  /// `meta.pagination.totalCount` of a list. https://openziti.io/docs/reference/developer/api/ (listIdentities)
  private func identities(_ client: ManagementClient, _ token: String) async throws -> Int {
    let path = "/edge/management/v1/identities?limit=1&offset=0"
    let answer = try await client.send(.GET, path, session: token)
    guard answer.status == 200 else {
      throw ManagementErrors.refusal(answer, operation: "GET /edge/management/v1/identities", endpoint: endpoint)
    }
    struct List: Decodable {
      struct Meta: Decodable {
        struct Pagination: Decodable { var totalCount: Int }
        var pagination: Pagination
      }
      var meta: Meta
    }
    guard let list = try? JSONDecoder().decode(List.self, from: answer.body) else {
      throw SnapshotSourceError(
        .configuration, operation: "GET /edge/management/v1/identities",
        message: "the answer is not a controller's; managementAPI.url must be the listener of the management API")
    }
    return list.meta.pagination.totalCount
  }
}
