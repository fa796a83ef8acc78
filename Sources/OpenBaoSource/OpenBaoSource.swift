import AsyncHTTPClient
import Foundation
public import NIOCore
import NIOHTTP1
public import SnapshotSource

/// The Raft snapshot of an OpenBao or Vault cluster: `GET /v1/sys/storage/raft/snapshot`, checked as it passes.
public struct OpenBaoSource: SnapshotSource {
  public let name: String
  public let kind: String
  public let fileExtension = "snap"
  private let endpoint: OpenBaoEndpoint

  /// - Parameter kind: `openBao` or `vault`.
  public init(name: String, kind: String = "openBao", endpoint: OpenBaoEndpoint) {
    self.name = name
    self.kind = kind
    self.endpoint = endpoint
  }

  public func capture(into sink: (ByteBuffer) async throws -> Void) async throws -> SnapshotFacts {
    let client = try OpenBaoClient(endpoint)
    do {
      let facts = try await capture(client, into: sink)
      await client.close()
      return facts
    } catch {
      await client.close()
      throw error
    }
  }

  private func capture(
    _ client: OpenBaoClient, into sink: (ByteBuffer) async throws -> Void
  ) async throws -> SnapshotFacts {
    let health = try await client.checkHealth()
    let seal = await client.sealFacts()
    let active = health?.standby == true ? await client.activeAddress() : nil
    let (archive, warning) = try await OpenBaoSession.with(client) { session in
      try await Self.stream(session, at: active, into: sink)
    }
    var warnings = archive.warnings + (warning.map { [$0] } ?? [])
    if health?.standby == true, active == nil {
      warnings.append(
        "\(endpoint.address) is a standby and the active server cannot be reached from here: the snapshot may lack the "
          + "newest writes; set address to the active server")
    }
    let facts = archive.values.merging(health?.facts ?? [:]) { mine, _ in mine }
    return SnapshotFacts(facts.merging(seal) { mine, _ in mine }, warnings: warnings)
  }

  /// - Parameter address: Of the active server; nil for the endpoint's own.
  private static func stream(
    _ session: OpenBaoSession, at address: String?, into sink: (ByteBuffer) async throws -> Void
  ) async throws -> SnapshotFacts {
    let request = OpenBaoRequest.snapshot
    let client = session.client
    let timeouts = client.endpoint.timeouts
    let response = try await client.openSnapshot(session.token, at: address)
    let host = address ?? client.endpoint.address
    guard response.status == .ok else {
      let body = try? await response.body.collect(upTo: 64 << 10)
      throw OpenBaoErrors.refusal(
        status: Int(response.status.code), body: body.map { String(buffer: $0) } ?? "", request: request,
        endpoint: client.endpoint, secrets: [session.token])
    }
    var verifier = try SnapshotArchiveVerifier(operation: request.operation)
    var received: Int64 = 0
    try await readBody(of: response, idle: timeouts.idle, operation: request.operation, host: host) { bytes in
      received += Int64(bytes.readableBytes)
      try verifier.update(bytes)
      try await sink(bytes)
    }
    if let announced = response.headers.first(name: "Content-Length").flatMap({ Int64($0) }), announced != received {
      throw SnapshotSourceError(
        .truncated, operation: request.operation,
        message: "\(host) announced \(announced) bytes and sent \(received)")
    }
    return try verifier.finish()
  }
}

extension OpenBaoClient {
  /// What a restore needs besides the snapshot: the unseal keys, or the key of the automatic seal.
  fileprivate func sealFacts() async -> [String: String] {
    guard let (status, body) = try? await call(.sealStatus), status == 200,
      let seal = try? JSONDecoder().decode(OpenBaoAnswer.SealStatus.self, from: body), let type = seal.type
    else { return [:] }
    return ["sealType": type]
  }

  /// The head of the snapshot's answer, which comes only when the server has written the snapshot to its own disk.
  fileprivate func openSnapshot(_ token: String, at address: String?) async throws -> HTTPClientResponse {
    try await withThrowingTaskGroup(of: HTTPClientResponse.self) { group in
      defer { group.cancelAll() }
      group.addTask { [self] in try await open(.snapshot, token: token, at: address) }
      let limit = endpoint.timeouts.firstByte
      let host = address ?? endpoint.address
      group.addTask {
        try await Task.sleep(for: limit)
        throw SnapshotSourceError(
          .unreachable, operation: OpenBaoRequest.snapshot.operation,
          message: "\(host) did not begin to answer within \(limit)")
      }
      guard let response = try await group.next() else { throw CancellationError() }
      return response
    }
  }
}
