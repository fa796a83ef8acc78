import BackupFormat
import Executor
import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import KubernetesTestKit
import NIOCore
import ObjectStore
import Testing

/// Every manifest of a bucket gets its Backup, and nothing is ever taken away.
@Suite struct CatalogRunTests {
  private func sync(
    _ world: World, _ api: InMemoryAPI, store: (any ObjectStore)? = nil, isDryRun: Bool = false
  ) async throws -> (report: CatalogRun.Report, items: [CatalogRun.Item]) {
    var items: [CatalogRun.Item] = []
    let report = try await CatalogRun(context: world.context(store), client: api.client, isDryRun: isDryRun).run {
      items.append($0)
    }
    return (report, items)
  }

  private func backups(_ api: InMemoryAPI) throws -> [Backup] {
    try api.objects(Backup.resource).map { try $0.decoded(as: Backup.self) }
  }

  @Test func aNewClusterGetsABackupForEachManifest() async throws {
    var world = World()
    world.plan.clusterID = "old"
    let first = try #require(await world.backup([FakeSource(size: 100)]).id)
    let second = try #require(await world.backup().id)
    world.plan.clusterID = "new"
    let api = InMemoryAPI()
    let (report, items) = try await sync(world, api)
    #expect(items.map(\.id.rawValue) == [first, second] && items.allSatisfy { $0.action == .made })
    #expect(report.result.found == 2 && report.result.made == 2 && report.result.unreadable == 0)
    #expect(report.result.storage.count == 2 && report.result.storage.bytes > 40_000)
    let made = try backups(api)
    #expect(made.map(\.metadata.name) == [first, second].map { "pol-\($0.lowercased())" })
    let backup = try #require(made.last)
    #expect(backup.spec.policyRef.name == "pol" && backup.metadata.namespace == "ns")
    #expect(backup.metadata.labels?["holdfast.dev/policy"] == "pol")
    #expect(backup.metadata.labels?["holdfast.dev/origin"] == "catalog")
    #expect(backup.metadata.annotations?["holdfast.dev/catalog-id"] == second)
    let status = try #require(backup.status)
    #expect(status.phase == .completed && status.id == second && status.trigger == .manual)
    #expect(status.clusterID == "old")
    #expect(status.location == world.context().store.location + "/pre/ns/pol/\(second)")
    #expect(status.artifacts?.first?.key.hasSuffix("/\(second)/db.snap.zst.age") == true)
    #expect(status.facts == ["db": ["clusterID": "c1"]])
    #expect(status.size == status.artifacts?.first?.storedSize && status.verified == nil)
    #expect(status.conditions?.first { $0.type == "Completed" }?.status == .true)
  }

  @Test func aSecondRunMakesNothingAndOneThatDiedIsEnded() async throws {
    let world = World()
    for _ in 0..<3 { _ = await world.backup([FakeSource(size: 100)]) }
    let api = InMemoryAPI()
    // The process dies between the object and its status.
    api.onRequest { $0.path.hasSuffix("/status") ? .connectionLost : nil }
    await #expect(throws: RunFailure.self) { _ = try await sync(world, api) }
    #expect(try backups(api).contains { $0.status == nil })
    api.clearFaults()
    let (report, items) = try await sync(world, api)
    #expect(report.result.made == items.count && items.contains { $0.action == .completed })
    #expect(try backups(api).count == 3 && backups(api).allSatisfy { $0.status?.phase == .completed })
    let writes = api.requests.filter { $0.method != .get }.count
    #expect(try await sync(world, api).items.isEmpty)
    #expect(api.requests.filter { $0.method != .get }.count == writes)
  }

  @Test func whatTheOperatorHasRecordedIsNotMadeTwice() async throws {
    let world = World()
    let id = try #require(await world.backup().id)
    let api = InMemoryAPI()
    var recorded = Backup(
      metadata: ObjectMeta(name: "pol-backup-1", namespace: "ns", labels: ["holdfast.dev/policy": "pol"]),
      spec: .init(policyRef: .init(name: "pol")), status: .init(phase: .completed))
    recorded.status?.id = id
    try api.put(Backup.resource, try JSONValue(encoding: recorded))
    let (report, items) = try await sync(world, api)
    #expect(items.isEmpty && report.result.found == 1 && report.result.made == 0)
    #expect(try backups(api).count == 1)
  }

  @Test func whatARunMayHaveWrittenIsLeftToTheOperator() async throws {
    let world = World()
    let older = await world.backup().id
    world.time.advance(3_600)
    let created = Timestamp(world.time.now)
    _ = await world.backup()
    let api = InMemoryAPI()
    var running = Backup(
      metadata: ObjectMeta(name: "pol-backup-2", namespace: "ns", labels: ["holdfast.dev/policy": "pol"]),
      spec: .init(policyRef: .init(name: "pol")), status: .init(phase: .running))
    running.metadata.creationTimestamp = created
    try api.put(Backup.resource, try JSONValue(encoding: running))
    let (report, items) = try await sync(world, api)
    #expect(items.map(\.action) == [.made, .pending] && items.first?.id.rawValue == older)
    #expect(report.result.made == 1)
  }

  @Test func manifestsThatCannotBeUsedAreNamedAndTheOthersGoOn() async throws {
    let world = World()
    _ = await world.backup()
    let newer = "20261101T000000Z-aaaaaa"
    let damaged = "20261102T000000Z-bbbbbb"
    try await world.put(world.layout.policyPrefix + "\(newer)/manifest.json", #"{"formatVersion": "9.0"}"#)
    try await world.put(world.layout.policyPrefix + "\(damaged)/manifest.json", "garbage")
    try await world.put(world.layout.policyPrefix + "20261103T000000Z-cccccc/db.snap", "debris")
    let api = InMemoryAPI()
    let (report, items) = try await sync(world, api)
    #expect(items.map(\.action) == [.unreadable, .unreadable, .made])
    #expect(report.result.unreadable == 2 && report.result.made == 1 && report.result.found == 3)
    #expect(report.warnings.count == 2)
    #expect(report.warnings[0].contains(newer) && report.warnings[0].contains("newer Holdfast"))
    #expect(try backups(api).count == 1)
  }

  /// An empty or failing listing never deletes a Backup object.
  @Test func nothingIsDeletedWhateverTheBucketSays() async throws {
    let world = World()
    let api = InMemoryAPI()
    let id = try #require(await world.backup().id)
    _ = try await sync(world, api)
    let before = api.objects(Backup.resource)

    let failing = FaultyStore(world.memory) { _, name in name == "list" ? .before : nil }
    await #expect(throws: RunFailure.self) { _ = try await sync(world, api, store: failing) }
    #expect(api.objects(Backup.resource) == before)

    try await world.memory.delete(world.layout.policyPrefix + "\(id)/manifest.json")
    let (report, _) = try await sync(world, api)
    #expect(report.result.found == 0)
    #expect(report.warnings.first?.contains("no manifest is in the bucket for 1 Backup(s)") == true)
    #expect(api.objects(Backup.resource) == before)
    #expect(!api.requests.contains { $0.method == .delete })
  }

  @Test func aNameThatIsTakenIsLeftAlone() async throws {
    let world = World()
    let id = try #require(await world.backup().id)
    let api = InMemoryAPI()
    let taken = Backup(
      metadata: ObjectMeta(name: "pol-\(id.lowercased())", namespace: "ns"),
      spec: .init(policyRef: .init(name: "other")))
    try api.put(Backup.resource, try JSONValue(encoding: taken))
    let (report, items) = try await sync(world, api)
    #expect(items.map(\.action) == [.nameTaken] && report.warnings.count == 1)
    #expect(try backups(api).first?.spec.policyRef.name == "other")
  }

  @Test func aDryRunWritesNothing() async throws {
    let world = World()
    _ = await world.backup()
    let api = InMemoryAPI()
    let (report, items) = try await sync(world, api, isDryRun: true)
    #expect(items.map(\.action) == [.wouldMake] && report.result.made == 1)
    #expect(api.requests.allSatisfy { $0.method == .get })
  }

  @Test func missingRightsAreNamed() async throws {
    let world = World()
    _ = await world.backup()
    let api = InMemoryAPI()
    api.onRequest { $0.method == .post ? .status(403, reason: "Forbidden") : nil }
    do {
      _ = try await sync(world, api)
      Issue.record("no error")
    } catch let failure as RunFailure {
      #expect(failure.reason == .applyFailed && failure.message.contains("backups.holdfast.dev/status"))
    }
  }

  @Test func thousandsComeInPages() async throws {
    var world = World()
    world.plan.spec.historyLimit = 10_000
    let template = try #require(await world.backup([FakeSource(size: 10)]).id)
    let bytes = try await world.memory.getBytes(world.layout.policyPrefix + "\(template)/manifest.json", upTo: 1 << 20)
    // As a version without a manifest's own digest wrote it, so that its ids may be edited.
    var old = try #require(try JSONSerialization.jsonObject(with: Data(bytes.readableBytesView)) as? [String: Any])
    old["manifestSHA256"] = nil
    old["formatVersion"] = "1.0"
    let text = String(decoding: try JSONSerialization.data(withJSONObject: old), as: UTF8.self)
      .replacingOccurrences(of: "\\/", with: "/")
    for index in 0..<2_100 {
      let id = "20250101T000000Z-" + String(format: "%06d", index)
      try await world.put(
        world.layout.policyPrefix + "\(id)/manifest.json", text.replacingOccurrences(of: template, with: id))
    }
    let api = InMemoryAPI()
    let (report, _) = try await sync(world, api)
    #expect(report.result.found == 2_101 && report.result.made == 2_101)
    #expect(api.objects(Backup.resource).count == 2_101)
    let (again, items) = try await sync(world, api)
    #expect(again.result.found == 2_101 && items.isEmpty)
  }
}
