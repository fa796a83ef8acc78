public import NIOCore
public import ObjectStore

/// A call to a store, for ``FaultInjectingStore`` to decide on.
public struct StoreCall: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    case put, startUpload, uploadPart(Int), complete, abort, get, head, list, delete, listUploads, abortUpload
  }
  public var kind: Kind
  /// Or prefix.
  public var key: String
}

/// What happens to a call.
public enum StoreFault: Sendable {
  /// It fails without effect.
  case before(any Error & Sendable)
  /// It takes effect and fails: its answer got lost.
  case after(any Error & Sendable)
  /// It never ends by itself.
  case hang
}

/// A store whose calls fail as a test wants.
public struct FaultInjectingStore: ObjectStore {
  private let base: any ObjectStore
  private let decide: @Sendable (StoreCall) async -> StoreFault?

  /// - Parameter decide: Called for each call; nil lets it pass.
  public init(_ base: any ObjectStore, decide: @escaping @Sendable (StoreCall) async -> StoreFault?) {
    self.base = base
    self.decide = decide
  }

  public var location: String { base.location }

  fileprivate func run<Value>(
    _ kind: StoreCall.Kind, _ key: String, _ body: () async throws -> Value
  ) async throws -> Value {
    switch await decide(StoreCall(kind: kind, key: key)) {
    case .before(let error): throw error
    case .after(let error):
      _ = try await body()
      throw error
    case .hang:
      try await Task.sleep(for: .seconds(3600))
      throw CancellationError()
    case nil: return try await body()
    }
  }

  public func put(_ key: String, body: ByteBuffer, condition: WriteCondition) async throws {
    try await run(.put, key) { try await base.put(key, body: body, condition: condition) }
  }

  public func startUpload(_ key: String) async throws -> any MultipartUpload {
    let upload = try await run(.startUpload, key) { try await base.startUpload(key) }
    return FaultInjectingUpload(base: upload, store: self)
  }

  @discardableResult
  public func get(
    _ key: String, range: Range<Int64>?, consume: (ByteBuffer) async throws -> Void
  ) async throws -> Int64 {
    try await run(.get, key) { try await base.get(key, range: range, consume: consume) }
  }

  public func head(_ key: String) async throws -> ObjectInfo? {
    try await run(.head, key) { try await base.head(key) }
  }

  public func list(prefix: String, startingAfter: String?) async throws -> ObjectPage {
    try await run(.list, prefix) { try await base.list(prefix: prefix, startingAfter: startingAfter) }
  }

  public func delete(_ key: String) async throws {
    try await run(.delete, key) { try await base.delete(key) }
  }

  public func listUploads(prefix: String) async throws -> [OpenUpload] {
    try await run(.listUploads, prefix) { try await base.listUploads(prefix: prefix) }
  }

  public func abortUpload(_ upload: OpenUpload) async throws {
    try await run(.abortUpload, upload.key) { try await base.abortUpload(upload) }
  }
}

private struct FaultInjectingUpload: MultipartUpload {
  var base: any MultipartUpload
  var store: FaultInjectingStore
  var key: String { base.key }

  func uploadPart(_ number: Int, body: ByteBuffer) async throws {
    try await store.run(.uploadPart(number), key) { try await base.uploadPart(number, body: body) }
  }

  func complete() async throws { try await store.run(.complete, key) { try await base.complete() } }

  func abort() async throws { try await store.run(.abort, key) { try await base.abort() } }
}
