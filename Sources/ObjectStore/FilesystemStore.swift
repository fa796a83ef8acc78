#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
import Foundation
public import NIOCore
public import NIOPosix

/// Objects as files below a folder, for volumes and for machines without object storage.
///
/// - A file appears under its key by rename or link, after its bytes are on the disk (fsync of the file, then of the
///   folder). Until then it is below `.holdfast-uploads`, where ``listUploads(prefix:)`` finds what a crash left.
/// - Files have mode 0600, folders 0700. Folders that a deletion leaves empty go.
/// - Only regular files are objects; links are not followed. An object cannot lie below another.
/// - Create-only writes need hard links; a file system without them gives ``ObjectStoreError/Code/unsupported``.
///
/// System calls run on a thread pool, since they block.
public struct FilesystemStore: ObjectStore {
  public let location: String
  private let root: String
  private let threadPool: NIOThreadPool
  private let pageSize: Int
  private static let chunkSize = 256 << 10

  /// - Parameters:
  ///   - root: An existing folder, or a link to one.
  ///   - pageSize: Objects in one page of a listing.
  public init(root: String, threadPool: NIOThreadPool = .singleton, pageSize: Int = 1000) {
    var root = root
    while root.count > 1, root.hasSuffix("/") { root.removeLast() }
    // Below it no link is followed; a mount point may be one.
    self.root = FileCalls.resolved(root)
    self.threadPool = threadPool
    self.pageSize = pageSize
    location = "file://\(root)"
  }

  /// Runs blocking calls elsewhere and gives their errors the store's form.
  func blocking<Value: Sendable>(
    _ operation: String, _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try Task.checkCancellation()
    do {
      return try await threadPool.runIfActive(body)
    } catch let error as FileError {
      if error.number == ENOENT, (try? FileCalls.status(root)?.isDirectory) != true {
        throw ObjectStoreError(
          .bucketNotFound, operation: operation, message: "there is no folder \(root); mount or make it", cause: error)
      }
      throw error.storeError(operation)
    }
  }

  private func checkKey(_ key: String, _ operation: String) throws {
    try ObjectKey.validate(key, operation: operation)
    guard key.split(separator: "/").first.map(String.init) != StagedObject.folderName else {
      throw ObjectStoreError(
        .configuration, operation: operation, message: "\(StagedObject.folderName) is the store's own")
    }
  }

  private func stage(_ key: String) -> StagedObject {
    StagedObject(root: root, id: String(format: "%016llx", UInt64.random(in: .min ... .max)), key: key)
  }

  public func put(_ key: String, body: ByteBuffer, condition: WriteCondition) async throws {
    let operation = "PUT \(location)/\(key)"
    try checkKey(key, operation)
    let staged = stage(key)
    do {
      try await blocking(operation) {
        do {
          try staged.create()
          try staged.write(body, to: staged.data, at: 0)
          try staged.publish(size: Int64(body.readableBytes), condition: condition)
          try staged.remove()
        } catch {
          try? staged.remove()
          throw error
        }
      }
    } catch let error as ObjectStoreError {
      throw condition == .ifAbsent ? Self.createOnly(error, operation) : error
    }
  }

  private static func createOnly(_ error: ObjectStoreError, _ operation: String) -> ObjectStoreError {
    guard let cause = error.cause as? FileError, cause.call == "link" else { return error }
    switch cause.number {
    case EEXIST:
      return ObjectStoreError(.alreadyExists, operation: operation, message: "the key is taken", cause: cause)
    case EPERM, ENOTSUP, ENOSYS, EMLINK:
      return ObjectStoreError(
        .unsupported, operation: operation,
        message: "the file system has no hard links, which create-only writes need; use another volume", cause: cause)
    default: return error
    }
  }

  public func startUpload(_ key: String) async throws -> any MultipartUpload {
    let operation = "start upload of \(location)/\(key)"
    try checkKey(key, operation)
    let staged = stage(key)
    try await blocking(operation) { try staged.create() }
    return FilesystemUpload(staged: staged, store: self)
  }

  @discardableResult
  public func get(
    _ key: String, range: Range<Int64>?, consume: (ByteBuffer) async throws -> Void
  ) async throws -> Int64 {
    let operation = "GET \(location)/\(key)"
    try checkKey(key, operation)
    let path = "\(root)/\(key)"
    let file = try await blocking(operation) { try OpenFile(path) }
    let wanted = (range ?? 0..<file.size).clamped(to: 0..<file.size)
    var offset = wanted.lowerBound
    while offset < wanted.upperBound {
      let length = Int(min(wanted.upperBound - offset, Int64(Self.chunkSize)))
      let chunk = try await blocking(operation) { [offset] in try file.read(length, at: offset) }
      guard chunk.readableBytes > 0 else {
        throw ObjectStoreError(
          .integrity, operation: operation, message: "the file became shorter while it was read")
      }
      offset += Int64(chunk.readableBytes)
      try await consume(chunk)
    }
    return file.size
  }

  public func head(_ key: String) async throws -> ObjectInfo? {
    let operation = "HEAD \(location)/\(key)"
    try checkKey(key, operation)
    return try await blocking(operation) { [root] in
      guard let status = try FileCalls.status("\(root)/\(key)"), status.isRegular else { return nil }
      return ObjectInfo(key: key, size: status.size, lastModified: status.modified)
    }
  }

  public func list(prefix: String, startingAfter: String?) async throws -> ObjectPage {
    try await blocking("LIST \(location)/\(prefix)") { [root, pageSize] in
      var listing = FilesystemListing(root: root, prefix: prefix, startingAfter: startingAfter, limit: pageSize + 1)
      try listing.run()
      let page = Array(listing.objects.prefix(pageSize))
      return ObjectPage(objects: page, next: listing.objects.count > pageSize ? page.last?.key : nil)
    }
  }

  public func delete(_ key: String) async throws {
    let operation = "DELETE \(location)/\(key)"
    try checkKey(key, operation)
    try await blocking(operation) { [root] in
      let path = "\(root)/\(key)"
      guard try FileCalls.status(path)?.isRegular == true else { return }
      if unlink(path) == -1, errno != ENOENT { throw FileError(number: errno, call: "unlink", path: path) }
      var segments = key.split(separator: "/").dropLast()
      // Upwards until a folder is in use, which ends in ENOTEMPTY, or the root is reached.
      while !segments.isEmpty, rmdir("\(root)/\(segments.joined(separator: "/"))") == 0 { segments.removeLast() }
      let parent = segments.isEmpty ? root : "\(root)/\(segments.joined(separator: "/"))"
      do {
        try FileCalls.syncFolder(parent)
      } catch let error as FileError where error.number == ENOENT {
        // Another deletion took the folder with it.
      }
    }
  }

  public func listUploads(prefix: String) async throws -> [OpenUpload] {
    try await blocking("list uploads of \(location)/\(prefix)") { [root] in
      let folder = "\(root)/\(StagedObject.folderName)"
      return try (FileCalls.names(in: folder) ?? []).compactMap { id in
        let path = "\(folder)/\(id)/key"
        guard let status = try FileCalls.status(path), status.isRegular, let file = try? OpenFile(path),
          let key = try? String(buffer: file.read(Int(min(file.size, 4096)), at: 0)),
          key.utf8.starts(with: prefix.utf8)
        else { return nil }
        return OpenUpload(key: key, id: id, started: status.modified)
      }.sorted { ($0.key, $0.id) < ($1.key, $1.id) }
    }
  }

  public func abortUpload(_ upload: OpenUpload) async throws {
    let operation = "abort upload of \(location)/\(upload.key)"
    guard !upload.id.isEmpty, !upload.id.contains("/"), !upload.id.hasPrefix(".") else {
      throw ObjectStoreError(.configuration, operation: operation, message: "no upload has the id \(upload.id)")
    }
    let staged = StagedObject(root: root, id: upload.id, key: upload.key)
    try await blocking(operation) { try staged.remove() }
  }
}
