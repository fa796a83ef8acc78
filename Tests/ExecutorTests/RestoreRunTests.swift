import Age
import BackupFormat
import Executor
import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel
import NIOCore
import ObjectStore
import SnapshotSource
import Synchronization
import Testing

/// Promise 7, and that nothing is touched before all of the backup was read and found good.
@Suite struct RestoreRunTests {
  final class FakeDestination: SnapshotDestination {
    let name = "db"
    let kind = "fake"
    let received = Mutex<[UInt8]>([])
    let calls = Mutex<[String]>([])
    let failure: SnapshotSourceError?

    init(failure: SnapshotSourceError? = nil) { self.failure = failure }

    private func note(_ call: String) { calls.withLock { $0.append(call) } }

    func preflight() async throws -> RestorePreview {
      note("preflight")
      return RestorePreview(object: "there", detail: "all of it")
    }

    func restore<Snapshot: AsyncSequence & Sendable>(
      from snapshot: Snapshot, size: Int64, force: Bool, didBegin: @Sendable () async throws -> Void
    ) async throws -> SnapshotFacts where Snapshot.Element == ByteBuffer {
      note("restore \(size)")
      try await didBegin()
      for try await piece in snapshot { received.withLock { $0 += Array(piece.readableBytesView) } }
      if let failure { throw failure }
      return SnapshotFacts()
    }

    func verify() async throws -> SnapshotFacts {
      note("verify")
      return SnapshotFacts(["serves": "yes"])
    }
  }

  private func restore(
    _ world: World, id: String? = nil, before: String? = nil, dryRun: Bool = false, sources: [String]? = nil,
    identities: [AgeIdentity]? = nil, to destination: FakeDestination = FakeDestination(),
    checkpoint: @escaping @Sendable (ExecutorResult) -> Void = { _ in }
  ) async -> (result: ExecutorResult, destination: FakeDestination) {
    let restore = Plan.Restore(
      request: "r", origin: world.plan.policy, id: id, before: before,
      sources: sources.map { $0.map { RestoreRequest.SourceSelection(name: $0) } }, dryRun: dryRun)
    let run = RestoreRun(
      context: world.context(), restore: restore, identities: identities ?? [world.identity],
      makeDestination: { _, _, _ in destination }, checkpoint: checkpoint)
    return (await run.run(), destination)
  }

  @Test func theNewestGoodBackupComesBack() async throws {
    let world = World()
    _ = await world.backup([FakeSource(size: 100)])
    let source = FakeSource(size: 30_000)
    let id = await world.backup([source]).id
    try await world.put(world.layout.policyPrefix + "20261231T000000Z-zzzzzz/manifest.json", "{}")
    let saved = Mutex<ExecutorResult?>(nil)
    let (result, destination) = await restore(world) { result in saved.withLock { $0 = result } }
    #expect(result.outcome == .succeeded)
    #expect(result.id == id)
    #expect(destination.calls.withLock { $0 } == ["preflight", "restore 30000", "verify"])
    #expect(destination.received.withLock { $0 } == source.content)
    #expect(result.steps?.map(\.name) == ["preflight", "download", "restore", "verify"])
    #expect(result.steps?.allSatisfy { $0.state == .completed } == true)
    #expect(result.facts == ["db": ["serves": "yes"]])
    // What remains to be read where the process dies in the destructive step.
    let checkpoint = saved.withLock { $0 }
    #expect(checkpoint?.outcome == .unknown)
    #expect(checkpoint?.failure?.reason == "OutcomeUnknown")
    #expect(checkpoint?.steps?.first { $0.name == "restore" }?.state == .unknown)
  }

  @Test func latestMayHaveALimitInTime() async throws {
    let world = World()
    let first = await world.backup().id
    world.time.advance(3_600)
    let limit = Date.ISO8601FormatStyle().format(world.time.now)
    _ = await world.backup()
    #expect(await restore(world, before: limit).result.id == first)
    #expect(await restore(world, before: "2020-01-01T00:00:00Z").result.failure?.reason == "BackupNotFound")
    #expect(await restore(world, id: first, before: "2020-01-01T00:00:00Z").result.id == first)
    #expect(await restore(world, id: "20200101T000000Z-aaaaaa").result.failure?.reason == "BackupNotFound")
    #expect(await restore(world, id: "nonsense").result.failure?.reason == "InvalidSpec")
  }

  @Test func aDryRunEndsAfterThePreflight() async throws {
    let world = World()
    _ = await world.backup()
    let (result, destination) = await restore(world, dryRun: true)
    #expect(result.outcome == .succeeded)
    #expect(result.plan?.map(\.object) == ["there"])
    #expect(destination.calls.withLock { $0 } == ["preflight"])
    #expect(result.steps?.dropFirst().allSatisfy { $0.state == .skipped } == true)
  }

  @Test func adamagedBackupTouchesNothing() async throws {
    let world = World()
    let id = try #require(await world.backup().id)
    let key = world.layout.policyPrefix + "\(id)/db.snap.zst.age"
    let whole = try await world.memory.getBytes(key, upTo: 1 << 20)
    for damage in [0, 300, whole.readableBytes / 2, whole.readableBytes - 1] {
      var changed = Array(whole.readableBytesView)
      changed[damage] ^= 1
      try await world.memory.put(key, body: ByteBuffer(bytes: changed))
      let (result, destination) = await restore(world)
      #expect(result.outcome == .failed)
      #expect(!destination.calls.withLock { $0 }.contains { $0.hasPrefix("restore") }, "byte \(damage)")
    }
    try await world.memory.put(key, body: whole.getSlice(at: 0, length: 1_000) ?? ByteBuffer())
    #expect(await restore(world).destination.received.withLock { $0 }.isEmpty)
    try await world.memory.delete(key)
    #expect(await restore(world).result.failure?.reason == "ObjectNotFound")
  }

  @Test func theWrongIdentityIsFoundBeforeTheDownload() async throws {
    let world = World()
    _ = await world.backup()
    let (result, destination) = await restore(world, identities: [.generate()])
    #expect(result.failure?.reason == "DecryptionFailed")
    #expect(result.steps?.map(\.state) == [.failed, .skipped, .skipped, .skipped])
    #expect(destination.calls.withLock { $0 }.isEmpty)
    #expect(await restore(world, identities: []).result.failure?.reason == "DecryptionFailed")
  }

  @Test func anUnknownOutcomeIsCalledSo() async throws {
    let world = World()
    _ = await world.backup()
    let unknown = SnapshotSourceError(.outcomeUnknown, operation: "POST", message: "no answer")
    let (result, _) = await restore(world, to: FakeDestination(failure: unknown))
    #expect(result.outcome == .unknown)
    #expect(result.failure?.reason == "OutcomeUnknown")
    #expect(result.steps?.map(\.state) == [.completed, .completed, .unknown, .skipped])

    let refused = SnapshotSourceError(.configuration, operation: "POST", message: "set force")
    let (clear, _) = await restore(world, to: FakeDestination(failure: refused))
    #expect(clear.outcome == .failed)
    #expect(clear.failure?.message.contains("nothing was changed") == true)

    let partly = SnapshotSourceError(
      .partlyDone, operation: "scale", message: "the new one is in place, and it is at zero")
    let (half, _) = await restore(world, to: FakeDestination(failure: partly))
    #expect(half.outcome == .failed && half.failure?.reason == "RestoreFailed")
    #expect(half.failure?.message.contains("it is at zero") == true)
    #expect(half.failure?.message.contains("nothing was changed") == false)
  }

  /// A destination says what happens to other objects too, and what its proof was.
  @Test func linesOfADestinationsPlanAndItsProofAreShown() async throws {
    struct Telling: SnapshotDestination {
      let name = "db"
      let kind = "fake"
      func preflight() async throws -> RestorePreview { RestorePreview(object: "unasked", detail: "") }
      func preflight(of snapshot: CapturedSnapshot) async throws -> RestorePreview {
        RestorePreview(
          object: "claim", detail: "\(snapshot.size) bytes",
          entries: [.init("replace", "Deployment x", "scaled to 0 and back")])
      }
      func restore<Snapshot: AsyncSequence & Sendable>(
        from snapshot: Snapshot, size: Int64, force: Bool, didBegin: @Sendable () async throws -> Void
      ) async throws -> SnapshotFacts where Snapshot.Element == ByteBuffer {
        try await didBegin()
        for try await _ in snapshot {}
        return SnapshotFacts()
      }
      func verify() async throws -> SnapshotFacts { SnapshotFacts([SnapshotFacts.proof: "it is served"]) }
    }
    let world = World()
    _ = await world.backup()
    let result = await RestoreRun(
      context: world.context(), restore: Plan.Restore(request: "r", origin: world.plan.policy),
      identities: [world.identity], makeDestination: { _, _, _ in Telling() }
    ).run()
    #expect(result.outcome == .succeeded, "\(String(describing: result.failure))")
    #expect(result.plan?.map(\.action) == ["restore", "replace"])
    #expect(result.plan?.first?.object == "claim")
    #expect(result.steps?.first { $0.name == "verify" }?.message == "it is served")
  }

  @Test func sourcesThatTheBackupLacksAreNamed() async throws {
    let world = World()
    _ = await world.backup([FakeSource(), FakeSource(name: "other")])
    let (result, _) = await restore(world, sources: ["nope"])
    #expect(result.failure?.message.contains("db, other") == true)
    let (one, destination) = await restore(world, sources: ["other"])
    #expect(one.outcome == .succeeded)
    #expect(destination.calls.withLock { $0 }.count == 3)
  }

  @Test func verifyTellsAGoodBackupFromABadOne() async throws {
    let world = World()
    let id = try #require(await world.backup().id)
    func verdict(_ identities: [AgeIdentity]) async throws -> VerifyRun.Verdict? {
      var verdicts: [VerifyRun.Verdict] = []
      try await VerifyRun(context: world.context(), identities: identities).run(.latest) { verdicts.append($0) }
      return verdicts.first
    }
    #expect(try await verdict([])?.failure == nil)
    #expect(try await verdict([])?.isDecrypted == false)
    #expect(try await verdict([world.identity])?.isDecrypted == true)
    let key = world.layout.policyPrefix + "\(id)/db.snap.zst.age"
    var bytes = Array(try await world.memory.getBytes(key, upTo: 1 << 20).readableBytesView)
    bytes[bytes.count / 2] ^= 1
    try await world.memory.put(key, body: ByteBuffer(bytes: bytes))
    #expect(try await verdict([])?.failure?.reason == .digestMismatch)
    #expect(try await verdict([world.identity])?.failure != nil)
  }

  /// `id: latest` of a bare location: the newest before the request began.
  @Test func latestIsTheNewestBeforeTheGivenTime() async throws {
    let world = World()
    var ids: [String?] = []
    for _ in 0..<3 {
      ids.append(await world.backup([FakeSource(size: 100)]).id)
      world.time.advance(3_600)
    }
    let dates = ids.compactMap { $0.flatMap { BackupID($0)?.date } }
    func newest(before: Date?) async -> ExecutorResult {
      await restore(world, id: "latest", before: before.map { Timestamp($0).description }, dryRun: true).result
    }
    #expect(await newest(before: nil).id == ids[2])
    #expect(await newest(before: dates[2].addingTimeInterval(1)).id == ids[2])
    #expect(await newest(before: dates[2]).id == ids[1], "before is exclusive")
    let none = await newest(before: dates[0])
    #expect(none.outcome == .failed && none.failure?.reason == "BackupNotFound")
    #expect(none.failure?.message.contains("no good backup before the given time") == true)
    let empty = World()
    let missing = await restore(empty, id: "latest", dryRun: true).result
    #expect(missing.failure?.reason == "BackupNotFound")
    #expect(missing.failure?.message.contains("memory://store/pre/ns/pol/") == true)
    let unknown = await restore(world, id: "20200101T000000Z-aaaaaa", dryRun: true).result
    #expect(unknown.failure?.reason == "BackupNotFound" && unknown.failure?.message.contains("20200101") == true)
  }

  @Test func latestIsNotOneOfAWrongClockWhereThereIsAnother() async throws {
    let world = World()
    let good = await world.backup([FakeSource(size: 100)]).id
    world.time.advance(86_400)
    let ahead = await world.backup([FakeSource(size: 100)]).id
    #expect(await restore(world, id: "latest", dryRun: true).result.id == ahead)
    world.time.advance(-86_400)
    #expect(await restore(world, id: "latest", dryRun: true).result.id == good)
    try await world.memory.delete(world.layout.policyPrefix + "\(good ?? "")/manifest.json")
    #expect(await restore(world, id: "latest", dryRun: true).result.id == ahead)
  }
}
