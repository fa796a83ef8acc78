import Foundation
import Testing

@testable import Age

/// Both directions with the real `age` and `age-keygen`. Promise 8 of DESIGN.
@Suite struct ReferenceToolTests {
  static let sizes = [0, 1, 65535, 65536, 65537, 5 << 20]

  @Test(arguments: sizes, [false, true])
  func ageReadsWhatWeWrite(size: Int, armored: Bool) async throws {
    try await withTemporaryFolder { folder in
      let key = try await keygen(folder.appending(path: "key"))
      let others = (0..<3).compactMap { _ in AgeIdentity.generate().recipient }
      let plain = randomBytes(size, seed: UInt64(size))
      let file = try encrypt(plain, to: others + [key.recipient], armored: armored, cut: .random(seed: 9))
      try Data(file).write(to: folder.appending(path: "in.age"))
      let output = folder.appending(path: "out").path
      try await runTool(
        "age", ["-d", "-i", folder.appending(path: "key").path, "-o", output, folder.appending(path: "in.age").path])
      // `age` makes no file for an empty plaintext; it failed already if it did not take it for whole.
      if size > 0 { #expect(try read(output) == plain) }
    }
  }

  @Test(arguments: sizes, [false, true])
  func weReadWhatAgeWrites(size: Int, armored: Bool) async throws {
    try await withTemporaryFolder { folder in
      let key = try await keygen(folder.appending(path: "key"))
      let other = try #require(AgeIdentity.generate().recipient)
      let plain = randomBytes(size, seed: UInt64(size))
      let (input, output) = (folder.appending(path: "in").path, folder.appending(path: "out.age").path)
      try Data(plain).write(to: URL(filePath: input))
      try await runTool(
        "age",
        ["-r", other.description, "-r", key.recipient.description, "-o", output] + (armored ? ["-a"] : []) + [input])
      let result = try decrypt(read(output), key.identities, cut: .random(seed: 10))
      #expect(result.error == nil)
      #expect(result.released == plain)
    }
  }

  @Test func keygenAgreesOnThePublicKey() async throws {
    try await withTemporaryFolder { folder in
      let identity = AgeIdentity.generate()
      let file = folder.appending(path: "key")
      try Data(try #require(identity.revealSecretKey()).utf8).write(to: file)
      let printed = try await runTool("age-keygen", ["-y", file.path])
      #expect(printed == "\(try #require(identity.recipient))\n")
    }
  }

  @Test func passphraseFilesGoBothWays() async throws {
    try await withTemporaryFolder { folder in
      let (plain, theirs) = (folder.appending(path: "plain").path, folder.appending(path: "theirs.age").path)
      let (ours, back) = (folder.appending(path: "ours.age").path, folder.appending(path: "back").path)
      try Data("a phrase".utf8).write(to: URL(filePath: plain))
      try await ageWithPassphrase(["-p", "-o", theirs, plain])
      let result = try decrypt(read(theirs), [.passphrase("correct horse battery")])
      #expect(result.released == Array("a phrase".utf8))
      let file = try encrypt(result.released, to: [.passphrase("correct horse battery", workFactor: 10)], armored: true)
      try Data(file).write(to: URL(filePath: ours))
      try await ageWithPassphrase(["-d", "-o", back, ours])
      #expect(try read(back) == Array("a phrase".utf8))
    }
  }

  private func ageWithPassphrase(_ arguments: [String]) async throws {
    let script = Bundle.module.resourceURL!.appending(path: "Fixtures/age-with-passphrase.py").path
    try await runTool(
      "python3", [script, "age"] + arguments, environment: ["TEST_PASSPHRASE": "correct horse battery"])
  }

  private func keygen(_ file: URL) async throws -> (identities: [AgeIdentity], recipient: AgeRecipient) {
    try await runTool("age-keygen", ["-o", file.path])
    let identities = try AgeIdentity.parseFile(String(contentsOf: file, encoding: .utf8))
    return (identities, try #require(identities.first?.recipient))
  }

  private func read(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: path)))
  }
}
