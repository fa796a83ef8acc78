internal import Crypto
internal import Foundation
internal import NIOCore

/// Opens the payload's chunks and releases a chunk's plaintext once it has been authenticated.
struct PayloadReader: Sendable {
  private let key: SymmetricKey
  private var nonce = ChunkNonce()
  /// The nonce, then the sealed chunk: the order in which a sealed box takes them without joining pieces.
  private var box = [UInt8](repeating: 0, count: PayloadFormat.nonceByteCount + PayloadFormat.sealedChunkByteCount)
  private var filled = 0
  private var sawLast = false

  init(key: SymmetricKey) {
    self.key = key
  }

  mutating func update(_ input: inout ByteBuffer, into output: inout ByteBuffer) throws {
    while input.readableBytes > 0 {
      guard !sawLast else {
        throw AgeError(.payloadCorrupt, "bytes follow the last chunk of the payload")
      }
      fill(from: &input)
      // A full chunk may be the last one or not; only its nonce tells.
      if filled == PayloadFormat.sealedChunkByteCount {
        if try !open(isLast: false, into: &output) {
          guard try open(isLast: true, into: &output) else { throw damaged() }
        }
      }
    }
  }

  mutating func finish(into output: inout ByteBuffer) throws {
    guard !sawLast else { return }
    guard filled >= PayloadFormat.tagByteCount else {
      throw AgeError(.truncated, "the payload ends before its last chunk: the file is cut off")
    }
    guard filled > PayloadFormat.tagByteCount || nonce.isFirst else {
      throw AgeError(.payloadCorrupt, "the last chunk of the payload is empty though others came before")
    }
    guard try open(isLast: true, into: &output) else {
      throw AgeError(
        .payloadCorrupt, "the last chunk of the payload does not authenticate: the file is cut off or damaged")
    }
  }

  private func damaged() -> AgeError {
    AgeError(.payloadCorrupt, "chunk \(nonce.counter) of the payload does not authenticate: the file is damaged")
  }

  private mutating func fill(from input: inout ByteBuffer) {
    let count = min(PayloadFormat.sealedChunkByteCount - filled, input.readableBytes)
    let start = PayloadFormat.nonceByteCount + filled
    box.withUnsafeMutableBytes { target in
      input.withUnsafeReadableBytes { source in
        UnsafeMutableRawBufferPointer(rebasing: target[start..<(start + count)])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<count]))
      }
    }
    input.moveReaderIndex(forwardBy: count)
    filled += count
  }

  /// False where the chunk does not authenticate; it then stays.
  private mutating func open(isLast: Bool, into output: inout ByteBuffer) throws -> Bool {
    let end = PayloadFormat.nonceByteCount + filled
    let sealed = try box.withUnsafeMutableBytes { bytes in
      nonce.write(to: UnsafeMutableRawBufferPointer(rebasing: bytes[..<PayloadFormat.nonceByteCount]), isLast: isLast)
      return try ChaChaPoly.SealedBox(combined: UnsafeRawBufferPointer(rebasing: bytes[..<end]))
    }
    guard let plain = try? ChaChaPoly.open(sealed, using: key) else { return false }
    plain.withUnsafeBytes { _ = output.writeBytes($0) }
    nonce.advance()
    filled = 0
    sawLast = isLast
    return true
  }
}
