internal import Crypto
internal import Foundation
internal import NIOCore

/// Seals the payload in chunks of 64 KiB.
///
/// A full chunk is sealed only when another byte follows or the input ends, since the last one is marked and must not be
/// empty. Chunks that lie whole in the input are sealed from there; only the remainder is copied.
struct PayloadWriter: Sendable {
  private let key: SymmetricKey
  private var nonce = ChunkNonce()
  private var pending = ByteBuffer()

  init(key: SymmetricKey) {
    self.key = key
    pending.reserveCapacity(PayloadFormat.chunkByteCount)
  }

  mutating func update(_ input: ByteBuffer, into output: inout ByteBuffer) throws {
    var input = input
    let sealable = (pending.readableBytes + input.readableBytes - 1) / PayloadFormat.chunkByteCount
    guard input.readableBytes > 0, sealable > 0 else {
      pending.writeBuffer(&input)
      return
    }
    output.reserveCapacity(minimumWritableBytes: sealable * PayloadFormat.sealedChunkByteCount)
    if pending.readableBytes > 0 {
      let missing = PayloadFormat.chunkByteCount - pending.readableBytes
      if var head = input.readSlice(length: missing) { pending.writeBuffer(&head) }
      try pending.withUnsafeReadableBytes { try seal($0, isLast: false, into: &output) }
      pending.clear()
    }
    let consumed = try input.withUnsafeReadableBytes { bytes in
      var offset = 0
      while bytes.count - offset > PayloadFormat.chunkByteCount {
        let end = offset + PayloadFormat.chunkByteCount
        try seal(UnsafeRawBufferPointer(rebasing: bytes[offset..<end]), isLast: false, into: &output)
        offset = end
      }
      return offset
    }
    input.moveReaderIndex(forwardBy: consumed)
    pending.writeBuffer(&input)
  }

  mutating func finish(into output: inout ByteBuffer) throws {
    try pending.withUnsafeReadableBytes { try seal($0, isLast: true, into: &output) }
    pending.clear()
  }

  private mutating func seal(
    _ chunk: UnsafeRawBufferPointer, isLast: Bool, into output: inout ByteBuffer
  ) throws {
    let box = try ChaChaPoly.seal(chunk, using: key, nonce: nonce.value(isLast: isLast))
    // `combined` is stored, while `ciphertext` and `tag` would be two more slices of it.
    box.combined.withUnsafeBytes { combined in
      _ = output.writeBytes(UnsafeRawBufferPointer(rebasing: combined[PayloadFormat.nonceByteCount...]))
    }
    nonce.advance()
  }
}
