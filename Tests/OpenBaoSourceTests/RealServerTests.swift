import Crypto
import Foundation
import NIOCore
import OpenBaoSource
import SnapshotSource
import Synchronization
import TestServers
import Testing

/// Against a real OpenBao.
@Suite struct RealServerTests {
  private func endpoint(_ server: OpenBaoServer, _ login: OpenBaoEndpoint.Login? = nil) -> OpenBaoEndpoint {
    OpenBaoEndpoint(
      address: server.address, login: login ?? .token(server.rootToken), timeouts: .init(unseal: .seconds(1)))
  }

  private func capture(_ source: OpenBaoSource) async throws -> (bytes: ByteBuffer, facts: SnapshotFacts) {
    let buffer = Mutex(ByteBuffer())
    let facts = try await source.capture { bytes in buffer.withLock { _ = $0.writeImmutableBuffer(bytes) } }
    return (buffer.withLock { $0 }, facts)
  }

  @Test func aSnapshotComesWithItsFacts() async throws {
    let server = try await OpenBaoServer.shared.get()
    let (bytes, facts) = try await capture(OpenBaoSource(name: "raft", endpoint: endpoint(server)))
    #expect(bytes.readableBytes > 1_000)
    #expect(facts.values["raftPeers"] == "n1")
    #expect(facts.values["raftIndex"].flatMap(Int.init).map { $0 > 0 } == true)
    #expect(facts.values["clusterID"]?.isEmpty == false)
    #expect(facts.values["version"]?.isEmpty == false)
  }

  @Test func aJWTLoginWorksAndItsTokenIsGoneAfterwards() async throws {
    // Of its own, since it counts tokens.
    let server = try await OpenBaoServer.start()
    let jwt = try await JWTMethod.enable(on: server)
    let before = try await accessors(server)
    _ = try await capture(
      OpenBaoSource(
        name: "raft", endpoint: endpoint(server, .jwt(role: "backup", mountPath: jwt.mount, token: try jwt.token()))))
    #expect(try await accessors(server) == before)

    let token = try jwt.token()
    let wrong = OpenBaoSource(
      name: "raft", endpoint: endpoint(server, .jwt(role: "nobody", mountPath: jwt.mount, token: token)))
    let error = await #expect(throws: SnapshotSourceError.self) { _ = try await capture(wrong) }
    #expect(error?.code == .unauthorized)
    #expect(error?.message.contains(token) == false)
    server.process.stop()
  }

  @Test func aRestoreBringsBackWhatWasDeleted() async throws {
    let server = try await OpenBaoServer.start()
    _ = try await server.request("POST", "sys/mounts/kv", json: #"{"type":"kv"}"#)
    _ = try await server.request("POST", "kv/one", json: #"{"x":"1"}"#)
    let (snapshot, _) = try await capture(OpenBaoSource(name: "raft", endpoint: endpoint(server)))
    _ = try await server.request("DELETE", "kv/one")
    #expect(try await server.request("GET", "kv/one").status == 404)

    let destination = OpenBaoDestination(name: "raft", endpoint: endpoint(server))
    #expect(try await destination.preflight().object == server.address)
    _ = try await destination.restore(from: pieces(snapshot), size: Int64(snapshot.readableBytes), force: false) {}
    _ = try await destination.verify()
    #expect(try await server.request("GET", "kv/one").text.contains(#""x":"1""#))
    server.process.stop()
  }

  @Test func aSnapshotOfAnotherClusterNeedsForceAndThenItsKeys() async throws {
    let origin = try await OpenBaoServer.start()
    _ = try await origin.request("POST", "sys/mounts/kv", json: #"{"type":"kv"}"#)
    _ = try await origin.request("POST", "kv/one", json: #"{"x":"from-origin"}"#)
    let (snapshot, _) = try await capture(OpenBaoSource(name: "raft", endpoint: endpoint(origin)))
    let other = try await OpenBaoServer.start()

    let plain = OpenBaoDestination(name: "raft", endpoint: endpoint(other))
    let refused = await #expect(throws: SnapshotSourceError.self) {
      _ = try await plain.restore(from: pieces(snapshot), size: Int64(snapshot.readableBytes), force: false) {}
    }
    #expect(refused?.code == .configuration)
    #expect(refused?.message.contains("force") == true)

    let forced = OpenBaoDestination(name: "raft", endpoint: endpoint(other), force: true)
    _ = try await forced.preflight()
    _ = try await forced.restore(from: pieces(snapshot), size: Int64(snapshot.readableBytes), force: true) {}
    let sealed = await #expect(throws: SnapshotSourceError.self) { _ = try await forced.verify() }
    #expect(sealed?.message.contains("sealed now") == true)
    try await other.unseal(key: origin.unsealKey)
    let answer = try await other.request("GET", "kv/one", token: origin.rootToken)
    #expect(answer.text.contains("from-origin"))
    origin.process.stop()
    other.process.stop()
  }

  @Test func anArchiveThatIsCutIsRefusedByTheServer() async throws {
    let server = try await OpenBaoServer.start()
    let (snapshot, _) = try await capture(OpenBaoSource(name: "raft", endpoint: endpoint(server)))
    let cut = snapshot.getSlice(at: 0, length: snapshot.readableBytes - 40) ?? ByteBuffer()
    let error = await #expect(throws: SnapshotSourceError.self) {
      _ = try await OpenBaoDestination(name: "raft", endpoint: endpoint(server)).restore(
        from: pieces(cut), size: Int64(cut.readableBytes), force: false
      ) {}
    }
    #expect(error != nil)
    #expect(try await server.request("GET", "sys/mounts").status == 200, "nothing changed")
    server.process.stop()
  }

  private func pieces(_ snapshot: ByteBuffer) -> AsyncStream<ByteBuffer> {
    AsyncStream { continuation in
      var rest = snapshot
      while let piece = rest.readSlice(length: min(4_096, rest.readableBytes)), piece.readableBytes > 0 {
        continuation.yield(piece)
      }
      continuation.finish()
    }
  }

  private func accessors(_ server: OpenBaoServer) async throws -> Int {
    struct Answer: Decodable {
      struct Keys: Decodable { var keys: [String] }
      var data: Keys
    }
    let answer = try await server.request("LIST", "auth/token/accessors")
    return try JSONDecoder().decode(Answer.self, from: answer.body).data.keys.count
  }
}
