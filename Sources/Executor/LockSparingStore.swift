internal import NIOCore
internal import ObjectStore

/// Locks what a backup is made of, and nothing that a run writes for its own needs.
///
/// A lease is renewed and removed; locked, it would stay for as long as the backup, in as many versions as the run had
/// heartbeats, and a store without versions would refuse to renew it at all.
struct LockSparingStore: ObjectStore {
  let locking: any ObjectStore
  let plain: any ObjectStore

  var location: String { plain.location }

  /// Names of our own begin with a dot.
  private func store(for key: String) -> any ObjectStore {
    let name = key.split(separator: "/").last ?? ""
    return name.hasPrefix(".") ? plain : locking
  }

  func put(_ key: String, body: ByteBuffer, condition: WriteCondition) async throws {
    try await store(for: key).put(key, body: body, condition: condition)
  }

  func startUpload(_ key: String) async throws -> any MultipartUpload { try await locking.startUpload(key) }

  @discardableResult
  func get(_ key: String, range: Range<Int64>?, consume: (ByteBuffer) async throws -> Void) async throws -> Int64 {
    try await plain.get(key, range: range, consume: consume)
  }

  @discardableResult
  func get(
    _ key: String, range: Range<Int64>?, pin: ReadPin, consume: (ByteBuffer) async throws -> Void
  ) async throws -> Int64 {
    try await plain.get(key, range: range, pin: pin, consume: consume)
  }

  func head(_ key: String) async throws -> ObjectInfo? { try await plain.head(key) }

  func list(prefix: String, startingAfter: String?) async throws -> ObjectPage {
    try await plain.list(prefix: prefix, startingAfter: startingAfter)
  }

  func delete(_ key: String) async throws { try await plain.delete(key) }

  func deleteAll(_ keys: [String]) async throws -> [String: ObjectStoreError] { try await plain.deleteAll(keys) }

  func listUploads(prefix: String) async throws -> [OpenUpload] { try await plain.listUploads(prefix: prefix) }

  func abortUpload(_ upload: OpenUpload) async throws { try await plain.abortUpload(upload) }
}
