public import Age
public import NIOCore

/// One stage of a pipeline: a synchronous state machine from bytes to bytes. It does no IO and keeps bounded memory.
///
/// - `update` takes all of `input` and appends to `output` what can be given by now, which may be nothing or more than
///   `input`. How the input is cut into pieces does not change the concatenated output's meaning.
/// - `finish` appends the rest. Called once, at the end of the input. Without it the output is not complete, and a
///   decoding stage has not told yet whether its input was.
/// - After an error, and after `finish`, a stage is of no use: each further call throws.
/// - A stage has identity: copies of one must not be used beside each other.
public protocol StreamTransform {
  mutating func update(_ input: ByteBuffer, into output: inout ByteBuffer) throws
  mutating func finish(into output: inout ByteBuffer) throws
}

extension AgeEncryptor: StreamTransform {}
extension AgeDecryptor: StreamTransform {}

/// Gives its input on unchanged.
public struct IdentityTransform: StreamTransform, Sendable {
  public init() {}

  public mutating func update(_ input: ByteBuffer, into output: inout ByteBuffer) {
    // Sharing a large buffer is cheaper than copying it; small ones are gathered.
    if output.readableBytes == 0 && input.readableBytes >= Self.sharingThreshold {
      output = input
    } else {
      var input = input
      output.writeBuffer(&input)
    }
  }

  public mutating func finish(into output: inout ByteBuffer) {}

  private static let sharingThreshold = 128 << 10
}
