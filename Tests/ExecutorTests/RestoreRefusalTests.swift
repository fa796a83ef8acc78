import Age
import BackupFormat
import Executor
import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel
import NIOCore
import NIOHTTP1
import ObjectStore
import ObjectStoreTestKit
import SnapshotSource
import Testing

/// What keeps a restore from beginning: a clear message, and a destination as it was, to the bit. Files of this machine are
/// backed up and restored by the sources and destinations that a plan makes.
@Suite struct RestoreRefusalTests {
  /// A folder that was backed up, and one to restore to in which a file is already.
  struct Scene {
    var folder: String
    var world: World
    var out: String { folder + "/out" }
    var conflictPolicy: RestoreRequest.ConflictPolicy?

    static func with(_ body: (inout Scene) async throws -> Void) async throws {
      let folder = FileManager.default.temporaryDirectory.path + "/holdfast-refusal-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: folder + "/src/d", withIntermediateDirectories: true)
      try FileManager.default.createDirectory(atPath: folder + "/out", withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      try Data("from the backup".utf8).write(to: URL(fileURLWithPath: folder + "/src/d/f"))
      try Data("keep".utf8).write(to: URL(fileURLWithPath: folder + "/out/keep"))
      var world = World()
      world.plan.spec.sources = [Source(name: "db", files: Source.Files(paths: [folder + "/src"]))]
      var scene = Scene(folder: folder, world: world)
      let factory = scene.factory(Plan.Restore(request: "r", origin: world.plan.policy))
      let result = await BackupRun(context: world.context(), sources: try factory.sources()).run()
      #expect(result.outcome == .succeeded, "\(String(describing: result.failure))")
      try await body(&scene)
    }

    func mounts() -> Mounts { Mounts(root: folder + "/mounts") }

    func factory(_ restore: Plan.Restore) -> SourceFactory {
      var plan = world.plan
      plan.restore = restore
      return SourceFactory(plan: plan, mounts: mounts(), cluster: ClusterConnection(mounts: mounts(), environment: [:]))
    }

    var selection: RestoreRequest.SourceSelection {
      RestoreRequest.SourceSelection(
        name: "db", files: RestoreRequest.FilesDestination(path: out, conflictPolicy: conflictPolicy))
    }

    func restore(
      store: (any ObjectStore)? = nil, identities: [AgeIdentity]? = nil,
      selection: RestoreRequest.SourceSelection? = nil, dryRun: Bool = false
    ) async -> ExecutorResult {
      let restore = Plan.Restore(
        request: "r", origin: world.plan.policy, sources: [selection ?? self.selection], dryRun: dryRun)
      var context = world.context(store)
      context.plan.restore = restore
      let factory = factory(restore)
      return await RestoreRun(
        context: context, restore: restore, identities: identities ?? [world.identity],
        makeDestination: factory.destination
      ).run()
    }

    /// Everything below `out`, with bytes, modes and times.
    func state() throws -> [String] {
      try (["."] + FileManager.default.subpathsOfDirectory(atPath: out)).sorted().map { name in
        let path = out + "/" + name
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        let content = FileManager.default.contents(atPath: path).map { $0.base64EncodedString() } ?? ""
        return "\(name) \(attributes[.posixPermissions] ?? 0) \(attributes[.modificationDate] ?? 0) \(content)"
      }
    }

    var restored: String { out + folder + "/src/d/f" }
  }

  @Test func aGoodRestoreComesThroughTheSameWay() async throws {
    try await Scene.with { scene in
      let plan = await scene.restore(dryRun: true)
      #expect(plan.plan?.contains { $0.action == "create" } == true, "\(String(describing: plan.failure))")
      #expect(!FileManager.default.fileExists(atPath: scene.restored))
      let result = await scene.restore()
      #expect(result.outcome == .succeeded, "\(String(describing: result.failure))")
      #expect(FileManager.default.contents(atPath: scene.restored) == Data("from the backup".utf8))
      #expect(result.facts?["db"]?["replaced"] == "0")
    }
  }

  struct Refusal: Sendable, CustomStringConvertible {
    var description: String
    var reason: String
    /// What the message says.
    var says: String
    var run: @Sendable (inout Scene) async throws -> ExecutorResult
  }

  static let refusals: [Refusal] = [
    Refusal(description: "wrong identity", reason: "DecryptionFailed", says: "") {
      await $0.restore(identities: [.generate()])
    },
    Refusal(description: "no identity", reason: "DecryptionFailed", says: "") { await $0.restore(identities: []) },
    Refusal(description: "expired credentials", reason: "AccessDenied", says: "may not read") {
      await $0.restore(store: DenyingStore($0.world.memory, may: [.list, .write, .delete]))
    },
    Refusal(description: "credentials that may not list", reason: "AccessDenied", says: "may not list") {
      await $0.restore(store: DenyingStore($0.world.memory, may: [.read]))
    },
    Refusal(description: "a file that exists, with Fail", reason: "RestoreConflict", says: "differs from the backup") {
      scene in
      try FileManager.default.createDirectory(
        atPath: (scene.restored as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try Data("somebody's".utf8).write(to: URL(fileURLWithPath: scene.restored))
      return await scene.restore()
    },
    Refusal(description: "a folder that is a file", reason: "RestoreConflict", says: "no folder") { scene in
      try Data("x".utf8).write(to: URL(fileURLWithPath: scene.out + "/" + scene.folder.split(separator: "/")[0]))
      scene.conflictPolicy = .replace
      return await scene.restore()
    },
    Refusal(description: "no place", reason: "InvalidSpec", says: "is not here") { scene in
      let claim = RestoreRequest.FilesDestination.Claim(claimName: "gone")
      return await scene.restore(
        selection: RestoreRequest.SourceSelection(
          name: "db", files: RestoreRequest.FilesDestination(persistentVolumeClaim: claim)))
    },
    Refusal(description: "no API server for a pod", reason: "InvalidSpec", says: "none is known") { scene in
      let pod = PodSelection(podSelector: .init(matchLabels: ["a": "b"]))
      return await scene.restore(
        selection: RestoreRequest.SourceSelection(name: "db", files: RestoreRequest.FilesDestination(pod: pod)))
    },
    Refusal(description: "a source that the backup lacks", reason: "BackupNotFound", says: "no source nope") {
      await $0.restore(selection: RestoreRequest.SourceSelection(name: "nope"))
    },
  ]

  @Test(arguments: refusals.indices) func aRefusalIsClearAndChangesNothing(index: Int) async throws {
    let refusal = Self.refusals[index]
    try await Scene.with { scene in
      // What the case itself puts there comes first.
      let dry = try await refusal.run(&scene)
      let before = try scene.state()
      let result = try await refusal.run(&scene)
      #expect(dry.outcome == .failed && result.outcome == .failed, "\(refusal)")
      #expect(result.failure?.reason == refusal.reason, "\(refusal): \(String(describing: result.failure))")
      #expect(
        refusal.says.isEmpty || result.failure?.message.contains(refusal.says) == true,
        "\(refusal): \(String(describing: result.failure))")
      #expect(result.steps?.contains { $0.name == "restore" && $0.state == .skipped } == true)
      // A second try writes nothing either: what `run` wrote itself has a new time.
      let names = try scene.state().map { $0.prefix { $0 != " " } }
      #expect(names == before.map { $0.prefix { $0 != " " } }, "\(refusal)")
      #expect(FileManager.default.contents(atPath: scene.out + "/keep") == Data("keep".utf8))
      if FileManager.default.fileExists(atPath: scene.restored) {
        #expect(FileManager.default.contents(atPath: scene.restored) == Data("somebody's".utf8))
      }
    }
  }

  @Test func anIdentityKeyThatIsMissingIsNamed() async throws {
    try await Scene.with { scene in
      let decryption = RestoreRequest.Decryption(identitySecretRef: SecretReference(name: "age", key: "key.txt"))
      let none = #expect(throws: RunFailure.self) { try IdentityFiles.load(decryption, from: scene.mounts()) }
      #expect(none?.reason == .secretNotFound && none?.message.contains("Secret age") == true)
      try FileManager.default.createDirectory(
        atPath: scene.folder + "/mounts/secrets/age", withIntermediateDirectories: true)
      try Data("x".utf8).write(to: URL(fileURLWithPath: scene.folder + "/mounts/secrets/age/identity.txt"))
      let key = #expect(throws: RunFailure.self) { try IdentityFiles.load(decryption, from: scene.mounts()) }
      #expect(key?.message.contains("has no key key.txt") == true)
      let wrong = RestoreRequest.Decryption(identitySecretRef: SecretReference(name: "age"))
      let text = #expect(throws: RunFailure.self) { try IdentityFiles.load(wrong, from: scene.mounts()) }
      #expect(text?.reason == .decryptionFailed)
    }
  }

  /// A file system that a person may not write, and one without room, as far as this machine has them.
  @Test func aPlaceThatTakesNothingIsTold() async throws {
    try await Scene.with { scene in
      let claim = scene.folder + "/mounts/volumes/full"
      try FileManager.default.createDirectory(atPath: claim, withIntermediateDirectories: true)
      // 64 KiB of memory as a file system, where the machine allows mounts.
      let mount = try run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", claim)
      guard mount == 0 else { return }
      defer { _ = try? run("umount", claim) }
      try Data("mine".utf8).write(to: URL(fileURLWithPath: claim + "/mine"))
      try Data(repeating: 7, count: 200_000).write(to: URL(fileURLWithPath: scene.folder + "/src/d/large"))
      let factory = scene.factory(Plan.Restore(request: "r", origin: scene.world.plan.policy))
      _ = await BackupRun(context: scene.world.context(), sources: try factory.sources()).run()
      let selection = RestoreRequest.SourceSelection(
        name: "db",
        files: RestoreRequest.FilesDestination(
          persistentVolumeClaim: RestoreRequest.FilesDestination.Claim(claimName: "full")))
      let full = await scene.restore(selection: selection)
      #expect(full.failure?.reason == "InsufficientSpace", "\(String(describing: full.failure))")
      #expect(full.failure?.message.contains("claim full") == true)
      #expect(try FileManager.default.contentsOfDirectory(atPath: claim) == ["mine"])
      #expect(try run("mount", "-o", "remount,ro", claim) == 0)
      let readOnly = await scene.restore(selection: selection)
      #expect(readOnly.failure?.reason == "RestoreForbidden", "\(String(describing: readOnly.failure))")
      #expect(try FileManager.default.contentsOfDirectory(atPath: claim) == ["mine"])
      // To look is allowed all the same; then it is the room that is missing.
      #expect(await scene.restore(selection: selection, dryRun: true).failure?.reason == "InsufficientSpace")
    }
  }

  private func run(_ command: String...) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  // MARK: OpenBao

  /// A snapshot as a server gives it.
  private func raftArchive() throws -> [UInt8] {
    let folder = FileManager.default.temporaryDirectory.path + "/holdfast-raft-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let script = """
      cd "$0"; echo '{"Index":7,"Term":2}' >meta.json; head -c 30000 /dev/zero >state.bin
      sha256sum meta.json state.bin >SHA256SUMS; tar --format=ustar -czf a.snap meta.json state.bin SHA256SUMS
      """
    #expect(try run("sh", "-euc", script, folder) == 0)
    return Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/a.snap")))
  }

  struct GivenSource: SnapshotSource {
    var bytes: [UInt8]
    let name = "raft"
    let kind = "openBao"
    let fileExtension = "snap"
    func capture(into sink: (ByteBuffer) async throws -> Void) async throws -> SnapshotFacts {
      try await sink(ByteBuffer(bytes: bytes))
      return SnapshotFacts()
    }
  }

  /// Truncated, tampered and foreign archives: not one request that changes something reaches the server.
  @Test func badArchivesNeverReachTheServer() async throws {
    let good = try raftArchive()
    var changed = good
    changed[good.count / 2] ^= 1
    let cases: [(name: String, bytes: [UInt8], identity: AgeIdentity?, posts: Int)] = [
      ("truncated", Array(good.dropLast(40)), nil, 0), ("tampered", changed, nil, 0),
      ("no archive", Array("no archive at all".utf8), nil, 0), ("wrong key", good, .generate(), 0),
      ("good", good, nil, 1),
    ]
    for (name, bytes, identity, posts) in cases {
      let answer: @Sendable (StubServer.Request) async -> StubServer.Answer? = { request in
        switch request.path {
        case "/v1/sys/health":
          StubServer.Answer(
            200,
            #"{"initialized":true,"sealed":false,"standby":false,"version":"2.4.1","cluster_name":"c","cluster_id":"i"}"#
          )
        case "/v1/sys/seal-status":
          StubServer.Answer(200, #"{"type":"shamir","initialized":true,"sealed":false,"storage_type":"raft"}"#)
        case "/v1/sys/capabilities-self": StubServer.Answer(200, #"{"data":{"sys/storage/raft/snapshot":["update"]}}"#)
        case "/v1/sys/storage/raft/snapshot", "/v1/sys/storage/raft/snapshot-force": StubServer.Answer(204)
        case "/v1/auth/token/lookup-self": StubServer.Answer(403, #"{"errors":["permission denied"]}"#)
        default: StubServer.Answer(404, #"{"errors":[]}"#)
        }
      }
      try await StubServer.with(answer: answer) { server in
        let world = World()
        let token = FileManager.default.temporaryDirectory.path + "/holdfast-token-\(UUID().uuidString)"
        try Data("s.secret".utf8).write(to: URL(fileURLWithPath: token))
        defer { try? FileManager.default.removeItem(atPath: token) }
        let made = await BackupRun(context: world.context(), sources: [GivenSource(bytes: bytes)]).run()
        #expect(made.outcome == .succeeded)
        var restore = Plan.Restore(request: "r", origin: world.plan.policy)
        restore.sources = [
          RestoreRequest.SourceSelection(
            name: "raft", openBao: Source.OpenBao(address: server.endpoint, tokenFile: token))
        ]
        var plan = world.plan
        plan.restore = restore
        let mounts = Mounts(root: "/nowhere")
        let factory = SourceFactory(
          plan: plan, mounts: mounts, cluster: ClusterConnection(mounts: mounts, environment: [:]))
        let result = await RestoreRun(
          context: world.context(), restore: restore, identities: [identity ?? world.identity],
          makeDestination: factory.destination
        ).run()
        let snapshots = server.log.filter { $0.method == .POST && $0.path.contains("storage/raft") }
        #expect(snapshots.count == posts, "\(name): \(String(describing: result.failure))")
        #expect(!snapshots.contains { $0.path.hasSuffix("-force") }, "only with force")
        if posts == 1 {
          #expect(result.outcome == .succeeded, "\(String(describing: result.failure))")
          #expect(Array(snapshots[0].body.readableBytesView) == bytes)
          #expect(result.facts?["raft"]?["sealed"] == "false")
          #expect(result.facts?["raft"]?["probeRead"]?.isEmpty == false)
        } else {
          #expect(result.outcome == .failed)
        }
      }
    }
  }
}
