public import NIOCore

/// Plain bytes to stored bytes: compress, encrypt, and hash both ends, in one thread.
///
/// ``withEncodedStream(_:partDigests:from:body:)`` does the same on two tasks.
public struct EncodePipeline: StreamTransform {
  private var compress: CompressStage
  private var encrypt: EncryptStage
  private var between = ByteBuffer()
  private var isFinished = false

  /// - Throws: `settingInvalid`, or `AgeError` for recipients that cannot be used.
  public init(_ settings: EncodeSettings) throws {
    compress = try CompressStage(settings.compression)
    encrypt = try EncryptStage(settings.encryption)
  }

  public init(compression: StreamCompression, encryption: StreamEncryption) throws {
    try self.init(EncodeSettings(compression: compression, encryption: encryption))
  }

  /// What passed; nil before ``finish(into:)``.
  public private(set) var summary: EncodedSummary?

  public mutating func update(_ input: ByteBuffer, into output: inout ByteBuffer) throws {
    try checkUse()
    between.clear()
    try compress.update(input, into: &between)
    try encrypt.update(between, into: &output)
  }

  public mutating func finish(into output: inout ByteBuffer) throws {
    try checkUse()
    isFinished = true
    between.clear()
    try compress.finish(into: &between)
    try encrypt.update(between, into: &output)
    try encrypt.finish(into: &output)
    summary = EncodedSummary(plain: compress.digest, stored: encrypt.digest)
  }

  private func checkUse() throws {
    guard !isFinished else { throw StreamPipelineError(.alreadyFinished, "the pipeline was used after its end") }
  }
}

/// Stored bytes to plain bytes: decrypt, decompress, and compare both ends with what is expected, in one thread.
///
/// Plain bytes are given out as they come; only when ``finish(into:)`` returned are they the whole and right ones.
/// ``withDecodedStream(_:from:body:)`` does the same on two tasks, and with bounded memory for any input: `update` gives
/// all that its input expands to at once.
public struct DecodePipeline: StreamTransform {
  private var decrypt: DecryptStage
  private var decompress: DecompressStage
  private var between = ByteBuffer()
  private var isFinished = false

  /// - Throws: `unsupportedEncoding`, `settingInvalid`, or `AgeError` where an identity is missing.
  public init(_ settings: DecodeSettings) throws {
    decrypt = try DecryptStage(settings)
    decompress = try DecompressStage(settings)
  }

  /// What passed; nil before ``finish(into:)``.
  public private(set) var summary: EncodedSummary?

  public mutating func update(_ input: ByteBuffer, into output: inout ByteBuffer) throws {
    try checkUse()
    between.clear()
    try decrypt.update(input, into: &between)
    try decompress.update(between, into: &output)
  }

  /// - Throws: `storedSizeMismatch`, `storedDigestMismatch`, `plainSizeMismatch`, `plainDigestMismatch`, `truncated`,
  ///   and any `AgeError`.
  public mutating func finish(into output: inout ByteBuffer) throws {
    try checkUse()
    isFinished = true
    between.clear()
    try decrypt.finish(into: &between)
    try decompress.update(between, into: &output)
    try decompress.finish(into: &output)
    summary = EncodedSummary(plain: decompress.digest, stored: decrypt.digest)
  }

  private func checkUse() throws {
    guard !isFinished else { throw StreamPipelineError(.alreadyFinished, "the pipeline was used after its end") }
  }
}
