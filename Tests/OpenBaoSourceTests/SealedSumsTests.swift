import NIOCore
import OpenBaoSource
import SnapshotSource
import Testing

/// What `SHA256SUMS.sealed` tells.
@Suite struct SealedSumsTests {
  private func facts(_ sealed: [UInt8]?) throws -> [String: String] {
    let archive = RaftArchive().with { archive in
      archive.files.removeAll { $0.name == "SHA256SUMS.sealed" }
      if let sealed { archive.files.append(.init(name: "SHA256SUMS.sealed", content: sealed)) }
    }
    var verifier = try SnapshotArchiveVerifier()
    try verifier.update(ByteBuffer(bytes: archive.gzip))
    return try verifier.finish().values
  }

  /// A length-delimited protobuf field.
  private func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
    [number << 3 | 2, UInt8(content.count)] + content
  }

  @Test func theKeyOfAnAutomaticSealIsNamed() throws {
    let blob = field(1, [9, 9, 9]) + field(5, [1 << 3, 7] + field(3, Array("arn:aws:kms:key/1".utf8)))
    #expect(try facts(blob)["sealKeyID"] == "arn:aws:kms:key/1")
  }

  @Test func unsealKeysHaveNoID() throws {
    #expect(try facts(field(1, [9, 9, 9]) + field(5, []))["sealKeyID"] == nil)
    #expect(try facts(field(1, [9, 9, 9]) + field(5, []))["sealedSums"] == "true")
  }

  @Test func anArchiveWithoutTheFileSaysSo() throws {
    #expect(try facts(nil)["sealedSums"] == "false")
  }

  @Test(
    arguments: [
      [], [0xff], [5 << 3 | 2, 200, 1], [5 << 3 | 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
      [1 << 3 | 1, 1], [1 << 3 | 5], [1 << 3 | 3], [5 << 3 | 2, 4, 3 << 3 | 2, 2, 0xc3, 0x28],
    ] as [[UInt8]])
  func otherBytesTellNothing(_ bytes: [UInt8]) throws {
    #expect(try facts(bytes)["sealKeyID"] == nil)
  }
}
