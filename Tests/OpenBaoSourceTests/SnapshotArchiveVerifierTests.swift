import Foundation
import NIOCore
@testable import OpenBaoSource
import SnapshotSource
import Testing

/// Promise 4: a stream that broke is never a backup. The archive's own checks decide that for a snapshot.
@Suite struct SnapshotArchiveVerifierTests {
  private func verify(_ bytes: [UInt8], pieces: Int = 1_000) throws -> SnapshotFacts {
    var verifier = try SnapshotArchiveVerifier()
    var rest = bytes[...]
    while !rest.isEmpty {
      try verifier.update(ByteBuffer(bytes: rest.prefix(pieces)))
      rest = rest.dropFirst(pieces)
    }
    return try verifier.finish()
  }

  private func code(_ bytes: [UInt8]) -> SnapshotSourceError.Code? {
    do {
      _ = try verify(bytes)
      return nil
    } catch {
      return (error as? SnapshotSourceError)?.code
    }
  }

  @Test(arguments: [1, 7, 511, 512, 513, 100_000])
  func aGoodArchivePassesHoweverItIsCut(pieces: Int) throws {
    let facts = try verify(RaftArchive().gzip, pieces: pieces)
    #expect(facts.values == ["raftIndex": "42", "raftTerm": "3", "raftPeers": "node-a,node-b", "sealedSums": "true"])
    #expect(facts.warnings.isEmpty)
  }

  @Test func anArchiveThatEndsAnywhereBeforeItsEndIsTruncated() {
    let archive = RaftArchive(stateSize: 300).gzip
    for length in 0..<archive.count {
      #expect(code(Array(archive.prefix(length))) == .truncated, "cut to \(length) of \(archive.count) bytes")
    }
  }

  /// The ten bytes of the gzip header tell nothing that matters, such as a time. Of the others some may change without
  /// changing what they inflate to: a run of zeros can be copied from more than one place.
  @Test func aByteThatChangedIsNoticedWhereverItIs() throws {
    let original = RaftArchive(stateSize: 300)
    let archive = original.gzip
    var unnoticed = 0
    for position in 10..<archive.count {
      var damaged = archive
      damaged[position] ^= 0x10
      guard code(damaged) == nil else { continue }
      unnoticed += 1
      var inflated: [UInt8] = []
      try damaged.withUnsafeBytes { bytes in try GzipInflater().inflate(bytes) { inflated += Array($0) } }
      #expect(inflated == original.tar, "byte \(position) of \(archive.count)")
    }
    #expect(unnoticed < archive.count / 20)
  }

  @Test func aTarThatIsCutInsideAWholeGzipIsTruncated() {
    let tar = RaftArchive().tar
    for length in [0, 100, 512, 600, 2_000, tar.count - 1_024, tar.count - 512, tar.count - 1] {
      #expect(code(RaftArchive.gzip(Array(tar.prefix(length)))) == .truncated, "\(length)")
    }
  }

  @Test func whatFollowsTheEndIsCorrupt() {
    #expect(code(RaftArchive().gzip + [0]) == .corrupt)
    #expect(code(RaftArchive().gzip + RaftArchive().gzip) == .corrupt)
    #expect(code(RaftArchive().with { $0.trailer = [0, 1] }.gzip) == .corrupt)
    #expect(code(RaftArchive().with { $0.trailer = [0, 0] }.gzip) == nil, "zeros pad the last record of a tar")
  }

  @Test func digestsDecide() {
    func changed(_ name: String) -> [UInt8] {
      RaftArchive().with { archive in
        for index in archive.files.indices where archive.files[index].name == name {
          archive.files[index].content[0] ^= 1
        }
      }.gzip
    }
    #expect(code(changed("state.bin")) == .corrupt)
    #expect(code(changed("meta.json")) == .corrupt)
    #expect(code(changed("SHA256SUMS")) == .corrupt)
    #expect(code(changed("SHA256SUMS.sealed")) == nil, "only a seal can tell")
    #expect(code(RaftArchive().with { $0.files.removeAll { $0.name == "SHA256SUMS" } }.gzip) == .corrupt)
    #expect(code(RaftArchive().with { $0.files.removeAll { $0.name == "state.bin" } }.gzip) == .corrupt)
    #expect(code(RaftArchive().with { $0.files = [] }.gzip) == .corrupt)
    #expect(code(RaftArchive().with { $0.files.append($0.files[0]) }.gzip) == .corrupt)
  }

  @Test func sumsMustListWhatMatters() {
    let archive = RaftArchive().with { archive in
      archive.files[2].content = RaftArchive.sums([archive.files[0]])
    }
    #expect(code(archive.gzip) == .corrupt)
  }

  @Test func aFileThatIsNotListedIsAWarning() throws {
    let archive = RaftArchive().with { $0.files.append(RaftArchive.File(name: "new.bin", content: [1])) }
    #expect(try verify(archive.gzip).warnings.first?.contains("new.bin") == true)
  }

  @Test func otherThingsThanSnapshotsAreCorrupt() {
    #expect(code(Array("{\"errors\":[\"no\"]}".utf8)) == .corrupt)
    #expect(code(RaftArchive.gzip(Array("hello".utf8))) == .truncated)
    #expect(code(RaftArchive.gzip([UInt8](repeating: 1, count: 2_048))) == .corrupt)
    #expect(code([]) == .truncated)
  }

  @Test func sizesBeyondOctalAreRead() throws {
    // A file's size in GNU's base-256, as for more than 8 GiB.
    let content = RaftArchive().files[1].content
    var field = [UInt8](repeating: 0, count: 12)
    field[0] = 0x80
    for index in 0..<8 { field[4 + index] = UInt8(truncatingIfNeeded: content.count >> (8 * (7 - index))) }
    #expect(
      try verify(RaftArchive.gzip(replacingState(header: [RaftArchive.header("state.bin", size: 0, sizeField: field)])))
        .values["raftIndex"] == "42")
    // The same by a pax header.
    let record = "17 size=\(content.count)\n"
    let length = record.utf8.count
    let pax = Array("\(length) size=\(content.count)\n".utf8)
    let headers = [
      RaftArchive.header("PaxHeaders.0/state.bin", size: pax.count, type: 0x78),
      pax + [UInt8](repeating: 0, count: 512 - pax.count),
      RaftArchive.header("state.bin", size: 0),
    ]
    #expect(try verify(RaftArchive.gzip(replacingState(header: headers))).values["raftIndex"] == "42")
  }

  private func replacingState(header: [[UInt8]]) -> [UInt8] {
    let archive = RaftArchive()
    let tar = archive.tar
    // meta.json is one block of header and one or more of content.
    let start = 512 + (archive.files[0].content.count + 511) / 512 * 512
    return Array(tar[..<start]) + header.flatMap(\.self) + Array(tar[(start + 512)...])
  }

  @Test func hostileHeadersAreRefusedAndNeverCrash() {
    let huge = [UInt8](repeating: 0xFF, count: 12)
    #expect(code(RaftArchive.gzip(RaftArchive.header("x", size: 0, sizeField: huge))) == .corrupt)
    let maximum: [UInt8] = [0x80, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
    #expect(code(RaftArchive.gzip(RaftArchive.header("x", size: 0, sizeField: maximum))) == .truncated)
    #expect(code(RaftArchive.gzip(RaftArchive.header("SHA256SUMS", size: 0, sizeField: maximum))) == .corrupt)
    #expect(code(RaftArchive.gzip(RaftArchive.header("x", size: 10, type: 0x32))) == .corrupt)
    for text in [
      "", "0 a=b\n", "999999999999999999999 size=1\n", "5 a=", "-4 a=b\n", "9 size=-1\n", "12 size=99999x\n",
    ] {
      let pax = Array(text.utf8)
      let bytes = RaftArchive.header("p", size: pax.count, type: 0x78) + pax + [UInt8](repeating: 0, count: 512)
      #expect(code(RaftArchive.gzip(bytes)) != nil, "\(text)")
    }
  }

  @Test func randomBytesGiveAVerdict() {
    var generator = SeededGenerator(seed: 7)
    let good = RaftArchive(stateSize: 700).tar
    for _ in 0..<2_000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        let header = [0, 512 + 512, 1_024].randomElement(using: &generator) ?? 0
        let position = (header + Int.random(in: 0..<512, using: &generator)) % bytes.count
        bytes[position] = UInt8.random(in: 0...255, using: &generator)
      }
      // Passing is fine where only an unimportant field changed; what counts is that it ends.
      _ = code(RaftArchive.gzip(bytes))
    }
  }
}
