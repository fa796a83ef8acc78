import BackupFormat
import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel
import KubernetesTestKit
import NIOCore
import ObjectStore
import Synchronization
import Testing

@testable import Executor

/// What a store answers is damage only where it tells of the bytes.
@Suite struct VerdictTests {
  private func run(
    _ world: World, _ store: AnsweringStore, latest: Int? = nil, all: Bool? = nil,
    report: (VerifyRun.Verdict) -> Void = { _ in }
  ) async throws -> ExecutorResult {
    let api = InMemoryAPI()
    _ = try await CatalogRun(context: world.context(), client: api.client).run()
    return try await run(world, api, store, latest: latest, all: all, report: report)
  }

  private func run(
    _ world: World, _ api: InMemoryAPI, _ store: AnsweringStore, latest: Int? = nil, all: Bool? = nil,
    report: (VerifyRun.Verdict) -> Void = { _ in }
  ) async throws -> ExecutorResult {
    try await ScheduledVerification(
      context: world.context(store), verification: Verification(schedule: "@daily", latest: latest, all: all),
      identities: [world.identity], client: api.client
    ).result(report: report)
  }

  private func backups(_ world: World, _ count: Int) async throws -> [String] {
    var ids: [String] = []
    for _ in 0..<count { ids.append(try #require(await world.backup([FakeSource(size: 100)]).id)) }
    return ids
  }

  private func verdict(_ world: World, _ store: AnsweringStore) async throws -> VerifyRun.Verdict? {
    let id = try #require(await world.backup().id.flatMap { BackupID($0) })
    return try await VerifyRun(context: world.context(store), identities: [world.identity]).verify(id: id)
  }

  private static func integrity(_ message: String = "the answer holds no token") -> ObjectStoreError {
    ObjectStoreError(.integrity, operation: "GET", message: message)
  }

  // MARK: Integrity

  @Test func aStoreThatStumblesOnceSaysNothingOfTheBytes() async throws {
    let world = World()
    let store = AnsweringStore(world.memory) { call, _ in call == 1 ? Self.integrity() : nil }
    let verdict = try await verdict(world, store)
    #expect(verdict?.state == .good && verdict?.depth == .plain, "\(String(describing: verdict))")
    #expect(store.reads == 2)
  }

  @Test func whatTwoReadsMeetIsDamage() async throws {
    let world = World()
    let store = AnsweringStore(world.memory) { _, _ in Self.integrity("the checksum differs") }
    let verdict = try await verdict(world, store)
    #expect(verdict?.state == .damaged && verdict?.failure?.reason == .digestMismatch)
    #expect(verdict?.failure?.message.contains("the checksum differs") == true)
    #expect(store.reads == 2)
  }

  @Test func twoReadsThatFailInTwoWaysTellNothing() async throws {
    let world = World()
    let store = AnsweringStore(world.memory) { call, _ in Self.integrity("replaced at \(call)") }
    let verdict = try await verdict(world, store)
    #expect(verdict?.state == .unknown && verdict?.failure?.reason == .storeFailed)
  }

  /// A token service without a token fails each call alike, that for the object's size too.
  @Test func aStoreThatAnswersNothingElseTellsNothing() async throws {
    let world = World()
    let store = AnsweringStore(world.memory, head: { key in key.hasSuffix("manifest.json") ? nil : Self.integrity() }) {
      _, _ in Self.integrity()
    }
    let verdict = try await verdict(world, store)
    #expect(verdict?.state == .unknown && verdict?.failure?.reason == .storeFailed)
  }

  @Test(arguments: [ObjectStoreError.Code.integrity, .serverError, .notFound])
  func whatIsRemovedMeanwhileIsPassedOverHoweverItsReadFails(code: ObjectStoreError.Code) async throws {
    let world = World()
    let id = try #require(await world.backup().id)
    let (memory, prefix) = (world.memory, world.layout.policyPrefix)
    let store = AnsweringStore(memory) { _, _ in
      try? await memory.delete("\(prefix)\(id)/manifest.json")
      return ObjectStoreError(code, operation: "GET", message: "the object is gone since the read began")
    }
    let verdict = try await VerifyRun(context: world.context(store)).verify(id: try #require(BackupID(id)))
    #expect(verdict == nil, "\(String(describing: verdict))")
  }

  // MARK: Single objects and the whole store

  @Test func oneObjectThatTheStoreRefusesDoesNotStopTheOthers() async throws {
    let world = World()
    let ids = try await backups(world, 4)
    let store = AnsweringStore(world.memory) { _, key in
      key.contains(ids[2]) ? ObjectStoreError(.accessDenied, operation: "GET", message: "no") : nil
    }
    let result = try await run(world, store, all: true)
    #expect(result.verification?.good == 3 && result.verification?.unknown == 1 && result.verification?.damaged == 0)
    #expect(result.warnings?.last?.contains("of 1 backup(s) nothing could be told") == true)
  }

  @Test func threeInARowAndTheLastOfAllAreTheStore() async throws {
    let world = World()
    let ids = try await backups(world, 6)
    let store = AnsweringStore(world.memory) { _, key in
      key.contains(ids[5]) ? nil : ObjectStoreError(.accessDenied, operation: "GET", message: "no")
    }
    var seen: [String] = []
    let failure = await #expect(throws: RunFailure.self) {
      _ = try await run(world, store, all: true) { seen.append($0.id.rawValue) }
    }
    #expect(failure?.reason == .accessDenied)
    #expect(seen == [ids[5], ids[4], ids[3], ids[2], ids[0]], "the one between is not asked for")
  }

  /// Those that nobody could read stand first in every run: they must not keep the others from being read.
  @Test func someThatTheStoreRefusesDoNotStopTheRest() async throws {
    let world = World()
    let ids = try await backups(world, 7)
    let store = AnsweringStore(world.memory) { _, key in
      ids.suffix(4).contains { key.contains($0) }
        ? ObjectStoreError(.accessDenied, operation: "GET", message: "no") : nil
    }
    let result = try await run(world, store, all: true)
    #expect(result.verification?.good == 3 && result.verification?.unknown == 4)
  }

  @Test func aRunThatCouldTellOfNoneFails() async throws {
    let world = World()
    _ = try await backups(world, 1)
    let store = AnsweringStore(world.memory) { _, _ in ObjectStoreError(.accessDenied, operation: "GET", message: "no")
    }
    let failure = await #expect(throws: RunFailure.self) { _ = try await run(world, store, latest: 1) }
    #expect(failure?.reason == .accessDenied)
  }

  // MARK: Removed and not heard of

  @Test func whatIsOlderThanTheBucketWasPruned() async throws {
    let world = World()
    let ids = try await backups(world, 3)
    let api = InMemoryAPI()
    _ = try await CatalogRun(context: world.context(), client: api.client).run()
    for id in [ids[0], ids[1]] {
      for name in ["manifest.json", "db.snap.zst.age"] {
        try await world.memory.delete("\(world.layout.policyPrefix)\(id)/\(name)")
      }
    }
    let result = try await run(world, api, AnsweringStore(world.memory) { _, _ in nil }, all: true)
    #expect(result.verification == .init(good: 1))
    #expect(result.warnings?.count { $0.contains("was removed there") } == 2)
    let marks = try api.objects(Backup.resource).map { try $0.decoded(as: Backup.self).status }
    #expect(!marks.contains { $0?.verified == false })
  }

  @Test func ofManyLinesTheFirstAreKept() {
    var lines = FirstLines()
    for number in 1...10 { lines.add("\(number)") }
    #expect(lines.lines(hint: "; see there").count == 10)
    for number in 11...5_000 { lines.add("\(number)") }
    #expect(lines.lines(hint: "; see there") == (1...10).map(String.init) + ["and 4990 more; see there"])
  }
}

/// A store that answers reads of artifacts by a plan.
private final class AnsweringStore: ObjectStore {
  typealias Answer = @Sendable (_ call: Int, _ key: String) async -> ObjectStoreError?
  private let base: MemoryStore
  private let heads: @Sendable (String) -> ObjectStoreError?
  private let answer: Answer
  private let calls = Mutex(0)

  init(
    _ base: MemoryStore, head: @escaping @Sendable (String) -> ObjectStoreError? = { _ in nil },
    _ answer: @escaping Answer
  ) {
    self.base = base
    heads = head
    self.answer = answer
  }

  /// Of artifacts.
  var reads: Int { calls.withLock { $0 } }
  var location: String { base.location }

  func put(_ key: String, body: ByteBuffer, condition: WriteCondition) async throws {
    try await base.put(key, body: body, condition: condition)
  }
  func startUpload(_ key: String) async throws -> any MultipartUpload { try await base.startUpload(key) }
  func get(_ key: String, range: Range<Int64>?, consume: (ByteBuffer) async throws -> Void) async throws -> Int64 {
    if !key.hasSuffix("manifest.json") {
      let call = calls.withLock { calls in
        calls += 1
        return calls
      }
      if let error = await answer(call, key) { throw error }
    }
    return try await base.get(key, range: range, consume: consume)
  }
  func head(_ key: String) async throws -> ObjectInfo? {
    if let error = heads(key) { throw error }
    return try await base.head(key)
  }
  func list(prefix: String, startingAfter: String?) async throws -> ObjectPage {
    try await base.list(prefix: prefix, startingAfter: startingAfter)
  }
  func delete(_ key: String) async throws { try await base.delete(key) }
  func listUploads(prefix: String) async throws -> [OpenUpload] { try await base.listUploads(prefix: prefix) }
  func abortUpload(_ upload: OpenUpload) async throws { try await base.abortUpload(upload) }
}
