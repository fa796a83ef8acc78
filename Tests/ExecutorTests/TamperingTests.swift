import BackupFormat
import Executor
import Foundation
import HoldfastAPI
import JobPlan
import NIOCore
import ObjectStore
import SnapshotSource
import Synchronization
import Testing

/// What somebody, or a bad disk, may do to the bucket: refused before the destination is asked to change anything.
@Suite struct TamperingTests {
  /// Two backups of one policy and one of another, in one bucket.
  struct Bucket {
    var world: World
    var id: String
    var other: String
    /// Key of an object of the first backup.
    func key(_ name: String, of id: String? = nil) -> String { world.layout.policyPrefix + "\(id ?? self.id)/\(name)" }
    var artifact: String { key("db.snap.zst.age") }
    var manifest: String { key("manifest.json") }

    static func make(size: Int = 20_000) async throws -> Bucket {
      let world = World()
      let id = try #require(await world.backup([FakeSource(size: size)]).id)
      let other = try #require(await world.backup([FakeSource(size: size + 1)]).id)
      return Bucket(world: world, id: id, other: other)
    }

    func bytes(_ key: String) async throws -> [UInt8] {
      Array(try await world.memory.getBytes(key, upTo: 4 << 20).readableBytesView)
    }

    func put(_ key: String, _ bytes: [UInt8]) async throws {
      try await world.memory.put(key, body: ByteBuffer(bytes: bytes), condition: .none)
    }

    /// Tries to restore the first backup, by its id.
    func restore() async -> (ExecutorResult, RestoreRunTests.FakeDestination) {
      let destination = RestoreRunTests.FakeDestination()
      let restore = Plan.Restore(request: "r", origin: world.plan.policy, id: id)
      let run = RestoreRun(
        context: world.context(), restore: restore, identities: [world.identity],
        makeDestination: { _, _, _ in destination })
      return (await run.run(), destination)
    }

    func expectRefusal(_ what: String, reasons: Set<String>) async {
      let (result, destination) = await restore()
      #expect(result.outcome == .failed, "\(what)")
      #expect(reasons.contains(result.failure?.reason ?? ""), "\(what): \(String(describing: result.failure))")
      #expect(!destination.calls.withLock { $0 }.contains { $0.hasPrefix("restore") }, "\(what)")
      #expect(destination.received.withLock { $0 }.isEmpty, "\(what)")
    }
  }

  static let damage: Set<String> = ["DigestMismatch", "DecryptionFailed", "SourceCorrupt", "SourceTruncated"]

  @Test func theBackupIsGoodAsItIs() async throws {
    let bucket = try await Bucket.make()
    let (result, destination) = await bucket.restore()
    #expect(result.outcome == .succeeded)
    #expect(destination.received.withLock { $0.count } == 20_000)
  }

  @Test func everyByteOfASmallArtifactCounts() async throws {
    let bucket = try await Bucket.make(size: 60)
    let whole = try await bucket.bytes(bucket.artifact)
    for place in whole.indices {
      var changed = whole
      changed[place] ^= UInt8(1 << (place % 8))
      try await bucket.put(bucket.artifact, changed)
      await bucket.expectRefusal("byte \(place) of \(whole.count)", reasons: Self.damage)
    }
  }

  @Test func bytesAllOverALargeArtifactCount() async throws {
    let bucket = try await Bucket.make(size: 300_000)
    let whole = try await bucket.bytes(bucket.artifact)
    // The age header, the nonce after it, chunk borders (65,552 bytes each), and the end.
    let places = [
      0, 22, 100, 199, 200, 230, 65_000, 66_000, 131_300, whole.count / 2, whole.count - 17, whole.count - 1,
    ]
    for place in places where place < whole.count {
      var changed = whole
      changed[place] ^= 0x40
      try await bucket.put(bucket.artifact, changed)
      await bucket.expectRefusal("byte \(place)", reasons: Self.damage)
    }
    for count in [0, 1, 200, 65_000, whole.count - 1] {
      try await bucket.put(bucket.artifact, Array(whole.prefix(count)))
      await bucket.expectRefusal("cut to \(count)", reasons: Self.damage)
    }
    try await bucket.put(bucket.artifact, whole + [0])
    await bucket.expectRefusal("longer by a byte", reasons: Self.damage)
    try await bucket.put(bucket.artifact, whole)
    #expect(await bucket.restore().0.outcome == .succeeded)
  }

  @Test func everyByteOfTheManifestCounts() async throws {
    let bucket = try await Bucket.make(size: 60)
    let whole = try await bucket.bytes(bucket.manifest)
    for place in whole.indices {
      var changed = whole
      changed[place] ^= UInt8(1 << (place % 7))
      try await bucket.put(bucket.manifest, changed)
      await bucket.expectRefusal(
        "byte \(place)", reasons: Self.damage.union(["UnsupportedFormat", "BackupNotFound", "ObjectNotFound"]))
    }
    for count in [0, 1, whole.count / 2, whole.count - 2] {
      try await bucket.put(bucket.manifest, Array(whole.prefix(count)))
      await bucket.expectRefusal("cut to \(count)", reasons: ["UnsupportedFormat"])
    }
  }

  /// Whole objects in the wrong place. Each is sound by itself.
  static let swaps: [(name: String, reasons: Set<String>, change: @Sendable (Bucket) async throws -> Void)] = [
    (
      "another backup's artifact", damage,
      { try await $0.put($0.artifact, $0.bytes($0.key("db.snap.zst.age", of: $0.other))) }
    ),
    (
      "another backup's manifest", ["UnsupportedFormat"],
      { try await $0.put($0.manifest, $0.bytes($0.key("manifest.json", of: $0.other))) }
    ),
    (
      "another backup, whole", ["UnsupportedFormat"],
      { bucket in
        for name in ["db.snap.zst.age", "manifest.json"] {
          try await bucket.put(bucket.key(name), bucket.bytes(bucket.key(name, of: bucket.other)))
        }
      }
    ),
    (
      "another policy's manifest", ["UnsupportedFormat"],
      { bucket in
        var foreign = bucket.world
        foreign.plan.policy = Plan.Policy(namespace: "ns", name: "else")
        let id = try #require(await foreign.backup([FakeSource(size: 500)]).id)
        let prefix = BucketLayout(pathPrefix: "pre", namespace: "ns", policy: "else").policyPrefix
        try await bucket.put(bucket.manifest, bucket.bytes("\(prefix)\(id)/manifest.json"))
      }
    ),
    (
      "another policy's manifest with this one's id", ["UnsupportedFormat"],
      { bucket in
        var foreign = bucket.world
        foreign.plan.policy = Plan.Policy(namespace: "ns", name: "else")
        let id = try #require(await foreign.backup([FakeSource(size: 500)]).id)
        let prefix = BucketLayout(pathPrefix: "pre", namespace: "ns", policy: "else").policyPrefix
        var manifest = try await Manifest.decode(Data(bucket.bytes("\(prefix)\(id)/manifest.json")))
        manifest.id = try #require(BackupID(bucket.id))
        for index in manifest.artifacts.indices {
          manifest.artifacts[index].key = manifest.artifacts[index].key.replacingOccurrences(of: id, with: bucket.id)
        }
        try await bucket.put(bucket.manifest, Array(try manifest.encode()))
      }
    ),
    (
      "a manifest that names another backup's artifact", ["UnsupportedFormat"],
      { bucket in
        let key = bucket.key("db.snap.zst.age", of: bucket.other)
        // No encoder writes this, so that it is put together by hand.
        let text = String(decoding: try await bucket.bytes(bucket.manifest), as: UTF8.self)
          .replacingOccurrences(of: bucket.artifact, with: key)
        try await bucket.put(bucket.manifest, Array(text.utf8))
      }
    ),
    (
      "a manifest made anew with another's digests", damage,
      { bucket in
        var manifest = try await Manifest.decode(Data(bucket.bytes(bucket.manifest)))
        let other = try await Manifest.decode(Data(bucket.bytes(bucket.key("manifest.json", of: bucket.other))))
        manifest.artifacts[0].storedSHA256 = other.artifacts[0].storedSHA256
        try await bucket.put(bucket.manifest, Array(try manifest.encode()))
      }
    ),
    (
      "a manifest made anew without the encryption", damage.union(["UnsupportedFormat", "InternalError"]),
      { bucket in
        var manifest = try await Manifest.decode(Data(bucket.bytes(bucket.manifest)))
        manifest.artifacts[0].encodings = ["zstd"]
        try await bucket.put(bucket.manifest, Array(try manifest.encode()))
      }
    ),
    (
      "a manifest of an artifact that is gone", ["ObjectNotFound"],
      { try await $0.world.memory.delete($0.artifact) }
    ),
    ("no manifest", ["BackupNotFound"], { try await $0.world.memory.delete($0.manifest) }),
  ]

  @Test(arguments: swaps.indices) func whatStandsInAnotherPlaceIsRefused(index: Int) async throws {
    let (name, reasons, change) = Self.swaps[index]
    let bucket = try await Bucket.make()
    try await change(bucket)
    await bucket.expectRefusal(name, reasons: reasons)
  }

  /// Who asks for `latest` does not get an older backup without being told which one it is.
  @Test func latestNamesTheBackupThatItTook() async throws {
    let bucket = try await Bucket.make()
    try await bucket.put(bucket.key("manifest.json", of: bucket.other), Array("{}".utf8))
    let destination = RestoreRunTests.FakeDestination()
    let run = RestoreRun(
      context: bucket.world.context(), restore: Plan.Restore(request: "r", origin: bucket.world.plan.policy),
      identities: [bucket.world.identity], makeDestination: { _, _, _ in destination })
    let result = await run.run()
    #expect(result.id == bucket.id)
  }
}
