public import NIOCore

/// What an ``AgeDecryptor`` expects around the file.
public enum AgeArmorHandling: Sendable {
  /// A file whose first byte, but for white space, is `-` is armored.
  case detect
  case binary
  case armored
}

/// Decrypts an age v1 file (https://age-encryption.org/v1) that arrives in pieces. It does no IO.
///
/// Only authenticated plaintext is released, chunk by chunk. Before ``finish(into:)`` returned, the plaintext may be
/// cut off: an input that ends anywhere before its end makes `finish` throw, and so does one that goes on after it.
/// The same input gives the same plaintext and the same error code however it is cut into pieces.
/// After an error the decryptor throws the same error again.
/// Memory: the header (at most 1 MiB) and one chunk of 64 KiB; for a passphrase, what scrypt takes for a moment.
public struct AgeDecryptor: Sendable {
  private enum Framing {
    case undecided, binary, armored
  }

  private let identities: [AgeIdentity]
  private var framing: Framing
  private var staged = ByteBuffer()
  private var armor = ArmorReader()
  private var headerReader = HeaderReader()
  private var fileKey: FileKey?
  private var keyNonce: [UInt8] = []
  private var payload: PayloadReader?
  private var failure: (any Error)?
  private var isFinished = false

  /// - Parameter identities: tried in order; one that opens the file is enough.
  /// - Throws: `identityInvalid` where there is none.
  public init(identities: [AgeIdentity], armor: AgeArmorHandling = .detect) throws {
    guard !identities.isEmpty else { throw AgeError(.identityInvalid, "no identity to decrypt with") }
    self.identities = identities
    framing =
      switch armor {
      case .detect: .undecided
      case .binary: .binary
      case .armored: .armored
      }
  }

  /// Appends the plaintext of the chunks that `input` completed.
  ///
  /// - Throws: any ``AgeError``. What was appended before the error is authentic.
  public mutating func update(_ input: ByteBuffer, into output: inout ByteBuffer) throws {
    try run { decryptor in try decryptor.route(input, into: &output) }
  }

  /// Appends the rest. Only when this returned is the plaintext whole.
  public mutating func finish(into output: inout ByteBuffer) throws {
    try run { decryptor in try decryptor.end(into: &output) }
    isFinished = true
  }

  private mutating func run(_ body: (inout AgeDecryptor) throws -> Void) throws {
    if let failure { throw failure }
    guard !isFinished else { throw AgeError(.alreadyFinished, "the decryptor was used after its end") }
    do {
      try body(&self)
    } catch {
      failure = error
      throw error
    }
  }

  private mutating func route(_ input: ByteBuffer, into output: inout ByteBuffer) throws {
    switch framing {
    case .binary:
      try consume(input, into: &output)
    case .armored:
      try unarmor(into: &output) { armor, target in try armor.update(input, into: &target) }
    case .undecided:
      var input = input
      staged.writeBuffer(&input)
      let first = staged.readableBytesView.first { !Armor.isWhitespace($0) }
      guard first != nil || staged.readableBytes > Armor.maximumWhitespace else { return }
      try decide(isArmored: first == UInt8(ascii: "-"), into: &output)
    }
  }

  private mutating func decide(isArmored: Bool, into output: inout ByteBuffer) throws {
    framing = isArmored ? .armored : .binary
    let input = staged
    staged = ByteBuffer()
    try route(input, into: &output)
  }

  /// Passes on what stands before a fault of the armor first: errors then do not depend on how the input was cut.
  private mutating func unarmor(
    into output: inout ByteBuffer, _ body: (inout ArmorReader, inout ByteBuffer) throws -> Void
  ) throws {
    staged.clear()
    var armorFailure: (any Error)?
    do {
      try body(&armor, &staged)
    } catch {
      armorFailure = error
    }
    try consume(staged, into: &output)
    if let armorFailure { throw armorFailure }
  }

  private mutating func consume(_ input: ByteBuffer, into output: inout ByteBuffer) throws {
    var input = input
    while input.readableBytes > 0 {
      if payload != nil {
        try payload?.update(&input, into: &output)
      } else if let fileKey {
        takeKeyNonce(from: &input, fileKey)
      } else {
        guard let header = try headerReader.read(from: &input) else { return }
        fileKey = try openHeader(header)
      }
    }
  }

  private mutating func takeKeyNonce(from input: inout ByteBuffer, _ fileKey: FileKey) {
    let missing = PayloadFormat.keyNonceByteCount - keyNonce.count
    keyNonce += input.readBytes(length: min(missing, input.readableBytes)) ?? []
    guard keyNonce.count == PayloadFormat.keyNonceByteCount else { return }
    payload = PayloadReader(key: fileKey.payloadKey(nonce: keyNonce))
  }

  private func openHeader(_ header: Header) throws -> FileKey {
    for identity in identities {
      guard let fileKey = try identity.unwrap(header.stanzas) else { continue }
      guard fileKey.isValid(header) else {
        throw AgeError(.hmacMismatch, "the header was changed after it was written: do not trust this file")
      }
      return fileKey
    }
    throw AgeError(.noIdentityMatched, NoMatch.explain(header.stanzas))
  }

  private mutating func end(into output: inout ByteBuffer) throws {
    if framing == .undecided { try decide(isArmored: false, into: &output) }
    if framing == .armored {
      try unarmor(into: &output) { armor, target in try armor.finish(into: &target) }
    }
    guard fileKey != nil else { throw headerReader.endOfInput() }
    guard payload != nil else {
      throw AgeError(.headerInvalid, "the input ends before the payload's nonce: the file is cut off")
    }
    try payload?.finish(into: &output)
  }
}
