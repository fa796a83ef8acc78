import Age
import Foundation
import NIOCore
import StreamPipeline
import Subprocess
import TestServers

@testable import Inspection

/// The databases that the tests of `Bolt` describe.
enum Fixture {
  static func path(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("BoltTests/Fixtures/\(name)").path
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
  }
}

/// A folder that goes with its owner.
final class Folder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("holdfast-inspect-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let file = "\(path)/\(name)"
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }

  func read(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
  }

  /// Runs a script in the folder; a failing command is an error.
  @discardableResult
  func shell(_ script: String) async throws -> String {
    let result = try await Subprocess.run(
      .name("bash"), arguments: ["-euo", "pipefail", "-c", "cd '\(path)'\n" + script],
      output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
    guard case .exited(0) = result.terminationStatus else {
      throw TestServerError("\(script): \(result.standardError)")
    }
    return result.standardOutput
  }
}

func inspect(_ path: String, _ identities: [AgeIdentity] = []) async throws -> InspectionReport {
  try await Inspector(identities: identities).inspect(try FileInput(path: path))
}

func inspect(bytes: [UInt8], _ identities: [AgeIdentity] = []) async throws -> InspectionReport {
  let folder = try Folder()
  return try await inspect(try folder.write("artifact", bytes), identities)
}

func encode(_ bytes: [UInt8], zstd: Bool, age identity: AgeIdentity?) throws -> [UInt8] {
  let recipients = identity.map { [$0.recipient].compactMap(\.self) }
  var pipeline = try EncodePipeline(
    compression: zstd ? .zstd(level: 3) : .none, encryption: recipients.map { .age($0) } ?? .none)
  var output = ByteBuffer()
  try pipeline.update(ByteBuffer(bytes: bytes), into: &output)
  try pipeline.finish(into: &output)
  return Array(output.readableBytesView)
}
