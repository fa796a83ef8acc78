import AsyncHTTPClient
public import Foundation
public import NIOCore
public import ObjectStore
import NIOHTTP1
import StoreHTTP
import Synchronization

/// S3, and servers that speak its protocol. Does not retry: wrap it in a ``RetryingStore``.
///
/// - Uploads: the server verifies SHA-256 (in the signature) and MD5 of what it received; an ETag that looks like an MD5
///   is compared with ours, so a wrong one is ``ObjectStoreError/Code/integrity``.
/// - Create-only writes are `If-None-Match: *`. A server that refuses it gives ``ObjectStoreError/Code/unsupported``. One
///   that ignores it is found out: the store's first create-only write asks for the key before, and repeats itself
///   after, which must fail.
/// - ``head(_:)`` cannot tell a missing bucket from a missing object: S3 says 404 to both, without a body.
public final class S3Store: ObjectStore {
  public var location: String { "s3://\(configuration.bucket)" }
  private let configuration: S3Configuration
  let requests: S3Requests
  let transport: S3Transport
  private let createOnlyWorks = Mutex(false)

  /// End with ``shutdown()``; ``withStore(_:isolation:_:)`` does so by itself.
  /// - Parameter now: The clock that dates signatures and locks.
  /// - Throws: ``ObjectStoreError/Code/configuration``.
  public init(_ configuration: S3Configuration, now: @escaping @Sendable () -> Date = { Date() }) throws {
    self.configuration = configuration
    requests = S3Requests(configuration)
    transport = try S3Transport(configuration, now: now)
  }

  /// A store for the time of `body`.
  @discardableResult
  public static func withStore<Value: Sendable>(
    _ configuration: S3Configuration, isolation: isolated (any Actor)? = #isolation,
    _ body: (S3Store) async throws -> Value
  ) async throws -> Value {
    let store = try S3Store(configuration)
    let result: Result<Value, any Error>
    do { result = .success(try await body(store)) } catch { result = .failure(error) }
    try? await store.shutdown()
    return try result.get()
  }

  /// Closes the connections.
  public func shutdown() async throws {
    try await transport.client.shutdown()
  }

  public func put(_ key: String, body: ByteBuffer, condition: WriteCondition) async throws {
    let request = requests.put(key, body: body, condition: condition, date: transport.now())
    try ObjectKey.validate(key, operation: request.operation)
    guard condition == .ifAbsent, !createOnlyWorks.withLock({ $0 }) else { return try await put(request) }

    guard try await head(key) == nil else {
      throw ObjectStoreError(.alreadyExists, operation: request.operation, message: "the key is taken")
    }
    try await put(request)
    do {
      try await put(request)
    } catch let error as ObjectStoreError where error.code == .alreadyExists {
      createOnlyWorks.withLock { $0 = true }
      return
    }
    throw ObjectStoreError(
      .unsupported, operation: request.operation,
      message: "the store ignores conditional writes (If-None-Match), which keep one backup from replacing another; "
        + "upgrade the server")
  }

  private func put(_ request: S3Request) async throws {
    let answer = try await transport.send(request)
    try S3ETag.check(answer, request, configuration)
  }

  public func startUpload(_ key: String) async throws -> any MultipartUpload {
    let request = requests.createUpload(key, date: transport.now())
    try ObjectKey.validate(key, operation: request.operation)
    let answer = try await transport.send(request)
    let id = try reading(request) { try S3Answers.uploadID(transport.xml(answer, request)) }
    return S3Upload(store: self, configuration: configuration, key: key, id: id)
  }

  @discardableResult
  public func get(
    _ key: String, range: Range<Int64>?, consume: (ByteBuffer) async throws -> Void
  ) async throws -> Int64 {
    let request = requests.get(key, range: range)
    try ObjectKey.validate(key, operation: request.operation)
    if let range, range.isEmpty { return try await size(key, request) }

    let signed = try await transport.sign(request)
    let response = try await transport.client.begin(signed)
    let status = Int(response.status.code)
    guard status == (range == nil ? 200 : 206) else {
      if status == 200 {
        throw ObjectStoreError(.unsupported, operation: request.operation, message: "the store ignores ranges")
      }
      let answer = try await transport.client.collect(response, signed)
      if status == 416 { return try await size(key, request) }
      throw transport.failure(answer, request).storeError
    }
    let expected = try expectation(response.headers, range: range, request)
    try await transport.client.consume(response, length: expected.length, signed, consume: consume)
    return expected.size
  }

  /// How many bytes the answer's head promises, and the object's size.
  private func expectation(
    _ headers: HTTPHeaders, range: Range<Int64>?, _ request: S3Request
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

  private func size(_ key: String, _ request: S3Request) async throws -> Int64 {
    guard let info = try await head(key) else {
      throw ObjectStoreError(.notFound, operation: request.operation, message: "no such object")
    }
    return info.size
  }

  public func head(_ key: String) async throws -> ObjectInfo? {
    let request = requests.head(key)
    try ObjectKey.validate(key, operation: request.operation)
    do {
      let answer = try await transport.send(request)
      guard let size = answer.headers.first(name: "content-length").flatMap({ Int64($0) }) else {
        throw ObjectStoreError(
          .integrity, isRetryable: true, operation: request.operation, message: "the store does not say the size")
      }
      return S3Answers.info(key, size: size, headers: answer.headers)
    } catch let error as ObjectStoreError where error.code == .notFound {
      return nil
    }
  }

  public func delete(_ key: String) async throws {
    let request = requests.delete(key)
    try ObjectKey.validate(key, operation: request.operation)
    do {
      _ = try await transport.send(request)
    } catch let error as ObjectStoreError where error.code == .notFound {
      // Idempotent; a missing bucket has a code of its own.
    }
  }

  /// An answer that is XML, but not the right one, may be a proxy's.
  func reading<Value>(_ request: S3Request, _ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as XMLElement.ParseError {
      throw ObjectStoreError(
        .integrity, isRetryable: true, operation: request.operation,
        message: "the store's answer is not S3's: \(error)", cause: error)
    }
  }
}
