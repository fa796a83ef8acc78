public import Foundation
public import NIOCore
import Synchronization

/// A store in memory, for tests and for trying things out.
public final class MemoryStore: ObjectStore {
  private struct Object {
    var body: ByteBuffer
    var modified: Date
    var lockedUntil: Date?
  }

  private struct Upload {
    var key: String
    var started: Date
    var parts: [Int: ByteBuffer] = [:]
  }

  private struct State {
    var objects: [String: Object] = [:]
    var uploads: [String: Upload] = [:]
    var nextUpload = 1
  }

  public let location: String
  private let pageSize: Int
  private let now: @Sendable () -> Date
  private let state = Mutex(State())

  /// - Parameter pageSize: Objects in one page of a listing.
  public init(
    location: String = "memory://store", pageSize: Int = 1000, now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.location = location
    self.pageSize = pageSize
    self.now = now
  }

  /// Locks an object as object lock does, for tests.
  public func lock(_ key: String, until date: Date) {
    state.withLock { $0.objects[key]?.lockedUntil = date }
  }

  public func put(_ key: String, body: ByteBuffer, condition: WriteCondition) async throws {
    let operation = "PUT \(location)/\(key)"
    try ObjectKey.validate(key, operation: operation)
    try Task.checkCancellation()
    try state.withLock { state in
      if condition == .ifAbsent, state.objects[key] != nil {
        throw ObjectStoreError(.alreadyExists, operation: operation, message: "the key is taken")
      }
      state.objects[key] = Object(body: Self.copy([body]), modified: now())
    }
  }

  /// A copy, since the caller may use its buffer again.
  private static func copy(_ buffers: [ByteBuffer]) -> ByteBuffer {
    var copy = ByteBuffer()
    for buffer in buffers { copy.writeImmutableBuffer(buffer) }
    return copy
  }

  public func startUpload(_ key: String) async throws -> any MultipartUpload {
    try ObjectKey.validate(key, operation: "start upload of \(location)/\(key)")
    let id = state.withLock { state in
      defer { state.nextUpload += 1 }
      let id = "upload-\(state.nextUpload)"
      state.uploads[id] = Upload(key: key, started: now())
      return id
    }
    return MemoryUpload(store: self, key: key, id: id)
  }

  @discardableResult
  public func get(
    _ key: String, range: Range<Int64>?, consume: (ByteBuffer) async throws -> Void
  ) async throws -> Int64 {
    guard let object = state.withLock({ $0.objects[key] }) else {
      throw ObjectStoreError(.notFound, operation: "GET \(location)/\(key)", message: "no such object")
    }
    let size = object.body.readableBytes
    var rest = object.body
    if let range {
      let wanted = range.clamped(to: 0..<Int64(size))
      rest = object.body.getSlice(at: Int(wanted.lowerBound), length: wanted.count) ?? ByteBuffer()
    }
    while let chunk = rest.readSlice(length: min(rest.readableBytes, 64 << 10)), chunk.readableBytes > 0 {
      try Task.checkCancellation()
      try await consume(chunk)
    }
    return Int64(size)
  }

  public func head(_ key: String) async throws -> ObjectInfo? {
    state.withLock { state in state.objects[key].map { Self.info(key, $0) } }
  }

  private static func info(_ key: String, _ object: Object) -> ObjectInfo {
    ObjectInfo(
      key: key, size: Int64(object.body.readableBytes), lastModified: object.modified, lockedUntil: object.lockedUntil)
  }

  public func list(prefix: String, startingAfter: String?) async throws -> ObjectPage {
    state.withLock { state in
      let keys = state.objects.keys.filter { key in
        key.utf8.starts(with: prefix.utf8) && startingAfter.map { ObjectKey.precedes($0, key) } != false
      }.sorted(by: ObjectKey.precedes)
      let page = keys.prefix(pageSize).compactMap { key in state.objects[key].map { Self.info(key, $0) } }
      return ObjectPage(objects: page, next: keys.count > pageSize ? page.last?.key : nil)
    }
  }

  public func delete(_ key: String) async throws {
    try state.withLock { state in
      if let lock = state.objects[key]?.lockedUntil, lock > now() {
        throw ObjectStoreError(
          .locked, operation: "DELETE \(location)/\(key)", message: "the object is locked until \(lock)")
      }
      state.objects[key] = nil
    }
  }

  public func listUploads(prefix: String) async throws -> [OpenUpload] {
    state.withLock { state in
      state.uploads.filter { $0.value.key.utf8.starts(with: prefix.utf8) }
        .map { OpenUpload(key: $0.value.key, id: $0.key, started: $0.value.started) }
        .sorted { ($0.key, $0.id) < ($1.key, $1.id) }
    }
  }

  public func abortUpload(_ upload: OpenUpload) async throws {
    state.withLock { $0.uploads[upload.id] = nil }
  }

  fileprivate func uploadPart(_ number: Int, body: ByteBuffer, of id: String, key: String) throws {
    let operation = "part \(number) of \(location)/\(key)"
    guard (1...maximumPartCount).contains(number) else {
      throw ObjectStoreError(
        .configuration, operation: operation, message: "part numbers go from 1 to \(maximumPartCount)")
    }
    try state.withLock { state in
      guard state.uploads[id] != nil else { throw Self.noSuchUpload(operation) }
      state.uploads[id]?.parts[number] = Self.copy([body])
    }
  }

  fileprivate func complete(_ id: String, key: String) throws {
    let operation = "complete upload of \(location)/\(key)"
    try state.withLock { state in
      guard let upload = state.uploads[id] else { throw Self.noSuchUpload(operation) }
      let parts = upload.parts.sorted { $0.key < $1.key }
      guard !parts.isEmpty, parts.map(\.key) == Array(1...parts.count) else {
        throw ObjectStoreError(.configuration, operation: operation, message: "parts are missing")
      }
      state.uploads[id] = nil
      state.objects[key] = Object(body: Self.copy(parts.map(\.value)), modified: now())
    }
  }

  private static func noSuchUpload(_ operation: String) -> ObjectStoreError {
    ObjectStoreError(.notFound, operation: operation, message: "no such upload; it was completed or aborted")
  }
}

private struct MemoryUpload: MultipartUpload {
  var store: MemoryStore
  var key: String
  var id: String

  func uploadPart(_ number: Int, body: ByteBuffer) async throws {
    try Task.checkCancellation()
    try store.uploadPart(number, body: body, of: id, key: key)
  }

  func complete() async throws { try store.complete(id, key: key) }

  func abort() async throws { try await store.abortUpload(OpenUpload(key: key, id: id, started: nil)) }
}
