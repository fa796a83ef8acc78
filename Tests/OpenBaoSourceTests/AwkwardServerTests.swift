import Glibc
import NIOCore
import OpenBaoSource
import SnapshotSource
import Synchronization
import Testing

/// Servers, proxies and networks that do not do what they should.
@Suite struct AwkwardServerTests {
  private static let quick = OpenBaoEndpoint.Timeouts(
    connect: .seconds(2), call: .seconds(5), firstByte: .seconds(2), idle: .milliseconds(400))

  private func source(
    _ address: String, login: OpenBaoEndpoint.Login = .token("s.secret"), namespace: String? = nil
  ) -> OpenBaoSource {
    OpenBaoSource(
      name: "raft",
      endpoint: OpenBaoEndpoint(address: address, login: login, namespace: namespace, timeouts: Self.quick))
  }

  private func failure(_ source: OpenBaoSource) async -> SnapshotSourceError? {
    do {
      _ = try await source.capture { _ in }
      return nil
    } catch {
      return error as? SnapshotSourceError
    }
  }

  /// Runs a capture against one answer to the snapshot's request.
  private func failure(_ answer: StubServer.Answer) async throws -> SnapshotSourceError? {
    let server = try await StubServer.start { $0.path.contains("snapshot") ? answer : nil }
    let result = await failure(source(server.address))
    await server.stop()
    return result
  }

  @Test func theBytesOfTheServerArePassedOnUnchanged() async throws {
    let archive = RaftArchive().gzip
    let server = try await StubServer.start { $0.path.contains("snapshot") ? .chunked(archive) : nil }
    let received = Mutex<[UInt8]>([])
    let facts = try await source(server.address).capture { bytes in
      received.withLock { $0 += Array(buffer: bytes) }
    }
    #expect(received.withLock { $0 } == archive)
    #expect(facts.values["clusterID"] == "id-1")
    #expect(facts.values["raftIndex"] == "42")
    let request = try #require(server.requests.last)
    #expect(request.headers["x-vault-token"] == "s.secret")
    #expect(request.headers["x-vault-request"] == "true")
    await server.stop()
  }

  @Test func aBodyThatEndsCleanlyButEarlyIsTruncated() async throws {
    let archive = RaftArchive().gzip
    for length in [0, 10, archive.count / 10, archive.count / 2, archive.count - 1] {
      let part = Array(archive.prefix(length))
      for answer in [StubServer.Answer.chunked(part), .withLength(part, announced: part.count), .unframed(part)] {
        #expect(try await failure(answer)?.code == .truncated, "\(length) bytes")
      }
    }
  }

  @Test func aConnectionThatBreaksIsTruncated() async throws {
    let archive = RaftArchive().gzip
    #expect(try await failure(.chunked(Array(archive.dropLast(9)), end: false))?.code == .truncated)
    #expect(try await failure(.withLength(Array(archive.dropLast()), announced: archive.count))?.code == .truncated)
  }

  @Test func aServerThatFallsSilentIsTruncated() async throws {
    var answer = StubServer.Answer.withLength(Array(RaftArchive().gzip.prefix(500)), announced: 90_000)
    answer.hang = true
    let error = try await failure(answer)
    #expect(error?.code == .truncated)
    #expect(error?.message.contains("sent nothing") == true)
  }

  @Test func aServerThatNeverAnswersIsUnreachable() async throws {
    #expect(try await failure(StubServer.Answer(bytes: [], close: false, hang: true))?.code == .unreachable)
  }

  /// A slow store must not look like a dead source.
  @Test func aSlowReaderIsNotASilentServer() async throws {
    let archive = RaftArchive(stateSize: 200_000).gzip
    let server = try await StubServer.start { $0.path.contains("snapshot") ? .chunked(archive) : nil }
    let isFirst = Mutex(true)
    _ = try await source(server.address).capture { _ in
      if isFirst.withLock({ $0.exchange(false) }) { try await Task.sleep(for: .milliseconds(900)) }
    }
    await server.stop()
  }

  @Test func aConnectionThatIsRefusedNamesTheAddress() async throws {
    // Bound and not listening: nobody else can take the port meanwhile.
    let (descriptor, port) = try silentPort()
    defer { close(descriptor) }
    let error = await failure(source("http://127.0.0.1:\(port)"))
    #expect(error?.code == .unreachable)
    #expect(error?.message.contains("address") == true)
  }

  @Test(arguments: [
    (
      "403 Forbidden", #"{"errors":["1 error occurred: permission denied"]}"#, "unauthorized",
      "sys/storage/raft/snapshot"
    ),
    ("503 Service Unavailable", #"{"errors":["Vault is sealed"]}"#, "failed", "sealed"),
    ("400 Bad Request", #"{"errors":["raft storage is not in use"]}"#, "configuration", "Raft storage"),
    ("404 Not Found", #"{"errors":[]}"#, "configuration", "address"),
    ("500 Internal Server Error", "boom s.secret", "failed", "boom ***"),
  ])
  func refusalsSayWhatToDo(status: String, body: String, code: String, text: String) async throws {
    let error = try await failure(.json(status, body))
    #expect(error?.code.rawValue == code)
    #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
    #expect(error?.message.contains("s.secret") == false)
  }

  @Test func aSealedServerIsToldBeforeTheLogin() async throws {
    let server = try await StubServer.start { _ in .json("200 OK", #"{"initialized":true,"sealed":true}"#) }
    let error = await failure(source(server.address))
    #expect(error?.message.contains("sealed") == true)
    #expect(server.requests.count == 1)
    await server.stop()
  }

  @Test func theLeaderIsFollowed() async throws {
    let archive = RaftArchive().gzip
    let leader = try await StubServer.start { $0.path.contains("snapshot") ? .chunked(archive) : nil }
    let target = leader.address
    let standby = try await StubServer.start { request in
      request.path.contains("snapshot")
        ? .json("307 Temporary Redirect", "", headers: ["Location": "\(target)/v1/sys/storage/raft/snapshot"]) : nil
    }
    _ = try await source(standby.address).capture { _ in }
    #expect(leader.requests.last?.headers["x-vault-token"] == "s.secret")
    await leader.stop()
    await standby.stop()
  }

  @Test func redirectsInACircleEnd() async throws {
    let error = try await failure(
      .json("307 Temporary Redirect", "", headers: ["Location": "/v1/sys/storage/raft/snapshot"]))
    #expect(error?.code == .configuration)
  }

  @Test func aJWTLoginIsUsedAndRevokedAlsoAfterAFailure() async throws {
    let server = try await StubServer.start { request in
      if request.path.contains("auth/k8s/login") { return .json("200 OK", #"{"auth":{"client_token":"s.login"}}"#) }
      if request.path.contains("snapshot") { return .json("500 Internal Server Error", "{}") }
      return request.path.contains("revoke-self") ? .json("204 No Content", "") : nil
    }
    let login = OpenBaoEndpoint.Login.jwt(role: "backup", mountPath: "k8s", token: "jwt")
    _ = await failure(source(server.address, login: login, namespace: "team"))
    let paths = server.requests.map(\.path)
    #expect(paths.last == "/v1/auth/token/revoke-self")
    #expect(server.requests.last?.headers["x-vault-token"] == "s.login")
    #expect(server.requests.first { $0.path.contains("login") }?.headers["x-vault-namespace"] == "team")
    await server.stop()
  }

  @Test func aJWTLoginIsRevokedAlsoWhenTheRunIsCancelled() async throws {
    let server = try await StubServer.start { request in
      if request.path.contains("login") { return .json("200 OK", #"{"auth":{"client_token":"s.login"}}"#) }
      if request.path.contains("snapshot") {
        var answer = StubServer.Answer.withLength(Array(RaftArchive().gzip.prefix(100)), announced: 90_000)
        answer.hang = true
        return answer
      }
      return request.path.contains("revoke-self") ? .json("204 No Content", "") : nil
    }
    let source = source(server.address, login: .jwt(role: "backup", mountPath: "jwt", token: "jwt"))
    await withTaskGroup(of: Void.self) { group in
      let (began, begin) = AsyncStream<Void>.makeStream()
      group.addTask {
        await #expect(throws: (any Error).self) { _ = try await source.capture { _ in begin.yield() } }
      }
      for await _ in began { break }
      group.cancelAll()
    }
    #expect(server.requests.last?.path == "/v1/auth/token/revoke-self")
    await server.stop()
  }

  @Test func whatTheSinkThrowsComesOutUnchanged() async throws {
    struct Full: Error {}
    let archive = RaftArchive().gzip
    let server = try await StubServer.start { $0.path.contains("snapshot") ? .chunked(archive) : nil }
    await #expect(throws: Full.self) { _ = try await source(server.address).capture { _ in throw Full() } }
    await server.stop()
  }

  @Test func anAddressThatIsNoURLIsAConfigurationError() async {
    for address in ["", "bao:8200", "ftp://bao", "https://"] {
      #expect(await failure(source(address))?.code == .configuration, "\(address)")
    }
  }
}

extension Bool {
  fileprivate mutating func exchange(_ value: Bool) -> Bool {
    defer { self = value }
    return self
  }
}

extension Array where Element == UInt8 {
  init(buffer: ByteBuffer) { self = Array(buffer.readableBytesView) }
}

private func silentPort() throws -> (descriptor: Int32, port: Int) {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  let result = withUnsafeMutablePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
    }
  }
  try #require(result == 0)
  return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
}
