internal import Crypto
public import NIOCore

/// The size and SHA-256 of a stream.
public struct StreamDigest: Sendable, Hashable {
  public var bytes: Int64
  /// Lower-case hex.
  public var sha256: String

  public init(bytes: Int64, sha256: String) {
    self.bytes = bytes
    self.sha256 = sha256
  }
}

/// Counts and hashes bytes as they pass.
public struct HashingCounter: Sendable {
  private var hash = SHA256()
  public private(set) var byteCount: Int64 = 0

  public init() {}

  public mutating func update(_ input: ByteBuffer) {
    input.withUnsafeReadableBytes { update($0) }
  }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    hash.update(bufferPointer: bytes)
    byteCount += Int64(bytes.count)
  }

  /// Of all bytes so far; more may follow.
  public var digest: StreamDigest {
    StreamDigest(bytes: byteCount, sha256: Self.hex(hash.finalize()))
  }

  static func hex(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
