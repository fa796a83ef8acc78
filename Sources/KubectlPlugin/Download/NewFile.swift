import Foundation
import NIOCore

/// A file that appears under its name when it is whole, and not before.
final class NewFile {
  let path: String
  private let partial: String
  private let descriptor: Int32
  private(set) var bytes: Int64 = 0
  private var isDone = false

  /// - Throws: ``PluginFailure`` where there is such a file already and it is not to be replaced.
  init(path: String, mayReplace: Bool) throws {
    self.path = path
    guard mayReplace || !FileManager.default.fileExists(atPath: path) else {
      throw PluginFailure("\(path) exists", remedy: "remove it, choose another folder with -o, or add --force")
    }
    let url = URL(fileURLWithPath: path)
    partial =
      url.deletingLastPathComponent().appendingPathComponent(
        ".\(url.lastPathComponent).\(UInt32.random(in: .min ... .max)).part"
      ).path
    descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Self.failure("\(partial) cannot be made") }
  }

  func write(_ buffer: ByteBuffer) throws {
    try buffer.readableBytesView.withUnsafeBytes { all in
      var rest = all[...]
      while !rest.isEmpty {
        let count = writeSome(descriptor, UnsafeRawBufferPointer(rebasing: rest))
        guard count >= 0 else {
          if errno == EINTR { continue }
          throw Self.failure("\(path) cannot be written")
        }
        rest = rest.dropFirst(count)
      }
    }
    bytes += Int64(buffer.readableBytes)
  }

  /// Gives it its name.
  func commit() throws {
    guard fsync(descriptor) == 0 else { throw Self.failure("\(path) cannot be written") }
    guard rename(partial, path) == 0 else { throw Self.failure("\(path) cannot be written") }
    isDone = true
  }

  deinit {
    close(descriptor)
    if !isDone { unlink(partial) }
  }

  private static func failure(_ what: String) -> PluginFailure {
    PluginFailure("\(what): \(String(cString: strerror(errno)))")
  }
}

/// `write`, whose name a method of ours has.
private func writeSome(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  write(descriptor, bytes.baseAddress, bytes.count)
}
