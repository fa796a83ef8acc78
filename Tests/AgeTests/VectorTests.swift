import Testing

@testable import Age

/// Every vector of the format's own suite, whole and in pieces. Promise 8 of DESIGN: plain formats.
@Suite struct VectorTests {
  static let cuts: [Cut] = [.whole, .random(seed: 1), .random(seed: 2)]

  @Test func noVectorIsMissing() {
    #expect(Vector.all.count == 143)
    #expect(Vector.all.filter(\.isHybrid).count == 19)
  }

  @Test(arguments: Vector.all.filter { !$0.isHybrid })
  func vectorEndsAsExpected(_ vector: Vector) throws {
    let identities = try vector.identities.map { try AgeIdentity($0) } + vector.passphrases.map { try .passphrase($0) }
    // Files that break before a key is tried come without one.
    try check(vector, identities.isEmpty ? [.generate()] : identities)
  }

  /// Hybrid identities are refused by name. Their files are read with what identities are left, or with a stranger's.
  @Test(arguments: Vector.all.filter(\.isHybrid))
  func hybridIsRefusedClearly(_ vector: Vector) throws {
    var identities: [AgeIdentity] = []
    for text in vector.identities {
      guard text.hasPrefix("AGE-SECRET-KEY-PQ-") else {
        identities.append(try AgeIdentity(text))
        continue
      }
      let error = #expect(throws: AgeError.self) { try AgeIdentity(text) }
      #expect(error?.code == .unsupportedIdentity)
      #expect(error?.message.contains("hybrid") == true && error?.message.contains("1.3") == true)
    }
    if !identities.isEmpty { return try check(vector, identities) }
    let result = try decrypt(vector.file, [AgeIdentity.generate()], armor: vector.isArmored ? .armored : .binary)
    #expect(result.released.isEmpty)
    if vector.name == "hybrid_not_canonical_body" {
      #expect(result.code == .headerInvalid)
    } else {
      #expect(result.code == .noIdentityMatched)
      // In this one the type is spelt in another way, which makes it unknown.
      let isNamed = (result.error as? AgeError)?.message.contains("mlkem768x25519") == true
      #expect(isNamed == (vector.name != "hybrid_uppercase"))
    }
  }

  @Test func valuesFromTheFileDoNotReachTheMessage() throws {
    let vector = try #require(Vector.all.first { $0.name == "x25519_lowercase" })
    let result = try decrypt(vector.file, [AgeIdentity.generate()])
    #expect((result.error as? AgeError)?.message.contains("unknown kinds") == true)
  }

  private func check(_ vector: Vector, _ identities: [AgeIdentity]) throws {
    // Deriving a key from a passphrase is slow by design: once is enough there.
    let isSlow = !vector.passphrases.isEmpty
    let small: [Cut] = vector.file.count < 5000 ? [.pieces(of: 1), .pieces(of: 7)] : []
    for cut in isSlow ? [.random(seed: 3)] : Self.cuts + small {
      let result = try decrypt(vector.file, identities, armor: vector.isArmored ? .armored : .binary, cut: cut)
      let allowed = Self.codes[vector.expect]
      if let allowed {
        let code = try #require(result.code, "expected \(vector.expect), and it was read")
        #expect(allowed.contains(code), "\(vector.expect): \(String(describing: result.error)), \(cut)")
      } else {
        #expect(vector.expect == "success")
        #expect(result.error == nil)
      }
      #expect(result.released.isEmpty || vector.payload != nil)
      if let payload = vector.payload { #expect(sha256Hex(result.released) == payload) }
    }
  }

  private static let codes: [String: Set<AgeError.Code>] = [
    "no match": [.noIdentityMatched],
    "HMAC failure": [.hmacMismatch],
    "header failure": [.headerInvalid, .workFactorTooHigh],
    "payload failure": [.payloadCorrupt, .truncated],
    "armor failure": [.armorInvalid],
  ]
}
