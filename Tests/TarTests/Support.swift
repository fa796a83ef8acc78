import Foundation
import NIOCore
import Subprocess

@testable import Tar

/// A folder that is gone after the test.
func withTemporaryFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
  let folder = NSTemporaryDirectory() + "/holdfast-tar-\(UUID().uuidString)"
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try await body(folder)
}

struct ToolFailure: Error, CustomStringConvertible {
  var description: String
}

/// Runs a shell script in a folder and returns what it wrote to its standard output.
@discardableResult
func shell(_ script: String, in folder: String) async throws -> [UInt8] {
  let result = try await Subprocess.run(
    .name("sh"), arguments: ["-euc", "cd \"$0\"; \(script)", folder],
    environment: .inherit.updating(["LC_ALL": "C.UTF-8", "TZ": "UTC"]), output: .bytes(limit: 64 << 20),
    error: .string(limit: 1 << 20))
  guard result.terminationStatus.isSuccess else {
    throw ToolFailure(description: "\(script): \(result.terminationStatus): \(result.standardError)")
  }
  return result.standardOutput
}

func shellText(_ script: String, in folder: String) async throws -> String {
  String(decoding: try await shell(script, in: folder), as: UTF8.self)
}

/// A member with its content.
struct Member: Hashable {
  var entry: TarEntry
  var content: [UInt8] = []
}

/// The archive that a writer makes of members.
func archive(_ members: [Member]) async throws -> [UInt8] {
  var bytes: [UInt8] = []
  try await withTarWriter(into: { bytes += Array($0.readableBytesView) }) { writer in
    for member in members {
      if member.entry.sparse == nil {
        try await writer.append(member.entry, content: ByteBuffer(bytes: member.content))
      } else {
        try await writer.begin(member.entry)
        try await writer.write(ByteBuffer(bytes: member.content))
        try await writer.end()
      }
    }
  }
  return bytes
}

/// The members of an archive that comes in pieces of a size.
func members(of bytes: [UInt8], pieces: Int = 1 << 20) throws -> [Member] {
  var reader = TarReader()
  var members: [Member] = []
  var (isOpen, hasEnded) = (false, false)
  for start in stride(from: 0, to: bytes.count, by: pieces) {
    for event in try reader.consume(ByteBuffer(bytes: bytes[start..<min(bytes.count, start + pieces)])) {
      switch event {
      case .entry(let entry):
        precondition(!isOpen && !hasEnded)
        isOpen = true
        members.append(Member(entry: entry))
      case .content(let piece):
        precondition(isOpen)
        members[members.count - 1].content += Array(piece.readableBytesView)
      case .entryEnd:
        precondition(isOpen)
        isOpen = false
      case .archiveEnd:
        precondition(!isOpen)
        hasEnded = true
      }
    }
  }
  try reader.finish()
  precondition(hasEnded)
  return members
}

/// A header block with a right checksum.
func header(_ change: (inout [UInt8]) -> Void = { _ in }) async throws -> [UInt8] {
  var block = Array(try await archive([Member(entry: TarEntry(name: "file"))]).prefix(512))
  change(&block)
  let sum = TarBlock.checksums(of: block).unsigned
  block.replaceSubrange(TarBlock.checksum, with: TarNumber.encode(sum, width: 7) + [32])
  return block
}

let endMark = [UInt8](repeating: 0, count: 1_024)

/// A deterministic generator, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
    return word ^ (word >> 31)
  }
}
