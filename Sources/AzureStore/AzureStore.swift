import AsyncHTTPClient
public import Foundation
public import NIOCore
public import ObjectStore
import NIOHTTP1
import StoreHTTP
import Synchronization

/// Azure Blob Storage, by its REST API. Does not retry: wrap it in a ``RetryingStore``; but a token that is refused is
/// renewed once.
///
/// - Uploads are blocks and a block list. Each request carries a CRC-64, which Azure checks and answers; another answer is
///   ``ObjectStoreError/Code/integrity``.
/// - Create-only writes are `If-None-Match: *`.
/// - Azure knows no uploads, only blocks that nobody committed; it drops them a week after the last came.
///   ``listUploads(prefix:)`` finds those of keys without a blob, ``abortUpload(_:)`` says how they are dropped.
/// - Listings come in the order of the keys' bytes, but for accounts with a hierarchical namespace, which order by path
///   segments ("a/b" before "a-b").
public final class AzureStore: ObjectStore {
  /// `azure://account/container`
  public var location: String { requests.location }
  let configuration: AzureConfiguration
  let requests: AzureRequests
  let transport: AzureTransport
  let pageSize: Int
  let cursors = Mutex(ListingCursors())
  /// Whether the container's own policy keeps each blob; nil until it was asked.
  let keepsAll = Mutex<Bool?>(nil)

  /// End with ``shutdown()``; ``withStore(_:isolation:_:)`` does so by itself.
  /// - Parameters:
  ///   - pageSize: Objects in one page of a listing; 5,000 at most.
  ///   - now: The clock that dates signatures and locks.
  /// - Throws: ``ObjectStoreError/Code/configuration``.
  public init(
    _ configuration: AzureConfiguration, pageSize: Int = 5000, now: @escaping @Sendable () -> Date = { Date() }
  ) throws {
    self.configuration = configuration
    self.pageSize = pageSize
    requests = AzureRequests(configuration: configuration)
    transport = try AzureTransport(configuration, now: now)
  }

  /// A store for the time of `body`.
  @discardableResult
  public static func withStore<Value: Sendable>(
    _ configuration: AzureConfiguration, isolation: isolated (any Actor)? = #isolation,
    _ body: (AzureStore) async throws -> Value
  ) async throws -> Value {
    let store = try AzureStore(configuration)
    let result: Result<Value, any Error>
    do { result = .success(try await body(store)) } catch { result = .failure(error) }
    try? await store.shutdown()
    return try result.get()
  }

  /// Closes the connections.
  public func shutdown() async throws {
    try await transport.shutdown()
  }

  public func put(_ key: String, body: ByteBuffer, condition: WriteCondition) async throws {
    let request = requests.put(key, body: body, condition: condition, date: transport.now())
    try ObjectKey.validate(key, operation: request.operation)
    let answer = try await transport.send(request, expecting: 201)
    try transport.checkEcho(answer, request)
  }

  /// Sends a block of one byte, which is never part of the object: it makes the upload one that
  /// ``listUploads(prefix:)`` finds, and fails early where container or rights are missing.
  public func startUpload(_ key: String) async throws -> any MultipartUpload {
    let id = BlockID.newUpload(transport.now())
    let request = requests.putBlock(key, id: BlockID(upload: id, number: 0), body: ByteBuffer(string: "."))
    try ObjectKey.validate(key, operation: request.operation)
    let answer = try await transport.send(request, expecting: 201)
    try transport.checkEcho(answer, request)
    return AzureUpload(store: self, key: key, id: id)
  }

  @discardableResult
  public func get(
    _ key: String, range: Range<Int64>?, consume: (ByteBuffer) async throws -> Void
  ) async throws -> Int64 {
    try await get(key, range: range, pin: ReadPin(), consume: consume)
  }

  @discardableResult
  public func get(
    _ key: String, range: Range<Int64>?, pin: ReadPin, consume: (ByteBuffer) async throws -> Void
  ) async throws -> Int64 {
    let request = requests.get(key, range: range, etag: pin.version)
    try ObjectKey.validate(key, operation: request.operation)
    if let range, range.isEmpty { return try await size(key, request) }

    let (outgoing, response) = try await transport.begin(request)
    let status = Int(response.status.code)
    guard status == (range == nil ? 200 : 206) else {
      if status == 200 {
        throw ObjectStoreError(.unsupported, operation: request.operation, message: "the store ignores ranges")
      }
      let answer = try await transport.client.collect(response, outgoing)
      if status == 416 { return try await size(key, request) }
      throw transport.failure(answer, request).storeError
    }
    let expected = try expectation(response.headers, range: range, request)
    guard pin.bind(to: try tag(response.headers, request)) else {
      throw ObjectStoreError(
        .integrity, operation: request.operation, message: "the object was replaced while it was read")
    }
    try await transport.client.consume(response, length: expected.length, outgoing, consume: consume)
    return expected.size
  }

  /// How many bytes the answer's head promises, and the object's size.
  private func expectation(
    _ headers: HTTPHeaders, range: Range<Int64>?, _ request: AzureRequest
  ) throws -> (length: Int64, size: Int64) {
    if range != nil {
      if let content = headers.first(name: "content-range").flatMap(HeaderValues.contentRange),
        let length = content.length
      {
        return (length, content.size)
      }
    } else if let length = headers.first(name: "content-length").flatMap({ Int64($0) }) {
      return (length, length)
    }
    throw ObjectStoreError(
      .integrity, operation: request.operation, message: "the store does not say how long its answer is")
  }

  /// Every blob has an ETag; a proxy's page that says 200 has not.
  @discardableResult
  private func tag(_ headers: HTTPHeaders, _ request: AzureRequest) throws -> String {
    if let tag = headers.first(name: "etag"), !tag.isEmpty { return tag }
    throw ObjectStoreError(
      .integrity, isRetryable: true, operation: request.operation, message: "the answer is not Azure's: it has no ETag")
  }

  private func size(_ key: String, _ request: AzureRequest) async throws -> Int64 {
    guard let info = try await head(key) else {
      throw ObjectStoreError(.notFound, operation: request.operation, message: "no such object")
    }
    return info.size
  }

  public func head(_ key: String) async throws -> ObjectInfo? {
    let request = requests.head(key)
    try ObjectKey.validate(key, operation: request.operation)
    do {
      let answer = try await transport.send(request, expecting: 200)
      try tag(answer.headers, request)
      guard let size = answer.headers.first(name: "content-length").flatMap({ Int64($0) }) else {
        throw ObjectStoreError(
          .integrity, isRetryable: true, operation: request.operation, message: "the store does not say the size")
      }
      return AzureAnswers.info(key, size: size, headers: answer.headers)
    } catch let error as ObjectStoreError where error.code == .notFound {
      return nil
    }
  }

  /// Leaves snapshots alone: a blob that has some is ``ObjectStoreError/Code/locked``. With soft delete or versioning the
  /// account keeps what was deleted for as long as it is set to.
  public func delete(_ key: String) async throws {
    let request = requests.delete(key)
    try ObjectKey.validate(key, operation: request.operation)
    do {
      _ = try await transport.send(request, expecting: 202)
    } catch let error as ObjectStoreError where error.code == .notFound {
      // Idempotent; a missing container has a code of its own.
    }
  }

  /// Several at once, each by a request of its own: Azure's batches cost the same, and accounts with a hierarchical
  /// namespace and emulators have none.
  public func deleteAll(_ keys: [String]) async throws -> [String: ObjectStoreError] {
    try await withThrowingTaskGroup(of: (String, ObjectStoreError)?.self) { group in
      var failures: [String: ObjectStoreError] = [:]
      for (index, key) in keys.enumerated() {
        if index >= configuration.http.connections, let failure = try await group.next() ?? nil {
          failures[failure.0] = failure.1
        }
        group.addTask {
          do {
            try await self.delete(key)
            return nil
          } catch let error as ObjectStoreError {
            return (key, error)
          }
        }
      }
      for try await failure in group {
        if let failure { failures[failure.0] = failure.1 }
      }
      return failures
    }
  }
}
