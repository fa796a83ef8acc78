import Testing

@testable import Age

/// Keys are parsed strictly, refused with a reason, and never printed.
@Suite struct KeyTests {
  static let secret = "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0"
  static let hybrid = "AGE-SECRET-KEY-PQ-1HZLGZUPT4ETPKDEV8HSGFDCYZ4E522W0A7PU2LHT8EH9W6YLNC3SW78XKG"

  @Test func keysSurviveTheirText() throws {
    let identity = AgeIdentity.generate()
    let text = try #require(identity.revealSecretKey())
    #expect(text.hasPrefix("AGE-SECRET-KEY-1"))
    #expect(try AgeIdentity(text).recipient == identity.recipient)
    let recipient = try #require(identity.recipient)
    #expect(try AgeRecipient(recipient.description) == recipient)
    #expect(try AgeIdentity(Self.secret).revealSecretKey() == Self.secret)
  }

  @Test func wrongRecipientsAreExplained() throws {
    let good = try #require(try AgeIdentity(Self.secret).recipient).description
    let mistyped = good.dropLast() + (good.last == "q" ? "p" : "q")
    let cases: [(String, AgeError.Code, String)] = [
      ("", .recipientInvalid, "empty"),
      (String(mistyped), .recipientInvalid, "checksum"),
      (String(good.dropLast(3)), .recipientInvalid, "checksum"),
      (good.uppercased(), .recipientInvalid, "lower case"),
      ("AGE1" + good.dropFirst(4), .recipientInvalid, "mixes"),
      (good + "\n", .recipientInvalid, "white space"),
      (" " + good, .recipientInvalid, "white space"),
      ("agf" + good.dropFirst(3), .recipientInvalid, "age1"),
      ("age1", .recipientInvalid, "short"),
      ("age1é", .recipientInvalid, "character"),
      (Bech32.encode(prefix: "age", bytes: [1, 2, 3]), .recipientInvalid, "3 bytes"),
      (Bech32.encode(prefix: "age", bytes: [UInt8](repeating: 0, count: 32)), .recipientInvalid, "low-order"),
      (Bech32.encode(prefix: "age", bytes: [1] + [UInt8](repeating: 0, count: 31)), .recipientInvalid, "low-order"),
      (Bech32.encode(prefix: "age1pq", bytes: [9, 9]), .unsupportedRecipient, "hybrid"),
      (Bech32.encode(prefix: "age1yubikey", bytes: [9, 9]), .unsupportedRecipient, "plugin `yubikey`"),
      ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ someone@host", .unsupportedRecipient, "SSH"),
      ("github:someone", .unsupportedRecipient, "SSH"),
    ]
    for (text, code, word) in cases {
      let error = #expect(throws: AgeError.self, "\(text)") { try AgeRecipient(text) }
      #expect(error?.code == code, "\(text)")
      #expect(error?.message.contains(word) == true, "\(text): \(error?.message ?? "")")
    }
  }

  @Test(arguments: [secret, secret.lowercased(), "x " + secret, hybrid, "AGE-PLUGIN-YUBIKEY-1QQQ"])
  func pastedSecretIsNotRepeated(_ text: String) throws {
    let error = try #require(#expect(throws: AgeError.self) { try AgeRecipient(text) })
    #expect(error.code == .recipientInvalid)
    #expect(error.message.contains("secret key") && error.message.contains("exposed"))
    #expect(!String(reflecting: error).uppercased().contains(text.uppercased().suffix(20)))
  }

  @Test func wrongIdentitiesAreExplained() throws {
    let recipient = try #require(try AgeIdentity(Self.secret).recipient).description
    let cases: [(String, AgeError.Code, String)] = [
      ("", .identityInvalid, "empty"),
      (recipient, .identityInvalid, "public key"),
      (Self.secret.lowercased(), .identityInvalid, "upper case"),
      ("age" + Self.secret.dropFirst(3), .identityInvalid, "mixes"),
      (String(Self.secret.dropLast()), .identityInvalid, "checksum"),
      (Self.secret + " ", .identityInvalid, "white space"),
      (Self.hybrid, .unsupportedIdentity, "hybrid"),
      ("AGE-PLUGIN-YUBIKEY-1QQQ", .unsupportedIdentity, "plugin"),
      ("hunter2", .identityInvalid, "AGE-SECRET-KEY-1"),
    ]
    for (text, code, word) in cases {
      let error = try #require(#expect(throws: AgeError.self, "\(text)") { try AgeIdentity(text) })
      #expect(error.code == code, "\(text)")
      #expect(error.message.contains(word), "\(text): \(error.message)")
      #expect(text.count < 9 || !error.message.contains(text))
    }
  }

  @Test func identityFileIsRead() throws {
    let other = try #require(AgeIdentity.generate().revealSecretKey())
    let file = "# created: 2026-11-21T00:00:00Z\r\n# public key: age1...\r\n\(Self.secret)\r\n\n\(other)"
    #expect(try AgeIdentity.parseFile(file).map { $0.revealSecretKey() } == [Self.secret, other])
    let cases: [(String, AgeError.Code, String)] = [
      ("# nothing\n", .identityInvalid, "no identity"),
      ("# one\n\nnonsense\n", .identityInvalid, "line 3"),
      ("age-encryption.org/v1\n-> scrypt", .unsupportedIdentity, "encrypted"),
      ("\n-----BEGIN AGE ENCRYPTED FILE-----\n", .unsupportedIdentity, "encrypted"),
      ("-----BEGIN OPENSSH PRIVATE KEY-----\n", .unsupportedIdentity, "SSH"),
      (Self.secret + "\n" + Self.hybrid, .unsupportedIdentity, "line 2"),
    ]
    for (text, code, word) in cases {
      let error = try #require(#expect(throws: AgeError.self) { try AgeIdentity.parseFile(text) })
      #expect(error.code == code)
      #expect(error.message.contains(word), "\(error.message)")
    }
  }

  @Test func secretsAreNeverPrinted() throws {
    let identity = try AgeIdentity(Self.secret)
    let phrase = try AgeIdentity.passphrase("correct horse")
    let recipient = try AgeRecipient.passphrase("correct horse")
    var dumped = ""
    dump([identity, phrase], to: &dumped)
    dump(recipient, to: &dumped)
    for text in ["\(identity)", "\(phrase)", String(reflecting: [identity, phrase]), "\(recipient)", dumped] {
      #expect(text.contains("redacted"))
      #expect(!text.contains("AGE-SECRET-KEY-1") && !text.contains("horse"))
    }
  }

  @Test func recipientsThatCannotStandTogetherAreRefused() throws {
    let key = try #require(AgeIdentity.generate().recipient)
    let phrase = try AgeRecipient.passphrase("correct horse", workFactor: 2)
    #expect(throws: AgeError.self) { try AgeEncryptor(recipients: []) }
    #expect(throws: AgeError.self) { try AgeEncryptor(recipients: [key, phrase]) }
    #expect(throws: AgeError.self) { try AgeEncryptor(recipients: [phrase, phrase]) }
    #expect(throws: AgeError.self) { try AgeDecryptor(identities: []) }
    #expect(throws: AgeError.self) { try AgeRecipient.passphrase("") }
    #expect(throws: AgeError.self) { try AgeRecipient.passphrase("x", workFactor: 31) }
  }

  @Test func base64AcceptsOneSpellingOnly() {
    for count in 0...50 {
      let bytes = randomBytes(count, seed: UInt64(count))
      let text = Base64.encodeUnpadded(bytes)
      #expect(Base64.decodeUnpadded(text.utf8) == bytes)
    }
    for text in ["A", "AB", "AAB", "AA==", "A A", "AA\n", "AAAAA", "-_AA"] {
      #expect(Base64.decodeUnpadded(text.utf8) == nil, "\(text)")
    }
  }
}
