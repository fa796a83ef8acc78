import BackupFormat
import Executor
import Foundation
import HoldfastAPI
import JobPlan
import NIOCore
import ObjectStore
import Testing

@Suite struct PreflightRunTests {
  private func preflight(
    _ world: World, _ store: (any ObjectStore)? = nil, lockCheck: LockCheck? = nil
  ) async -> ExecutorResult {
    var context = world.context(store)
    context.lockCheck = lockCheck
    return await PreflightRun(context: context).run()
  }

  private func states(_ result: ExecutorResult) -> [String: String] {
    Dictionary(uniqueKeysWithValues: (result.steps ?? []).map { ($0.name, $0.state.rawValue) })
  }

  @Test func backupsThatAreThereAlreadyAreTold() async throws {
    let world = World()
    try await world.put(world.layout.policyPrefix + "20261101T000000Z-aaaaaa/db.snap", "debris")
    #expect(await preflight(world).capabilities?["olderBackups"] == false)
    _ = await world.backup()
    #expect(await preflight(world).capabilities?["olderBackups"] == true)
  }

  @Test func aGoodTargetIsToldAndLeftAsItWas() async throws {
    let world = World(maxCount: 1)
    let result = await preflight(world)
    #expect(result.outcome == .succeeded && result.failure == nil && result.warnings == nil)
    #expect(
      result.capabilities == [
        "conditionalWrite": true, "read": true, "list": true, "delete": true, "olderBackups": false,
      ])
    #expect(result.location == "memory://store/pre/ns/pol")
    #expect(Set(states(result).values) == ["Completed", "Skipped"])
    #expect(try await world.keys().isEmpty)
    #expect(try result.encoded().count <= ExecutorResult.maximumBytes)
  }

  @Test(arguments: [
    ([DenyingStore.Right.write, .list, .delete], "read", "not read"),
    ([.write, .read, .delete], "list", "cannot see each other"),
    ([.write, .read, .list], "delete", "may not delete"),
  ])
  func aRightThatABackupDoesWithoutIsAWarning(
    rights: [DenyingStore.Right], missing: String, words: String
  ) async throws {
    let world = World(maxCount: 1)
    let result = await preflight(world, DenyingStore(world.memory, may: Set(rights)))
    #expect(result.outcome == .succeeded)
    #expect(result.capabilities?[missing] == false && result.capabilities?["conditionalWrite"] == true)
    #expect(result.warnings?.count == 1 && result.warnings?.first?.contains(words) == true)
    #expect(states(result)[missing] == "Skipped")
  }

  @Test func writeOnlyCredentialsPassWithThreeWarnings() async throws {
    let world = World(maxCount: 1)
    let result = await preflight(world, DenyingStore(world.memory, may: [.write]))
    #expect(result.outcome == .succeeded && result.warnings?.count == 3)
  }

  @Test(arguments: [
    (ObjectStoreError.Code.unreachable, "EndpointUnreachable", "connect"),
    (.timeout, "EndpointUnreachable", "connect"), (.certificateUntrusted, "CertificateUntrusted", "connect"),
    (.signatureMismatch, "SignatureMismatch", "authenticate"), (.clockSkew, "ClockSkew", "authenticate"),
    (.bucketNotFound, "BucketNotFound", "bucket"), (.regionMismatch, "RegionMismatch", "bucket"),
    (.accessDenied, "AccessDenied", "write"), (.unsupported, "ConditionalWriteUnsupported", "createOnly"),
    (.configuration, "InvalidSpec", "connect"), (.outOfSpace, "StoreFailed", "write"),
  ])
  func aRefusalHasAReasonAndAStep(code: ObjectStoreError.Code, reason: String, step: String) async throws {
    let world = World()
    let result = await preflight(world, DenyingStore(world.memory, flaw: .fails(code)))
    #expect(result.outcome == .failed && result.failure?.reason == reason && result.failure?.step == "preflight")
    #expect(states(result)[step] == "Failed")
    #expect(states(result).values.filter { $0 == "Failed" }.count == 1)
    #expect(states(result)["read"] == "Skipped")
  }

  @Test func aStoreThatNeverAnswersIsUnreachable() async throws {
    var world = World()
    // Deadlines pass at once.
    world.clock = StoreClock(now: { .zero }, sleep: { _ in })
    let result = await preflight(world, DenyingStore(world.memory, flaw: .neverAnswers))
    #expect(result.failure?.reason == "EndpointUnreachable")
    #expect(result.failure?.message.contains("no answer within 30") == true)
  }

  @Test(arguments: [DenyingStore.Flaw.ignoresConditions, .refusesConditions])
  func aStoreWithoutCreateOnlyWritesIsFoundOut(flaw: DenyingStore.Flaw) async throws {
    let world = World()
    let result = await preflight(world, DenyingStore(world.memory, flaw: flaw))
    #expect(result.outcome == .failed && result.failure?.reason == "ConditionalWriteUnsupported")
    #expect(states(result)["createOnly"] == "Failed")
    #expect(try await world.keys().isEmpty)
  }

  @Test func aStoreThatGivesBackOtherBytesIsFoundOut() async throws {
    let world = World()
    let result = await preflight(world, DenyingStore(world.memory, flaw: .garbles))
    #expect(result.outcome == .failed && states(result)["read"] == "Failed")
    #expect(try await world.keys().isEmpty)
  }

  @Test func aListingThatLagsBehindIsAWarning() async throws {
    let world = World()
    let result = await preflight(world, DenyingStore(world.memory, flaw: .hidesNewObjects))
    #expect(result.outcome == .succeeded && result.capabilities?["list"] == false)
  }

  @Test func locksAreAskedForOnlyWhereThePlanWantsThem() async throws {
    var world = World()
    #expect(await preflight(world, lockCheck: { false }).outcome == .succeeded)
    world.plan.spec.target.objectLock = .init(mode: "compliance", retainFor: "30d")
    let refused = await preflight(world, lockCheck: { false })
    #expect(refused.failure?.reason == "ObjectLockUnsupported" && states(refused)["lock"] == "Failed")
    let granted = await preflight(world, lockCheck: { true })
    #expect(granted.outcome == .succeeded && granted.capabilities?["objectLock"] == true)
    let unknown = await preflight(
      world, lockCheck: { throw ObjectStoreError(.accessDenied, operation: "GET bucket", message: "no") })
    #expect(unknown.outcome == .succeeded && unknown.capabilities?["objectLock"] == nil)
    let unsupported = await preflight(
      world, lockCheck: { throw ObjectStoreError(.unsupported, operation: "GET bucket", message: "no") })
    #expect(unsupported.failure?.reason == "ObjectLockUnsupported")
    #expect(try await world.keys().isEmpty)
  }

  @Test func aClockThatIsFarOffIsAWarning() async throws {
    let world = World()
    let start = world.time.now
    let store = MemoryStore(now: { start + 500 })
    let result = await preflight(world, store)
    #expect(result.outcome == .succeeded)
    #expect(result.warnings?.first?.contains("ahead of this node's") == true)
  }

  @Test func aStoreWhoseCertificateIsNotCheckedIsAWarning() async throws {
    var world = World()
    world.plan.spec.target.insecureSkipVerify = true
    #expect(await preflight(world).warnings?.first?.contains("insecureSkipVerify") == true)
  }

  /// A probe that stays is no backup, no debris, and goes with time.
  @Test func aProbeThatStaysIsIgnoredAndRemovedLater() async throws {
    let world = World(maxCount: 1)
    _ = await preflight(world, DenyingStore(world.memory, may: [.write, .read, .list]))
    #expect(try await world.keys().count == 1)
    #expect(await world.backup().outcome == .succeeded)
    #expect(try await world.list().count == 1)
    #expect(try await world.keys().contains { $0.hasPrefix(".preflight-") })
    // By the next preflight after an hour,
    world.time.advance(3_700)
    _ = await preflight(world)
    #expect(try await world.keys().contains { $0.hasPrefix(".preflight-") } == false)
    // or by a prune after a day.
    _ = await preflight(world, DenyingStore(world.memory, may: [.write, .read, .list]))
    world.time.advance(90_000)
    let report = try await PruneRun(context: world.context()).run(dryRun: true)
    #expect(report.probes.count == 1 && report.removals.isEmpty)
    #expect(await world.backup().outcome == .succeeded)
    #expect(try await world.keys().contains { $0.hasPrefix(".preflight-") } == false)
  }

  @Test func theProbesOfAnotherPolicyAreNotTouched() async throws {
    let world = World(maxCount: 1)
    try await world.put("pre/ns/pol-2/.preflight-20261101T000000Z-aaaaaa")
    try await world.put("pre/ns/pol/.preflight-x/deep")
    world.time.advance(90_000)
    _ = await preflight(world)
    #expect(await world.backup().outcome == .succeeded)
    let keys = try await world.keys().filter { $0.contains(".preflight-") }
    #expect(keys.count == 2)
  }

  @Test func aPreflightThatIsToldToStopSaysSoAndRemovesItsProbe() async throws {
    let world = World()
    let result = await withTaskGroup(of: ExecutorResult.self) { group in
      group.addTask { await preflight(world) }
      group.cancelAll()
      return await group.next()
    }
    #expect(result?.outcome == .failed && result?.failure?.reason == "Interrupted")
    #expect(try await world.keys().isEmpty)
  }
}
