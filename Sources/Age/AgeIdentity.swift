internal import Crypto
internal import Foundation

/// A secret that opens age files: an X25519 private key (`AGE-SECRET-KEY-1…`) or a passphrase.
///
/// It is never printed: its descriptions and its mirror are redacted.
public struct AgeIdentity: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The highest work factor (log2 of scrypt's N) that is accepted unless told otherwise. It takes 4 GiB of memory.
  public static let defaultMaximumWorkFactor = 22

  private enum Kind: Sendable {
    case x25519(Curve25519.KeyAgreement.PrivateKey)
    case scrypt(passphrase: SymmetricKey, maximumWorkFactor: Int)
  }

  private let kind: Kind

  private init(kind: Kind) {
    self.kind = kind
  }

  /// Parses `AGE-SECRET-KEY-1…`.
  ///
  /// - Throws: `identityInvalid` or `unsupportedIdentity`. The message never repeats `text`.
  public init(_ text: String) throws {
    kind = .x25519(try Self.parse(text))
  }

  /// A new random X25519 identity.
  public static func generate() -> AgeIdentity {
    AgeIdentity(kind: .x25519(Curve25519.KeyAgreement.PrivateKey()))
  }

  /// - Parameter maximumWorkFactor: log2 of scrypt's N above which a file is refused, since the file's author decides
  ///   how much memory (2^factor KiB) and time reading takes.
  public static func passphrase(
    _ passphrase: String, maximumWorkFactor: Int = defaultMaximumWorkFactor
  ) throws -> AgeIdentity {
    guard !passphrase.isEmpty else { throw AgeError(.identityInvalid, "the passphrase is empty") }
    guard (1...30).contains(maximumWorkFactor) else {
      throw AgeError(.identityInvalid, "the highest work factor \(maximumWorkFactor) is not between 1 and 30")
    }
    let key = SymmetricKey(data: Array(passphrase.utf8))
    return AgeIdentity(kind: .scrypt(passphrase: key, maximumWorkFactor: maximumWorkFactor))
  }

  /// The public half; nil for a passphrase.
  public var recipient: AgeRecipient? {
    guard case .x25519(let key) = kind else { return nil }
    return AgeRecipient(kind: .x25519(key.publicKey))
  }

  /// `AGE-SECRET-KEY-1…`, for writing an identity file; nil for a passphrase. Keep it out of logs.
  public func revealSecretKey() -> String? {
    guard case .x25519(let key) = kind else { return nil }
    return Bech32.encode(prefix: Self.prefix, bytes: key.rawRepresentation)
  }

  public var description: String {
    switch kind {
    case .x25519: "X25519 identity (redacted)"
    case .scrypt: "passphrase (redacted)"
    }
  }

  public var debugDescription: String { description }

  public var customMirror: Mirror { Mirror(self, children: [:]) }

  /// The file key, or nil where no stanza is for this identity.
  func unwrap(_ stanzas: [Stanza]) throws -> FileKey? {
    for stanza in stanzas {
      switch kind {
      case .x25519(let key) where stanza.type == X25519Stanza.type:
        if let fileKey = try X25519Stanza.unwrap(stanza, with: key) { return fileKey }
      case .scrypt(let passphrase, let maximum) where stanza.type == ScryptStanza.type:
        let fileKey = try ScryptStanza.unwrap(stanza, passphrase: passphrase, maximumWorkFactor: maximum)
        if let fileKey { return fileKey }
      default:
        continue
      }
    }
    return nil
  }
}

extension AgeIdentity {
  private static let prefix = "AGE-SECRET-KEY-"

  /// Reads an identity file: one identity a line; empty lines and lines that begin with `#` are skipped.
  ///
  /// - Throws: `identityInvalid` with the line's number, also where there is no identity; `unsupportedIdentity` for a
  ///   file that is itself encrypted, and for SSH keys.
  public static func parseFile(_ text: String) throws -> [AgeIdentity] {
    try rejectOtherFiles(text)
    var identities: [AgeIdentity] = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      guard !line.isEmpty, !line.hasPrefix("#") else { continue }
      do {
        identities.append(try AgeIdentity(String(line)))
      } catch let error as AgeError {
        throw AgeError(error.code, "line \(index + 1) of the identity file: \(error.message)", cause: error.cause)
      }
    }
    guard !identities.isEmpty else {
      throw AgeError(.identityInvalid, "the identity file holds no identity (a line AGE-SECRET-KEY-1...)")
    }
    return identities
  }

  private static func rejectOtherFiles(_ text: String) throws {
    if text.hasPrefix(Header.firstLine) || text.contains(Armor.begin) {
      throw AgeError(
        .unsupportedIdentity,
        "the identity file is itself encrypted; decrypt it first with `age --decrypt` and give the result")
    }
    if text.contains("PRIVATE KEY-----") {
      throw AgeError(
        .unsupportedIdentity,
        "an SSH or PEM private key, which is not supported; decrypt with the age tool, or use an age identity")
    }
  }

  private static func parse(_ text: String) throws -> Curve25519.KeyAgreement.PrivateKey {
    try rejectOtherKinds(text)
    let bytes: [UInt8]
    let foundPrefix: String
    do {
      (foundPrefix, bytes) = try Bech32.decode(text)
    } catch {
      throw AgeError(.identityInvalid, explain(error))
    }
    guard foundPrefix == prefix else {
      throw AgeError(.identityInvalid, "an identity begins with AGE-SECRET-KEY-1, in upper case")
    }
    guard bytes.count == X25519Stanza.keyByteCount else {
      throw AgeError(.identityInvalid, "the identity holds \(bytes.count) bytes instead of 32")
    }
    return try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: bytes)
  }

  private static func rejectOtherKinds(_ text: String) throws {
    let upper = text.uppercased()
    guard !text.isEmpty else { throw AgeError(.identityInvalid, "the identity is empty") }
    if upper.hasPrefix("AGE-SECRET-KEY-PQ-1") {
      throw AgeError(
        .unsupportedIdentity,
        """
        a hybrid post-quantum identity (AGE-SECRET-KEY-PQ-1..., mlkem768x25519), which is not supported; decrypt with \
        the age tool, version 1.3 or later
        """)
    }
    if upper.hasPrefix("AGE-PLUGIN-") {
      throw AgeError(
        .unsupportedIdentity,
        "an identity of an age plugin, which is not supported; decrypt with the age tool and that plugin")
    }
    if upper.hasPrefix("AGE1") {
      throw AgeError(
        .identityInvalid, "a recipient (a public key) was given where an identity (AGE-SECRET-KEY-1...) belongs")
    }
    guard !text.contains(where: \.isWhitespace) else {
      throw AgeError(.identityInvalid, "the identity holds white space")
    }
    guard upper.hasPrefix("AGE-SECRET-KEY-1") else {
      throw AgeError(.identityInvalid, "the identity does not begin with AGE-SECRET-KEY-1")
    }
  }

  private static func explain(_ failure: Bech32.Failure) -> String {
    switch failure {
    case .mixedCase: "the identity mixes upper and lower case; it is written in upper case"
    case .checksum: "the identity's checksum does not match: it was mistyped or cut off"
    case .invalidCharacter: "the identity holds a character that Bech32 does not have"
    case .tooShort, .separatorMissing: "the identity is too short: it was cut off"
    case .padding: "the identity's last character is not canonical"
    }
  }
}
