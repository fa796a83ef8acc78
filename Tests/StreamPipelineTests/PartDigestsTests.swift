import Foundation
import NIOCore
import StreamPipeline
import Testing

/// The digests of a stream and of its parts, against those of the bytes themselves. Where the processor lacks the
/// instructions there are none to compare.
@Suite struct PartDigestsTests {
  @Test(arguments: [0, 1, 63, 64, 1_000, 65_535, 65_536, 65_537, 131_072, 300_001], [64, 4_096, 65_536])
  func everyPartAndTheWholeHaveTheDigestOfTheirBytes(count: Int, partSize: Int) async throws {
    guard let digests = PartDigests(partSize: partSize) else { return }
    let bytes = mixedBytes(count, seed: UInt64(count + partSize))
    let chunks = pieces(bytes, seed: 7)
    let settings = EncodeSettings(compression: .none, encryption: .none)
    let (_, stored, summary) = try await withEncodedStream(settings, partDigests: digests) { sink in
      for chunk in chunks { try await sink(chunk) }
    } body: { stream in
      var stored: [UInt8] = []
      for try await chunk in stream { stored += chunk.readableBytesView }
      return stored
    }
    #expect(stored == bytes)
    #expect(summary.plainSHA256 == sha256Hex(bytes))
    #expect(summary.storedSHA256 == sha256Hex(bytes))
    #expect(summary.storedBytes == Int64(count))
    try expectParts(of: bytes, digests)
  }

  @Test func partsAreThoseOfTheStoredBytes() async throws {
    guard let digests = PartDigests(partSize: 65_536) else { return }
    let bytes = mixedBytes(1_000_000, seed: 3)
    let (_, stored, summary) = try await withEncodedStream(
      EncodeSettings(encryption: .none), partDigests: digests
    ) { sink in
      try await sink(ByteBuffer(bytes: bytes))
    } body: { stream in
      var stored: [UInt8] = []
      for try await chunk in stream { stored += chunk.readableBytesView }
      return stored
    }
    #expect(summary.storedSHA256 == sha256Hex(stored))
    #expect(summary.plainSHA256 == sha256Hex(bytes))
    try expectParts(of: stored, digests)
  }

  @Test(arguments: [0, -64, 63, 100, 65_537]) func partsThatDoNotBeginAtABlockHaveNoDigests(partSize: Int) {
    #expect(PartDigests(partSize: partSize) == nil)
  }

  private func expectParts(of bytes: [UInt8], _ digests: PartDigests) throws {
    var number = 0
    for start in stride(from: 0, to: bytes.count, by: digests.partSize) {
      number += 1
      let digest = try #require(digests.take(number))
      let part = bytes[start..<min(start + digests.partSize, bytes.count)]
      #expect(digest.map { String(format: "%02x", $0) }.joined() == sha256Hex(part))
    }
    #expect(digests.take(number + 1) == nil)
    #expect(number == 0 || digests.take(1) == nil)
  }
}
