import CZlib

/// Why bytes are not the archive that they should be.
enum ArchiveFault: Error, Hashable {
  /// They end too early.
  case truncated(String)
  /// They are damaged, or something else.
  case corrupt(String)
}

/// Inflates one gzip member (RFC 1952), with zlib checking its CRC and length, in constant memory.
///
/// Not for concurrent use.
final class GzipInflater {
  private static let outputSize = 64 << 10

  private let stream: UnsafeMutablePointer<z_stream>
  private let output: UnsafeMutableRawBufferPointer
  private var hasBegun = false
  /// The member's trailer was read and holds.
  private(set) var isComplete = false

  init() throws {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    output = .allocate(byteCount: Self.outputSize, alignment: 16)
    // 15 bits of window, plus 16: a gzip header and trailer is required.
    let status = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { throw ArchiveFault.corrupt("zlib could not start (\(status))") }
  }

  deinit {
    inflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
    output.deallocate()
  }

  /// Gives what `input` inflates to, in pieces that are valid only during the call of `emit`.
  func inflate(_ input: UnsafeRawBufferPointer, emit: (UnsafeRawBufferPointer) throws -> Void) throws {
    guard let base = input.baseAddress, !input.isEmpty else { return }
    guard !isComplete else { throw Self.trailing }
    hasBegun = true
    // zlib does not write through next_in; its type only lacks the const.
    stream.pointee.next_in = UnsafeMutablePointer(mutating: base.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(input.count)
    defer { stream.pointee.next_in = nil }
    repeat {
      stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = UInt32(output.count)
      let status = CZlib.inflate(stream, Z_NO_FLUSH)
      let produced = output.count - Int(stream.pointee.avail_out)
      if produced > 0 { try emit(UnsafeRawBufferPointer(rebasing: output[..<produced])) }
      switch status {
      case Z_OK: continue
      case Z_BUF_ERROR: return
      case Z_STREAM_END:
        isComplete = true
        guard stream.pointee.avail_in == 0 else { throw Self.trailing }
        return
      default:
        throw ArchiveFault.corrupt("the gzip data is damaged (\(reason(status)))")
      }
    } while stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0
  }

  func finish() throws {
    guard isComplete else {
      throw ArchiveFault.truncated(hasBegun ? "the gzip data ends before its trailer" : "there are no bytes at all")
    }
  }

  private static let trailing = ArchiveFault.corrupt("bytes follow the end of the gzip data")

  private func reason(_ status: Int32) -> String {
    if let message = stream.pointee.msg { return String(cString: message) }
    return status == Z_NEED_DICT ? "it needs a dictionary" : "zlib status \(status)"
  }
}
