import Foundation
import NIOHTTP1
import ObjectStore

/// Reads S3's answers. Every function throws `XMLElement.ParseError` where the answer is not what S3 would say.
enum S3Answers {
  static func uploadID(_ body: XMLElement) throws -> String {
    guard body.name == "InitiateMultipartUploadResult", let id = body["UploadId"], !id.isEmpty else {
      throw XMLElement.ParseError(description: "<InitiateMultipartUploadResult> with an <UploadId> expected")
    }
    return id
  }

  /// One page of objects.
  static func page(_ body: XMLElement) throws -> ObjectPage {
    guard body.name == "ListBucketResult" else {
      throw XMLElement.ParseError(description: "<ListBucketResult> expected, not <\(body.name)>")
    }
    let objects = try body.all("Contents").map { entry in
      guard let size = entry["Size"].flatMap({ Int64($0) }) else {
        throw XMLElement.ParseError(description: "an entry of the listing has no size")
      }
      return ObjectInfo(
        key: try key(entry, of: body), size: size, lastModified: entry["LastModified"].flatMap(date))
    }
    return ObjectPage(objects: objects, next: body["IsTruncated"] == "true" ? objects.last?.key : nil)
  }

  /// One page of uploads, and where the next begins.
  static func uploads(_ body: XMLElement) throws -> (uploads: [OpenUpload], next: (key: String, id: String)?) {
    guard body.name == "ListMultipartUploadsResult" else {
      throw XMLElement.ParseError(description: "<ListMultipartUploadsResult> expected, not <\(body.name)>")
    }
    let uploads = try body.all("Upload").map { entry in
      guard let id = entry["UploadId"] else {
        throw XMLElement.ParseError(description: "an entry of the listing has no upload id")
      }
      return OpenUpload(key: try key(entry, of: body), id: id, started: entry["Initiated"].flatMap(date))
    }
    guard body["IsTruncated"] == "true", let last = uploads.last else { return (uploads, nil) }
    return (uploads, (key: last.key, id: last.id))
  }

  private static func key(_ entry: XMLElement, of body: XMLElement) throws -> String {
    guard let text = entry["Key"],
      let key = body["EncodingType"] == "url" ? URIEncoding.decode(text) : text
    else { throw XMLElement.ParseError(description: "an entry of the listing has no key") }
    return key
  }

  static func info(_ key: String, size: Int64, headers: HTTPHeaders) -> ObjectInfo {
    var lockedUntil = headers.first(name: "x-amz-object-lock-retain-until-date").flatMap(date)
    // A legal hold has no end.
    if headers.first(name: "x-amz-object-lock-legal-hold")?.uppercased() == "ON" { lockedUntil = .distantFuture }
    return ObjectInfo(
      key: key, size: size, lastModified: headers.first(name: "last-modified").flatMap(httpDate),
      lockedUntil: lockedUntil)
  }

  /// Of `bytes 0-9/443`: the number of bytes that come, nil for `bytes */443`, and the full size.
  static func contentRange(_ text: String) -> (length: Int64?, size: Int64)? {
    let parts = text.split(separator: " ")
    guard parts.count == 2, parts[0] == "bytes" else { return nil }
    let sides = parts[1].split(separator: "/")
    guard sides.count == 2, let size = Int64(sides[1]) else { return nil }
    if sides[0] == "*" { return (nil, size) }
    let bounds = sides[0].split(separator: "-").compactMap { Int64($0) }
    guard bounds.count == 2, bounds[0] <= bounds[1] else { return nil }
    return (bounds[1] - bounds[0] + 1, size)
  }

  /// ISO 8601 in UTC, with or without a fraction of seconds.
  static func date(_ text: String) -> Date? {
    guard text.hasSuffix("Z") else { return nil }
    let whole = text.dropLast().prefix { $0 != "." }
    return try? Date("\(whole)Z", strategy: .iso8601)
  }

  /// `Sat, 21 Nov 2026 11:21:19 GMT`
  static func httpDate(_ text: String) -> Date? {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let parts = text.split(separator: " ")
    guard parts.count == 6, let day = Int(parts[1]), let month = months.firstIndex(of: String(parts[2])),
      let year = Int(parts[3])
    else { return nil }
    return date(String(format: "%04d-%02d-%02dT", year, month + 1, day) + parts[4] + "Z")
  }

  /// Seconds, or a date.
  static func retryAfter(_ text: String, now: Date) -> Duration? {
    if let seconds = Int(text), seconds >= 0 { return .seconds(min(seconds, 86_400)) }
    return httpDate(text).map { .seconds(max(0, min($0.timeIntervalSince(now), 86_400))) }
  }
}
