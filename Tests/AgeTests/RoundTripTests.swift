import NIOCore
import Testing

@testable import Age

/// Promise 4 of DESIGN: what broke is never read as whole.
@Suite struct RoundTripTests {
  static let chunk = 64 << 10
  static let sizes = [0, 1, 15, chunk - 1, chunk, chunk + 1, 2 * chunk, 3 * chunk + 7]
  let identity = AgeIdentity.generate()

  func recipient() throws -> AgeRecipient {
    try #require(identity.recipient)
  }

  @Test(arguments: sizes, [false, true])
  func anyCutGivesTheSamePlaintext(size: Int, armored: Bool) throws {
    let plain = randomBytes(size, seed: UInt64(size))
    for seed in 0..<4 as Range<UInt64> {
      let file = try encrypt(plain, to: [recipient()], armored: armored, cut: .random(seed: seed))
      if !armored { #expect(file.count == (try encrypt(plain, to: [recipient()]).count)) }
      let result = try decrypt(file, [identity], cut: .random(seed: seed + 100))
      #expect(result.error == nil)
      #expect(result.released == plain)
    }
  }

  @Test func everyRecipientCanRead() throws {
    let identities = (0..<20).map { _ in AgeIdentity.generate() }
    let file = try encrypt([1, 2, 3], to: identities.compactMap(\.recipient))
    for identity in identities {
      #expect(try decrypt(file, [identity]).released == [1, 2, 3])
      #expect(try decrypt(file, [self.identity, identity]).released == [1, 2, 3])
    }
    #expect(try decrypt(file, [identity]).code == .noIdentityMatched)
  }

  @Test func passphraseOpensItsFileOnly() throws {
    let file = try encrypt([1, 2, 3], to: [.passphrase("correct horse", workFactor: 4)])
    #expect(try decrypt(file, [.passphrase("correct horse")]).released == [1, 2, 3])
    #expect(try decrypt(file, [.passphrase("wrong horse")]).code == .noIdentityMatched)
    #expect(try decrypt(file, [.passphrase("correct horse", maximumWorkFactor: 3)]).code == .workFactorTooHigh)
    #expect(try decrypt(file, [identity]).code == .noIdentityMatched)
  }

  @Test func everyTruncationIsAnError() throws {
    let plain = randomBytes(2 * Self.chunk + 100, seed: 5)
    let file = try encrypt(plain, to: [recipient()])
    let sealed = Self.chunk + 16
    let payload = file.count - (2 * sealed + 116)
    var lengths = Set(0...(payload + 40))
    for boundary in [payload, payload + sealed, payload + 2 * sealed, file.count] {
      for distance in -20...20 { lengths.insert(boundary + distance) }
    }
    for length in lengths where (0..<file.count).contains(length) {
      let result = try decrypt(Array(file.prefix(length)), [identity])
      #expect(result.error != nil, "\(length) of \(file.count) bytes were read as a whole file")
      #expect(plain.starts(with: result.released))
      if length == payload + sealed || length == payload { #expect(result.code == .truncated) }
    }
  }

  @Test func everyChangedByteIsAnError() throws {
    let plain = randomBytes(300, seed: 6)
    let file = try encrypt(plain, to: [recipient(), try #require(AgeIdentity.generate().recipient)])
    for position in file.indices {
      var damaged = file
      damaged[position] ^= 1 << UInt8(position % 8)
      let result = try decrypt(damaged, [identity])
      #expect(result.error != nil, "the change of byte \(position) went unseen")
      #expect(result.released.isEmpty)
    }
  }

  @Test func whatFollowsTheEndIsAnError() throws {
    for size in Self.sizes {
      let file = try encrypt(randomBytes(size, seed: 7), to: [recipient()])
      for tail in [[0], [UInt8](repeating: 0, count: Self.chunk + 16)] {
        #expect(try decrypt(file + tail, [identity]).code == .payloadCorrupt)
      }
      #expect(try decrypt(file + file, [identity]).code == .payloadCorrupt)
    }
  }

  @Test func failureStays() throws {
    var decryptor = try AgeDecryptor(identities: [identity])
    var output = ByteBuffer()
    #expect(throws: AgeError.self) { try decryptor.update(ByteBuffer(string: "PK\u{3}\u{4}"), into: &output) }
    #expect(throws: AgeError.self) { try decryptor.update(ByteBuffer(), into: &output) }
    #expect(throws: AgeError.self) { try decryptor.finish(into: &output) }
    var encryptor = try AgeEncryptor(recipients: [recipient()])
    try encryptor.finish(into: &output)
    #expect(throws: AgeError.self) { try encryptor.finish(into: &output) }
    #expect(throws: AgeError.self) { try encryptor.update(ByteBuffer(), into: &output) }
  }

  @Test func endlessGarbageIsRefusedEarly() throws {
    let line = [UInt8](repeating: UInt8(ascii: "a"), count: 100)
    for start in ["", "age-encryption.org/v1\n-> ", "age-encryption.org/v1\n-> X25519 "] {
      var decryptor = try AgeDecryptor(identities: [identity])
      var output = ByteBuffer()
      try decryptor.update(ByteBuffer(string: start), into: &output)
      let error = #expect(throws: AgeError.self) {
        for _ in 0...(HeaderReader.maximumByteCount / line.count) {
          try decryptor.update(ByteBuffer(bytes: line), into: &output)
        }
      }
      #expect(error?.code == .headerInvalid)
    }
  }
}
