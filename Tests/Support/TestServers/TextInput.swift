import Foundation
public import Subprocess
internal import SystemPackage

extension InputProtocol where Self == FileDescriptorInput {
  /// A text as standard input, from a file without a name.
  ///
  /// Not by a pipe: where a program ends before it has read all of it, swift-subprocess 1.0.2 ends this process with a fatal
  /// error (https://github.com/swiftlang/swift-subprocess/issues/367).
  public static func text(_ text: String) throws -> Self {
    let path = FileManager.default.temporaryDirectory.appending(path: "holdfast-input-\(UUID().uuidString)").path
    let file = try FileDescriptor.open(
      FilePath(path), .readWrite, options: [.create, .exclusiveCreate, .closeOnExec], permissions: .ownerReadWrite)
    do {
      try FileManager.default.removeItem(atPath: path)
      _ = try file.writeAll(text.utf8)
      _ = try file.seek(offset: 0, from: .start)
    } catch {
      try? file.close()
      throw error
    }
    return .fileDescriptor(file, closeAfterSpawningProcess: true)
  }
}
