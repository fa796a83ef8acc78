public import Foundation
public import NIOCore
import NIOHTTP1
public import ObjectStore
import StoreHTTP
import Synchronization

/// Google Cloud Storage by its JSON API. Does not retry: wrap it in a ``RetryingStore``.
///
/// - Uploads: the store compares the CRC-32C of every object before it makes it; what it says it made is compared again,
///   and what differs is removed. Large objects go up as a resumable upload, which is continued at the confirmed offset.
/// - Create-only writes are `ifGenerationMatch=0`. Google keeps that; another server is put to the proof at the store's
///   first create-only write, as a server that ignores it would let one backup replace another.
/// - Reads of a whole object are compared with its CRC-32C, also when they were broken off and continued: a continued
///   read stays with the generation that it began with.
/// - ``listUploads(prefix:)`` is empty: Google does not list open sessions. They end after a week and cost nothing.
/// - `storage.objects.create` is enough to write.
public final class GCSStore: ObjectStore {
  public var location: String { requests.location }
  let requests: GCSRequests
  let transport: GCSTransport
  let brokenReads = BrokenReads()
  private let createOnlyWorks: Mutex<Bool>

  /// Objects up to this size go up in one request, with a copy of their bytes; larger ones in two, without.
  /// https://cloud.google.com/storage/docs/uploads-downloads#size
  private static let putLimit = 8 << 20

  /// End with ``shutdown()``; ``withStore(_:isolation:_:)`` does so by itself.
  /// - Parameter now: The clock that dates tokens and retention.
  /// - Throws: `ObjectStoreError.Code.configuration`.
  public init(_ configuration: GCSConfiguration, now: @escaping @Sendable () -> Date = { Date() }) throws {
    transport = try GCSTransport(configuration, now: now)
    requests = GCSRequests(configuration: configuration, endpoint: transport.endpoint)
    createOnlyWorks = Mutex(transport.endpoint.isGoogle)
  }

  /// A store for the time of `body`.
  @discardableResult
  public static func withStore<Value: Sendable>(
    _ configuration: GCSConfiguration, isolation: isolated (any Actor)? = #isolation,
    _ body: (GCSStore) async throws -> Value
  ) async throws -> Value {
    let store = try GCSStore(configuration)
    let result: Result<Value, any Error>
    do { result = .success(try await body(store)) } catch { result = .failure(error) }
    try? await store.shutdown()
    return try result.get()
  }

  /// Closes the connections.
  public func shutdown() async throws { try await transport.shutdown() }

  // MARK: Writing

  public func put(_ key: String, body: ByteBuffer, condition: WriteCondition) async throws {
    let operation = "PUT \(location)/\(key)"
    try ObjectKey.validate(key, operation: operation)
    guard condition == .ifAbsent, !createOnlyWorks.withLock({ $0 }) else {
      return try await write(key, body, condition)
    }

    guard try await object(key) == nil else {
      throw ObjectStoreError(.alreadyExists, operation: operation, message: "the key is taken")
    }
    try await write(key, body, condition)
    do {
      try await write(key, body, condition)
    } catch let error as ObjectStoreError where error.code == .alreadyExists {
      createOnlyWorks.withLock { $0 = true }
      return
    }
    throw ObjectStoreError(
      .unsupported, operation: operation,
      message: "the server ignores conditional writes (ifGenerationMatch=0), which keep one backup from replacing "
        + "another; use one that keeps them")
  }

  private func write(_ key: String, _ body: ByteBuffer, _ condition: WriteCondition) async throws {
    let crc = CRC32C(body)
    do {
      if body.readableBytes > Self.putLimit {
        let upload = try await start(key, condition: condition, size: body.readableBytes, crc: crc)
        try await upload.finish(with: body)
      } else {
        try await writeAtOnce(key, body, condition, crc)
      }
    } catch var error as ObjectStoreError where error.code == .integrity {
      // All of it can be sent again.
      error.isRetryable = true
      throw error
    }
  }

  private func writeAtOnce(_ key: String, _ body: ByteBuffer, _ condition: WriteCondition, _ crc: CRC32C) async throws {
    let request = try requests.put(key, body: body, condition: condition, crc: crc, date: transport.now())
    let object = try transport.decode(GCSObject.self, try await transport.send(request), request)
    do {
      try check(object, size: Int64(body.readableBytes), crc: crc, request)
    } catch let error as ObjectStoreError where !error.isRetryable {
      if let generation = object.generation?.value { try? await remove(key, generation: generation) }
      throw error
    }
  }

  /// Compares what the store says it has with what was sent.
  func check(_ object: GCSObject, size: Int64, crc: CRC32C, _ request: GCSRequest) throws {
    guard let stored = object.size?.value, let text = object.crc32c, let value = CRC32C.value(base64: text) else {
      throw ObjectStoreError(
        .integrity, isRetryable: true, operation: request.operation,
        message: "the store's answer does not say the size and crc32c of what it has")
    }
    guard stored == size, value == crc.value else {
      throw ObjectStoreError(
        .integrity, operation: request.operation,
        message: "the store has other bytes than were sent: \(stored) bytes with crc32c \(text), not \(size) with "
          + crc.base64)
    }
  }

  /// Parts are sent one after another: Google's resumable upload takes bytes in their order. A part that is awaited
  /// before an earlier one was sent is kept here if it is small, and waits otherwise.
  public func startUpload(_ key: String) async throws -> any MultipartUpload {
    try await start(key, condition: .none, size: nil, crc: nil)
  }

  private func start(_ key: String, condition: WriteCondition, size: Int?, crc: CRC32C?) async throws -> GCSUpload {
    let request = try requests.startUpload(key, condition: condition, size: size, crc: crc, date: transport.now())
    try ObjectKey.validate(key, operation: request.operation)
    let answer = try await transport.send(request)
    guard let session = answer.headers.first(name: "location").flatMap(requests.endpoint.session) else {
      throw ObjectStoreError(
        .integrity, isRetryable: true, operation: request.operation,
        message: "the store's answer does not say where the upload goes")
    }
    return GCSUpload(store: self, key: key, session: session)
  }

  public func listUploads(prefix: String) async throws -> [OpenUpload] { [] }

  /// Takes the session's address as the upload's id.
  public func abortUpload(_ upload: OpenUpload) async throws {
    guard let session = requests.endpoint.session(location: upload.id) else { return }
    try await cancel(session, key: upload.key)
  }

  func cancel(_ session: String, key: String) async throws {
    let request = requests.cancel(session, key: key)
    let answer = try await transport.answer(request)
    // 499 is what success looks like; a session that is gone is one that is dropped. A server that cannot cancel has
    // nothing to show either: what is not completed is no object.
    // https://cloud.google.com/storage/docs/performing-resumable-uploads#cancel-upload
    guard answer.isSuccess || [404, 405, 410, 499, 501].contains(answer.status) else {
      throw transport.failure(answer, request)
    }
  }

  // MARK: Deleting

  public func delete(_ key: String) async throws {
    let request = requests.delete(key)
    try ObjectKey.validate(key, operation: request.operation)
    do {
      _ = try await transport.send(request)
    } catch let error as ObjectStoreError where error.code == .notFound {
      // Idempotent; a missing bucket has a code of its own.
    }
  }

  /// Each by a request of its own, as many at once as there are connections.
  public func deleteAll(_ keys: [String]) async throws -> [String: ObjectStoreError] {
    try await withThrowingTaskGroup(of: (String, ObjectStoreError)?.self) { group in
      var failures: [String: ObjectStoreError] = [:]
      for (index, key) in keys.enumerated() {
        if index >= requests.configuration.http.connections, let failure = try await group.next() ?? nil {
          failures[failure.0] = failure.1
        }
        group.addTask {
          do { try await self.delete(key) } catch let error as ObjectStoreError { return (key, error) }
          return nil
        }
      }
      for try await failure in group { failure.map { failures[$0.0] = $0.1 } }
      return failures
    }
  }

  /// Removes what is there only if it is that generation.
  func remove(_ key: String, generation: Int64) async throws {
    _ = try await transport.send(requests.delete(key, generation: "\(generation)"))
  }
}
