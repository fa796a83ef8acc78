import Foundation
import NIOHTTP1
import ObjectStore
import StoreHTTP

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
        key: try key(entry, of: body), size: size, lastModified: entry["LastModified"].flatMap(HeaderValues.isoDate))
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
      return OpenUpload(
        key: try key(entry, of: body), id: id, started: entry["Initiated"].flatMap(HeaderValues.isoDate))
    }
    guard body["IsTruncated"] == "true", let last = uploads.last else { return (uploads, nil) }
    return (uploads, (key: last.key, id: last.id))
  }

  /// What a deletion of many could not delete.
  static func deletionErrors(_ body: XMLElement) throws -> [(key: String, error: XMLElement)] {
    guard body.name == "DeleteResult" else {
      throw XMLElement.ParseError(description: "<DeleteResult> expected, not <\(body.name)>")
    }
    return try body.all("Error").map { error in
      guard let key = error["Key"] else { throw XMLElement.ParseError(description: "an error has no key") }
      return (key, error)
    }
  }

  private static func key(_ entry: XMLElement, of body: XMLElement) throws -> String {
    guard let text = entry["Key"],
      let key = body["EncodingType"] == "url" ? URIEncoding.decode(text) : text
    else { throw XMLElement.ParseError(description: "an entry of the listing has no key") }
    return key
  }

  static func info(_ key: String, size: Int64, headers: HTTPHeaders) -> ObjectInfo {
    var lockedUntil = headers.first(name: "x-amz-object-lock-retain-until-date").flatMap(HeaderValues.isoDate)
    // A legal hold has no end.
    if headers.first(name: "x-amz-object-lock-legal-hold")?.uppercased() == "ON" { lockedUntil = .distantFuture }
    return ObjectInfo(
      key: key, size: size, lastModified: headers.first(name: "last-modified").flatMap(HeaderValues.httpDate),
      lockedUntil: lockedUntil)
  }
}
