import Age
import NIOCore
import Synchronization
import Testing

@testable import StreamPipeline

/// The pipeline on tasks: bounded (promise 5 of DESIGN), and no failure gets lost (promise 4).
@Suite(.timeLimit(.minutes(2))) struct StreamTests {
  struct Broken: Error, Equatable {
    var name: String
  }

  let identity = AgeIdentity.generate()

  func settings(_ compression: StreamCompression = .zstd(level: 3)) throws -> EncodeSettings {
    EncodeSettings(compression: compression, encryption: .age([try #require(identity.recipient)]))
  }

  @Test(arguments: [StreamCompression.none, .zstd(level: 3)], [true, false])
  func streamsComeBackTheSame(compression: StreamCompression, encrypted: Bool) async throws {
    let settings = EncodeSettings(
      compression: compression, encryption: encrypted ? .age([try #require(identity.recipient)]) : .none)
    for size in [0, 1, 5 << 20] {
      let plain = mixedBytes(size, seed: 1)
      let encoded = try await withEncodedStream(settings) { sink in
        for piece in pieces(plain, seed: 2) { try await sink(piece) }
        return "facts"
      } body: { stream in
        try await collect(stream)
      }
      #expect(encoded.produced == "facts")
      #expect(encoded.summary.plainBytes == size && encoded.summary.plainSHA256 == sha256Hex(plain))
      #expect(encoded.summary.storedSHA256 == sha256Hex(encoded.consumed))
      let decodeSettings = DecodeSettings(
        encodings: settings.encodings, identities: [identity],
        stored: StreamExpectation(bytes: encoded.summary.storedBytes, sha256: encoded.summary.storedSHA256),
        plain: StreamExpectation(bytes: encoded.summary.plainBytes, sha256: encoded.summary.plainSHA256))
      let source = AsyncStream { continuation in
        for piece in pieces(encoded.consumed, seed: 3) { continuation.yield(piece) }
        continuation.finish()
      }
      let decoded = try await withDecodedStream(decodeSettings, of: source) { try await collect($0) }
      #expect(decoded.consumed == plain)
      #expect(decoded.summary == encoded.summary)
    }
  }

  @Test func slowConsumerSlowsTheProducer() async throws {
    let produced = Atomic(0)
    let limit = 3 * (PipelineLimits.depth + 1) * PipelineLimits.bufferCapacity
    let size = 4 * limit
    var received = 0
    _ = try await withEncodedStream(EncodeSettings(compression: .none, encryption: .none)) { sink in
      while produced.load(ordering: .relaxed) < size {
        produced.add(100_000, ordering: .relaxed)
        try await sink(ByteBuffer(repeating: 7, count: 100_000))
      }
    } body: { stream in
      for try await chunk in stream {
        for _ in 0..<200 { await Task.yield() }
        let ahead = produced.load(ordering: .relaxed) - received
        #expect(ahead <= limit)
        received += chunk.readableBytes
      }
    }
    #expect(received >= size)
  }

  @Test func expandingInputIsGivenOutInSmallBuffers() async throws {
    let size = 96 << 20
    var compressor = try ZstdCompressor(level: 3)
    var bomb = ByteBuffer()
    for _ in 0..<(size >> 20) { try compressor.update(ByteBuffer(repeating: 0, count: 1 << 20), into: &bomb) }
    try compressor.finish(into: &bomb)
    let source = AsyncStream { continuation in
      continuation.yield(bomb)
      continuation.finish()
    }
    var received = 0
    _ = try await withDecodedStream(DecodeSettings(encodings: [.zstd]), of: source) { stream in
      for try await chunk in stream {
        #expect(chunk.readableBytes <= PipelineLimits.bufferCapacity)
        received += chunk.readableBytes
        stream.recycle(chunk)
      }
    }
    #expect(received == size)
  }

  @Test func failureOfTheProducerIsThrown() async throws {
    let settings = try settings()
    for count in [0, 1, 50] {
      await #expect(throws: Broken(name: "source")) {
        try await withEncodedStream(settings) { sink in
          for _ in 0..<count { try await sink(ByteBuffer(bytes: mixedBytes(100_000, seed: 4))) }
          throw Broken(name: "source")
        } body: { stream in
          do {
            for try await _ in stream {}
          } catch {
            throw Broken(name: "what the consumer made of it")
          }
        }
      }
    }
  }

  @Test func swallowedFailureIsThrownAllTheSame() async throws {
    let settings = try settings()
    await #expect(throws: Broken(name: "source")) {
      try await withEncodedStream(settings) { _ in
        throw Broken(name: "source")
      } body: { stream in
        do { for try await _ in stream {} } catch {}
      }
    }
  }

  @Test func failureOfTheConsumerEndsTheProducer() async throws {
    let settings = try settings(.none)
    let producerEnd = Mutex<(any Error)?>(nil)
    await #expect(throws: Broken(name: "store")) {
      try await withEncodedStream(settings) { sink in
        do {
          while true { try await sink(ByteBuffer(bytes: mixedBytes(300_000, seed: 5))) }
        } catch {
          producerEnd.withLock { $0 = error }
          throw Broken(name: "what the producer made of it")
        }
      } body: { stream in
        for try await _ in stream { throw Broken(name: "store") }
      }
    }
    #expect(producerEnd.withLock { $0 } is CancellationError)
  }

  @Test func consumerThatStopsEarlyIsAFault() async throws {
    let settings = try settings(.none)
    let error = await #expect(throws: StreamPipelineError.self) {
      try await withEncodedStream(settings) { sink in
        for _ in 0..<50 { try await sink(ByteBuffer(bytes: mixedBytes(100_000, seed: 6))) }
      } body: { stream in
        for try await _ in stream { break }
      }
    }
    #expect(error?.code == .outputNotConsumed)
  }

  @Test func cancellingTheCallerEndsAHangingProducer() async throws {
    let settings = try settings()
    let (never, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
    let (began, beganContinuation) = AsyncStream.makeStream(of: Void.self)
    let result = await withTaskGroup(of: Result<Void, any Error>.self) { group in
      group.addTask {
        do {
          _ = try await withEncodedStream(settings) { sink in
            beganContinuation.yield()
            for await chunk in never { try await sink(chunk) }
          } body: {
            try await collect($0)
          }
          return .success(())
        } catch {
          return .failure(error)
        }
      }
      for await _ in began { break }
      group.cancelAll()
      return await group.next()
    }
    #expect(throws: CancellationError.self) { try #require(result).get() }
    continuation.finish()
  }

  @Test func wrongSettingsDoNotBeginACapture() async throws {
    let began = Atomic(false)
    await #expect(throws: AgeError.self) {
      try await withEncodedStream(EncodeSettings(encryption: .age([]))) { _ in
        began.store(true, ordering: .relaxed)
      } body: {
        try await collect($0)
      }
    }
    let hasBegun = began.load(ordering: .relaxed)
    #expect(!hasBegun)
  }

  @Test func damagedStreamThrowsInsteadOfEnding() async throws {
    let settings = try settings()
    var pipeline = try EncodePipeline(settings)
    let stored = try pipeline.transform([ByteBuffer(bytes: mixedBytes(500_000, seed: 7))])
    let summary = try #require(pipeline.summary)
    let decodeSettings = DecodeSettings(
      encodings: settings.encodings, identities: [identity],
      stored: StreamExpectation(bytes: summary.storedBytes, sha256: summary.storedSHA256),
      plain: StreamExpectation(bytes: summary.plainBytes, sha256: summary.plainSHA256))
    for length in [0, 100, stored.count / 2, stored.count - 1] {
      var sawEnd = false
      let error = await #expect(throws: (any Error).self) {
        try await withDecodedStream(decodeSettings) { sink in
          try await sink(ByteBuffer(bytes: stored.prefix(length)))
        } body: { stream in
          for try await _ in stream {}
          sawEnd = true
        }
      }
      #expect(!sawEnd)
      #expect((error as? StreamPipelineError)?.code == .storedSizeMismatch)
    }
  }

  private func collect(_ stream: TransformedStream) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    for try await chunk in stream {
      bytes += chunk.readableBytesView
      stream.recycle(chunk)
    }
    return bytes
  }
}
