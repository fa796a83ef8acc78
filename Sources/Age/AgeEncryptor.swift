internal import Crypto
public import NIOCore

/// Encrypts a stream into an age v1 file (https://age-encryption.org/v1). It does no IO.
///
/// Feed the plaintext to ``update(_:into:)`` in pieces of any size, then call ``finish(into:)`` once. What is written to
/// `output` in between is the file; without `finish` it is not complete, and no reader takes it for complete.
/// Memory: one chunk of 64 KiB. A copy goes on with the same keys: never use two copies of one encryptor.
public struct AgeEncryptor: Sendable {
  private var header: ByteBuffer?
  private var payload: PayloadWriter
  private var armor: ArmorWriter?
  private var staged = ByteBuffer()
  private var isFinished = false

  /// - Parameters:
  ///   - recipients: who can read the file: one or more public keys, or a single passphrase.
  ///   - armored: writes the ASCII armor instead of bytes, a third larger.
  /// - Throws: `recipientInvalid` for no recipient, or for a passphrase beside another recipient.
  public init(recipients: [AgeRecipient], armored: Bool = false) throws {
    guard !recipients.isEmpty else { throw AgeError(.recipientInvalid, "no recipient: nobody could read the file") }
    let holdsPassphrase = recipients.contains { if case .scrypt = $0.kind { true } else { false } }
    guard recipients.count == 1 || !holdsPassphrase else {
      throw AgeError(.recipientInvalid, "a passphrase must be the only recipient")
    }
    let fileKey = FileKey()
    let keyNonce = FileKey().key.withUnsafeBytes { Array($0) }
    let stanzas = try recipients.map { try $0.wrap(fileKey) }
    let header = Self.header(stanzas: stanzas, fileKey: fileKey, keyNonce: keyNonce)
    guard header.readableBytes <= HeaderReader.maximumByteCount else {
      throw AgeError(.recipientInvalid, "\(recipients.count) recipients do not fit a header of 1 MiB")
    }
    self.header = header
    payload = PayloadWriter(key: fileKey.payloadKey(nonce: keyNonce))
    armor = armored ? ArmorWriter() : nil
  }

  /// Appends to `output` what can be written by now: whole chunks of the file, often nothing.
  ///
  /// - Throws: `alreadyFinished`, or an error of the cipher. The encryptor is of no use afterwards.
  public mutating func update(_ input: ByteBuffer, into output: inout ByteBuffer) throws {
    try checkUse()
    try write(into: &output) { encryptor, target in
      try encryptor.payload.update(input, into: &target)
    }
  }

  /// Appends the last chunk, which is written for an empty input too.
  public mutating func finish(into output: inout ByteBuffer) throws {
    try checkUse()
    isFinished = true
    try write(into: &output) { encryptor, target in
      try encryptor.payload.finish(into: &target)
    }
    armor?.finish(into: &output)
  }

  private mutating func write(
    into output: inout ByteBuffer, _ body: (inout AgeEncryptor, inout ByteBuffer) throws -> Void
  ) throws {
    guard armor != nil else {
      writeHeader(into: &output)
      return try body(&self, &output)
    }
    var target = ByteBuffer()
    swap(&target, &staged)
    target.clear()
    writeHeader(into: &target)
    try body(&self, &target)
    armor?.update(target, into: &output)
    swap(&target, &staged)
  }

  private mutating func writeHeader(into output: inout ByteBuffer) {
    guard var header else { return }
    output.writeBuffer(&header)
    self.header = nil
  }

  private func checkUse() throws {
    guard !isFinished else { throw AgeError(.alreadyFinished, "the encryptor was used after its end") }
  }

  private static func header(stanzas: [Stanza], fileKey: FileKey, keyNonce: [UInt8]) -> ByteBuffer {
    let authenticated = Header.firstLine + "\n" + stanzas.map(\.text).joined() + "---"
    let mac = Base64.encodeUnpadded(fileKey.mac(of: Array(authenticated.utf8)))
    var header = ByteBuffer(string: authenticated + " " + mac + "\n")
    header.writeBytes(keyNonce)
    return header
  }
}
