internal import Crypto
internal import Foundation

/// The `X25519` stanza. Source: the age v1 format, "X25519 recipient stanza".
enum X25519Stanza {
  static let type = "X25519"
  static let keyByteCount = 32
  private static let label = Array("age-encryption.org/v1/X25519".utf8)

  static func wrap(_ fileKey: FileKey, for recipient: Curve25519.KeyAgreement.PublicKey) throws -> Stanza {
    let ephemeral = Curve25519.KeyAgreement.PrivateKey()
    let share = Array(ephemeral.publicKey.rawRepresentation)
    guard let shared = try sharedSecret(ephemeral, recipient) else {
      throw AgeError(.recipientInvalid, "the recipient is a low-order point: not a usable public key")
    }
    let key = wrappingKey(shared, share: share, recipient: recipient)
    return Stanza(
      type: type, arguments: [Base64.encodeUnpadded(share)], body: try fileKey.wrapped(with: key))
  }

  /// Nil where the stanza is for somebody else.
  static func unwrap(_ stanza: Stanza, with identity: Curve25519.KeyAgreement.PrivateKey) throws -> FileKey? {
    guard stanza.arguments.count == 1, let share = Base64.decodeUnpadded(stanza.arguments[0].utf8),
      share.count == keyByteCount
    else {
      throw AgeError(.headerInvalid, "an X25519 stanza does not hold one share of 32 bytes in canonical Base64")
    }
    return try FileKey.unwrap(stanza.body) {
      let ephemeral = try Curve25519.KeyAgreement.PublicKey(rawRepresentation: share)
      guard let shared = try sharedSecret(identity, ephemeral) else {
        throw AgeError(.headerInvalid, "an X25519 stanza holds a low-order point")
      }
      return wrappingKey(shared, share: share, recipient: identity.publicKey)
    }
  }

  /// Nil for a low-order point, whose shared secret is all zero whatever the private key. swift-crypto lets it pass.
  static func sharedSecret(
    _ privateKey: Curve25519.KeyAgreement.PrivateKey, _ publicKey: Curve25519.KeyAgreement.PublicKey
  ) throws -> SharedSecret? {
    let shared = try privateKey.sharedSecretFromKeyAgreement(with: publicKey)
    let isZero = shared.withUnsafeBytes { $0.reduce(0) { $0 | $1 } == 0 }
    return isZero ? nil : shared
  }

  private static func wrappingKey(
    _ shared: SharedSecret, share: [UInt8], recipient: Curve25519.KeyAgreement.PublicKey
  ) -> SymmetricKey {
    shared.hkdfDerivedSymmetricKey(
      using: SHA256.self, salt: share + Array(recipient.rawRepresentation), sharedInfo: label, outputByteCount: 32)
  }
}
