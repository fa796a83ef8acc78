import BackupFormat
import Executor
import HoldfastAPI
import JobPlan
import ObjectStore
import Testing

/// A backup needs one permission: to write.
@Suite struct WriteOnlyTests {
  @Test func credentialsThatMayOnlyWriteAreEnough() async throws {
    let world = World(maxCount: 1)
    let store = DenyingStore(world.memory, may: [.write])
    for _ in 0..<2 {
      let result = await world.backup([FakeSource(), FakeSource(name: "small", size: 10)], store: store)
      #expect(result.outcome == .succeeded, "\(String(describing: result.failure))")
      let warnings = result.warnings ?? []
      #expect(warnings.contains { $0.contains("may not list memory://store/pre/ns/pol/") && $0.contains("pruned") })
      #expect(warnings.contains { $0.contains("may not read") })
      #expect(warnings.contains { $0.contains("may not delete") })
      #expect(result.prune == nil)
    }
    // With other credentials both are whole backups.
    #expect(try await world.list().count == 2)
    #expect(try await world.broken().isEmpty)
  }

  /// Few requests that lead nowhere: each of them is an entry in somebody's audit log.
  @Test func whatIsNotAllowedIsNotAskedForAgainAndAgain() async throws {
    let world = World(maxCount: 1)
    let store = DenyingStore(world.memory, may: [.write])
    _ = await world.backup([FakeSource(), FakeSource(name: "small", size: 10)], store: store)
    // The size of each of two uploads, and that of the first once more.
    #expect(store.refusals == [.list: 1, .read: 3, .delete: 1])
  }

  @Test func aLaterRunThatMayDoMoreTidiesUp() async throws {
    let world = World(maxCount: 1)
    _ = await world.backup(store: DenyingStore(world.memory, may: [.write]))
    #expect(try await world.keys().contains { $0.hasSuffix(".running") })
    world.time.advance(600)
    let result = await world.backup()
    #expect(result.warnings == nil && result.prune?.deleted.count == 1)
    #expect(try await world.keys().contains { $0.hasSuffix(".running") } == false)
  }

  @Test func withoutRetentionNobodyMissesThePrune() async throws {
    let world = World()
    let result = await world.backup(store: DenyingStore(world.memory, may: [.write, .read, .delete]))
    #expect(result.outcome == .succeeded)
    #expect(result.warnings?.count == 1 && result.warnings?.first?.contains("cannot see each other") == true)
    #expect(result.warnings?.first?.contains("pruned") == false)
  }

  @Test func aRunThatMayListButNotReadStillWaitsItsTurn() async throws {
    var world = World(maxCount: 3)
    world.settings.queueLimit = .zero
    try await world.putLease("20261121T025900Z-aaaaaa", job: "other")
    let result = await world.backup(store: DenyingStore(world.memory, may: [.write, .list, .delete]))
    #expect(result.failure?.reason == "DeadlineExceeded")
  }

  /// Neither can read the other's lease: the ids decide, and nobody waits forever.
  @Test func twoRunsThatMayNotReadDoNotWaitForEachOther() async throws {
    let world = World()
    async let first = world.backup(store: DenyingStore(world.memory, may: [.write, .list, .delete]))
    async let second = world.backup(store: DenyingStore(world.memory, may: [.write, .list, .delete]))
    #expect(await [first.outcome, second.outcome] == [.succeeded, .succeeded])
  }

  @Test func aFailedRunLeavesItsLeaseToNobody() async throws {
    let world = World()
    let store = DenyingStore(world.memory, may: [.write, .delete])
    let result = await world.backup([FakeSource(failsAfter: 20_000)], store: store)
    #expect(result.outcome == .failed && result.failure?.reason == "SourceTruncated")
    #expect(try await world.keys().contains { $0.hasSuffix(".running") } == false)
  }

  @Test func withoutTheRightToWriteTheReasonIsPlain() async throws {
    let world = World()
    let result = await world.backup(store: DenyingStore(world.memory, may: [.read, .list, .delete]))
    #expect(result.failure?.reason == "AccessDenied" && result.failure?.step == "prepare")
    #expect(result.failure?.message.contains("right to write") == true)
  }
}
