internal import CZstd
public import NIOCore

/// Compresses into one zstd frame (RFC 8878) with a checksum and without the content's size, which is not known.
public struct ZstdCompressor: StreamTransform {
  public static let levels = 1...19
  public static let defaultLevel = 3

  private let context: Context
  private var isFinished = false

  /// - Parameter level: 1 (fast) to 19 (small). Memory is about 3 MiB at level 3 and 90 MiB at level 19.
  /// - Throws: `settingInvalid` for another level.
  public init(level: Int = defaultLevel) throws {
    guard Self.levels.contains(level) else {
      throw StreamPipelineError(
        .settingInvalid, "zstd level \(level) is not between \(Self.levels.lowerBound) and \(Self.levels.upperBound)")
    }
    context = try Context()
    try context.set(ZSTD_c_compressionLevel, to: Int32(level))
    try context.set(ZSTD_c_checksumFlag, to: 1)
  }

  public mutating func update(_ input: ByteBuffer, into output: inout ByteBuffer) throws {
    try checkUse()
    try input.withUnsafeReadableBytes { bytes in
      var source = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
      while source.pos < source.size {
        _ = try context.compress(&source, into: &output, ZSTD_e_continue)
      }
    }
  }

  public mutating func finish(into output: inout ByteBuffer) throws {
    try checkUse()
    isFinished = true
    var source = ZSTD_inBuffer(src: nil, size: 0, pos: 0)
    while try context.compress(&source, into: &output, ZSTD_e_end) > 0 {}
  }

  private func checkUse() throws {
    guard !isFinished else { throw StreamPipelineError(.alreadyFinished, "the compressor was used after its end") }
  }

  /// Owns libzstd's context.
  private final class Context {
    private let pointer: OpaquePointer

    init() throws {
      guard let pointer = ZSTD_createCCtx() else {
        throw StreamPipelineError(.compressorFailed, "zstd: no memory for a compression context")
      }
      self.pointer = pointer
    }

    deinit {
      ZSTD_freeCCtx(pointer)
    }

    func set(_ parameter: ZSTD_cParameter, to value: Int32) throws {
      _ = try Zstd.check(ZSTD_CCtx_setParameter(pointer, parameter, value), else: .settingInvalid)
    }

    /// How much is left to write, by libzstd's estimate; 0 at the end of a frame.
    func compress(
      _ source: inout ZSTD_inBuffer, into output: inout ByteBuffer, _ directive: ZSTD_EndDirective
    ) throws -> Int {
      var left = 0
      try output.writeWithUnsafeMutableBytes(minimumWritableBytes: ZSTD_CStreamOutSize()) { bytes in
        var target = ZSTD_outBuffer(dst: bytes.baseAddress, size: bytes.count, pos: 0)
        left = try Zstd.check(ZSTD_compressStream2(pointer, &target, &source, directive), else: .compressorFailed)
        return target.pos
      }
      return left
    }
  }
}

/// What both directions share.
enum Zstd {
  /// The value of a libzstd call, or its error.
  static func check(_ value: Int, else code: StreamPipelineError.Code) throws -> Int {
    guard ZSTD_isError(value) != 0 else { return value }
    throw StreamPipelineError(code, "zstd: \(String(cString: ZSTD_getErrorName(value)))")
  }
}
