import Foundation

/// A folder for credentials: readable to its owner alone, and removed whatever happens.
enum ScratchFolder {
  static func with<Value>(
    isolation: isolated (any Actor)? = #isolation, _ body: (String) async throws -> Value
  ) async throws -> Value {
    let path = try make()
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
  }

  private static func make() throws -> String {
    let base = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent("holdfast-XXXXXX").path
    var template = Array(base.utf8CString)
    // mkdtemp makes it with mode 0700, under a name that nobody else has.
    guard mkdtemp(&template) != nil else {
      throw PluginFailure("no temporary folder in \(NSTemporaryDirectory()): \(String(cString: strerror(errno)))")
    }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Writes one file, with its folders.
  static func write(_ data: Data, to path: String) throws {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    guard FileManager.default.createFile(atPath: path, contents: data, attributes: [.posixPermissions: 0o600]) else {
      throw PluginFailure("\(path) cannot be written")
    }
  }
}
