import Foundation
import NIOCore
import ObjectStore
import StoreHTTP

/// A request as a value, before it has a token.
struct GCSRequest: Sendable {
  var method: String
  /// Encoded, without the query.
  var url: String
  var query: [(name: String, value: String)] = []
  var headers: [(name: String, value: String)] = []
  var body: ByteBuffer?
  /// For messages: `PUT gs://bucket/key`.
  var operation: String
  /// The permission that it needs.
  var permission: String
  /// One of an upload's session, whose address is whole as it is.
  var isSession = false
}

/// Builds the requests of one bucket. https://cloud.google.com/storage/docs/json_api/v1
struct GCSRequests: Sendable {
  let configuration: GCSConfiguration
  let endpoint: GCSEndpoint
  var location: String { "gs://\(configuration.bucket)" }

  /// Every piece but the last of a resumable upload is a multiple of this.
  /// https://cloud.google.com/storage/docs/performing-resumable-uploads#chunked-upload
  static let chunkUnit = 256 << 10

  // MARK: Whole objects

  /// Metadata and bytes in one request; the server compares the CRC before it makes the object.
  /// https://cloud.google.com/storage/docs/uploading-objects#uploading-an-object (multipart)
  func put(
    _ key: String, body: ByteBuffer, condition: WriteCondition, crc: CRC32C, date: Date,
    boundary: String = String(format: "holdfast%016llx%016llx", UInt64.random(), UInt64.random())
  ) throws -> GCSRequest {
    var content = ByteBufferAllocator().buffer(capacity: body.readableBytes + 1024)
    content.writeString("--\(boundary)\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n")
    content.writeBytes(try metadata(crc: crc, date: date))
    content.writeString("\r\n--\(boundary)\r\nContent-Type: \(Self.contentType)\r\n\r\n")
    content.writeImmutableBuffer(body)
    content.writeString("\r\n--\(boundary)--\r\n")
    return GCSRequest(
      method: "POST", url: endpoint.upload, query: insertQuery(key, "multipart", condition),
      headers: [(name: "content-type", value: "multipart/related; boundary=\(boundary)")], body: content,
      operation: "PUT \(location)/\(key)", permission: "storage.objects.create")
  }

  // MARK: Resumable uploads

  /// - Parameters:
  ///   - size: Of the object, where it is known.
  ///   - crc: Of the object, where it is known.
  func startUpload(
    _ key: String, condition: WriteCondition, size: Int? = nil, crc: CRC32C? = nil, date: Date
  ) throws -> GCSRequest {
    var headers = [
      (name: "content-type", value: "application/json; charset=UTF-8"),
      (name: "x-upload-content-type", value: Self.contentType),
    ]
    if let size { headers.append((name: "x-upload-content-length", value: "\(size)")) }
    return GCSRequest(
      method: "POST", url: endpoint.upload, query: insertQuery(key, "resumable", condition), headers: headers,
      body: ByteBuffer(bytes: try metadata(crc: crc, date: date)), operation: "start upload of \(location)/\(key)",
      permission: "storage.objects.create")
  }

  /// Bytes from `offset` on. The last carry the object's size and CRC, and make it; there may be none of them.
  func chunk(
    _ session: String, key: String, offset: Int64, bytes: ByteBuffer, last: (size: Int64, crc: CRC32C)?
  ) -> GCSRequest {
    let end = offset + Int64(bytes.readableBytes)
    let range = bytes.readableBytes == 0 ? "*" : "\(offset)-\(end - 1)"
    var request = self.session(
      "PUT", session, key: key, range: "bytes \(range)/\(last.map { "\($0.size)" } ?? "*")",
      operation: last == nil ? "bytes \(range) of \(location)/\(key)" : "complete upload of \(location)/\(key)")
    request.body = bytes
    if let last { request.headers.append((name: "x-goog-hash", value: "crc32c=\(last.crc.base64)")) }
    return request
  }

  /// Asks what the store has.
  /// - Parameter size: Of the object, where it is known: the store then makes the object if it has all of it.
  func status(_ session: String, key: String, size: Int64?) -> GCSRequest {
    self.session(
      "PUT", session, key: key, range: "bytes */\(size.map { "\($0)" } ?? "*")",
      operation: "status of the upload of \(location)/\(key)")
  }

  func cancel(_ session: String, key: String) -> GCSRequest {
    GCSRequest(
      method: "DELETE", url: session, operation: "abort upload of \(location)/\(key)",
      permission: "storage.objects.create", isSession: true)
  }

  private func session(
    _ method: String, _ session: String, key: String, range: String, operation: String
  ) -> GCSRequest {
    GCSRequest(
      method: method, url: session, headers: [(name: "content-range", value: range)], operation: operation,
      permission: "storage.objects.create", isSession: true)
  }

  // MARK: Reading, deleting

  /// - Parameter generation: The one to read, nil for the newest.
  func media(_ key: String, range: Range<Int64>?, generation: String? = nil) -> GCSRequest {
    var request = GCSRequest(
      method: "GET", url: endpoint.objects(key), query: [(name: "alt", value: "media")],
      // The bytes as they are stored: an object with gzip as its encoding would come unpacked, of another size and CRC.
      // https://cloud.google.com/storage/docs/transcoding
      headers: [(name: "accept-encoding", value: "gzip")], operation: "GET \(location)/\(key)",
      permission: "storage.objects.get")
    if let generation { request.query.append((name: "generation", value: generation)) }
    if let range {
      request.headers.append((name: "range", value: "bytes=\(range.lowerBound)-\(range.upperBound - 1)"))
    }
    return request
  }

  func head(_ key: String) -> GCSRequest {
    GCSRequest(
      method: "GET", url: endpoint.objects(key), query: [(name: "fields", value: Self.fields)],
      operation: "HEAD \(location)/\(key)", permission: "storage.objects.get")
  }

  private static let fields =
    "name,size,generation,crc32c,timeCreated,retention,retentionExpirationTime,temporaryHold,eventBasedHold"

  /// - Parameter page: The token of a page that is not the first.
  func list(prefix: String, startingAfter: String?, page: String?) -> GCSRequest {
    var query = [
      (name: "prefix", value: prefix), (name: "maxResults", value: "1000"),
      (name: "fields", value: "kind,nextPageToken,items(\(Self.fields))"),
    ]
    if let startingAfter { query.append((name: "startOffset", value: startingAfter)) }
    if let page { query.append((name: "pageToken", value: page)) }
    return GCSRequest(
      method: "GET", url: endpoint.objects(), query: query, operation: "LIST \(location)/\(prefix)",
      permission: "storage.objects.list")
  }

  /// - Parameter generation: The only one to be removed, nil for whatever is there.
  func delete(_ key: String, generation: String? = nil) -> GCSRequest {
    var request = GCSRequest(
      method: "DELETE", url: endpoint.objects(key), operation: "DELETE \(location)/\(key)",
      permission: "storage.objects.delete")
    if let generation { request.query.append((name: "ifGenerationMatch", value: generation)) }
    return request
  }

  // MARK: Metadata of what is written

  static let contentType = "application/octet-stream"

  private func insertQuery(
    _ key: String, _ type: String, _ condition: WriteCondition
  ) -> [(name: String, value: String)] {
    var query = [(name: "uploadType", value: type), (name: "name", value: key)]
    // Generation 0 is the one of an object that is not there.
    // https://cloud.google.com/storage/docs/request-preconditions#special-case
    if condition == .ifAbsent { query.append((name: "ifGenerationMatch", value: "0")) }
    if let name = configuration.kmsKeyName { query.append((name: "kmsKeyName", value: name)) }
    return query
  }

  private func metadata(crc: CRC32C?, date: Date) throws -> Data {
    struct Retention: Encodable {
      var mode: String
      var retainUntilTime: String
    }
    struct Metadata: Encodable {
      var contentType = GCSRequests.contentType
      var crc32c: String?
      var storageClass: String?
      var retention: Retention?
      var temporaryHold: Bool?
      var eventBasedHold: Bool?
    }
    let retention = configuration.retention.map {
      Retention(
        mode: $0.mode.rawValue,
        retainUntilTime: date.addingTimeInterval($0.duration / .seconds(1)).formatted(.iso8601))
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(
      Metadata(
        crc32c: crc?.base64, storageClass: configuration.storageClass, retention: retention,
        temporaryHold: configuration.temporaryHold ? true : nil,
        eventBasedHold: configuration.eventBasedHold ? true : nil))
  }
}

extension UInt64 {
  fileprivate static func random() -> UInt64 { .random(in: .min ... .max) }
}
