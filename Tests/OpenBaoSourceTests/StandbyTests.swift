import NIOCore
import OpenBaoSource
import SnapshotSource
import Synchronization
import TestServers
import Testing

/// Servers that are not the active one, and one that dies.
@Suite struct StandbyTests {
  private static func standby(leader: String) -> @Sendable (StubServer.Request) -> StubServer.Answer? {
    let archive = RaftArchive().gzip
    return { request in
      if request.path.contains("sys/health") {
        return .json("200 OK", #"{"initialized":true,"sealed":false,"standby":true,"version":"2.5.0"}"#)
      }
      if request.path.contains("sys/leader") {
        return .json("200 OK", #"{"ha_enabled":true,"is_self":false,"leader_address":"\#(leader)"}"#)
      }
      return request.path.contains("snapshot") ? .chunked(archive) : nil
    }
  }

  @Test func theSnapshotOfAStandbysLeaderIsTaken() async throws {
    let archive = RaftArchive().gzip
    let leader = try await StubServer.start { $0.path.contains("snapshot") ? .chunked(archive) : nil }
    let server = try await StubServer.start(Self.standby(leader: leader.address))
    let facts = try await OpenBaoSource(
      name: "raft", endpoint: OpenBaoEndpoint(address: server.address, login: .token("s.t"))
    ).capture { _ in }
    #expect(leader.requests.contains { $0.path.contains("snapshot") && $0.headers["x-vault-token"] == "s.t" })
    #expect(!server.requests.contains { $0.path.contains("snapshot") })
    #expect(facts.warnings.isEmpty)
    await leader.stop()
    await server.stop()
  }

  @Test func aStandbyWhoseLeaderCannotBeReachedServesAndIsNamed() async throws {
    let server = try await StubServer.start(Self.standby(leader: "http://127.0.0.1:1"))
    let facts = try await OpenBaoSource(
      name: "raft", endpoint: OpenBaoEndpoint(address: server.address, login: .token("s.t"))
    ).capture { _ in }
    #expect(facts.warnings.first?.contains("standby") == true)
    await server.stop()
  }

  @Test func aRealServerThatIsKilledInTheMiddleIsTruncated() async throws {
    let server = try await OpenBaoServer.start()
    _ = try await server.request("POST", "sys/mounts/kv", json: #"{"type":"kv"}"#)
    for index in 0..<60 {
      let value = String((0..<200_000).map { _ in "abcdefghijklmnopqrstuvwxyz0123456789".randomElement() ?? "a" })
      _ = try await server.request("POST", "kv/\(index)", json: #"{"x":"\#(value)"}"#)
    }
    let received = Mutex(0)
    let error = await #expect(throws: SnapshotSourceError.self) {
      _ = try await OpenBaoSource(
        name: "raft", endpoint: OpenBaoEndpoint(address: server.address, login: .token(server.rootToken))
      ).capture { bytes in
        if received.withLock({ total in
          defer { total += bytes.readableBytes }
          return total == 0
        }) {
          server.process.stop()
        }
      }
    }
    #expect(error?.code == .truncated, "\(String(describing: error))")
    #expect(received.withLock { $0 } > 0)
  }
}
