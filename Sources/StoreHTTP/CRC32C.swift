internal import CCRC32C
internal import Foundation
public import NIOCore

/// CRC-32C (Castagnoli) of bytes that come in pieces: what S3 and Google Cloud Storage verify uploads with.
///
/// By the processor's own instruction where it has one: many GiB in a second.
/// https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4
public struct CRC32C: Sendable, Hashable {
  /// Of what came so far; 0 for nothing.
  public private(set) var value: UInt32 = 0

  public init() {}

  public init(_ bytes: ByteBuffer) {
    update(bytes)
  }

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    value = holdfast_crc32c(value, bytes.baseAddress, bytes.count)
  }

  /// The buffer's readable bytes.
  public mutating func update(_ bytes: ByteBuffer) {
    bytes.withUnsafeReadableBytes { update($0) }
  }

  /// The four bytes, most significant first, in base64: `x-amz-checksum-crc32c` and `x-goog-hash: crc32c=`.
  public var base64: String {
    ByteBuffer(integer: value).withUnsafeReadableBytes { Data($0).base64EncodedString() }
  }

  /// Reads ``base64``; nil where it is not of four bytes.
  public static func value(base64: String) -> UInt32? {
    guard let bytes = Data(base64Encoded: base64), bytes.count == 4 else { return nil }
    return bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }
}
