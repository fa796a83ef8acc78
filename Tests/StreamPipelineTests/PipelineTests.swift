import Age
import NIOCore
import Testing

@testable import StreamPipeline

/// Promises 4 and 8 of DESIGN: what broke is never decoded as whole, and what was written can be read.
@Suite struct PipelineTests {
  static let compressions: [StreamCompression] = [.none, .zstd(level: 1), .zstd(level: 3), .zstd(level: 19)]
  let identity = AgeIdentity.generate()

  func settings(_ compression: StreamCompression, encrypted: Bool = true) throws -> EncodeSettings {
    EncodeSettings(
      compression: compression, encryption: encrypted ? .age([try #require(identity.recipient)]) : .none)
  }

  func decode(_ stored: [UInt8], _ settings: EncodeSettings, expecting summary: EncodedSummary?) throws -> [UInt8] {
    var pipeline = try DecodePipeline(decodeSettings(settings, expecting: summary))
    return try pipeline.transform(pieces(stored, seed: 99))
  }

  func decodeSettings(_ settings: EncodeSettings, expecting summary: EncodedSummary?) -> DecodeSettings {
    DecodeSettings(
      encodings: settings.encodings, identities: [identity],
      stored: StreamExpectation(bytes: summary?.storedBytes, sha256: summary?.storedSHA256),
      plain: StreamExpectation(bytes: summary?.plainBytes, sha256: summary?.plainSHA256))
  }

  @Test(arguments: compressions, [true, false])
  func anyCutComesBackTheSame(compression: StreamCompression, encrypted: Bool) throws {
    let settings = try settings(compression, encrypted: encrypted)
    for (seed, size) in [0, 1, 70_000, 3 << 20].enumerated() {
      let plain = mixedBytes(size, seed: 1)
      var pipeline = try EncodePipeline(settings)
      #expect(pipeline.summary == nil)
      let stored = try pipeline.transform(pieces(plain, seed: UInt64(seed)))
      let summary = try #require(pipeline.summary)
      #expect(summary.plainBytes == size && summary.plainSHA256 == sha256Hex(plain))
      #expect(summary.storedBytes == stored.count && summary.storedSHA256 == sha256Hex(stored))
      #expect(try decode(stored, settings, expecting: summary) == plain)
      #expect(try decode(stored, settings, expecting: nil) == plain)
    }
  }

  @Test(arguments: [true, false])
  func everyTruncationIsAnError(encrypted: Bool) throws {
    let settings = try settings(.zstd(level: 3), encrypted: encrypted)
    var pipeline = try EncodePipeline(settings)
    let stored = try pipeline.transform([ByteBuffer(bytes: mixedBytes(400_000, seed: 2))])
    var lengths = Set(0..<min(400, stored.count))
    lengths.formUnion((stored.count - 100)..<stored.count)
    for boundary in stride(from: 200, to: stored.count, by: (64 << 10) + 16) { lengths.insert(boundary) }
    for seed in 0..<50 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      lengths.insert(Int.random(in: 0..<stored.count, using: &generator))
    }
    for length in lengths {
      // Without any expectation: the formats alone must tell.
      #expect(throws: (any Error).self, "\(length) of \(stored.count)") {
        try decode(Array(stored.prefix(length)), settings, expecting: nil)
      }
    }
  }

  @Test(arguments: [(StreamCompression.zstd(level: 3), true), (.none, true), (.zstd(level: 3), false), (.none, false)])
  func everyChangedByteIsAnError(compression: StreamCompression, encrypted: Bool) throws {
    let settings = try settings(compression, encrypted: encrypted)
    let plain = mixedBytes(1500, seed: 3)
    var pipeline = try EncodePipeline(settings)
    let stored = try pipeline.transform([ByteBuffer(bytes: plain)])
    let summary = try #require(pipeline.summary)
    for position in stored.indices {
      var damaged = stored
      damaged[position] ^= 1 << UInt8(position % 8)
      #expect(throws: (any Error).self, "byte \(position)") { try decode(damaged, settings, expecting: summary) }
      // Encryption tells by itself; a checksum of 4 bytes nearly so.
      guard encrypted || compression != .none else { continue }
      let result = try? decode(damaged, settings, expecting: nil)
      #expect(result == nil || (!encrypted && result == plain), "byte \(position)")
    }
  }

  @Test func mismatchSaysWhichEndDiffers() throws {
    let settings = try settings(.zstd(level: 3))
    var pipeline = try EncodePipeline(settings)
    let stored = try pipeline.transform([ByteBuffer(bytes: mixedBytes(5000, seed: 4))])
    let summary = try #require(pipeline.summary)
    let other = String(repeating: "0", count: 64)
    let cases: [(StreamPipelineError.Code, (inout EncodedSummary) -> Void)] = [
      (.storedSizeMismatch, { $0.storedBytes += 1 }),
      (.storedSizeMismatch, { $0.storedBytes -= 1 }),
      (.plainSizeMismatch, { $0.plainBytes += 1 }),
      (.plainSizeMismatch, { $0.plainBytes -= 1 }),
      (.storedDigestMismatch, { $0.storedSHA256 = other }),
      (.plainDigestMismatch, { $0.plainSHA256 = other }),
    ]
    for (code, change) in cases {
      var wrong = summary
      change(&wrong)
      let error = #expect(throws: StreamPipelineError.self) { try decode(stored, settings, expecting: wrong) }
      #expect(error?.code == code)
    }
    var upper = summary
    upper.storedSHA256 = summary.storedSHA256.uppercased()
    #expect(throws: Never.self) { try decode(stored, settings, expecting: upper) }
  }

  @Test func settingsThatCannotBeAreRefused() throws {
    #expect(throws: StreamPipelineError.self) { try EncodePipeline(compression: .zstd(level: 0), encryption: .none) }
    #expect(throws: StreamPipelineError.self) { try EncodePipeline(compression: .zstd(level: 20), encryption: .none) }
    #expect(throws: AgeError.self) { try EncodePipeline(compression: .none, encryption: .age([])) }
    #expect(throws: AgeError.self) { try DecodePipeline(DecodeSettings(encodings: [.age])) }
    #expect(throws: StreamPipelineError.self) { try DecodePipeline(DecodeSettings(encodings: [.age, .zstd])) }
    #expect(try StreamEncoding.parse(["zstd", "age"]) == [.zstd, .age])
    for names in [["gzip"], ["age", "zstd"], ["zstd", "zstd"]] {
      let error = #expect(throws: StreamPipelineError.self) { try StreamEncoding.parse(names) }
      #expect(error?.code == .unsupportedEncoding)
    }
    #expect(EncodeSettings(encryption: .none).encodings == [.zstd])
  }

  @Test func pipelineEndsOnce() throws {
    var pipeline = try EncodePipeline(compression: .zstd(level: 3), encryption: .none)
    var output = ByteBuffer()
    try pipeline.finish(into: &output)
    #expect(throws: StreamPipelineError.self) { try pipeline.finish(into: &output) }
    #expect(throws: StreamPipelineError.self) { try pipeline.update(ByteBuffer(), into: &output) }
    var back = try DecodePipeline(DecodeSettings(encodings: [.zstd]))
    #expect(try back.transform([output]) == [])
    #expect(throws: StreamPipelineError.self) { try back.finish(into: &output) }
  }
}
