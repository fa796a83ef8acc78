import Age
import BackupFormat
import Foundation
import KubernetesModel
import NIOCore
import ResourceSet
import Testing

@testable import Inspection

@Suite struct InspectorTests {
  // MARK: Databases

  @Test(arguments: [
    ("openziti/ctrl-schema44.db", InspectionReport.Kind.openZitiDatabase, true),
    ("openziti/ctrl-schema38.db", .openZitiDatabase, true),
    ("openziti/ctrl-live-copy.db", .openZitiDatabase, true),
    ("openziti/ctrl-truncated.db", .bbolt, false),
    ("openziti/ctrl-bad-meta.db", .bbolt, false),
    ("openziti/not-ziti.db", .bbolt, true),
    ("bbolt/empty.db", .bbolt, true),
    ("bbolt/page-512.db", .bbolt, true),
  ])
  func databaseIsKnownAndChecked(_ name: String, _ kind: InspectionReport.Kind, _ sound: Bool) async throws {
    let report = try await inspect(Fixture.path(name))
    #expect(report.kind == kind)
    #expect(report.sound == sound)
    #expect(report.layers.isEmpty)
    #expect(report.problems.isEmpty == sound)
    #expect(report.size == Int64(try Fixture.bytes(name).count))
    if !sound { #expect(report.problems[0].page != nil) }
  }

  @Test func liveCopyIsSoundWithAWarning() async throws {
    let report = try await inspect(Fixture.path("openziti/ctrl-live-copy.db"))
    #expect(report.facts["origin"] == "liveCopy")
    #expect(report.warnings.count == 1)
    #expect(report.warnings[0].contains("live"))
  }

  @Test func factsOfAnOpenZitiDatabase() async throws {
    let facts = try await inspect(Fixture.path("openziti/ctrl-schema44.db")).facts
    #expect(facts["schemaVersion"] == "44")
    #expect(facts["identities"] == "514")
    #expect(facts["origin"] == "snapshot")
    #expect(facts["pages"] == "502")
  }

  // MARK: Layers

  @Test(arguments: [(false, false), (true, false), (false, true), (true, true)])
  func layersAreOpened(_ zstd: Bool, _ age: Bool) async throws {
    let identity = AgeIdentity.generate()
    let plain = try Fixture.bytes("openziti/ctrl-schema44.db")
    let direct = try await inspect(bytes: plain)
    let stored = try encode(plain, zstd: zstd, age: age ? identity : nil)
    let report = try await inspect(bytes: stored, [AgeIdentity.generate(), identity])
    #expect(report.layers == (age ? ["age"] : []) + (zstd ? ["zstd"] : []))
    #expect(report.kind == .openZitiDatabase)
    #expect(report.sound == true)
    #expect(report.facts == direct.facts)
    #expect(report.size == Int64(stored.count))
    #expect(report.plainSize == (zstd || age ? Int64(plain.count) : nil))
  }

  @Test func armoredFileOfTheRealProgramIsOpened() async throws {
    let folder = try Folder()
    try await folder.shell("age-keygen -o identity.txt 2>/dev/null")
    let identities = try AgeIdentity.parseFile(String(decoding: try folder.read("identity.txt"), as: UTF8.self))
    try await folder.shell(
      "zstd -q -c '\(Fixture.path("openziti/ctrl-schema38.db"))' | age -a -r $(age-keygen -y identity.txt) > armored")
    let report = try await inspect("\(folder.path)/armored", identities)
    #expect(report.layers == ["age", "zstd"])
    #expect(report.sound == true)
    #expect(report.facts["schemaVersion"] == "38")
  }

  @Test func withoutTheIdentityItCannotBeTold() async throws {
    let stored = try encode(try Fixture.bytes("bbolt/empty.db"), zstd: true, age: .generate())
    for identities in [[], [AgeIdentity.generate()]] {
      let report = try await inspect(bytes: stored, identities)
      #expect(report.kind == .age)
      #expect(report.sound == nil)
      #expect(report.reason != nil)
      #expect(report.problems.isEmpty)
    }
  }

  @Test func damageInALayerIsNamed() async throws {
    let identity = AgeIdentity.generate()
    let plain = try Fixture.bytes("openziti/ctrl-schema44.db")
    for (zstd, age, name) in [(true, false, "zstd"), (false, true, "age"), (true, true, "age")] {
      let stored = try encode(plain, zstd: zstd, age: age ? identity : nil)
      for position in [stored.count / 2, stored.count - 5] {
        var damaged = stored
        damaged[position] ^= 0x40
        let report = try await inspect(bytes: damaged, [identity])
        #expect(report.sound == false, "\(name) at \(position)")
        #expect(report.problems.first?.member == name, "\(name) at \(position): \(report.problems)")
      }
      for length in [stored.count / 3, stored.count - 1] {
        let report = try await inspect(bytes: Array(stored[..<length]), [identity])
        #expect(report.sound == false, "\(name) cut at \(length)")
      }
    }
  }

  @Test func damagedDatabaseInSoundLayersIsNotSound() async throws {
    let identity = AgeIdentity.generate()
    let stored = try encode(try Fixture.bytes("openziti/ctrl-truncated.db"), zstd: true, age: identity)
    let report = try await inspect(bytes: stored, [identity])
    #expect(report.kind == .bbolt)
    #expect(report.sound == false)
    #expect(report.problems.first?.code == "truncated")
    #expect(report.problems.first?.page == 307)
  }

  @Test func layersWithoutEndAreGivenUp() async throws {
    var bytes = Array("{}".utf8)
    for _ in 0..<10 { bytes = try encode(bytes, zstd: true, age: nil) }
    let report = try await inspect(bytes: bytes)
    #expect(report.sound == nil)
    #expect(report.layers.count == 8)
  }

  // MARK: Other files

  @Test func unknownFilesCannotBeTold() async throws {
    let folder = try Folder()
    let gzip = Array(try await folder.shell("echo hello | gzip -c | base64").utf8)
    let samples: [([UInt8], InspectionReport.Kind)] = [
      ([], .unknown), (Array("hello".utf8), .unknown), ([UInt8](repeating: 0, count: 100_000), .unknown),
      (Array(#"{"a": 1}"#.utf8), .unknown),
      ([UInt8](Data(base64Encoded: Data(gzip), options: .ignoreUnknownCharacters) ?? Data()), .gzip),
    ]
    for (bytes, kind) in samples {
      let report = try await inspect(bytes: bytes)
      #expect(report.kind == kind)
      #expect(report.sound == nil)
      #expect(report.reason != nil)
    }
  }

  @Test func fileThatIsNotThereIsAnError() async throws {
    await #expect(throws: InputError.self) { try await inspect("/nonexistent/file") }
    await #expect(throws: InputError.self) { try await inspect("/tmp") }
  }

  @Test func manifestIsChecked() async throws {
    let digest = String(repeating: "ab", count: 32)
    let id = try #require(BackupID("20261121T030000Z-k3x9ab"))
    let manifest = Manifest(
      id: id, policy: .init(namespace: "ns", name: "bao"), clusterID: nil, createdAt: "2026-11-21T03:00:00Z",
      completedAt: "2026-11-21T03:00:09Z", trigger: "manual", holdfastVersion: "0.1.0", recipients: [],
      artifacts: [
        .init(
          source: "raft", kind: "openBao", key: "ns/bao/\(id)/raft.snap", encodings: [], plainSize: 5,
          plainSHA256: digest, storedSize: 5, storedSHA256: digest)
      ])
    let text = String(decoding: try manifest.encode(), as: UTF8.self)
    let good = try await inspect(bytes: Array(text.utf8))
    #expect(good.kind == .manifest)
    #expect(good.sound == true)
    #expect(good.facts["policy"] == "ns/bao")

    let bad = try await inspect(bytes: Array(text.replacingOccurrences(of: digest, with: "xyz").utf8))
    #expect(bad.kind == .manifest)
    #expect(bad.sound == false)

    let next = text.replacingOccurrences(of: "\"\(Manifest.currentFormatVersion)\"", with: #""2.0""#)
    #expect(next != text)
    let later = try await inspect(bytes: Array(next.utf8))
    #expect(later.kind == .manifest)
    #expect(later.sound == nil)
  }

  @Test func tarIsCheckedToItsEnd() async throws {
    let folder = try Folder()
    try await folder.shell("mkdir d; head -c 5000 /dev/zero > d/one; echo two > d/two; tar -cf all.tar d")
    let tar = try folder.read("all.tar")
    let good = try await inspect(bytes: tar)
    #expect(good.kind == .tar)
    #expect(good.sound == true)
    #expect(good.facts["files"] == "2")
    #expect(good.facts["members"] == "3")

    let cut = try await inspect(bytes: Array(tar[..<4000]))
    #expect(cut.sound == false)
    #expect(cut.problems.first?.code == "truncated")
    #expect(cut.problems.first?.member?.hasPrefix("d/") == true)
  }

  @Test func raftArchiveIsCheckedWithItsSums() async throws {
    let folder = try Folder()
    try await folder.shell(
      """
      printf '{"Version":1,"Index":42,"Term":3}' > meta.json
      head -c 300000 /dev/urandom > state.bin
      sha256sum meta.json state.bin > SHA256SUMS
      tar --format=ustar -cf - meta.json state.bin SHA256SUMS | gzip > good.snap
      printf 'x' | dd of=state.bin bs=1 seek=1000 conv=notrunc status=none
      tar --format=ustar -cf - meta.json state.bin SHA256SUMS | gzip > bad.snap
      """)
    let good = try await inspect("\(folder.path)/good.snap")
    #expect(good.kind == .raftArchive)
    #expect(good.sound == true)
    #expect(good.facts["raftIndex"] == "42")
    let bad = try await inspect("\(folder.path)/bad.snap")
    #expect(bad.kind == .raftArchive)
    #expect(bad.sound == false)
    #expect(bad.problems.first?.member == "state.bin")
    let cut = try await inspect(bytes: Array(try folder.read("good.snap").dropLast(1000)))
    #expect(cut.sound == false)
    #expect(cut.problems.first?.code == "truncated")
  }

  @Test func resourceSetIsCheckedWithItsIndex() async throws {
    var output = ByteBuffer()
    let secrets = ResourceType(group: "", version: "v1", kind: "Secret", plural: "secrets")
    _ = try await withResourceSetWriter(
      ResourceSetHeader(capturedAt: Timestamp(Date()), clusterID: "uid"), into: { output.writeImmutableBuffer($0) }
    ) { writer in
      for name in ["one", "two"] {
        let metadata: JSONValue = .object(["name": .string(name), "namespace": .string("ns")])
        _ = try await writer.add(.object(["metadata": metadata]), as: secrets)
      }
      writer.record(
        ResourceSetIndex.Failure(
          group: "apps", plural: "deployments", namespace: "ns", reason: "Forbidden", message: "no"))
    }
    let bytes = Array(output.readableBytesView)
    let good = try await inspect(bytes: bytes)
    #expect(good.kind == .resourceSet)
    #expect(good.sound == true, "\(good.problems)")
    #expect(good.facts["objects"] == "2")
    #expect(good.facts["kinds"] == "secrets (2)")
    #expect(good.warnings.count == 1)

    let cut = try await inspect(bytes: Array(bytes[..<2100]))
    #expect(cut.kind == .resourceSet)
    #expect(cut.sound == false)
  }

  // MARK: The form

  @Test func jsonHasStableNames() async throws {
    let report = try await inspect(Fixture.path("openziti/ctrl-truncated.db"))
    let json = try #require(
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(report)) as? [String: Any])
    #expect(json["kind"] as? String == "bbolt")
    #expect(json["sound"] as? Bool == false)
    #expect(json["layers"] as? [String] == [])
    #expect((json["problems"] as? [[String: Any]])?.first?["page"] as? Int == 307)
    let unknown = try JSONEncoder().encode(try await inspect(bytes: []))
    #expect(String(decoding: unknown, as: UTF8.self).contains(#""sound":null"#))
  }

  @Test func waitingForAPipeEndsWhenCancelled() async throws {
    let folder = try Folder()
    try await folder.shell("mkfifo pipe")
    let task = Task { try await inspect("\(folder.path)/pipe") }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}
