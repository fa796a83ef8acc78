import AsyncHTTPClient
import Foundation
public import NIOCore
import NIOHTTP1
public import ObjectStore
import StoreHTTP
import Synchronization

extension GCSStore {
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
    let operation = "GET \(location)/\(key)"
    try ObjectKey.validate(key, operation: operation)
    if let range, range.isEmpty { return try await size(key, operation) }

    let start = range?.lowerBound ?? 0
    var read = brokenReads.take(key, at: start, of: pin.version) ?? BrokenRead(start: start)
    do {
      return try await get(key, range: range, pin, &read, operation, consume: consume)
    } catch {
      if let version = pin.version { brokenReads.keep(read, key, of: version) }
      throw error
    }
  }

  private func get(
    _ key: String, range: Range<Int64>?, _ pin: ReadPin, _ read: inout BrokenRead, _ operation: String,
    consume: (ByteBuffer) async throws -> Void
  ) async throws -> Int64 {
    let request = requests.media(key, range: range, generation: pin.version)
    switch try await transport.open(request, statuses: [200, 206]) {
    case .whole(let answer):
      if answer.status == 416 { return try await size(key, operation) }
      let error = transport.failure(answer, request)
      throw pin.version != nil && error.code == .notFound ? replaced(operation) : error
    case .stream(let response, let outgoing):
      let expected = try expectation(response.headers, status: Int(response.status.code), range: range, request)
      // A server that does not know generations in requests is found out here.
      if let generation = response.headers.first(name: "x-goog-generation"), !pin.bind(to: generation) {
        throw replaced(operation)
      }
      if read.next == read.start { read.begin(response.headers) }
      try await transport.client.consume(response, length: expected.length, outgoing) { chunk in
        try await consume(chunk)
        read.crc.update(chunk)
        read.next += Int64(chunk.readableBytes)
      }
      guard read.isWhole(size: expected.size), let wanted = read.expected, wanted != read.crc.value else {
        return expected.size
      }
      // Its bytes are with the consumer: another try cannot take them back.
      throw ObjectStoreError(
        .integrity, operation: operation,
        message: "what came has crc32c \(read.crc.base64), which is not the object's; it is damaged, or was on the way")
    }
  }

  private func replaced(_ operation: String) -> ObjectStoreError {
    ObjectStoreError(
      .integrity, operation: operation,
      message: "the object was replaced or removed since the read began; read it again")
  }

  /// How many bytes the answer's head promises, and the object's size.
  private func expectation(
    _ headers: HTTPHeaders, status: Int, range: Range<Int64>?, _ request: GCSRequest
  ) throws -> (length: Int64, size: Int64) {
    if range != nil {
      guard status == 206 else {
        throw ObjectStoreError(.unsupported, operation: request.operation, message: "the store ignores ranges")
      }
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

  private func size(_ key: String, _ operation: String) async throws -> Int64 {
    guard let info = try await head(key) else {
      throw ObjectStoreError(.notFound, operation: operation, message: "no such object")
    }
    return info.size
  }

  public func head(_ key: String) async throws -> ObjectInfo? {
    let operation = requests.head(key).operation
    try ObjectKey.validate(key, operation: operation)
    guard var object = try await object(key) else { return nil }
    object.name = key
    guard let info = object.info else {
      throw ObjectStoreError(
        .integrity, isRetryable: true, operation: operation, message: "the store does not say the size")
    }
    return info
  }

  /// - Returns: nil where there is no such object.
  func object(_ key: String) async throws -> GCSObject? {
    let request = requests.head(key)
    do {
      return try transport.decode(GCSObject.self, try await transport.send(request), request)
    } catch let error as ObjectStoreError where error.code == .notFound {
      return nil
    }
  }

  public func list(prefix: String, startingAfter: String?) async throws -> ObjectPage {
    var page: String?
    // Google may give pages without objects before the last.
    while true {
      let request = requests.list(prefix: prefix, startingAfter: startingAfter, page: page)
      let answer = try transport.decode(GCSPage.self, try await transport.send(request), request)
      let objects = try objects(of: answer, prefix: prefix, startingAfter: startingAfter, request)
      if let last = objects.last?.key {
        // Some tools keep an empty object for each folder; no key of ours ends in a slash.
        return ObjectPage(
          objects: objects.filter { !$0.key.hasSuffix("/") }, next: answer.nextPageToken == nil ? nil : last)
      }
      guard let next = answer.nextPageToken, next != page else { return ObjectPage(objects: [], next: nil) }
      page = next
    }
  }

  /// In order. `startOffset` itself is part of Google's answer, and not of ours.
  private func objects(
    of page: GCSPage, prefix: String, startingAfter: String?, _ request: GCSRequest
  ) throws -> [ObjectInfo] {
    // An empty list is a claim too: it must be Google's own.
    guard page.kind == "storage#objects" else {
      throw ObjectStoreError(
        .integrity, isRetryable: true, operation: request.operation,
        message: "the store's answer is no listing of Cloud Storage")
    }
    return try (page.items ?? []).map { item in
      guard let info = item.info else {
        throw ObjectStoreError(
          .integrity, isRetryable: true, operation: request.operation,
          message: "an entry of the listing has no name or no size")
      }
      guard info.key.utf8.starts(with: prefix.utf8) else {
        throw ObjectStoreError(
          .unsupported, operation: request.operation,
          message: "the store lists \(info.key), which was not asked for; is it a Cloud Storage server?")
      }
      return info
    }
    .filter { object in startingAfter.map { ObjectKey.precedes($0, object.key) } != false }
    .sorted { ObjectKey.precedes($0.key, $1.key) }
  }
}

/// A read as far as it came.
struct BrokenRead {
  var start: Int64
  /// Where it goes on.
  var next: Int64
  /// The whole object's CRC, where the store says it.
  var expected: UInt32?
  var crc = CRC32C()

  init(start: Int64) {
    self.start = start
    next = start
  }

  mutating func begin(_ headers: HTTPHeaders) {
    // That of what is stored, which is what comes only if nothing unpacks it on the way.
    let stored = headers.first(name: "x-goog-stored-content-encoding") ?? "identity"
    if stored == headers.first(name: "content-encoding") ?? "identity" { expected = GCSHeaders.crc32c(headers) }
  }

  func isWhole(size: Int64) -> Bool { start == 0 && next == size }
}

/// The reads that broke off, so that the CRC of the whole is still known when they go on. Few at a time; one that is
/// forgotten goes on without it.
final class BrokenReads: Sendable {
  private struct Name: Hashable {
    var key: String
    var generation: String
    /// Where it goes on: one that broke off elsewhere is another.
    var offset: Int64
  }
  private let reads = Mutex<[Name: BrokenRead]>([:])
  private static let limit = 64

  func keep(_ read: BrokenRead, _ key: String, of generation: String) {
    guard read.next > read.start else { return }
    reads.withLock { reads in
      if reads.count >= Self.limit, let any = reads.keys.first { reads[any] = nil }
      reads[Name(key: key, generation: generation, offset: read.next)] = read
    }
  }

  func take(_ key: String, at offset: Int64, of generation: String?) -> BrokenRead? {
    guard let generation else { return nil }
    return reads.withLock { $0.removeValue(forKey: Name(key: key, generation: generation, offset: offset)) }
  }
}
