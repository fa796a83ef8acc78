import Crypto
import Foundation
import NIOCore
import StreamPipeline
import Subprocess

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

/// Half of it compresses and half does not, as in a snapshot of a database.
func mixedBytes(_ count: Int, seed: UInt64) -> [UInt8] {
  var generator = SeededGenerator(seed: seed)
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count + 64)
  while bytes.count < count {
    withUnsafeBytes(of: generator.next()) { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: "key=".utf8)
    bytes.append(contentsOf: repeatElement(UInt8(bytes.count >> 8 & 0xff), count: 4))
  }
  return Array(bytes.prefix(count))
}

func sha256Hex(_ bytes: some DataProtocol) -> String {
  SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined()
}

/// Cuts at random: tiny pieces, empty pieces and large ones.
func pieces(_ bytes: [UInt8], seed: UInt64) -> [ByteBuffer] {
  var generator = SeededGenerator(seed: seed)
  var pieces: [ByteBuffer] = []
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = Int.random(in: 0...[5, 1000, 90_000, 500_000].randomElement(using: &generator)!, using: &generator)
    pieces.append(ByteBuffer(bytes: rest.prefix(count)))
    rest = rest.dropFirst(count)
  }
  return pieces
}

extension StreamTransform {
  /// All of the output for all of the input.
  mutating func transform(_ pieces: [ByteBuffer]) throws -> [UInt8] {
    var output = ByteBuffer()
    for piece in pieces { try update(piece, into: &output) }
    try finish(into: &output)
    return Array(output.readableBytesView)
  }
}

func withTemporaryFolder<Result>(_ body: (URL) async throws -> Result) async throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: "holdfast-pipe-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try await body(folder)
}

struct ToolFailure: Error, CustomStringConvertible {
  var description: String
}

/// Runs a tool from `PATH`; throws where it does not exit with 0.
func runTool(_ name: String, _ arguments: [String]) async throws {
  let result = try await run(
    .name(name), arguments: Arguments(arguments), output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
  guard result.terminationStatus.isSuccess else {
    throw ToolFailure(description: "\(name) \(arguments): \(result.terminationStatus): \(result.standardError)")
  }
}

extension URL {
  func bytes() throws -> [UInt8] {
    Array(try Data(contentsOf: self))
  }

  func write(_ bytes: [UInt8]) throws {
    try Data(bytes).write(to: self)
  }
}
