public import NIOCore

/// Encodes what a producer gives, and hands the stored bytes to `body` as they come.
///
/// Compressing and hashing the plain bytes run in one task, beside the producer; encrypting and hashing the stored bytes
/// in another; `body` in the caller's. They are joined by short queues: a slow consumer slows the producer, and memory
/// is a few MiB whatever the size (plus the compressor's, see ``ZstdCompressor/init(level:)``).
///
///     let outcome = try await withEncodedStream(settings) { sink in
///       try await source.capture(into: sink)
///     } body: { stream in
///       for try await chunk in stream { try await upload(chunk) }
///     }
///
/// Where nothing is compressed and nothing encrypted, there is one task, and one hash for both ends.
///
/// - Parameters:
///   - partDigests: learns the SHA-256 of each part of the stored bytes.
///   - produce: calls its argument with each chunk of plain bytes, in order, and returns at the end of them. Its return
///     means that the plain bytes are complete; where they are not it must throw.
///   - body: must read the stream to its end. The end comes only when the producer and all stages ended well.
/// - Returns: what `produce` and `body` returned, and the sizes and digests of both ends.
/// - Throws: the first failure: of the producer (unchanged), of a stage (`StreamPipelineError`, `AgeError`), of `body`
///   (unchanged), or `outputNotConsumed`. Both sides have ended by then; cancelling the caller cancels both.
public func withEncodedStream<Produced: Sendable, Consumed>(
  _ settings: EncodeSettings, partDigests: PartDigests? = nil,
  from produce: @escaping @Sendable (_ sink: (ByteBuffer) async throws -> Void) async throws -> Produced,
  body: (TransformedStream) async throws -> Consumed
) async throws -> (produced: Produced, consumed: Consumed, summary: EncodedSummary) {
  let outcome =
    if settings.encodings.isEmpty {
      try await withPipelineStages(front: { PassStage(partDigests) }, back: nil, from: produce, body: body)
    } else {
      try await withPipelineStages(
        front: { try CompressStage(settings.compression) },
        back: { try EncryptStage(settings.encryption, partDigests) }, from: produce, body: body)
    }
  return (outcome.produced, outcome.consumed, EncodedSummary(plain: outcome.front, stored: outcome.back))
}

/// As ``withEncodedStream(_:partDigests:from:body:)``, for plain bytes that come as a sequence.
public func withEncodedStream<Source: AsyncSequence & Sendable, Consumed>(
  _ settings: EncodeSettings, of source: Source, body: (TransformedStream) async throws -> Consumed
) async throws -> (consumed: Consumed, summary: EncodedSummary) where Source.Element == ByteBuffer {
  let outcome = try await withEncodedStream(
    settings, from: { sink in for try await chunk in source { try await sink(chunk) } }, body: body)
  return (outcome.consumed, outcome.summary)
}

/// Decodes what a producer gives, and hands the plain bytes to `body` as they come.
///
/// The same shape as ``withEncodedStream(_:partDigests:from:body:)`` the other way round. All that the settings expect has been
/// checked when the stream ends: a stream that is cut off, damaged or another one throws instead of ending. Bytes that
/// `body` got before that are only known to be the right ones where they were encrypted.
public func withDecodedStream<Produced: Sendable, Consumed>(
  _ settings: DecodeSettings,
  from produce: @escaping @Sendable (_ sink: (ByteBuffer) async throws -> Void) async throws -> Produced,
  body: (TransformedStream) async throws -> Consumed
) async throws -> (produced: Produced, consumed: Consumed, summary: EncodedSummary) {
  let outcome = try await withPipelineStages(
    front: { try DecryptStage(settings) }, back: { try DecompressStage(settings) }, from: produce, body: body)
  return (outcome.produced, outcome.consumed, EncodedSummary(plain: outcome.back, stored: outcome.front))
}

/// As ``withDecodedStream(_:from:body:)``, for stored bytes that come as a sequence.
public func withDecodedStream<Source: AsyncSequence & Sendable, Consumed>(
  _ settings: DecodeSettings, of source: Source, body: (TransformedStream) async throws -> Consumed
) async throws -> (consumed: Consumed, summary: EncodedSummary) where Source.Element == ByteBuffer {
  let outcome = try await withDecodedStream(
    settings, from: { sink in for try await chunk in source { try await sink(chunk) } }, body: body)
  return (outcome.consumed, outcome.summary)
}
