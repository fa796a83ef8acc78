import Foundation
import NIOCore

/// List Blobs. https://learn.microsoft.com/rest/api/storageservices/list-blobs
struct FakeListing {
  let request: FakeRequest
  let endpoint: String
  let container: String

  private enum Entry {
    case blob(String, FakeBlob)
    case uncommitted(String)
    case prefix(String)

    var name: String {
      switch self {
      case .blob(let name, _), .uncommitted(let name), .prefix(let name): name
      }
    }
  }

  func respond(_ state: inout FakeState) throws -> FakeResponse {
    guard let content = state.containers[container] else { throw FakeService.containerNotFound }
    let limit = try limit(&state)
    let after = try request[query: "marker"].flatMap { $0.isEmpty ? nil : try Self.decode($0) }
    var page: [Entry] = []
    var hasMore = false
    for entry in entries(content) where after.map({ $0.utf8.lexicographicallyPrecedes(entry.name.utf8) }) != false {
      if page.count == limit {
        hasMore = true
        break
      }
      page.append(entry)
    }
    let marker = hasMore ? Self.encode(page.last?.name ?? after ?? "", state.listings) : ""
    let prefix = request[query: "prefix"].map { "<Prefix>\(FakeXML.escape($0))</Prefix>" } ?? ""
    let text =
      "<EnumerationResults ServiceEndpoint=\"\(endpoint)\" ContainerName=\"\(container)\">\(prefix)<Blobs>"
      + page.map(render).joined() + "</Blobs>"
      + (marker.isEmpty ? "<NextMarker />" : "<NextMarker>\(marker)</NextMarker>")
      + "</EnumerationResults>"
    return FakeResponse(
      200, headers: [(name: "content-type", value: "application/xml")],
      body: ByteBuffer(string: "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\(text)"))
  }

  private func limit(_ state: inout FakeState) throws -> Int {
    guard let limit = Int(request[query: "maxresults"] ?? "5000"), limit > 0 else {
      throw FakeError(
        400, "OutOfRangeQueryParameterValue", "One of the query parameters is outside the permissible range.")
    }
    guard state.hasShortPages else { return min(limit, 5000) }
    state.listings += 1
    return [0, max(limit / 2, 1), min(limit, 5000)][state.listings % 3]
  }

  private func entries(_ content: FakeContainer) -> [Entry] {
    let prefix = request[query: "prefix"] ?? ""
    let delimiter = request[query: "delimiter"].flatMap { $0.isEmpty ? nil : $0 }
    let include = Set((request[query: "include"] ?? "").split(separator: ",").map(String.init))
    var entries = content.blobs.map { Entry.blob($0.key, $0.value) }
    if include.contains("uncommittedblobs") {
      entries += content.uncommitted.keys.filter { content.blobs[$0] == nil }.map { Entry.uncommitted($0) }
    }
    entries = entries.filter { $0.name.utf8.starts(with: prefix.utf8) }
      .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    guard let delimiter else { return entries }
    var seen: Set<String> = []
    return entries.compactMap { entry in
      let rest = entry.name.dropFirst(prefix.count)
      guard let end = rest.range(of: delimiter) else { return entry }
      let folder = prefix + rest[..<end.upperBound]
      return seen.insert(folder).inserted ? .prefix(folder) : nil
    }
  }

  private func render(_ entry: Entry) -> String {
    switch entry {
    case .prefix(let name): return "<BlobPrefix><Name>\(FakeXML.escape(name))</Name></BlobPrefix>"
    case .uncommitted(let name):
      return "<Blob><Name>\(FakeXML.escape(name))</Name><Properties><Content-Length>0</Content-Length>"
        + "<BlobType>BlockBlob</BlobType></Properties></Blob>"
    case .blob(let name, let blob):
      let md5 = blob.md5.map { "<Content-MD5>\($0)</Content-MD5>" } ?? "<Content-MD5 />"
      return "<Blob><Name>\(FakeXML.escape(name))</Name><Properties>"
        + "<Creation-Time>\(FakeDate.format(blob.created))</Creation-Time>"
        + "<Last-Modified>\(FakeDate.format(blob.modified))</Last-Modified><Etag>\(blob.etag)</Etag>"
        + "<Content-Length>\(blob.size)</Content-Length><Content-Type>\(blob.contentType)</Content-Type>"
        + "<Content-Encoding /><Content-Language />\(md5)<BlobType>BlockBlob</BlobType>"
        + "<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState></Properties>\(metadata(blob))</Blob>"
    }
  }

  private func metadata(_ blob: FakeBlob) -> String {
    guard request[query: "include"]?.contains("metadata") == true else { return "" }
    let entries = blob.metadata.map { item in
      let name = item.name.dropFirst("x-ms-meta-".count)
      return "<\(name)>\(FakeXML.escape(item.value))</\(name)>"
    }
    return "<Metadata>\(entries.joined())</Metadata>"
  }

  /// Opaque to clients: not the key itself, and another one after each page.
  private static func encode(_ key: String, _ page: Int) -> String {
    "2!\(page)!" + Data(key.utf8.reversed()).base64EncodedString()
  }

  private static func decode(_ marker: String) throws -> String {
    let parts = marker.split(separator: "!", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "2", let data = Data(base64Encoded: String(parts[2])) else {
      throw FakeError(400, "InvalidQueryParameterValue", "Value for one of the query parameters is invalid.")
    }
    return String(decoding: data.reversed(), as: UTF8.self)
  }
}
