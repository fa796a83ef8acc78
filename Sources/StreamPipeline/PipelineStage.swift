internal import Age
internal import NIOCore

/// A half of a pipeline: what one task runs. It counts and hashes the side that faces the outside.
protocol PipelineStage {
  /// Consumes some of `input` and appends a bounded amount to `output`. Returns whether to call it again.
  mutating func advance(_ input: inout ByteBuffer, into output: inout ByteBuffer) throws -> Bool
  mutating func finish(into output: inout ByteBuffer) throws
  var digest: StreamDigest { get }
  /// Takes all of `input` where what it would append is the same bytes, which then need not be copied. Returns false,
  /// having done nothing, where it is not so.
  mutating func forward(_ input: ByteBuffer) throws -> Bool
}

extension PipelineStage {
  mutating func update(_ input: ByteBuffer, into output: inout ByteBuffer) throws {
    var input = input
    while try advance(&input, into: &output) {}
  }
}

/// Plain bytes that are stored as they are.
struct PassStage: PipelineStage {
  private var hasher: StoredHasher

  init(_ digests: PartDigests?) {
    hasher = StoredHasher(digests)
  }

  var digest: StreamDigest { hasher.digest }

  mutating func advance(_ input: inout ByteBuffer, into output: inout ByteBuffer) throws -> Bool {
    input.withUnsafeReadableBytes { hasher.update($0) }
    output.writeBuffer(&input)
    return false
  }

  mutating func forward(_ input: ByteBuffer) throws -> Bool {
    input.withUnsafeReadableBytes { hasher.update($0) }
    return true
  }

  mutating func finish(into output: inout ByteBuffer) throws {
    hasher.finish()
  }
}

/// Plain bytes to compressed bytes.
struct CompressStage: PipelineStage {
  private var counter = HashingCounter()
  private var transform: any StreamTransform
  private let isIdentity: Bool

  init(_ compression: StreamCompression) throws {
    switch compression {
    case .none: transform = IdentityTransform()
    case .zstd(let level): transform = try ZstdCompressor(level: level)
    }
    isIdentity = compression == .none
  }

  var digest: StreamDigest { counter.digest }

  mutating func advance(_ input: inout ByteBuffer, into output: inout ByteBuffer) throws -> Bool {
    counter.update(input)
    try transform.update(input, into: &output)
    return false
  }

  mutating func forward(_ input: ByteBuffer) throws -> Bool {
    if isIdentity { counter.update(input) }
    return isIdentity
  }

  mutating func finish(into output: inout ByteBuffer) throws {
    try transform.finish(into: &output)
  }
}

/// Compressed bytes to stored bytes.
struct EncryptStage: PipelineStage {
  private var hasher: StoredHasher
  private var transform: any StreamTransform
  private let isIdentity: Bool

  init(_ encryption: StreamEncryption, _ digests: PartDigests? = nil) throws {
    hasher = StoredHasher(digests)
    switch encryption {
    case .none: transform = IdentityTransform()
    case .age(let recipients): transform = try AgeEncryptor(recipients: recipients)
    }
    isIdentity = encryption == .none
  }

  var digest: StreamDigest { hasher.digest }

  mutating func advance(_ input: inout ByteBuffer, into output: inout ByteBuffer) throws -> Bool {
    let before = output.readableBytes
    try transform.update(input, into: &output)
    output.withBytes(after: before) { hasher.update($0) }
    return false
  }

  mutating func forward(_ input: ByteBuffer) throws -> Bool {
    if isIdentity { input.withUnsafeReadableBytes { hasher.update($0) } }
    return isIdentity
  }

  mutating func finish(into output: inout ByteBuffer) throws {
    let before = output.readableBytes
    try transform.finish(into: &output)
    output.withBytes(after: before) { hasher.update($0) }
    hasher.finish()
  }
}

/// Stored bytes to compressed bytes.
struct DecryptStage: PipelineStage {
  private var counter = HashingCounter()
  private var transform: any StreamTransform
  private let isIdentity: Bool
  private let check: ExpectationCheck

  init(_ settings: DecodeSettings) throws {
    try StreamEncoding.check(settings.encodings)
    isIdentity = !settings.encodings.contains(.age)
    transform =
      settings.encodings.contains(.age)
      ? try AgeDecryptor(identities: settings.identities, armor: settings.armor) : IdentityTransform()
    check = ExpectationCheck(
      what: "stored", expectation: settings.stored, size: .storedSizeMismatch, hash: .storedDigestMismatch)
  }

  var digest: StreamDigest { counter.digest }

  mutating func advance(_ input: inout ByteBuffer, into output: inout ByteBuffer) throws -> Bool {
    counter.update(input)
    try check.notTooMany(counter.byteCount)
    try transform.update(input, into: &output)
    return false
  }

  mutating func forward(_ input: ByteBuffer) throws -> Bool {
    guard isIdentity else { return false }
    counter.update(input)
    try check.notTooMany(counter.byteCount)
    return true
  }

  mutating func finish(into output: inout ByteBuffer) throws {
    // The size first: that an object is shorter than its manifest says tells more than that decrypting failed.
    try check.size(counter.byteCount)
    try transform.finish(into: &output)
    try check.hash(counter.digest)
  }
}

/// Compressed bytes to plain bytes.
struct DecompressStage: PipelineStage {
  private enum Transform {
    case identity(IdentityTransform)
    case zstd(ZstdDecompressor)
  }

  private var counter = HashingCounter()
  private var transform: Transform
  private let check: ExpectationCheck

  init(_ settings: DecodeSettings) throws {
    try StreamEncoding.check(settings.encodings)
    transform =
      settings.encodings.contains(.zstd)
      ? .zstd(try ZstdDecompressor(maximumWindowLog: settings.maximumWindowLog)) : .identity(IdentityTransform())
    check = ExpectationCheck(
      what: "plain", expectation: settings.plain, size: .plainSizeMismatch, hash: .plainDigestMismatch)
  }

  var digest: StreamDigest { counter.digest }

  mutating func advance(_ input: inout ByteBuffer, into output: inout ByteBuffer) throws -> Bool {
    let before = output.readableBytes
    let hasMore: Bool
    switch transform {
    case .identity(var identity):
      identity.update(input, into: &output)
      hasMore = false
    case .zstd(var decompressor):
      hasMore = try decompressor.advance(&input, into: &output)
      transform = .zstd(decompressor)
    }
    output.withBytes(after: before) { counter.update($0) }
    try check.notTooMany(counter.byteCount)
    return hasMore
  }

  mutating func forward(_ input: ByteBuffer) throws -> Bool {
    guard case .identity = transform else { return false }
    counter.update(input)
    try check.notTooMany(counter.byteCount)
    return true
  }

  mutating func finish(into output: inout ByteBuffer) throws {
    if case .zstd(var decompressor) = transform { try decompressor.finish(into: &output) }
    try check.size(counter.byteCount)
    try check.hash(counter.digest)
  }
}

/// Hashes stored bytes: the stream alone, or its parts too.
private enum StoredHasher {
  case stream(HashingCounter)
  case parts(PartHasher)
  case ended(StreamDigest)

  init(_ digests: PartDigests?) {
    self = digests.map { .parts(PartHasher($0)) } ?? .stream(HashingCounter())
  }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    // Taken out and put back: a copy would be hashed otherwise.
    switch consume self {
    case .stream(var counter):
      counter.update(bytes)
      self = .stream(counter)
    case .parts(var hasher):
      hasher.update(bytes)
      self = .parts(hasher)
    case .ended(let digest):
      self = .ended(digest)
    }
  }

  mutating func finish() {
    self = .ended(digest)
  }

  var digest: StreamDigest {
    switch self {
    case .stream(let counter): counter.digest
    case .parts(var hasher): StreamDigest(bytes: hasher.byteCount, sha256: HashingCounter.hex(hasher.finish()))
    case .ended(let digest): digest
    }
  }
}

extension ByteBuffer {
  /// What was appended since there were `count` bytes.
  fileprivate func withBytes(after count: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
    withUnsafeReadableBytes { body(UnsafeRawBufferPointer(rebasing: $0[count...])) }
  }
}

/// Compares what passed with what the manifest says.
private struct ExpectationCheck {
  let what: String
  let expectation: StreamExpectation
  let size: StreamPipelineError.Code
  let hash: StreamPipelineError.Code

  /// Ends a stream that can only fail before all of it was read.
  func notTooMany(_ bytes: Int64) throws {
    guard let expected = expectation.bytes, bytes > expected else { return }
    throw StreamPipelineError(size, "more than the expected \(expected) \(what) bytes")
  }

  func size(_ bytes: Int64) throws {
    guard let expected = expectation.bytes, bytes != expected else { return }
    throw StreamPipelineError(size, "\(bytes) \(what) bytes instead of the expected \(expected)")
  }

  func hash(_ digest: StreamDigest) throws {
    guard let expected = expectation.sha256?.lowercased(), digest.sha256 != expected else { return }
    throw StreamPipelineError(
      hash, "the \(what) bytes have SHA-256 \(digest.sha256) instead of the expected \(expected)")
  }
}
