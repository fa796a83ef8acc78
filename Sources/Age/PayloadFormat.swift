internal import Crypto
internal import Foundation

/// Sizes of the payload, in bytes. Source: the age v1 format, "Payload" (a variant of STREAM).
enum PayloadFormat {
  static let keyNonceByteCount = 16
  static let chunkByteCount = 64 << 10
  static let tagByteCount = 16
  static let sealedChunkByteCount = chunkByteCount + tagByteCount
  static let nonceByteCount = 12
}

/// The nonce of a chunk: a big-endian counter of 11 bytes, then 1 for the last chunk and 0 for all others.
struct ChunkNonce: Sendable {
  /// Eight of the eleven bytes: 2^64 chunks are 10^24 bytes.
  private(set) var counter: UInt64 = 0

  var isFirst: Bool { counter == 0 }

  mutating func advance() {
    counter += 1
  }

  func write(to target: UnsafeMutableRawBufferPointer, isLast: Bool) {
    target.initializeMemory(as: UInt8.self, repeating: 0)
    target.storeBytes(of: counter.bigEndian, toByteOffset: 3, as: UInt64.self)
    target[PayloadFormat.nonceByteCount - 1] = isLast ? 1 : 0
  }

  func value(isLast: Bool) throws -> ChaChaPoly.Nonce {
    try withUnsafeTemporaryAllocation(byteCount: PayloadFormat.nonceByteCount, alignment: 8) { bytes in
      write(to: bytes, isLast: isLast)
      return try ChaChaPoly.Nonce(data: UnsafeRawBufferPointer(bytes))
    }
  }
}
