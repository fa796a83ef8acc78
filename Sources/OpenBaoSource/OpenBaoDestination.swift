import AsyncHTTPClient
import Foundation
public import NIOCore
import NIOHTTP1
public import SnapshotSource

/// Gives a Raft snapshot back to an OpenBao or Vault cluster: `POST /v1/sys/storage/raft/snapshot`, or `-force` for one of
/// a cluster with other unseal keys.
public struct OpenBaoDestination: SnapshotDestination {
  public let name: String
  public let kind: String
  private let endpoint: OpenBaoEndpoint
  private let willForce: Bool

  /// - Parameter force: Which permission ``preflight()`` asks for; the restore itself is told again.
  public init(name: String, kind: String = "openBao", endpoint: OpenBaoEndpoint, force: Bool = false) {
    self.name = name
    self.kind = kind
    self.endpoint = endpoint
    self.willForce = force
  }

  public func preflight() async throws -> RestorePreview {
    try await withClient { client in
      let health = try await client.checkHealth()
      try await client.checkStorage()
      let (_, warning) = try await OpenBaoSession.with(client) { session in
        try await session.checkRestorePermission(force: willForce)
      }
      var facts = health?.facts ?? [:]
      facts["warning"] = warning
      let name = health?.clusterName.map { " \($0)" } ?? ""
      let keys = willForce ? "; also one of a cluster with other unseal keys, which are then needed" : ""
      return RestorePreview(
        object: endpoint.address,
        detail:
          "the whole storage of the cluster\(name) is replaced by the snapshot\(keys); what was written since is lost",
        facts: facts)
    }
  }

  public func restore<Snapshot: AsyncSequence & Sendable>(
    from snapshot: Snapshot, size: Int64, force: Bool, didBegin: @Sendable () async throws -> Void
  ) async throws -> SnapshotFacts where Snapshot.Element == ByteBuffer {
    try await withClient { client in
      let health = try await client.checkHealth()
      let active = await client.activeAddress()
      let (_, warning) = try await OpenBaoSession.with(client) { session in
        try await didBegin()
        try await RestoreUpload(session: session, force: force, address: active).run(snapshot, size: size)
      }
      // The login's token is part of what was replaced, so that failing to revoke it is to be expected.
      _ = warning
      return SnapshotFacts(health?.facts ?? [:])
    }
  }

  public func verify() async throws -> SnapshotFacts {
    try await withClient { client in try await OpenBaoRecovery(client: client).wait() }
  }

  private func withClient<Value>(_ body: (OpenBaoClient) async throws -> Value) async throws -> Value {
    let client = try OpenBaoClient(endpoint)
    do {
      let value = try await body(client)
      await client.close()
      return value
    } catch {
      await client.close()
      throw error
    }
  }
}

extension OpenBaoClient {
  fileprivate func checkStorage() async throws {
    let request = OpenBaoRequest.sealStatus
    let (status, body) = try await call(request)
    guard status == 200, let seal = try? JSONDecoder().decode(OpenBaoAnswer.SealStatus.self, from: body),
      let storage = seal.storageType, storage != "raft"
    else { return }
    throw SnapshotSourceError(
      .configuration, operation: request.operation,
      message: "\(endpoint.address) stores its data in \(storage); only Raft storage takes a snapshot")
  }
}

extension OpenBaoSession {
  fileprivate func checkRestorePermission(force: Bool) async throws {
    let path = force ? OpenBaoRequest.forcedRestorePath : OpenBaoRequest.snapshotPath
    let answer: OpenBaoAnswer.Capabilities = try await client.answer(
      try OpenBaoRequest.capabilities(of: [path]), token: token)
    let granted = Set(answer.data[path] ?? answer.data["capabilities"] ?? [])
    guard granted.isDisjoint(with: ["root", "update"]) else { return }
    throw SnapshotSourceError(
      .unauthorized, operation: "check of the permission to restore",
      message: "the token's policy must grant the capability update on path \"\(path)\"; it grants "
        + (granted.isEmpty ? "nothing" : granted.sorted().joined(separator: ", ")))
  }
}
