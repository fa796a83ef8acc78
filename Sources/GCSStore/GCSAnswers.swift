import Foundation
import NIOCore
import NIOHTTP1
import ObjectStore
import StoreHTTP

/// What Google says of an object. https://cloud.google.com/storage/docs/json_api/v1/objects#resource-representations
struct GCSObject: Decodable, Sendable {
  struct Retention: Decodable, Sendable {
    var retainUntilTime: String?
  }
  var name: String?
  var size: GCSNumber?
  var generation: GCSNumber?
  var crc32c: String?
  var timeCreated: String?
  var retention: Retention?
  var retentionExpirationTime: String?
  var temporaryHold: Bool?
  var eventBasedHold: Bool?

  /// Until when anything keeps the object; a hold has no end.
  var lockedUntil: Date? {
    if temporaryHold == true || eventBasedHold == true { return .distantFuture }
    return [retention?.retainUntilTime, retentionExpirationTime].compactMap { $0.flatMap(HeaderValues.isoDate) }.max()
  }

  /// - Returns: nil where it does not say its name and size.
  var info: ObjectInfo? {
    guard let name, let size = size?.value else { return nil }
    return ObjectInfo(
      key: name, size: size, lastModified: timeCreated.flatMap(HeaderValues.isoDate), lockedUntil: lockedUntil)
  }
}

/// A 64-bit number, which Google writes as a string since JavaScript would round it.
struct GCSNumber: Decodable, Sendable {
  var value: Int64

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = (try? container.decode(String.self)).flatMap({ Int64($0) }) {
      value = number
    } else {
      value = try container.decode(Int64.self)
    }
  }
}

struct GCSPage: Decodable, Sendable {
  var kind: String?
  var items: [GCSObject]?
  var nextPageToken: String?
}

/// `{"error": {"code": 403, "message": "...", "errors": [{"reason": "..."}]}}`
/// https://cloud.google.com/storage/docs/json_api/v1/status-codes
struct GCSErrorAnswer: Decodable, Sendable {
  struct Body: Decodable, Sendable {
    struct Item: Decodable, Sendable {
      var reason: String?
      var message: String?
    }
    var message: String?
    var errors: [Item]?
  }
  var error: Body

  /// Also of the plain text that the media paths answer with.
  static func read(_ body: ByteBuffer) -> (reason: String, message: String) {
    if let answer = try? JSONDecoder().decode(GCSErrorAnswer.self, from: Data(body.readableBytesView)) {
      let first = answer.error.errors?.first
      return (first?.reason ?? "", answer.error.message ?? first?.message ?? "")
    }
    let text = String(decoding: body.readableBytesView.prefix(500), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    // A page of HTML is a proxy's, and says nothing to anybody.
    return ("", text.contains("<") || text.hasPrefix("{") ? "" : text)
  }
}

enum GCSHeaders {
  /// Of `x-goog-hash`, which may come twice or with commas: `crc32c=n03x6A==,md5=Ojk9c3dhfxgoKVVHYwFbHQ==`.
  static func crc32c(_ headers: HTTPHeaders) -> UInt32? {
    for value in headers[canonicalForm: "x-goog-hash"] {
      let text = value.trimmingPrefix { $0 == " " }
      if text.hasPrefix("crc32c=") { return CRC32C.value(base64: String(text.dropFirst("crc32c=".count))) }
    }
    return nil
  }

  /// How much of an upload the store has, of a 308's `Range: bytes=0-524287`; 0 where it has none.
  /// - Returns: nil where it cannot be read.
  static func persisted(_ headers: HTTPHeaders) -> Int64? {
    guard let text = headers.first(name: "range"), !text.isEmpty else { return 0 }
    guard let dash = text.firstIndex(of: "-"), text.hasPrefix("bytes=0-") || text.hasPrefix("bytes 0-"),
      let last = Int64(text[text.index(after: dash)...]), last >= 0
    else { return nil }
    return last + 1
  }
}
