import Age
import BackupFormat
import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import KubernetesTestKit
import NIOCore
import ObjectStore
import ResourceSet
import SnapshotSource
import Testing

@testable import Executor

/// Reading back: how deep, and what is damage.
@Suite struct VerificationTests {
  private func verdicts(
    _ world: World, identities: [AgeIdentity]? = nil, store: (any ObjectStore)? = nil
  ) async throws -> [VerifyRun.Verdict] {
    var verdicts: [VerifyRun.Verdict] = []
    try await VerifyRun(context: world.context(store), identities: identities ?? [world.identity]).run(.all) {
      verdicts.append($0)
    }
    return verdicts
  }

  private func run(
    _ world: World, _ api: InMemoryAPI, latest: Int? = nil, all: Bool? = nil, identities: [AgeIdentity]? = nil,
    store: (any ObjectStore)? = nil, report: (VerifyRun.Verdict) -> Void = { _ in }
  ) async throws -> ExecutorResult {
    try await ScheduledVerification(
      context: world.context(store), verification: Verification(schedule: "@daily", latest: latest, all: all),
      identities: identities ?? [world.identity], client: api.client
    ).result(report: report)
  }

  private func request(_ world: World, _ api: InMemoryAPI, _ id: String) async throws -> ExecutorResult {
    try await ScheduledVerification(
      context: world.context(), verification: nil, only: BackupID(id), identities: [], client: api.client
    ).result()
  }

  @Test func aRequestReadsOneBackupWithoutASpec() async throws {
    let world = World()
    let (first, second) = (await world.backup().id, await world.backup().id)
    let ids = [first, second]
    let api = try await recorded(world)
    let result = try await request(world, api, try #require(ids[0]))
    #expect(result.verification?.good == 1 && result.verification?.damaged == 0)
    #expect(try status(api, ids[0])?.verified == true && status(api, ids[0])?.verification?.depth == .stored)
    #expect(try status(api, ids[1])?.verified == nil)
    await #expect(throws: RunFailure.self) { _ = try await request(world, api, "20200101T000000Z-aaaaaa") }
  }

  private func recorded(_ world: World) async throws -> InMemoryAPI {
    let api = InMemoryAPI()
    _ = try await CatalogRun(context: world.context(), client: api.client).run()
    return api
  }

  private func status(_ api: InMemoryAPI, _ id: String?) throws -> Backup.Status? {
    try api.objects(Backup.resource).map { try $0.decoded(as: Backup.self) }.first { $0.status?.id == id }?.status
  }

  private func flip(_ world: World, _ id: String?, _ name: String = "db.snap.zst.age") async throws {
    let key = world.layout.policyPrefix + "\(id ?? "")/\(name)"
    var bytes = try await world.memory.getBytes(key, upTo: 1 << 24)
    bytes.setInteger(bytes.getInteger(at: 700, as: UInt8.self)! ^ 1, at: 700)
    try await world.memory.put(key, body: bytes, condition: .none)
  }

  @Test func theDepthIsWhatTheIdentityAllows() async throws {
    let world = World()
    _ = await world.backup()
    let stored = try #require(try await verdicts(world, identities: []).first)
    #expect(stored.state == .good && stored.depth == .stored && !stored.isDecrypted)
    #expect(stored.evidence.first?.contains("SHA-256") == true)
    // The kind of the fake source has no format that is known.
    let plain = try #require(try await verdicts(world).first)
    #expect(plain.state == .good && plain.depth == .plain && plain.isDecrypted)
  }

  /// A set of API objects as its source gives it.
  private struct SetSource: SnapshotSource {
    var name = "pki"
    var kind = "certManager"
    var fileExtension = "tar"
    var isCut = false
    var certificates = 1

    func capture(into sink: (ByteBuffer) async throws -> Void) async throws -> SnapshotFacts {
      var bytes = ByteBuffer()
      let count = certificates
      let type = ResourceType(
        group: "cert-manager.io", version: "v1", kind: "Certificate", plural: "certificates")
      _ = try await withResourceSetWriter(ResourceSetHeader(capturedAt: Timestamp(Date()))) {
        bytes.writeImmutableBuffer($0)
      } _: { writer in
        for number in 0..<count {
          let certificate: JSONValue = [
            "apiVersion": "cert-manager.io/v1", "kind": "Certificate",
            "metadata": ["name": .string(number == 0 ? "root" : "leaf-\(number)"), "namespace": "ns"],
            "spec": ["secretName": "root-tls", "issuerRef": ["name": "self"]],
          ]
          _ = try await writer.add(certificate, as: type)
        }
      }
      try await sink(bytes.getSlice(at: 0, length: isCut ? 1_024 : bytes.readableBytes) ?? ByteBuffer())
      return SnapshotFacts()
    }
  }

  @Test func whatIsInASetIsLookedAt() async throws {
    let world = World()
    _ = await BackupRun(context: world.context(), sources: [SetSource()]).run()
    let verdict = try #require(try await verdicts(world).first)
    #expect(verdict.state == .good && verdict.depth == .content, "\(verdict)")
    #expect(verdict.evidence.first?.contains("1 objects in a sound set, 0 of 1 Certificates") == true, "\(verdict)")
    #expect(verdict.warnings.first?.contains("Certificate ns/root") == true, "\(verdict)")
  }

  @Test func ofManyWarningsAFewAreKept() async throws {
    let world = World()
    _ = await BackupRun(context: world.context(), sources: [SetSource(certificates: 25)]).run()
    let verdict = try #require(try await verdicts(world).first)
    #expect(verdict.warnings.count == 11 && verdict.warnings.last == "and 15 more", "\(verdict)")
  }

  @Test func aSetThatEndsEarlyIsDamage() async throws {
    let world = World()
    _ = await BackupRun(context: world.context(), sources: [SetSource(isCut: true)]).run()
    let verdict = try #require(try await verdicts(world).first)
    #expect(verdict.state == .damaged && verdict.failure?.reason == .sourceCorrupt, "\(verdict)")
  }

  /// The digests are right, since the source gave no better.
  @Test(arguments: ["certManager", "resources", "etcd", "openZiti", "openBao", "files"])
  func contentThatItsFormatDoesNotAllowIsDamage(kind: String) async throws {
    let world = World()
    _ = await world.backup([FakeSource(kind: kind)])
    let verdict = try #require(try await verdicts(world).first)
    #expect(verdict.state == .damaged && verdict.failure?.reason == .sourceCorrupt, "\(verdict)")
  }

  @Test func aFlippedByteIsDamageAtAnyDepth() async throws {
    let world = World()
    try await flip(world, await world.backup().id)
    for identities in [[], [world.identity]] {
      let verdict = try #require(try await verdicts(world, identities: identities).first)
      #expect(verdict.state == .damaged && verdict.failure?.reason == .digestMismatch && verdict.depth == nil)
    }
  }

  @Test func aWrongIdentityIsNoDamage() async throws {
    let world = World()
    let id = await world.backup().id
    let verdict = try #require(try await verdicts(world, identities: [AgeIdentity.generate()]).first)
    #expect(verdict.state == .unknown && verdict.failure?.reason == .decryptionFailed)
    // By schedule the stored bytes are compared all the same, and a person is told.
    let api = try await recorded(world)
    let result = try await run(world, api, identities: [AgeIdentity.generate()])
    #expect(result.verification?.good == 1)
    #expect(try status(api, id)?.verified == true && status(api, id)?.verification?.depth == .stored)
    #expect(try status(api, id)?.verification?.warnings?.first?.contains("the identity does not open it") == true)
  }

  @Test func whatWasFoundGoesIntoTheBackups() async throws {
    let world = World()
    let good = await world.backup([FakeSource(size: 3_000)]).id
    let bad = await world.backup().id
    try await flip(world, bad)
    let api = try await recorded(world)
    let result = try await run(world, api, all: true)
    #expect(result.outcome == .succeeded && result.operation == .verify)
    #expect(result.verification?.good == 1 && result.verification?.damaged == 1)
    #expect(result.verification?.damagedIDs == [bad].compactMap(\.self))
    #expect(try status(api, good)?.verified == true && status(api, good)?.verification?.depth == .plain)
    let found = try #require(try status(api, bad))
    #expect(found.verified == false && found.verification?.depth == nil)
    #expect(found.verification?.failure?.reason == "DigestMismatch" && found.verification?.failure?.source == "db")
    #expect(found.phase == .completed, "the rest of the status stays")

    // Mended: what an earlier look said is gone.
    try await flip(world, bad)
    _ = try await run(world, api, all: true)
    let mended = try #require(try status(api, bad))
    #expect(mended.verified == true && mended.verification?.failure == nil && mended.verification?.depth == .plain)
  }

  @Test func theNewestFewOrTheLongestUnread() async throws {
    let world = World()
    var ids: [String] = []
    for _ in 0..<4 { ids.append(try #require(await world.backup([FakeSource(size: 10)]).id)) }
    let api = try await recorded(world)
    var seen: [String] = []
    _ = try await run(world, api) { seen.append($0.id.rawValue) }
    #expect(seen == [ids[3]])
    _ = try await run(world, api, latest: 2) { seen.append($0.id.rawValue) }
    #expect(seen == [ids[3], ids[3], ids[2]])
    seen = []
    _ = try await run(world, api, all: true) { seen.append($0.id.rawValue) }
    #expect(seen == [ids[1], ids[0], ids[3], ids[2]], "of those that nobody has read the newest comes first")
    // Beyond spec.historyLimit nobody writes down when it was read: it must not come first for ever.
    try api.remove(Backup.resource, KubernetesModel.ObjectKey(namespace: "ns", name: "pol-\(ids[0].lowercased())"))
    seen = []
    _ = try await run(world, api, all: true) { seen.append($0.id.rawValue) }
    #expect(seen == [ids[1], ids[3], ids[2], ids[0]])
  }

  @Test func trimmedOnesDoNotComeBeforeAnOldOneThatIsHeld() async throws {
    let world = World()
    var ids: [String] = []
    for _ in 0..<5 { ids.append(try #require(await world.backup([FakeSource(size: 10)]).id)) }
    let api = try await recorded(world)
    // The oldest is held and keeps its Backup; of those in between spec.historyLimit has removed it.
    for id in ids[1...2] {
      try api.remove(Backup.resource, KubernetesModel.ObjectKey(namespace: "ns", name: "pol-\(id.lowercased())"))
    }
    // This one has yet to get its Backup.
    ids.append(try #require(await world.backup([FakeSource(size: 10)]).id))
    var seen: [String] = []
    _ = try await run(world, api, all: true) { seen.append($0.id.rawValue) }
    #expect(seen == [ids[5], ids[4], ids[3], ids[0], ids[2], ids[1]])
    seen = []
    _ = try await run(world, api, all: true) { seen.append($0.id.rawValue) }
    #expect(seen.suffix(2) == [ids[2], ids[1]] && seen.first == ids[5])
  }

  @Test func aBackupThatIsRemovedMeanwhileIsNotDamaged() async throws {
    let world = World()
    let id = try #require(await world.backup().id)
    let api = try await recorded(world)
    let prefix = world.layout.policyPrefix + id
    // As a prune does: the manifest first, then the artifacts, while the first of these is being read.
    let memory = world.memory
    let racing = RemovingStore(base: memory) {
      try? await memory.delete("\(prefix)/manifest.json")
      try? await memory.delete("\(prefix)/db.snap.zst.age")
      try? api.remove(Backup.resource, KubernetesModel.ObjectKey(namespace: "ns", name: "pol-\(id.lowercased())"))
    }
    let result = try await run(world, api, store: racing)
    #expect(result.verification == .init())
    #expect(api.objects(Backup.resource).isEmpty)
  }

  @Test func anArtifactOrAManifestThatIsGoneIsDamage() async throws {
    let world = World()
    let artifact = try #require(await world.backup().id)
    let manifest = try #require(await world.backup().id)
    let api = try await recorded(world)
    try await world.memory.delete(world.layout.policyPrefix + "\(artifact)/db.snap.zst.age")
    try await world.memory.delete(world.layout.policyPrefix + "\(manifest)/manifest.json")
    let result = try await run(world, api, all: true)
    #expect(result.verification?.damaged == 2)
    #expect(try status(api, artifact)?.verification?.failure?.reason == "ObjectNotFound")
    #expect(try status(api, manifest)?.verification?.message?.contains("the backup is gone from the bucket") == true)
  }

  @Test func aStoreThatDoesNotAnswerSaysNothingOfTheBackups() async throws {
    let world = World()
    let id = await world.backup().id
    let api = try await recorded(world)
    let failing = FaultyStore(world.memory) { _, name in name.hasPrefix("get") ? .before : nil }
    await #expect(throws: RunFailure.self) { _ = try await run(world, api, store: failing) }
    #expect(try status(api, id)?.verified == nil)
  }
}

/// Does something before the first artifact is read.
private struct RemovingStore: ObjectStore {
  let base: MemoryStore
  let body: @Sendable () async -> Void
  var location: String { base.location }

  func put(_ key: String, body: ByteBuffer, condition: WriteCondition) async throws {
    try await base.put(key, body: body, condition: condition)
  }
  func startUpload(_ key: String) async throws -> any MultipartUpload { try await base.startUpload(key) }
  func get(_ key: String, range: Range<Int64>?, consume: (ByteBuffer) async throws -> Void) async throws -> Int64 {
    if !key.hasSuffix("manifest.json") { await body() }
    return try await base.get(key, range: range, consume: consume)
  }
  func head(_ key: String) async throws -> ObjectInfo? { try await base.head(key) }
  func list(prefix: String, startingAfter: String?) async throws -> ObjectPage {
    try await base.list(prefix: prefix, startingAfter: startingAfter)
  }
  func delete(_ key: String) async throws { try await base.delete(key) }
  func listUploads(prefix: String) async throws -> [OpenUpload] { try await base.listUploads(prefix: prefix) }
  func abortUpload(_ upload: OpenUpload) async throws { try await base.abortUpload(upload) }
}
