import Foundation
import NIOHTTP1
import ObjectStore
import StoreHTTP

/// Reads Azure's answers. Every function throws `XMLElement.ParseError` where the answer is not what Azure would say.
enum AzureAnswers {
  struct Page {
    /// In the store's order, without folders.
    var objects: [ObjectInfo]
    /// Keys that have uncommitted blocks alone.
    var uncommitted: [String]
    /// Where the next page begins; nil on the last.
    var marker: String?
  }

  /// https://learn.microsoft.com/rest/api/storageservices/list-blobs
  static func page(_ body: XMLElement) throws -> Page {
    guard body.name == "EnumerationResults", let blobs = body.children.first(where: { $0.name == "Blobs" }) else {
      throw XMLElement.ParseError(description: "<EnumerationResults> with <Blobs> expected, not <\(body.name)>")
    }
    // A cut listing must not pass for a short one: the element is there, empty, on the last page.
    guard let marker = body["NextMarker"] else {
      throw XMLElement.ParseError(description: "the listing has no <NextMarker>")
    }
    var page = Page(objects: [], uncommitted: [], marker: marker.isEmpty ? nil : marker)
    for blob in blobs.all("Blob") {
      guard let key = blob["Name"], let properties = blob.children.first(where: { $0.name == "Properties" }),
        let size = properties["Content-Length"].flatMap({ Int64($0) })
      else { throw XMLElement.ParseError(description: "an entry of the listing has no name or size") }
      // An account with a hierarchical namespace has folders; some tools keep an empty blob for each.
      if properties["ResourceType"] == "directory" || key.hasSuffix("/") { continue }
      // https://learn.microsoft.com/rest/api/storageservices/list-blobs#uncommitted-blobs-in-the-response
      if properties["Etag"]?.isEmpty != false, properties["Last-Modified"]?.isEmpty != false {
        page.uncommitted.append(key)
      } else {
        page.objects.append(
          ObjectInfo(
            key: key, size: size, lastModified: properties["Last-Modified"].flatMap(HeaderValues.httpDate),
            lockedUntil: lockedUntil(
              date: properties["ImmutabilityPolicyUntilDate"], hold: properties["LegalHold"])))
      }
    }
    return page
  }

  /// Names in the order of the list, encoded.
  static func blocks(_ body: XMLElement, _ list: String) throws -> [String] {
    guard body.name == "BlockList", let blocks = body.children.first(where: { $0.name == list }) else {
      throw XMLElement.ParseError(description: "<BlockList> with <\(list)> expected, not <\(body.name)>")
    }
    return try blocks.all("Block").map { block in
      guard let name = block["Name"] else { throw XMLElement.ParseError(description: "a block has no name") }
      return name
    }
  }

  static func info(_ key: String, size: Int64, headers: HTTPHeaders) -> ObjectInfo {
    ObjectInfo(
      key: key, size: size, lastModified: headers.first(name: "last-modified").flatMap(HeaderValues.httpDate),
      lockedUntil: lockedUntil(
        date: headers.first(name: "x-ms-immutability-policy-until-date"), hold: headers.first(name: "x-ms-legal-hold")))
  }

  /// A legal hold has no end.
  private static func lockedUntil(date: String?, hold: String?) -> Date? {
    if hold?.lowercased() == "true" { return .distantFuture }
    return date.flatMap(HeaderValues.httpDate)
  }
}
