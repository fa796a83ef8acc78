#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
import Foundation
import NIOCore

/// An object that is being written, in a hidden folder of the store: `.holdfast-uploads/<id>/{key,data,part-N}`.
///
/// It becomes visible in one step, after its bytes are on the disk. A crash at any moment before leaves only this
/// folder, and ``FilesystemStore/listUploads(prefix:)`` finds it. All calls block.
struct StagedObject: Sendable {
  static let folderName = ".holdfast-uploads"

  var root: String
  var id: String
  var key: String

  var folder: String { "\(root)/\(Self.folderName)/\(id)" }
  var data: String { "\(folder)/data" }
  private var target: String { "\(root)/\(key)" }

  func part(_ number: Int) -> String { "\(folder)/part-\(number)" }

  func create() throws {
    try FileCalls.makeFolder("\(root)/\(Self.folderName)")
    try FileCalls.makeFolder(folder)
    try write(ByteBuffer(string: key), to: "\(folder)/key", at: 0)
    try FileCalls.withFile(data, O_WRONLY | O_CREAT | O_EXCL) { _ in }
  }

  func write(_ body: ByteBuffer, to path: String, at offset: Int64, flags: Int32 = O_CREAT) throws {
    try FileCalls.withFile(path, O_WRONLY | flags) { file in
      try body.withUnsafeReadableBytes { try FileCalls.write($0, to: file, at: offset, path: path) }
    }
  }

  /// Copies a part that came before its place was known into its place.
  func merge(_ number: Int, at offset: Int64) throws {
    let source = part(number)
    try FileCalls.withFile(source, O_RDONLY) { input in
      try FileCalls.withFile(data, O_WRONLY) { output in
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        var done: Int64 = 0
        while true {
          let count = try FileCalls.read(into: buffer, from: input, at: done, path: source)
          if count == 0 { return }
          let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
          try FileCalls.write(bytes, to: output, at: offset + done, path: data)
          done += Int64(count)
        }
      }
    }
  }

  /// Makes the object visible under its key. Durable on return.
  /// - Throws: `FileError` with `EEXIST` where the key is taken and the condition is `ifAbsent`.
  func publish(size: Int64, condition: WriteCondition) throws {
    try FileCalls.withFile(data, O_WRONLY) { file in
      try FileCalls.check(ftruncate(file, off_t(size)), "truncate", data)
      try FileCalls.sync(file, data)
    }
    for attempt in 1... {
      do {
        try makeParents()
        switch condition {
        case .none: try FileCalls.check(rename(data, target), "rename", target)
        // Unlike rename, link does not replace.
        case .ifAbsent: try FileCalls.check(link(data, target), "link", target)
        }
        break
      } catch let error as FileError where error.number == ENOENT && attempt < 10 {
        // Deleting another object may have removed the folder, empty until now, since it was made.
        guard try FileCalls.status(data) != nil else { throw error }
      }
    }
    try FileCalls.syncFolder((target as NSString).deletingLastPathComponent)
  }

  private func makeParents() throws {
    var path = root
    for segment in key.split(separator: "/").dropLast() {
      let parent = path
      path += "/\(segment)"
      if try FileCalls.makeFolder(path) { try FileCalls.syncFolder(parent) }
    }
  }

  /// Removes what is left of it. Idempotent.
  func remove() throws {
    for name in try FileCalls.names(in: folder) ?? [] where unlink("\(folder)/\(name)") == -1 && errno != ENOENT {
      throw FileError(number: errno, call: "unlink", path: "\(folder)/\(name)")
    }
    if rmdir(folder) == -1, errno != ENOENT { throw FileError(number: errno, call: "rmdir", path: folder) }
  }
}
