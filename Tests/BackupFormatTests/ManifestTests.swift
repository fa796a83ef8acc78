import Foundation
import Testing

@testable import BackupFormat

struct ManifestTests {
  static let id = BackupID("20261121T030000Z-k3x9ab")!
  static let layout = BucketLayout(pathPrefix: "clusters/one", namespace: "openbao", policy: "bao")

  static func artifact(_ source: String = "raft") -> Manifest.Artifact {
    Manifest.Artifact(
      source: source, kind: "openBao",
      key: layout.artifactKey(of: id, source: source, fileExtension: "snap", encodings: ["zstd", "age"]),
      encodings: ["zstd", "age"], plainSize: 100, plainSHA256: String(repeating: "0a", count: 32), storedSize: 60,
      storedSHA256: String(repeating: "f1", count: 32), facts: ["version": "2.4.1"])
  }

  static func manifest() -> Manifest {
    Manifest(
      id: id, policy: .init(namespace: "openbao", name: "bao", uid: "u"), clusterID: "c",
      createdAt: "2026-11-21T03:00:00Z",
      completedAt: "2026-11-21T03:00:09Z", trigger: "scheduled", holdfastVersion: "0.1.0", recipients: ["age1example"],
      artifacts: [artifact()])
  }

  static func changed(_ change: (inout [String: Any]) -> Void) throws -> Data {
    var object = try #require(JSONSerialization.jsonObject(with: manifest().encode()) as? [String: Any])
    change(&object)
    // What is tested is the member, not that it was changed.
    object[Manifest.digestMember] = Manifest.digestPlaceholder
    return try Manifest.sealed(try JSONSerialization.data(withJSONObject: object))
  }

  static func changedArtifact(_ change: (inout [String: Any]) -> Void) throws -> Data {
    try changed { object in
      var artifacts = object["artifacts"] as! [[String: Any]]
      change(&artifacts[0])
      object["artifacts"] = artifacts
    }
  }

  @Test func comesBackAsItWasWithSortedMembers() throws {
    let data = try Self.manifest().encode()
    #expect(try Manifest.decode(data, in: Self.layout, id: Self.id) == Self.manifest())
    #expect(try Manifest.decode(data).encode() == data)
    let text = String(decoding: data, as: UTF8.self)
    #expect(text.hasSuffix("}\n") && !text.contains("\\/"))
    let first = try #require(text.firstRange(of: "artifacts")?.lowerBound)
    let last = try #require(text.firstRange(of: "trigger")?.lowerBound)
    #expect(first < last)
  }

  @Test func aByteThatChangedIsNoticedWhereverItIs() throws {
    let data = try Self.manifest().encode()
    for place in data.indices {
      for bit in [0, 3, 5] as [UInt8] {
        var changed = data
        changed[place] ^= 1 << bit
        #expect(throws: ManifestError.self, "byte \(place)") { try Manifest.decode(changed) }
      }
    }
  }

  @Test func manifestsOfTheFirstVersionHaveNoDigest() throws {
    var object = try #require(JSONSerialization.jsonObject(with: Self.manifest().encode()) as? [String: Any])
    object[Manifest.digestMember] = nil
    #expect(throws: ManifestError.self) { try Manifest.decode(JSONSerialization.data(withJSONObject: object)) }
    object["formatVersion"] = "1.0"
    #expect(try Manifest.decode(JSONSerialization.data(withJSONObject: object)).id == Self.id)
  }

  @Test func theMarkOfASmallBackupIsReadBackAndMayBeAbsent() throws {
    var manifest = Self.manifest()
    let plain = try manifest.encode()
    #expect(!String(decoding: plain, as: UTF8.self).contains("anomaly"))
    #expect(try Manifest.decode(plain).anomaly == nil)
    manifest.anomaly = Manifest.Anomaly(source: "raft", size: 1, median: 9, compared: 3, minRatio: 0.1)
    #expect(try Manifest.decode(manifest.encode()) == manifest)
    #expect(try manifest.encode() == manifest.encode())
  }

  @Test func laterMinorVersionsAndUnknownMembersAreRead() throws {
    let data = try Self.changed {
      $0["formatVersion"] = "1.7"
      $0["shards"] = ["x": 1]
    }
    #expect(try Manifest.decode(data).id == Self.id)
  }

  @Test func aLaterMajorVersionSaysWhatToUse() throws {
    let data = Data(#"{"formatVersion": "2.0", "holdfastVersion": "3.1.0", "artifacts": "elsewhere"}"#.utf8)
    let error = #expect(throws: ManifestError.self) { try Manifest.decode(data) }
    #expect(error?.code == .unsupportedFormat)
    #expect(error?.message == "written by a newer Holdfast (format 2.0); use version 3.1.0 or later")
  }

  @Test(arguments: [
    "id", "policy", "createdAt", "completedAt", "trigger", "holdfastVersion", "recipients", "artifacts",
    "formatVersion",
  ])
  func aMissingMemberIsNamed(member: String) throws {
    let data = try Self.changed { $0[member] = nil }
    let error = #expect(throws: ManifestError.self) { try Manifest.decode(data) }
    #expect(error?.code == .malformed && error?.message.contains("lacks \(member)") == true, "\(error?.message ?? "")")
  }

  @Test(arguments: [
    ("key", "other/openbao/bao/20261121T030000Z-zzzzzz/raft.snap", "not an object below"),
    ("key", "clusters/one/openbao/other/20261121T030000Z-k3x9ab/raft.snap", "not an object below"),
    ("key", "xopenbao/bao/20261121T030000Z-k3x9ab/raft.snap", "not an object below"),
    ("key", "clusters/one/openbao/bao/20261121T030000Z-k3x9ab/../raft.snap", "not an object below"),
    ("key", "clusters/one/openbao/bao/20261121T030000Z-k3x9ab/", "not an object below"),
    ("key", "clusters/one/openbao/bao/20261121T030000Z-k3x9ab/manifest.json", "not an object below"),
    ("plainSHA256", "abc", "lower-case hex"), ("storedSHA256", String(repeating: "F", count: 64), "lower-case hex"),
    ("source", "", "source is empty"),
  ])
  func impossibleTextIsRefused(member: String, value: String, message: String) throws {
    let data = try Self.changedArtifact { $0[member] = value }
    let error = #expect(throws: ManifestError.self) { try Manifest.decode(data) }
    #expect(
      error?.message.contains("artifacts[0].\(member)") == true && error?.message.contains(message) == true,
      "\(error?.message ?? "")")
  }

  @Test func negativeAndOverflowingSizesAreRefused() throws {
    let negative = try Self.changedArtifact { $0["storedSize"] = -1 }
    #expect(throws: ManifestError.self) { try Manifest.decode(negative) }
    var manifest = Self.manifest()
    manifest.artifacts = [Self.artifact("a"), Self.artifact("b")]
    manifest.artifacts[0].storedSize = .max
    #expect(throws: ManifestError.self) { try manifest.encode() }
  }

  @Test func duplicateKeysAndNoArtifactsAreRefused() throws {
    var manifest = Self.manifest()
    manifest.artifacts = [Self.artifact(), Self.artifact()]
    #expect(#expect(throws: ManifestError.self) { try manifest.encode() }?.message.contains("named twice") == true)
    manifest.artifacts = []
    #expect(throws: ManifestError.self) { try manifest.encode() }
  }

  /// A manifest that was copied elsewhere must not make retention delete what it names.
  @Test func aManifestBelongsWhereItWasFound() throws {
    let data = try Self.manifest().encode()
    let elsewhere = BucketLayout(pathPrefix: "clusters/two", namespace: "openbao", policy: "bao")
    #expect(
      #expect(throws: ManifestError.self) { try Manifest.decode(data, in: elsewhere, id: Self.id) }?.code == .foreignKey
    )
    let other = BackupID("20261121T030000Z-aaaaaa")!
    #expect(throws: ManifestError.self) { try Manifest.decode(data, in: Self.layout, id: other) }
  }

  @Test(arguments: ["", "null", "[]", "{", "\u{0}", "{\"formatVersion\": 1}", "{\"formatVersion\": \"one\"}"])
  func whatIsNoManifestIsRefused(text: String) {
    #expect(throws: ManifestError.self) { try Manifest.decode(Data(text.utf8)) }
  }

  @Test func anEnormousManifestIsNotParsed() {
    let data = Data(repeating: 0x20, count: Manifest.maximumBytes + 1)
    #expect(#expect(throws: ManifestError.self) { try Manifest.decode(data) }?.code == .tooLarge)
  }

  @Test func randomDamageNeverCrashes() throws {
    var generator = SeededGenerator(seed: 9)
    let data = try Self.manifest().encode()
    for _ in 0..<1_000 {
      var damaged = data
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        damaged[Int.random(in: 0..<damaged.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      _ = try? Manifest.decode(damaged.prefix(Int.random(in: 1...damaged.count, using: &generator)))
    }
  }
}

struct BackupIDTests {
  @Test func idsSortByTimeAndComeBack() throws {
    var generator = SeededGenerator(seed: 1)
    var last: BackupID?
    for step in 0..<500 {
      let id = BackupID(date: Date(timeIntervalSince1970: 1_700_000_000 + Double(step) * 86_399), using: &generator)
      #expect(BackupID(id.rawValue) == id && id.rawValue.utf8.count == 23)
      if let last { #expect(last < id) }
      last = id
    }
  }

  @Test(arguments: [
    "", "20261121T030000Z", "20261321T030000Z-aaaaaa", "20260230T030000Z-aaaaaa", "20261121T250000Z-aaaaaa",
    "20261121T030000Z-AAAAAA", "20261121T030000Z-aaaaa", "20261121T030000Z-aaaaa/", "../../../../../../../..",
    "20261121t030000z-aaaaaa", "٢0261121T030000Z-aaaa",
  ])
  func whatIsNoIDIsRefused(text: String) { #expect(BackupID(text) == nil) }
}

struct BucketLayoutTests {
  @Test(arguments: [nil, "", "/", "a", "/a/", "a//b", "a/b/"])
  func slashesAtTheEndsOfThePrefixDoNotMatter(prefix: String?) throws {
    let layout = BucketLayout(pathPrefix: prefix, namespace: "n", policy: "p")
    #expect(
      !layout.policyPrefix.hasPrefix("/") && !layout.policyPrefix.contains("//")
        && layout.policyPrefix.hasSuffix("n/p/"))
    let key = layout.artifactKey(
      of: ManifestTests.id, source: "raft", fileExtension: "snap", encodings: ["zstd", "age"])
    #expect(key.hasSuffix("/raft.snap.zst.age") || key.hasSuffix("raft.snap.zst.age"))
    let parsed = try #require(layout.parse(key))
    #expect(parsed.id == ManifestTests.id && parsed.name == "raft.snap.zst.age")
  }

  /// Promise 6: a key of another policy is never one of ours, also where one name is the other's beginning.
  @Test func keysOfOthersAreNotOurs() {
    let layout = BucketLayout(pathPrefix: "x", namespace: "n", policy: "p")
    for key in [
      "x/n/p2/\(ManifestTests.id)/a", "x/n/p/readme.txt", "x/n/p/\(ManifestTests.id)/", "n/p/\(ManifestTests.id)/a",
      "x/n/p/\(ManifestTests.id)", "x/n/p/notes/a",
    ] {
      #expect(layout.parse(key) == nil, "\(key)")
    }
  }
}
