import NIOCore
import ObjectStore
import Synchronization

/// A store whose credentials may do only some things, or that does some things in another way than it should.
final class DenyingStore: ObjectStore {
  enum Right: Sendable, Hashable, CaseIterable { case write, read, list, delete }

  /// What is wrong with the store itself.
  enum Flaw: Sendable, Hashable {
    /// Lets a create-only write replace an object.
    case ignoresConditions
    case refusesConditions
    /// Gives back other bytes.
    case garbles
    /// Listings lag behind.
    case hidesNewObjects
    case neverAnswers
    case fails(ObjectStoreError.Code)
  }

  let base: MemoryStore
  private let rights: Set<Right>
  private let flaw: Flaw?
  private let asked = Mutex<[Right: Int]>([:])

  init(_ base: MemoryStore, may rights: Set<Right> = Set(Right.allCases), flaw: Flaw? = nil) {
    self.base = base
    self.rights = rights
    self.flaw = flaw
  }

  var location: String { base.location }

  /// Calls that needed a right which these credentials do not have.
  var refusals: [Right: Int] { asked.withLock { $0 } }

  private func need(_ right: Right, _ operation: String) throws {
    guard !rights.contains(right) else { return }
    asked.withLock { $0[right, default: 0] += 1 }
    throw ObjectStoreError(.accessDenied, operation: operation, message: "the credentials may not \(right)")
  }

  func put(_ key: String, body: ByteBuffer, condition: WriteCondition) async throws {
    let operation = "PUT \(location)/\(key)"
    if flaw == .neverAnswers { try await Task.sleep(for: .seconds(3_600)) }
    if case .fails(let code)? = flaw { throw ObjectStoreError(code, operation: operation, message: "no") }
    if flaw == .refusesConditions, condition == .ifAbsent {
      throw ObjectStoreError(.unsupported, operation: operation, message: "the store refuses conditional writes")
    }
    try need(.write, operation)
    try await base.put(key, body: body, condition: flaw == .ignoresConditions ? .none : condition)
  }

  func startUpload(_ key: String) async throws -> any MultipartUpload {
    try need(.write, "start upload of \(location)/\(key)")
    return try await base.startUpload(key)
  }

  func get(_ key: String, range: Range<Int64>?, consume: (ByteBuffer) async throws -> Void) async throws -> Int64 {
    try need(.read, "GET \(location)/\(key)")
    if flaw == .garbles { try await consume(ByteBuffer(string: "?")) }
    return try await base.get(key, range: range, consume: consume)
  }

  func head(_ key: String) async throws -> ObjectInfo? {
    try need(.read, "HEAD \(location)/\(key)")
    return try await base.head(key)
  }

  func list(prefix: String, startingAfter: String?) async throws -> ObjectPage {
    try need(.list, "LIST \(location)/\(prefix)")
    if flaw == .hidesNewObjects { return ObjectPage(objects: [], next: nil) }
    return try await base.list(prefix: prefix, startingAfter: startingAfter)
  }

  func delete(_ key: String) async throws {
    try need(.delete, "DELETE \(location)/\(key)")
    try await base.delete(key)
  }

  func listUploads(prefix: String) async throws -> [OpenUpload] {
    try need(.list, "list uploads of \(location)/\(prefix)")
    return try await base.listUploads(prefix: prefix)
  }

  func abortUpload(_ upload: OpenUpload) async throws {
    try need(.write, "abort upload of \(location)/\(upload.key)")
    try await base.abortUpload(upload)
  }
}
