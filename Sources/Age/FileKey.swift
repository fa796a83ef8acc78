internal import Crypto
internal import Foundation

/// The random key of one age file, from which the header's MAC key and the payload's key come.
struct FileKey: Sendable {
  static let byteCount = 16

  let key: SymmetricKey

  init(_ key: SymmetricKey) {
    self.key = key
  }

  init() {
    key = SymmetricKey(size: .bits128)
  }

  func mac(of header: some DataProtocol) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: header, using: derive(salt: [], info: "header")))
  }

  /// Constant-time comparison.
  func isValid(_ header: Header) -> Bool {
    HMAC<SHA256>.isValidAuthenticationCode(
      header.mac, authenticating: header.authenticated, using: derive(salt: [], info: "header"))
  }

  func payloadKey(nonce: [UInt8]) -> SymmetricKey {
    derive(salt: nonce, info: "payload")
  }

  /// The body of a stanza: the file key sealed under a key that is used once, hence the zero nonce.
  func wrapped(with wrappingKey: SymmetricKey) throws -> [UInt8] {
    let box = try key.withUnsafeBytes { bytes in
      try ChaChaPoly.seal(bytes, using: wrappingKey, nonce: Self.zeroNonce())
    }
    return Array(box.ciphertext + box.tag)
  }

  /// The file key, or nil where `wrappingKey` is not the one that sealed `body`.
  ///
  /// - Throws: `headerInvalid` where the body has another size than that of a sealed file key. This is checked first
  ///   since a longer one could be opened by several keys.
  static func unwrap(_ body: [UInt8], with wrappingKey: () throws -> SymmetricKey) throws -> FileKey? {
    guard body.count == byteCount + PayloadFormat.tagByteCount else {
      throw AgeError(.headerInvalid, "a recipient stanza holds a file key of the wrong size")
    }
    let box = try ChaChaPoly.SealedBox(
      nonce: zeroNonce(), ciphertext: body.prefix(byteCount), tag: body.suffix(PayloadFormat.tagByteCount))
    let wrappingKey = try wrappingKey()
    guard let opened = try? ChaChaPoly.open(box, using: wrappingKey) else { return nil }
    return FileKey(SymmetricKey(data: opened))
  }

  private static func zeroNonce() throws -> ChaChaPoly.Nonce {
    try ChaChaPoly.Nonce(data: [UInt8](repeating: 0, count: PayloadFormat.nonceByteCount))
  }

  private func derive(salt: [UInt8], info: String) -> SymmetricKey {
    HKDF<SHA256>.deriveKey(inputKeyMaterial: key, salt: salt, info: Array(info.utf8), outputByteCount: 32)
  }
}
