#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
import NIOCore

/// Walks a folder so that keys come in the order of their bytes.
struct FilesystemListing {
  var root: String
  var prefix: String
  var startingAfter: String?
  var limit: Int
  var objects: [ObjectInfo] = []

  mutating func run() throws {
    guard try FileCalls.status(root)?.isDirectory == true else {
      throw FileError(number: ENOENT, call: "open", path: root)
    }
    try walk("")
  }

  /// - Parameter folder: Empty, or a path below the root that ends in a slash.
  private mutating func walk(_ folder: String) throws {
    var entries: [(sortKey: String, status: FileCalls.Status)] = []
    for name in try FileCalls.names(in: root + "/" + folder) ?? [] where folder + name != StagedObject.folderName {
      guard let status = try FileCalls.status("\(root)/\(folder)\(name)") else { continue }
      // A folder's keys go on with a slash, and "a-b" comes before "a/b".
      if status.isDirectory { entries.append((folder + name + "/", status)) }
      if status.isRegular { entries.append((folder + name, status)) }
    }
    entries.sort { ObjectKey.precedes($0.sortKey, $1.sortKey) }
    for (key, status) in entries where objects.count < limit {
      if status.isDirectory {
        if mayHoldKeys(key) { try walk(key) }
      } else if key.utf8.starts(with: prefix.utf8), startingAfter.map({ ObjectKey.precedes($0, key) }) != false {
        objects.append(ObjectInfo(key: key, size: status.size, lastModified: status.modified))
      }
    }
  }

  private func mayHoldKeys(_ folder: String) -> Bool {
    guard folder.utf8.starts(with: prefix.utf8) || prefix.utf8.starts(with: folder.utf8) else { return false }
    guard let startingAfter else { return true }
    return startingAfter.utf8.starts(with: folder.utf8) || ObjectKey.precedes(startingAfter, folder)
  }
}

/// A file open for reading, closed with the last reference.
final class OpenFile: Sendable {
  private let descriptor: Int32
  private let path: String
  let size: Int64

  init(_ path: String) throws {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    if descriptor == -1 {
      // A link, or something below a file: no object of ours.
      let number = errno == ELOOP || errno == ENOTDIR ? ENOENT : errno
      throw FileError(number: number, call: "open", path: path)
    }
    var info = stat()
    guard fstat(descriptor, &info) == 0, FileCalls.status(info).isRegular else {
      close(descriptor)
      throw FileError(number: ENOENT, call: "open", path: path)
    }
    size = Int64(info.st_size)
  }

  deinit { close(descriptor) }

  func read(_ length: Int, at offset: Int64) throws -> ByteBuffer {
    var buffer = ByteBuffer()
    try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { bytes in
      let target = UnsafeMutableRawBufferPointer(rebasing: bytes[..<length])
      return try FileCalls.read(into: target, from: descriptor, at: offset, path: path)
    }
    return buffer
  }
}
