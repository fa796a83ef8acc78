import NIOCore
import OpenBaoSource
import SnapshotSource
import Synchronization
import Testing

/// Promise 7: where the outcome cannot be known, it is called so; where it can, it is not.
@Suite struct AwkwardRestoreTests {
  private struct Snapshot: AsyncSequence, Sendable {
    struct Broken: Error {}
    var pieces: [ByteBuffer]
    var failsAtEnd = false

    struct AsyncIterator: AsyncIteratorProtocol {
      var rest: ArraySlice<ByteBuffer>
      var failsAtEnd: Bool
      mutating func next() async throws -> ByteBuffer? {
        if let piece = rest.popFirst() { return piece }
        if failsAtEnd { throw Broken() }
        return nil
      }
    }
    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rest: pieces[...], failsAtEnd: failsAtEnd) }
  }

  private static let pieces = [ByteBuffer(string: "one"), ByteBuffer(string: "two"), ByteBuffer(string: "three")]
  private static let size: Int64 = 11

  private func destination(_ server: StubServer) -> OpenBaoDestination {
    OpenBaoDestination(
      name: "raft",
      endpoint: OpenBaoEndpoint(
        address: server.address, login: .token("s.secret"),
        timeouts: .init(
          connect: .seconds(2), call: .seconds(5), firstByte: .seconds(3), idle: .seconds(1), recovery: .seconds(3),
          unseal: .milliseconds(50), poll: .milliseconds(20))))
  }

  private func restore(
    _ snapshot: Snapshot = Snapshot(pieces: pieces),
    _ answer: @escaping @Sendable (StubServer.Request) -> StubServer.Answer?
  ) async throws -> (error: (any Error)?, requests: [StubServer.Request], began: Bool) {
    let server = try await StubServer.start { request in
      request.method == "POST" && request.path.contains("snapshot") ? answer(request) : nil
    }
    let began = Mutex(false)
    var caught: (any Error)?
    do {
      _ = try await destination(server).restore(from: snapshot, size: Self.size, force: false) {
        began.withLock { $0 = true }
      }
    } catch {
      caught = error
    }
    let requests = server.requests
    await server.stop()
    return (caught, requests, began.withLock { $0 })
  }

  @Test func anAcceptedSnapshotIsSentOnceWithItsLength() async throws {
    let outcome = try await restore { _ in .json("204 No Content", "") }
    #expect(outcome.error == nil)
    #expect(outcome.began)
    let posts = outcome.requests.filter { $0.method == "POST" }
    #expect(posts.count == 1)
    #expect(posts.first?.headers["content-length"] == "11")
  }

  @Test func anAnswerThatNeverComesIsUnknown() async throws {
    let outcome = try await restore { _ in StubServer.Answer(bytes: [], close: true) }
    #expect((outcome.error as? SnapshotSourceError)?.code == .outcomeUnknown)
  }

  @Test func aServerErrorAfterTheLastByteIsUnknown() async throws {
    let outcome = try await restore { _ in .json("502 Bad Gateway", "{}") }
    #expect((outcome.error as? SnapshotSourceError)?.code == .outcomeUnknown)
  }

  @Test func aRefusalIsNotUnknown() async throws {
    let mismatch =
      #"{"errors":["could not verify hash file, possibly the snapshot is using a different set of unseal keys; use the snapshot-force API to bypass this check"]}"#
    let outcome = try await restore { _ in .json("400 Bad Request", mismatch) }
    let error = try #require(outcome.error as? SnapshotSourceError)
    #expect(error.code == .configuration)
    #expect(error.message.contains("set force"))
    let denied = try await restore { _ in .json("403 Forbidden", #"{"errors":["permission denied"]}"#) }
    #expect((denied.error as? SnapshotSourceError)?.code == .unauthorized)
  }

  /// The last piece stays here until the reading ended well, so that the server can only see a cut archive.
  @Test func aSnapshotThatProvesWrongAtItsEndIsNeverSentWhole() async throws {
    let outcome = try await restore(Snapshot(pieces: Self.pieces, failsAtEnd: true)) { _ in .json("204 No Content", "")
    }
    #expect(outcome.error is Snapshot.Broken)
    #expect(!outcome.requests.contains { $0.method == "POST" && $0.path.contains("snapshot") }, "no whole request came")
  }

  @Test func aServerThatComesBackSealedIsToldApart() async throws {
    let server = try await StubServer.start { request in
      if request.path.contains("health") { return .json("200 OK", #"{"initialized":true,"sealed":true}"#) }
      return request.path.contains("seal-status") ? .json("200 OK", #"{"type":"shamir"}"#) : nil
    }
    let error = await #expect(throws: SnapshotSourceError.self) { _ = try await destination(server).verify() }
    #expect(error?.message.contains("unseal it with the unseal keys") == true)
    await server.stop()
  }

  @Test func recoveryWaitsForARequestThatNeedsTheServersLock() async throws {
    let looks = Mutex(0)
    let server = try await StubServer.start { request in
      guard request.path.contains("lookup-self") else { return nil }
      let look = looks.withLock { looks in
        looks += 1
        return looks
      }
      return look < 3 ? .json("500 Internal Server Error", "{}") : .json("403 Forbidden", "{}")
    }
    let facts = try await destination(server).verify()
    #expect(facts.values["clusterName"] == "stub")
    #expect(looks.withLock { $0 } == 4)
    await server.stop()
  }

  @Test func thePreflightAsksForThePermission() async throws {
    let server = try await StubServer.start { request in
      request.path.contains("capabilities-self")
        ? .json("200 OK", #"{"data":{"sys/storage/raft/snapshot":["read"],"capabilities":["read"]}}"#) : nil
    }
    let error = await #expect(throws: SnapshotSourceError.self) { _ = try await destination(server).preflight() }
    #expect(error?.code == .unauthorized)
    #expect(error?.message.contains("update") == true)
    await server.stop()
  }
}
