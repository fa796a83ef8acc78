import Age
import BackupFormat
import Executor
import Foundation
import HoldfastAPI
import JobPlan
import NIOCore
import ObjectStore
import SnapshotSource
import StreamPipeline
import Synchronization
import Testing

/// Promises 3 and 4: a backup exists when its manifest does, and a stream that broke is never one.
@Suite struct BackupRunTests {
  @Test func aBackupIsItsArtifactsAndThenItsManifest() async throws {
    let world = World()
    let source = FakeSource(name: "noisy")
    let result = await world.backup([source, FakeSource(name: "small", size: 10)])
    #expect(result.outcome == .succeeded)
    #expect(result.failure == nil)
    #expect(result.warnings == ["noisy: a warning"])
    #expect(result.facts?["noisy"] == ["clusterID": "c1"])
    let id = try #require(result.id)
    #expect(result.location == "memory://store/pre/ns/pol/\(id)")
    #expect(result.artifacts?.map(\.key) == ["noisy.snap.zst.age", "small.snap.zst.age"])
    #expect(result.prune?.count == 1)
    #expect(try await world.keys() == ["\(id)/manifest.json", "\(id)/noisy.snap.zst.age", "\(id)/small.snap.zst.age"])
    let entry = try #require(try await world.list().first)
    let manifest = try #require(entry.manifest)
    #expect(manifest.trigger == "manual")
    #expect(manifest.holdfastVersion == "test")
    #expect(manifest.recipients == [world.identity.recipient?.description])
    #expect(manifest.artifacts.first?.plainSize == Int64(source.size))
    #expect(try await world.broken().isEmpty)
  }

  @Test(arguments: [0, 1, 4_000, 20_000, 39_999, 40_000])
  func aSourceThatFailsLeavesNothing(after bytes: Int) async throws {
    let world = World()
    let result = await world.backup([FakeSource(name: "good"), FakeSource(failsAfter: bytes)])
    #expect(result.outcome == .failed)
    #expect(result.id == nil)
    #expect(result.failure?.step == "source")
    #expect(result.failure?.reason == "SourceTruncated")
    #expect(result.failure?.source == "db")
    #expect(try await world.keys().isEmpty)
    #expect(try await world.uploads() == 0)
  }

  @Test func whatASourceMissesIsInTheResultAndInTheManifest() async throws {
    let world = World()
    let result = await world.backup([FakeSource(), FakeSource(name: "partial")])
    #expect(result.outcome == .succeeded)
    #expect(result.missing == ["partial: widgets: Forbidden: no"])
    let manifest = try #require(try await world.list().first?.manifest)
    #expect(manifest.artifacts.map { $0.facts["missing"] } == [nil, "widgets: Forbidden: no"])
    #expect(result.facts?["partial"]?["missing"] == nil)
  }

  @Test func anUnexpectedErrorOfASourceIsAFailureToo() async throws {
    let world = World()
    let result = await world.backup([FakeSource(failsAfter: 5_000, error: FakeSource.Broken())])
    #expect(result.failure?.reason == "InternalError")
    #expect(try await world.keys().isEmpty)
  }

  @Test func policiesWithoutEncryptionMustSaySo() async throws {
    var world = World()
    world.plan.spec.encryption = nil
    #expect(await world.backup().failure?.reason == "InvalidSpec")
    world.plan.spec.encryption = Encryption(none: Encryption.None(acknowledged: true))
    world.plan.spec.compression = Compression(rawValue: "none")
    let result = await world.backup()
    #expect(result.artifacts?.first?.key == "db.snap")
    #expect(result.artifacts?.first?.plainSHA256 == result.artifacts?.first?.storedSHA256)
  }

  /// SIGTERM cancels the run.
  @Test func aCancelledRunLeavesNothingAndSaysSo() async throws {
    let world = World()
    let (reached, reach) = AsyncStream<Void>.makeStream()
    let source = FakeSource(onPiece: { given in
      guard given > 20_000 else { return }
      reach.yield()
      try await Task.sleep(for: .seconds(600))
    })
    let result = await withTaskGroup(of: ExecutorResult?.self) { group in
      group.addTask { await world.backup([source]) }
      for await _ in reached { break }
      group.cancelAll()
      return await group.next() ?? nil
    }
    #expect(result?.outcome == .failed)
    #expect(result?.failure?.reason == "Interrupted")
    #expect(try await world.keys().isEmpty)
    #expect(try await world.uploads() == 0)
  }

  @Test func theFailureOfAStoreNamesTheStep() async throws {
    let world = World()
    func failure(_ part: String) async -> Backup.Failure? {
      let store = FaultyStore(world.memory) { _, name in name.contains(part) ? .before : nil }
      return await world.backup(store: store).failure
    }
    #expect(await failure("put pre")?.step == "prepare")
    #expect(await failure("part")?.step == "upload")
    #expect(await failure("complete")?.step == "upload")
    #expect(await failure("manifest.json")?.step == "manifest")
  }

  @Test func aManifestWhoseAnswerGotLostIsFoundByReadingBack() async throws {
    let world = World()
    let store = FaultyStore(world.memory) { _, name in
      name.hasPrefix("put") && name.hasSuffix("manifest.json") ? .after : nil
    }
    let result = await world.backup(store: store)
    #expect(result.outcome == .succeeded)
    #expect(try await world.list().count == 1)
  }

  @Test func aManifestOfSomebodyElseIsLeftAlone() async throws {
    let world = World()
    let layout = world.layout
    let memory = world.memory
    let source = FakeSource(onPiece: { given in
      guard given == 0, let key = try await memory.listAll(prefix: layout.policyPrefix).first?.key else { return }
      let manifest = key.replacingOccurrences(of: ".running", with: "manifest.json")
      try await memory.put(manifest, body: ByteBuffer(string: "{}"), condition: .none)
    })
    let result = await world.backup([source])
    #expect(result.outcome == .failed)
    #expect(result.failure?.step == "manifest")
    #expect(try await world.keys().map { $0.split(separator: "/").last } == ["db.snap.zst.age", "manifest.json"])
  }

  @Test func oldBackupsGoAfterAGoodOne() async throws {
    let world = World(maxCount: 2)
    for _ in 0..<4 { #expect(await world.backup().outcome == .succeeded) }
    let entries = try await world.list()
    #expect(entries.count == 2)
    let result = await world.backup()
    #expect(result.prune?.deleted == entries.suffix(1).map(\.id.rawValue))
    #expect(result.prune?.count == 2)
    #expect(try await world.broken().isEmpty)
  }

  /// What a restore is about to bring back may be the oldest.
  @Test func aSafetyBackupRemovesNothing() async throws {
    var world = World(maxCount: 1)
    _ = await world.backup()
    world.runIdentity = RunIdentity(trigger: .safety)
    #expect(await world.backup().outcome == .succeeded)
    #expect(try await world.list().count == 2)
  }

  @Test func aPruneThatFailsDoesNotSpoilTheBackup() async throws {
    let world = World(maxCount: 1)
    _ = await world.backup()
    let store = FaultyStore(world.memory) { _, name in name == "uploads" ? .before : nil }
    let result = await world.backup(store: store)
    #expect(result.outcome == .succeeded)
    #expect(result.warnings?.first?.contains("not removed") == true)
    #expect(try await world.keys().contains { $0.hasSuffix(".running") } == false)
  }

  // MARK: Every call of the store

  /// One failure, at each call in turn, before or after it took effect.
  @Test(arguments: [true, false])
  func aFailureAtAnyCallLeavesAWholeBackupOrNone(isBefore: Bool) async throws {
    var call = 0
    var hasFailed = true
    while hasFailed {
      call += 1
      let world = World(maxCount: 1)
      #expect(await world.backup().outcome == .succeeded)
      let target = call
      let store = FaultyStore(world.memory) { number, _ in number == target ? (isBefore ? .before : .after) : nil }
      let result = await world.backup([FakeSource(size: 12_000)], store: store)
      hasFailed = store.callCount >= call
      try await check(world, result, "call \(call)")
    }
    #expect(call > 20)
  }

  /// Many failures, at random, run after run.
  @Test func randomFailuresNeverLeaveABrokenBackup() async throws {
    for seed in 0..<12 as Range<UInt64> {
      let world = World(maxCount: 2)
      let generator = Mutex(SeededGenerator(seed: seed))
      for _ in 0..<8 {
        let rate = generator.withLock { Int.random(in: 0...25, using: &$0) }
        let store = FaultyStore(world.memory) { _, _ in
          generator.withLock { generator in
            guard Int.random(in: 0..<100, using: &generator) < rate else { return nil }
            return Bool.random(using: &generator) ? .before : .after
          }
        }
        let failsAfter = generator.withLock { generator in
          Int.random(in: 0..<4, using: &generator) == 0 ? Int.random(in: 0...12_000, using: &generator) : nil
        }
        let result = await world.backup(
          [FakeSource(name: "one", size: 3_000), FakeSource(size: 12_000, failsAfter: failsAfter)], store: store)
        try await check(world, result, "seed \(seed)")
      }
    }
  }

  private func check(_ world: World, _ result: ExecutorResult, _ comment: Comment) async throws {
    #expect(try await world.broken().isEmpty, comment)
    if result.outcome == .succeeded {
      #expect(try await world.list().contains { $0.id.rawValue == result.id }, comment)
    } else {
      #expect(result.failure != nil, comment)
    }
    // Whatever stayed goes with the next run, once nobody can be using it.
    var later = world
    later.settings.leaseLifetime = .seconds(60)
    later.settings.debrisGrace = .seconds(60)
    later.time.advance(120)
    #expect(await later.backup([FakeSource(size: 100)]).outcome == .succeeded, comment)
    let ids = Set(try await later.list().map(\.id.rawValue))
    for key in try await later.keys() {
      let parts = key.split(separator: "/").map(String.init)
      #expect(ids.contains(parts[0]) && parts[1] != ".running", "\(comment): \(key)")
    }
    #expect(try await later.uploads() == 0, comment)
    #expect(try await later.broken().isEmpty, comment)
  }

  // MARK: Identity

  @Test func theTriggerFollowsFromTheJobsName() {
    func trigger(_ values: [String: String]) -> BackupTrigger { RunIdentity(environment: values).trigger }
    #expect(trigger([:]) == .manual)
    #expect(trigger(["HOLDFAST_TRIGGER": "safety", "HOLDFAST_CRONJOB_NAME": "p-backup"]) == .safety)
    #expect(trigger(["HOLDFAST_CRONJOB_NAME": "p-backup", "HOLDFAST_JOB_NAME": "p-backup-29301960"]) == .scheduled)
    #expect(trigger(["HOLDFAST_CRONJOB_NAME": "p-backup", "HOLDFAST_JOB_NAME": "manual-1"]) == .manual)
    #expect(trigger(["HOLDFAST_CRONJOB_NAME": "p-backup", "HOLDFAST_JOB_NAME": "p-backup-mine"]) == .manual)
    #expect(trigger(["HOLDFAST_TRIGGER": "", "HOLDFAST_JOB_NAME": "x"]) == .manual)
  }
}
