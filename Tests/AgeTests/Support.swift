import Crypto
import Foundation
import NIOCore
import Subprocess

@testable import Age

/// A deterministic generator, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
    return word ^ (word >> 31)
  }
}

/// `count` bytes that do not repeat.
func randomBytes(_ count: Int, seed: UInt64) -> [UInt8] {
  var generator = SeededGenerator(seed: seed)
  var words: [UInt64] = []
  for _ in 0...(count / 8) { words.append(generator.next()) }
  return words.withUnsafeBytes { Array($0.prefix(count)) }
}

func sha256Hex(_ bytes: some DataProtocol) -> String {
  SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined()
}

/// How a test cuts an input into pieces.
enum Cut: Sendable {
  case whole
  case pieces(of: Int)
  case random(seed: UInt64)

  func apply(to bytes: [UInt8]) -> [ByteBuffer] {
    var generator = SeededGenerator(seed: 0)
    if case .random(let seed) = self { generator = SeededGenerator(seed: seed) }
    var pieces: [ByteBuffer] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let count =
        switch self {
        case .whole: rest.count
        case .pieces(let size): size
        case .random:
          Int.random(in: 0...[3, 100, 70_000, 200_000].randomElement(using: &generator)!, using: &generator)
        }
      pieces.append(ByteBuffer(bytes: rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    return pieces
  }
}

struct Decrypted {
  var released: [UInt8]
  var error: (any Error)?

  var code: AgeError.Code? { (error as? AgeError)?.code }
}

func decrypt(
  _ file: [UInt8], _ identities: [AgeIdentity], armor: AgeArmorHandling = .detect, cut: Cut = .whole
) throws -> Decrypted {
  var decryptor = try AgeDecryptor(identities: identities, armor: armor)
  var output = ByteBuffer()
  do {
    for piece in cut.apply(to: file) { try decryptor.update(piece, into: &output) }
    try decryptor.finish(into: &output)
  } catch {
    return Decrypted(released: Array(output.readableBytesView), error: error)
  }
  return Decrypted(released: Array(output.readableBytesView), error: nil)
}

func encrypt(
  _ plain: [UInt8], to recipients: [AgeRecipient], armored: Bool = false, cut: Cut = .whole
) throws -> [UInt8] {
  var encryptor = try AgeEncryptor(recipients: recipients, armored: armored)
  var output = ByteBuffer()
  for piece in cut.apply(to: plain) { try encryptor.update(piece, into: &output) }
  try encryptor.finish(into: &output)
  return Array(output.readableBytesView)
}

/// A folder that is gone after the test.
func withTemporaryFolder<Result>(_ body: (URL) async throws -> Result) async throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: "holdfast-age-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try await body(folder)
}

struct ToolFailure: Error, CustomStringConvertible {
  var description: String
}

/// Runs a tool from `PATH` and returns what it wrote to its standard output.
@discardableResult
func runTool(_ name: String, _ arguments: [String], environment: [String: String] = [:]) async throws -> String {
  let updates = Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0), $1) })
  let result = try await run(
    .name(name), arguments: Arguments(arguments), environment: .inherit.updating(updates),
    output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
  guard result.terminationStatus.isSuccess else {
    throw ToolFailure(description: "\(name) \(arguments): \(result.terminationStatus): \(result.standardError)")
  }
  return result.standardOutput
}
