internal import CZlib
internal import NIOCore

/// Inflates the beginning of gzip data (RFC 1952), to see what is in it.
enum GzipHead {
  /// - Returns: At most `limit` bytes; fewer where the data is damaged or short.
  static func inflate(_ head: ByteBuffer, limit: Int) -> [UInt8] {
    var stream = z_stream()
    // 15 bits of window, plus 16: a gzip header is required.
    guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return [] }
    defer { inflateEnd(&stream) }
    return head.withUnsafeReadableBytes { input in
      [UInt8](unsafeUninitializedCapacity: limit) { output, filled in
        // zlib does not write through next_in; its type only lacks the const.
        stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(limit)
        _ = CZlib.inflate(&stream, Z_NO_FLUSH)
        filled = limit - Int(stream.avail_out)
      }
    }
  }
}
