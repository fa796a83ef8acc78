internal import Crypto
internal import Foundation

/// Somebody who will be able to read an age file: an X25519 public key (`age1…`), or the holder of a passphrase.
///
/// Hybrid, plugin and SSH recipients are refused with ``AgeError/Code/unsupportedRecipient``.
public struct AgeRecipient: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible {
  /// The work factor (log2 of scrypt's N) that the reference implementation writes. It takes 256 MiB of memory.
  public static let defaultWorkFactor = 18

  enum Kind: Sendable {
    case x25519(Curve25519.KeyAgreement.PublicKey)
    case scrypt(passphrase: SymmetricKey, workFactor: Int)
  }

  let kind: Kind

  init(kind: Kind) {
    self.kind = kind
  }

  /// Parses `age1…`.
  ///
  /// - Throws: `recipientInvalid` or `unsupportedRecipient`. The message never repeats `text`, which may hold a secret
  ///   that was pasted by mistake.
  public init(_ text: String) throws {
    kind = .x25519(try Self.parse(text))
  }

  /// A passphrase instead of a key; it must be the only recipient.
  ///
  /// - Parameter workFactor: log2 of scrypt's N, 1 to 30. Encrypting and decrypting take 2^workFactor KiB of memory.
  public static func passphrase(_ passphrase: String, workFactor: Int = defaultWorkFactor) throws -> AgeRecipient {
    guard !passphrase.isEmpty else { throw AgeError(.recipientInvalid, "the passphrase is empty") }
    guard (1...30).contains(workFactor) else {
      throw AgeError(.recipientInvalid, "the work factor \(workFactor) is not between 1 and 30")
    }
    return AgeRecipient(kind: .scrypt(passphrase: SymmetricKey(data: Array(passphrase.utf8)), workFactor: workFactor))
  }

  /// `age1…`, or a word that stands for the passphrase.
  public var description: String {
    switch kind {
    case .x25519(let key): Bech32.encode(prefix: "age", bytes: key.rawRepresentation)
    case .scrypt: "passphrase (redacted)"
    }
  }

  public var debugDescription: String { description }

  public static func == (left: AgeRecipient, right: AgeRecipient) -> Bool {
    switch (left.kind, right.kind) {
    case (.x25519(let left), .x25519(let right)): left.rawRepresentation == right.rawRepresentation
    case (.scrypt(let left, _), .scrypt(let right, _)): left == right
    default: false
    }
  }

  public func hash(into hasher: inout Hasher) {
    if case .x25519(let key) = kind { hasher.combine(key.rawRepresentation) }
  }

  func wrap(_ fileKey: FileKey) throws -> Stanza {
    switch kind {
    case .x25519(let key):
      try X25519Stanza.wrap(fileKey, for: key)
    case .scrypt(let passphrase, let workFactor):
      try ScryptStanza.wrap(fileKey, passphrase: passphrase, workFactor: workFactor)
    }
  }
}

extension AgeRecipient: CustomReflectable {
  /// Empty, so that `dump` shows no passphrase.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension AgeRecipient {
  private static func parse(_ text: String) throws -> Curve25519.KeyAgreement.PublicKey {
    try rejectOtherKinds(text)
    let bytes: [UInt8]
    let prefix: String
    do {
      (prefix, bytes) = try Bech32.decode(text)
    } catch {
      throw AgeError(.recipientInvalid, explain(error))
    }
    guard prefix == "age" else {
      if prefix.hasPrefix("age1") {
        throw AgeError(
          .unsupportedRecipient,
          "a recipient of the age plugin `\(prefix.dropFirst(4))`, which is not supported; give a native X25519 recipient"
        )
      }
      throw AgeError(.recipientInvalid, "a recipient is written in lower case (age1...)")
    }
    guard bytes.count == X25519Stanza.keyByteCount else {
      throw AgeError(.recipientInvalid, "the recipient holds \(bytes.count) bytes instead of 32")
    }
    let key = try Curve25519.KeyAgreement.PublicKey(rawRepresentation: bytes)
    guard try X25519Stanza.sharedSecret(Curve25519.KeyAgreement.PrivateKey(), key) != nil else {
      throw AgeError(.recipientInvalid, "the recipient is a low-order point: anybody could read the file")
    }
    return key
  }

  /// Gives what is not an X25519 recipient its own message.
  private static func rejectOtherKinds(_ text: String) throws {
    let lower = text.lowercased()
    guard !text.isEmpty else { throw AgeError(.recipientInvalid, "the recipient is empty") }
    if lower.contains("age-secret-key-") || lower.contains("age-plugin-") || lower.contains("private key") {
      throw AgeError(
        .recipientInvalid,
        """
        an identity (a secret key) was given where a recipient (age1...) belongs. Take the public key that \
        `age-keygen -y` prints, and treat the identity as exposed: make a new one
        """)
    }
    if ["ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-", "github:"].contains(where: lower.hasPrefix) {
      throw AgeError(
        .unsupportedRecipient,
        "an SSH recipient, which is not supported; make a native X25519 key pair with `age-keygen`")
    }
    guard !text.contains(where: \.isWhitespace) else {
      throw AgeError(.recipientInvalid, "the recipient holds white space or a line break; give one recipient each")
    }
    guard !lower.hasPrefix("age1pq1") else {
      throw AgeError(
        .unsupportedRecipient,
        """
        a hybrid post-quantum recipient (age1pq1..., mlkem768x25519), which is not supported; give a native X25519 \
        recipient (age1...), made with `age-keygen`
        """)
    }
    guard lower.hasPrefix("age1") else {
      throw AgeError(.recipientInvalid, "the recipient does not begin with `age1`")
    }
  }

  private static func explain(_ failure: Bech32.Failure) -> String {
    switch failure {
    case .mixedCase: "the recipient mixes upper and lower case; it is written in lower case"
    case .checksum: "the recipient's checksum does not match: it was mistyped or cut off"
    case .invalidCharacter: "the recipient holds a character that Bech32 does not have"
    case .tooShort, .separatorMissing: "the recipient is too short: it was cut off"
    case .padding: "the recipient's last character is not canonical"
    }
  }
}
