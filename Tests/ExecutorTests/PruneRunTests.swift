import BackupFormat
import Executor
import Foundation
import HoldfastAPI
import JobPlan
import NIOCore
import ObjectStore
import Testing

/// Promises 3 and 6: what may go and what never does.
@Suite struct PruneRunTests {
  private let old = "20261001T000000Z-aaaaaa"

  private func prune(_ world: World, dryRun: Bool = false) async throws -> PruneReport {
    try await PruneRun(context: world.context()).run(dryRun: dryRun)
  }

  @Test func debrisOfNobodyGoesAfterTheGracePeriod() async throws {
    let world = World()
    try await world.put(world.layout.policyPrefix + "\(old)/db.snap.zst.age")
    _ = try await world.memory.startUpload(world.layout.policyPrefix + "\(old)/other.snap")
    world.time.advance(86_000)
    #expect(try await prune(world).removals.isEmpty)
    world.time.advance(400)
    let report = try await prune(world)
    #expect(report.removals.map(\.kind) == [.debris])
    #expect(report.removals.first?.uploads == 1)
    #expect(try await world.keys().isEmpty)
    #expect(try await world.uploads() == 0)
    #expect(try await prune(world).removals.isEmpty)
  }

  @Test func whatAnotherRunIsWritingStays() async throws {
    let world = World()
    try await world.putLease(old, process: FakeProcesses.process(7))
    try await world.put(world.layout.policyPrefix + "\(old)/db.snap")
    world.time.advance(200)
    #expect(try await prune(world).removals.isEmpty)
    #expect(try await world.keys().count == 2)
  }

  @Test func debrisGoesAtOnceWhereItsRunIsKnownToBeOver() async throws {
    var world = World()
    world.processes.gone = [FakeProcesses.process(7)]
    try await world.putLease(old, process: FakeProcesses.process(7))
    try await world.put(world.layout.policyPrefix + "\(old)/db.snap")
    #expect(try await prune(world).removals.first?.reason.contains("has ended") == true)
    #expect(try await world.keys().isEmpty)

    world.runIdentity = RunIdentity(job: "j", pod: "j-2", namespace: "ns")
    try await world.putLease(old, job: "j", pod: "j-1")
    #expect(try await prune(world).removals.first?.reason.contains("earlier pod") == true)
    try await world.putLease(old, job: "other", pod: "other-1")
    #expect(try await prune(world).removals.isEmpty)
    try await world.putLease(old, job: "j", pod: "j-2")
    #expect(try await prune(world).removals.isEmpty, "this very pod")
    world.time.advance(400)
    #expect(try await prune(world).removals.first?.reason.contains("last renewed") == true)
    #expect(try await world.keys().isEmpty)
  }

  @Test func aLeaseThatCannotBeReadCountsByItsAge() async throws {
    let world = World()
    try await world.put(world.layout.policyPrefix + "\(old)/.running", "not json")
    #expect(try await prune(world).removals.isEmpty)
    world.time.advance(400)
    #expect(try await prune(world).removals.count == 1)
  }

  @Test func keysThatAreNotOfThisPolicyStay() async throws {
    let world = World(maxCount: 1)
    let foreign = [
      "README", "pre/ns/pol", "pre/ns/pol2/\(old)/db.snap", "pre/ns/pol/notes.txt", "pre/ns/pol/other/db.snap",
      "pre/ns/pol/\(old)/folder/db.snap", "pre/ns/pol/\(old)/NOTES.txt", "pre/ns/pol/\(old)/my file",
    ]
    for key in foreign { try await world.put(key) }
    for _ in 0..<3 { #expect(await world.backup().outcome == .succeeded) }
    world.time.advance(1_000_000)
    _ = try await prune(world)
    let left = Set(try await world.memory.listAll(prefix: "").map(\.key))
    #expect(left.isSuperset(of: foreign))
  }

  @Test func aManifestThatCannotBeUsedKeepsItsArtifacts() async throws {
    let world = World(maxCount: 1)
    let prefix = world.layout.policyPrefix
    try await world.put(prefix + "\(old)/manifest.json", "{\"formatVersion\":\"9.0\"}")
    try await world.put(prefix + "\(old)/db.snap")
    _ = await world.backup()
    // One that was copied from elsewhere names keys outside its own folder.
    let manifest = try #require(try await world.list().first { $0.manifest != nil })
    let copy = "20261002T000000Z-bbbbbb"
    let bytes = try await world.memory.getBytes(prefix + "\(manifest.id)/manifest.json", upTo: 1 << 20)
    try await world.memory.put(prefix + "\(copy)/manifest.json", body: bytes)
    world.time.advance(1_000_000)
    let report = try await prune(world)
    #expect(report.removals.isEmpty)
    #expect(report.warnings.count == 2)
    #expect(report.kept.count == 3)
    #expect(try await world.keys().contains("\(old)/db.snap"))
    #expect(try await world.list().filter { $0.manifest == nil }.map(\.problem).allSatisfy { $0 != nil })
  }

  @Test func whatIsLockedOrUsedStays() async throws {
    var world = World()
    var ids: [BackupID] = []
    for _ in 0..<4 { ids.append(try #require(BackupID(await world.backup().id ?? ""))) }
    world.plan.spec.retention = Retention(maxCount: 1)
    world.plan.protectedIDs = [ids[0].rawValue]
    let artifact = world.layout.prefix(of: ids[1]) + "db.snap.zst.age"
    world.memory.lock(artifact, until: world.time.now.addingTimeInterval(86_400))
    let report = try await prune(world)
    #expect(report.deletedIDs == [ids[2]])
    #expect(Set(report.kept.map(\.id)) == [ids[0], ids[1], ids[3]])
    #expect(report.warnings.contains { $0.contains(ids[1].rawValue) })
    #expect(try await world.broken().isEmpty)
  }

  @Test func aDryRunChangesNothing() async throws {
    let world = World()
    for _ in 0..<3 { _ = await world.backup() }
    var strict = world
    strict.plan.spec.retention = Retention(maxCount: 1)
    try await world.put(world.layout.policyPrefix + "\(old)/db.snap")
    strict.time.advance(100_000)
    let before = try await strict.keys()
    let report = try await prune(strict, dryRun: true)
    #expect(report.removals.count == 3)
    #expect(try await strict.keys() == before)
    let real = try await prune(strict)
    #expect(real.removals.map(\.id) == report.removals.map(\.id))
    #expect(try await strict.keys().count == 2)
  }

  @Test func aDeletionThatBreaksOffLeavesDebrisAndNoBrokenBackup() async throws {
    let world = World()
    let id = try #require(await world.backup().id)
    _ = await world.backup()
    var strict = world
    strict.plan.spec.retention = Retention(maxCount: 1)
    let store = FaultyStore(world.memory) { _, name in
      name.hasPrefix("delete") && name.hasSuffix(".age") ? .before : nil
    }
    let report = try await PruneRun(context: strict.context(store)).run(dryRun: false)
    #expect(report.problems.map(\.id.rawValue) == [id])
    #expect(try await world.list().count == 1)
    #expect(try await world.broken().isEmpty)
    strict.time.advance(100_000)
    _ = try await prune(strict)
    #expect(try await world.keys().count == 2)
  }

  @Test func deletingAsksForNoRetention() async throws {
    var world = World()
    let id = try #require(await world.backup().id)
    world.plan.deleteIDs = [id, "20200101T000000Z-gone22"]
    #expect(await DeleteRun(context: world.context()).run().outcome == .succeeded)
    #expect(try await world.keys().isEmpty)
    let locked = try #require(await world.backup().id)
    world.plan.deleteIDs = [locked]
    world.memory.lock(
      world.layout.policyPrefix + "\(locked)/db.snap.zst.age", until: world.time.now.addingTimeInterval(86_400))
    let result = await DeleteRun(context: world.context()).run()
    #expect(result.outcome == .failed)
    #expect(result.failure?.message.contains("object lock") == true)
    #expect(try await world.broken().isEmpty)
    world.plan.protectedIDs = [locked]
    #expect(await DeleteRun(context: world.context()).run().failure?.message.contains("restore") == true)
  }
}
