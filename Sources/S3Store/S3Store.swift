import AsyncHTTPClient
public import Foundation
public import NIOCore
public import ObjectStore
import NIOHTTP1
import StoreHTTP
import Synchronization

/// S3, and servers that speak its protocol. Does not retry: wrap it in a ``RetryingStore``.
///
/// - Uploads: the server verifies a checksum of what it received, and the one that it gives back is compared with ours;
///   from a server that gives none back, an ETag that looks like an MD5 is. A wrong one is
///   ``ObjectStoreError/Code/integrity``. The completion of an upload names the checksum of each part.
/// - Create-only writes are `If-None-Match: *`. A server that refuses it gives ``ObjectStoreError/Code/unsupported``. One
///   that ignores it is found out: the store's first create-only write asks for the key before, and repeats itself
///   after, which must fail. Credentials that may not ask are taken to mean that the key is free.
/// - Keys that the store calls expired are renewed, and a bucket in another region of AWS is followed there, at once.
/// - ``head(_:)`` cannot tell a missing bucket from a missing object: S3 says 404 to both, without a body.
public final class S3Store: ObjectStore {
  public var location: String { "s3://\(configuration.bucket)" }
  /// Without TLS the signature covers the bytes.
  public var usesPartSHA256: Bool { transport.algorithm == .sha256 }
  private let configuration: S3Configuration
  let requests: S3Requests
  let transport: S3Transport
  private let createOnlyWorks = Mutex(false)

  /// End with ``shutdown()``; ``withStore(_:isolation:_:)`` does so by itself.
  /// - Parameter now: The clock that dates signatures and locks.
  /// - Throws: ``ObjectStoreError/Code/configuration``.
  public init(_ configuration: S3Configuration, now: @escaping @Sendable () -> Date = { Date() }) throws {
    self.configuration = configuration
    try Self.check(configuration)
    requests = S3Requests(configuration)
    transport = try S3Transport(configuration, now: now)
  }

  /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
  private static func check(_ configuration: S3Configuration) throws {
    let tags = configuration.tags
    guard tags.count <= 10, tags.allSatisfy({ (1...128).contains($0.key.count) && $0.value.count <= 256 }) else {
      throw ObjectStoreError(
        .configuration, operation: "S3 configuration",
        message: "an object has at most 10 tags, with keys of 1 to 128 characters and values of at most 256")
    }
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
    guard condition == .ifAbsent, !createOnlyWorks.withLock({ $0 }) else {
      _ = try await transport.store(request)
      return
    }
    if try await isTaken(key) {
      throw ObjectStoreError(.alreadyExists, operation: request.operation, message: "the key is taken")
    }
    _ = try await transport.store(request)
    do {
      _ = try await transport.store(request)
    } catch let error as ObjectStoreError where error.code == .alreadyExists {
      createOnlyWorks.withLock { $0 = true }
      return
    }
    throw ObjectStoreError(
      .unsupported, operation: request.operation,
      message: "the store ignores conditional writes (If-None-Match), which keep one backup from replacing another; "
        + "upgrade the server")
  }

  /// - Returns: False also where the credentials may only write: S3 refuses to say then.
  private func isTaken(_ key: String) async throws -> Bool {
    do {
      return try await head(key) != nil
    } catch let error as ObjectStoreError where error.code == .accessDenied {
      return false
    }
  }

  public func startUpload(_ key: String) async throws -> any MultipartUpload {
    let request = requests.createUpload(key, algorithm: transport.algorithm, date: transport.now())
    try ObjectKey.validate(key, operation: request.operation)
    let answer = try await transport.send(request)
    let id = try reading(request) { try S3Answers.uploadID(transport.xml(answer, request)) }
    return S3Upload(store: self, key: key, id: id)
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

    let opened = try await transport.begin(request)
    let (response, status) = (opened.response, Int(opened.response.status.code))
    guard status == (range == nil ? 200 : 206) else {
      let answer = try await transport.client.collect(response, opened.sent)
      if status == 416 { return try await size(key, request) }
      guard status == 200 else { throw transport.failure(answer, request).storeError }
      throw ObjectStoreError(.unsupported, operation: request.operation, message: "the store ignores ranges")
    }
    // A server that does not know If-Match is found out here.
    if let etag = response.headers.first(name: "etag"), !pin.bind(to: etag) {
      throw ObjectStoreError(
        .integrity, operation: request.operation,
        message: "the object was replaced since the read began; read it again")
    }
    let expected = try expectation(response.headers, range: range, request)
    try await transport.client.consume(response, length: expected.length, opened.sent, consume: consume)
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

  /// A thousand in one request.
  public func deleteAll(_ keys: [String]) async throws -> [String: ObjectStoreError] {
    var failures: [String: ObjectStoreError] = [:]
    var rest = keys[...]
    while !rest.isEmpty {
      let some = rest.prefix(1000)
      rest = rest.dropFirst(1000)
      let request = requests.delete(some)
      for key in some { try ObjectKey.validate(key, operation: request.operation) }
      let answer = try await transport.send(request)
      let errors = try reading(request) { try S3Answers.deletionErrors(transport.xml(answer, request)) }
      for (key, error) in errors {
        var one = requests.delete(key)
        one.action = request.action
        var failure = transport.failure(answer, one)
        // The status of the whole is 200; the code of each tells what happened to it.
        (failure.status, failure.error) = (500, error)
        let problem = failure.storeError
        if problem.code != .notFound { failures[key] = problem }
      }
    }
    return failures
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
