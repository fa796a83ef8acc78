internal import Crypto
internal import CryptoExtras
internal import Foundation

/// The `scrypt` stanza. Source: the age v1 format, "scrypt recipient stanza".
enum ScryptStanza {
  static let type = "scrypt"
  private static let saltByteCount = 16
  private static let label = Array("age-encryption.org/v1/scrypt".utf8)

  static func wrap(_ fileKey: FileKey, passphrase: SymmetricKey, workFactor: Int) throws -> Stanza {
    let salt = SymmetricKey(size: .bits128).withUnsafeBytes { Array($0) }
    let key = try wrappingKey(passphrase, salt: salt, workFactor: workFactor)
    return Stanza(
      type: type, arguments: [Base64.encodeUnpadded(salt), String(workFactor)],
      body: try fileKey.wrapped(with: key))
  }

  /// Nil where the passphrase is another one.
  static func unwrap(_ stanza: Stanza, passphrase: SymmetricKey, maximumWorkFactor: Int) throws -> FileKey? {
    guard stanza.arguments.count == 2, let salt = Base64.decodeUnpadded(stanza.arguments[0].utf8),
      salt.count == saltByteCount
    else {
      throw AgeError(.headerInvalid, "a scrypt stanza does not hold a salt of 16 bytes and a work factor")
    }
    let digits = stanza.arguments[1].utf8
    guard let first = digits.first, (49...57).contains(first), digits.allSatisfy({ (48...57).contains($0) }) else {
      throw AgeError(.headerInvalid, "a scrypt stanza's work factor is not a plain decimal number")
    }
    guard let workFactor = Int(stanza.arguments[1]), workFactor <= maximumWorkFactor else {
      throw AgeError(
        .workFactorTooHigh, "the passphrase's work factor is above the limit of \(maximumWorkFactor)")
    }
    return try FileKey.unwrap(stanza.body) {
      try wrappingKey(passphrase, salt: salt, workFactor: workFactor)
    }
  }

  /// Takes 2^workFactor KiB of memory.
  private static func wrappingKey(_ passphrase: SymmetricKey, salt: [UInt8], workFactor: Int) throws -> SymmetricKey {
    try passphrase.withUnsafeBytes { bytes in
      try KDF.Scrypt.deriveKey(
        from: bytes, salt: label + salt, outputByteCount: 32, rounds: 1 << workFactor, blockSize: 8, parallelism: 1)
    }
  }
}
