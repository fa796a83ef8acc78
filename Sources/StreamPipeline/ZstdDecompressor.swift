internal import CZstd
public import NIOCore

/// Decompresses zstd frames (RFC 8878), one or several after each other.
///
/// `finish` throws where the input ends inside a frame or holds none; `update` throws where something else follows one.
public struct ZstdDecompressor: StreamTransform {
  /// 8 MiB: enough for all that ``ZstdCompressor`` and `zstd` without `--ultra` and `--long` write.
  public static let defaultMaximumWindowLog = 23
  /// 128 MiB: what `zstd` itself accepts without being told.
  public static let highestMaximumWindowLog = 27

  private let context: Context
  private var isInFrame = true
  private var isFinished = false
  /// libzstd holds output that did not fit yet.
  private var holdsOutput = false

  /// - Parameter maximumWindowLog: log2 of the largest window, which is the memory in bytes that a frame can ask for;
  ///   10 to 27.
  public init(maximumWindowLog: Int = defaultMaximumWindowLog) throws {
    guard (10...Self.highestMaximumWindowLog).contains(maximumWindowLog) else {
      throw StreamPipelineError(.settingInvalid, "the zstd window limit 2^\(maximumWindowLog) is not 2^10 to 2^27")
    }
    context = try Context(maximumWindowLog: maximumWindowLog)
  }

  public mutating func update(_ input: ByteBuffer, into output: inout ByteBuffer) throws {
    var input = input
    while try advance(&input, into: &output) {}
  }

  public mutating func finish(into output: inout ByteBuffer) throws {
    try checkUse()
    isFinished = true
    guard !isInFrame else {
      throw StreamPipelineError(.truncated, "the compressed data ends before the end of a zstd frame: it is cut off")
    }
  }

  /// Does a part of the work of `update`: consumes of `input` what gives at most about 128 KiB, which a frame of a few
  /// bytes can exceed ten thousandfold. Returns whether to call it again.
  mutating func advance(_ input: inout ByteBuffer, into output: inout ByteBuffer) throws -> Bool {
    try checkUse()
    guard input.readableBytes > 0 || holdsOutput else { return false }
    let (consumed, hint) = try context.decompress(input, into: &output, holdsOutput: &holdsOutput)
    input.moveReaderIndex(forwardBy: consumed)
    isInFrame = hint != 0
    // A call at the end of a frame without input would begin another frame.
    holdsOutput = holdsOutput && isInFrame
    return input.readableBytes > 0 || holdsOutput
  }

  private func checkUse() throws {
    guard !isFinished else { throw StreamPipelineError(.alreadyFinished, "the decompressor was used after its end") }
  }

  /// Owns libzstd's context.
  private final class Context {
    private let pointer: OpaquePointer
    private let maximumWindowLog: Int

    init(maximumWindowLog: Int) throws {
      guard let pointer = ZSTD_createDCtx() else {
        throw StreamPipelineError(.compressorFailed, "zstd: no memory for a decompression context")
      }
      self.pointer = pointer
      self.maximumWindowLog = maximumWindowLog
      let result = ZSTD_DCtx_setParameter(pointer, ZSTD_d_windowLogMax, Int32(maximumWindowLog))
      _ = try Zstd.check(result, else: .settingInvalid)
    }

    deinit {
      ZSTD_freeDCtx(pointer)
    }

    func decompress(
      _ input: ByteBuffer, into output: inout ByteBuffer, holdsOutput: inout Bool
    ) throws -> (consumed: Int, hint: Int) {
      let room = ZSTD_DStreamOutSize()
      return try input.withUnsafeReadableBytes { bytes in
        var source = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        var hint = 0
        try output.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { free in
          var target = ZSTD_outBuffer(dst: free.baseAddress, size: room, pos: 0)
          hint = try check(ZSTD_decompressStream(pointer, &target, &source))
          holdsOutput = target.pos == target.size
          return target.pos
        }
        return (source.pos, hint)
      }
    }

    private func check(_ value: Int) throws -> Int {
      guard ZSTD_isError(value) != 0 else { return value }
      switch ZSTD_getErrorCode(value) {
      case ZSTD_error_frameParameter_windowTooLarge:
        throw StreamPipelineError(
          .windowTooLarge,
          "the compressed data asks for a window above \(1 << (maximumWindowLog - 10)) KiB, the limit of this reader")
      case ZSTD_error_prefix_unknown:
        throw StreamPipelineError(.compressedDataCorrupt, "bytes that are no zstd frame where one should begin")
      case ZSTD_error_memory_allocation:
        throw StreamPipelineError(.compressorFailed, "zstd: no memory for the window")
      default:
        return try Zstd.check(value, else: .compressedDataCorrupt)
      }
    }
  }
}
