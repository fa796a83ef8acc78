import BackupFormat
import Executor
import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel
import KubernetesTestKit
import ObjectStore
import Testing

/// A run that captured much less than those before it says so, and retention then keeps what there was.
@Suite struct SizeWatchTests {
  private func backup(_ world: World, _ size: Int, store: (any ObjectStore)? = nil) async throws -> ExecutorResult {
    let result = await world.backup([FakeSource(size: size)], store: store)
    #expect(result.outcome == .succeeded, "\(String(describing: result.failure))")
    return result
  }

  private func count(_ world: World) async throws -> Int { try await world.list().count }

  @Test func aRunThatShrankIsMarkedInItsResultAndInItsManifest() async throws {
    let world = World()
    for size in [4_000, 5_000, 6_000] { #expect(try await backup(world, size).anomaly == nil) }
    let small = try await backup(world, 100)
    let anomaly = try #require(small.anomaly)
    #expect(anomaly.source == "db" && anomaly.size == 100 && anomaly.median == 5_000 && anomaly.compared == 3)
    #expect(anomaly.ratio == 0.5)
    #expect(anomaly.message == "source db gave 100 bytes, 2 % of 5000, the median of the 3 backups before it")
    let manifest = try #require(try await world.list().first?.manifest)
    #expect(manifest.formatVersion == "1.2")
    #expect(manifest.anomaly == Manifest.Anomaly(source: "db", size: 100, median: 5_000, compared: 3, minRatio: 0.5))
    #expect(try await world.broken().isEmpty, "small is not damaged")
    // Another one of the same size changes nothing about what is usual.
    #expect(try await backup(world, 100).anomaly?.median == 5_000)
    #expect(try await backup(world, 4_500).anomaly == nil)
  }

  @Test func compressionAndEncryptionHideNothing() async throws {
    var world = World()
    for _ in 0..<3 { _ = try await backup(world, 5_000) }
    // Uncompressed and plain: other bytes in the bucket, the same from the source.
    world.plan.spec.compression = Compression(rawValue: "none")
    world.plan.spec.encryption = Encryption(none: .init(acknowledged: true))
    #expect(try await backup(world, 2_500).anomaly == nil)
    #expect(try await backup(world, 2_000).anomaly?.size == 2_000)
  }

  @Test func retentionKeepsWhatWasThereBeforeTheLoss() async throws {
    var world = World(maxCount: 3)
    var good: [String] = []
    for _ in 0..<3 { good.append(try #require(try await backup(world, 5_000).id)) }
    var small: [String] = []
    for _ in 0..<5 {
      let result = try await backup(world, 10)
      small.append(try #require(result.id))
      #expect(result.prune?.deleted.allSatisfy { small.contains($0) } == true)
    }
    // All good ones, and as many small ones as the rules keep of any.
    #expect(try await world.list().map(\.id.rawValue) == small.suffix(3).reversed() + good.reversed())
    let report = try await PruneRun(context: world.context()).run(dryRun: true)
    #expect(report.removals.isEmpty)

    // The next run after the loss was mended: small ones take no place.
    let mended = try await backup(world, 5_000)
    #expect(mended.anomaly == nil && mended.prune?.deleted == [good[0]])
    let after = try await backup(world, 5_000)
    #expect(after.prune?.deleted == [good[1]])

    // Or the size is right.
    world.plan.acceptedIDs = nil
    let shrunk = try #require(try await backup(world, 10).id)
    #expect(try await PruneRun(context: world.context()).run(dryRun: true).removals.isEmpty)
    world.plan.acceptedIDs = [shrunk]
    let accepted = try await backup(world, 10)
    #expect(accepted.anomaly == nil)
    #expect(try await count(world) == 3)
    #expect(try await backup(world, 10).anomaly == nil)
    #expect(try await backup(world, 1).anomaly?.median == 10, "the median has begun anew")
  }

  @Test func whatIsKeptForItIsSaid() async throws {
    let world = World(maxCount: 2)
    for _ in 0..<2 { _ = try await backup(world, 5_000) }
    var roomy = world
    roomy.plan.spec.retention = nil
    for _ in 0..<2 { _ = try await backup(roomy, 5_000) }
    let result = try await backup(world, 10)
    #expect(result.prune?.deleted == [])
    #expect(
      result.warnings?.contains {
        $0.contains("2 backup(s) past their retention stay") && $0.contains("holdfast.dev/accept-size")
          && $0.contains("kubectl get backups -n ns -o wide")
      } == true, "\(result.warnings ?? [])")
  }

  @Test func ratioZeroTurnsItOff() async throws {
    var world = World(maxCount: 1)
    world.plan.spec.retention = nil
    for _ in 0..<3 { _ = try await backup(world, 5_000) }
    _ = try await backup(world, 10)
    world.plan.spec.anomaly = Anomaly(minSizeRatio: 0)
    #expect(try await backup(world, 10).anomaly == nil)
    world.plan.spec.retention = Retention(maxCount: 1)
    _ = try await backup(world, 10)
    #expect(try await count(world) == 1, "no mark stands")
  }

  /// The comparison is a help, and never why a backup fails.
  @Test func aStoreThatDoesNotAnswerFailsNoRun() async throws {
    let world = World()
    for _ in 0..<3 { _ = try await backup(world, 5_000) }
    let store = FaultyStore(world.memory) { _, name in
      name.hasPrefix("get") && name.hasSuffix("manifest.json") ? .before : nil
    }
    #expect(try await backup(world, 10, store: store).anomaly == nil)
    let writeOnly = DenyingStore(world.memory, may: [.write, .list, .delete])
    #expect(try await backup(world, 10, store: writeOnly).anomaly == nil)
    // A manifest that nobody understands is passed over.
    try await world.put(world.layout.policyPrefix + "20261120T000000Z-aaaaaa/manifest.json", "{}")
    #expect(try await backup(world, 10).anomaly?.compared == 5)
  }

  // MARK: The catalogue

  @Test func theMarkIsInTheCatalogueToo() async throws {
    let world = World()
    for size in [5_000, 5_000, 5_000, 10] { _ = try await backup(world, size) }
    let api = InMemoryAPI()
    _ = try await CatalogRun(context: world.context(), client: api.client).run()
    let backups = try api.objects(Backup.resource).map { try $0.decoded(as: Backup.self) }
    #expect(backups.map { $0.status?.anomaly?.median } == [nil, nil, nil, 5_000])
    #expect(backups.last?.status?.conditions?.contains { $0.type == "Suspicious" && $0.status == .true } == true)
  }

  @Test func onlyTheNewestGetABackupObject() async throws {
    var world = World()
    world.plan.spec.historyLimit = 2
    var ids: [String] = []
    for _ in 0..<5 { ids.append(try #require(try await backup(world, 100).id)) }
    let api = InMemoryAPI()
    let report = try await CatalogRun(context: world.context(), client: api.client).run()
    #expect(report.result.found == 5 && report.result.made == 2 && report.result.storage.count == 5)
    #expect(report.warnings.first?.contains("3 older backup(s) have no Backup object") == true)
    #expect(
      api.objects(Backup.resource).map { $0.annotations["holdfast.dev/catalog-id"] ?? "" } == ids.suffix(2))
    // One that was removed since there are newer ones does not come back.
    _ = try await backup(world, 100)
    let next = try await CatalogRun(context: world.context(), client: api.client).run()
    #expect(next.result.made == 1 && api.objects(Backup.resource).count == 3)
  }
}
