import NIOCore
import ObjectStoreTestKit
import StoreHTTP
import Testing

@testable import GCSStore

/// `#expect` does not call what mutates a value.
private final class Sequence {
  private var value = UploadSequence()
  var size: Int64 { value.size }
  var confirmed: Int64 { value.confirmed }
  var crc: CRC32C { value.crc }
  func take(_ number: Int, _ body: ByteBuffer) -> UploadSequence.Turn { value.take(number, body) }
  func takeAll() -> Bool { value.takeAll() }
  func confirm(_ offset: Int64) -> Bool { value.confirm(offset) }
  func chunk(upTo end: Int64) -> ByteBuffer? { value.chunk(upTo: end) }
  func lastChunk() -> (isLast: Bool, bytes: ByteBuffer) { value.lastChunk() }
}

@Suite struct UploadSequenceTests {
  private let unit = 256 << 10
  private let large = 2 << 20

  @Test func largePartsWaitForThoseBefore() {
    let sequence = Sequence()
    #expect(sequence.take(2, patternedBytes(large, seed: 2)) == .wait)
    #expect(sequence.take(1, patternedBytes(large)) == .taken(end: Int64(large)))
    #expect(sequence.take(2, patternedBytes(large, seed: 2)) == .taken(end: Int64(2 * large)))
    #expect(sequence.crc == CRC32C(bytes([patternedBytes(large), patternedBytes(large, seed: 2)])))
  }

  @Test func smallPartsAreHeldAndReplacedUpToALimit() {
    let sequence = Sequence()
    #expect(sequence.take(3, patternedBytes(5)) == .held)
    #expect(sequence.take(3, patternedBytes(7)) == .held)
    #expect(sequence.take(1, patternedBytes(UploadSequence.holdLimit - 7)) == .held)
    #expect(sequence.take(2, patternedBytes(1)) == .taken(end: Int64(UploadSequence.holdLimit - 6)))
    #expect(sequence.takeAll())
    #expect(sequence.size == Int64(UploadSequence.holdLimit + 1))
  }

  /// The memory that waits does not grow with the number of parts.
  @Test func whatIsHeldIsBounded() {
    let sequence = Sequence()
    for number in 2...5 { #expect(sequence.take(number, patternedBytes(unit)) == .held) }
    for number in 6...100 { #expect(sequence.take(number, patternedBytes(unit)) == .wait) }
  }

  @Test func aPartSentAgainMustBeTheSame() {
    let sequence = Sequence()
    _ = sequence.take(1, patternedBytes(large))
    _ = sequence.take(2, patternedBytes(large, seed: 2))
    #expect(sequence.take(1, patternedBytes(large)) == .taken(end: Int64(large)))
    #expect(sequence.take(2, patternedBytes(large, seed: 2)) == .taken(end: Int64(2 * large)))
    #expect(sequence.take(1, patternedBytes(large, seed: 3)) == .conflict)
    #expect(sequence.take(2, patternedBytes(large - 1, seed: 2)) == .conflict)
    #expect(sequence.size == Int64(2 * large))
  }

  @Test func missingPartsAreFound() {
    let empty = Sequence()
    #expect(!empty.takeAll())
    let sequence = Sequence()
    _ = sequence.take(2, patternedBytes(10))
    #expect(!sequence.takeAll())
  }

  @Test func chunksAreFullUnitsWithoutACopyAndTheRestGoesWithTheNext() throws {
    let sequence = Sequence()
    let first = patternedBytes(large + 100)
    let second = patternedBytes(large + 100, seed: 2)
    _ = sequence.take(1, first)
    let chunk = try #require(sequence.chunk(upTo: Int64(first.readableBytes)))
    #expect(chunk.readableBytes == large)
    #expect(sequence.confirm(Int64(large)))
    #expect(sequence.chunk(upTo: Int64(first.readableBytes)) == nil)

    _ = sequence.take(2, second)
    let joined = try #require(sequence.chunk(upTo: sequence.size))
    #expect(joined.readableBytes == UploadSequence.holdLimit)
    #expect(joined.getSlice(at: 0, length: 100) == first.getSlice(at: large, length: 100))
    #expect(joined.getSlice(at: 100, length: 100) == second.getSlice(at: 0, length: 100))
    #expect(sequence.confirm(Int64(large + joined.readableBytes)))
    // From here on it is the second part's alone.
    #expect(sequence.chunk(upTo: sequence.size)?.readableBytes == UploadSequence.holdLimit)
  }

  @Test func whatTheStoreKeptOfAChunkIsNotSentAgain() throws {
    let sequence = Sequence()
    let body = patternedBytes(large)
    _ = sequence.take(1, body)
    #expect(sequence.confirm(Int64(unit)))
    let rest = try #require(sequence.chunk(upTo: sequence.size))
    #expect(rest == body.getSlice(at: unit, length: large - unit))
    // Also at an offset that is no multiple.
    #expect(sequence.confirm(Int64(unit + 5)))
    #expect(sequence.chunk(upTo: sequence.size)?.readableBytes == large - 2 * unit)
    #expect(sequence.lastChunk().bytes == body.getSlice(at: unit + 5, length: large - unit - 5))
  }

  @Test func offsetsThatCannotBeAreRefused() {
    let sequence = Sequence()
    _ = sequence.take(1, patternedBytes(large))
    #expect(sequence.confirm(Int64(unit)))
    #expect(!sequence.confirm(0))
    #expect(!sequence.confirm(Int64(large + 1)))
    #expect(sequence.confirmed == Int64(unit))
  }

  @Test func theLastChunkMayBeEmpty() {
    let sequence = Sequence()
    _ = sequence.take(1, patternedBytes(large))
    #expect(sequence.confirm(Int64(large)))
    #expect(sequence.lastChunk().isLast)
    #expect(sequence.lastChunk().bytes.readableBytes == 0)
  }
}
