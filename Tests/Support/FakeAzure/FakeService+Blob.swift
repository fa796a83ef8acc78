import Crypto
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import StoreHTTP

extension FakeService {
  /// MD5 and CRC-64 of the request's body.
  /// - Returns: What the answer says of it: the sum that the client used, CRC-64 where it used none.
  func checkSums() throws -> [(name: String, value: String)] {
    let crc = FakeCRC64.header(request.body)
    switch (request.header("content-md5"), request.header("x-ms-content-crc64")) {
    case (_?, _?):
      throw FakeError(400, "InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format.")
    case (let theirs?, nil):
      let md5 = Data(Insecure.MD5.hash(data: Data(buffer: request.body))).base64EncodedString()
      guard theirs == md5 else {
        throw FakeError(
          400, "Md5Mismatch",
          "The MD5 value specified in the request did not match with the MD5 value calculated by the "
            + "server.")
      }
      return [(name: "content-md5", value: md5)]
    case (nil, let theirs?) where theirs != crc:
      throw FakeError(
        400, "Crc64Mismatch",
        "The CRC64 value specified in the request did not match with the CRC64 value calculated by "
          + "the server.")
    default: return [(name: "x-ms-content-crc64", value: crc)]
    }
  }

  /// https://learn.microsoft.com/rest/api/storageservices/specifying-conditional-headers-for-blob-service-operations
  func checkConditions(_ blob: FakeBlob) throws {
    let notMet = FakeError(
      412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")
    if let wanted = request.header("if-match"), wanted != "*", wanted != blob.etag { throw notMet }
    if let other = request.header("if-none-match"), other == "*" || other == blob.etag {
      if request.method == "GET" || request.method == "HEAD" { throw FakeError(304, "ConditionNotMet", "") }
      throw notMet
    }
  }

  /// Of a write: conditions, and what keeps the old blob.
  func checkWrite(_ old: FakeBlob?, _ options: FakeAzure.ContainerOptions) throws {
    guard let old else {
      if request.header("if-match") != nil {
        throw FakeError(412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")
      }
      return
    }
    if request.header("if-none-match") == "*" {
      throw FakeError(409, "BlobAlreadyExists", "The specified blob already exists.")
    }
    try checkConditions(old)
    // With policies of single versions a write makes another version.
    if options.contains(.policy) { try checkLock(old, options) }
  }

  func checkLock(_ blob: FakeBlob, _ options: FakeAzure.ContainerOptions) throws {
    if blob.hasLegalHold {
      throw FakeError(
        409, "BlobImmutableDueToLegalHold",
        "This operation is not permitted as the blob is immutable due to one or more legal holds.")
    }
    if options.contains(.policy) || blob.lockedUntil.map({ $0 > now }) == true {
      throw FakeError(
        409, "BlobImmutableDueToPolicy", "This operation is not permitted as the blob is immutable due to a policy.")
    }
  }

  /// Metadata, tier, scope, tags and lock, from the headers of a write.
  func describe(_ blob: inout FakeBlob, _ options: FakeAzure.ContainerOptions) throws {
    blob.metadata = request.headers.filter { $0.name.lowercased().hasPrefix("x-ms-meta-") }
      .map { (name: $0.name, value: $0.value) }
    for name in ["x-ms-access-tier", "x-ms-encryption-scope", "x-ms-tags"] {
      blob.writeHeaders[name] = request.header(name)
    }
    if let tier = request.header("x-ms-access-tier"), !["Hot", "Cool", "Cold", "Archive"].contains(tier) {
      throw invalid("x-ms-access-tier", tier)
    }
    let until = request.header("x-ms-immutability-policy-until-date")
    let hold = request.header("x-ms-legal-hold")
    guard until == nil && hold == nil || options.contains(.versionImmutability) else {
      throw FakeError(
        409, "BlobImmutabilityNotEnabled", "Version-level immutability is not enabled on the container.")
    }
    if let until {
      guard let date = HeaderValues.httpDate(until) else {
        throw invalid("x-ms-immutability-policy-until-date", until)
      }
      guard date > now else { throw invalid("x-ms-immutability-policy-until-date", until) }
      blob.lockedUntil = date
      let mode = request.header("x-ms-immutability-policy-mode") ?? "Unlocked"
      guard ["Unlocked", "Locked"].contains(mode) else { throw invalid("x-ms-immutability-policy-mode", mode) }
      blob.lockMode = mode
    }
    blob.hasLegalHold = hold == "true"
  }

  private func invalid(_ name: String, _ value: String) -> FakeError {
    var error = FakeError(
      400, "InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format.")
    error.extra = [(name: "HeaderName", value: name), (name: "HeaderValue", value: value)]
    return error
  }

  func blockList(_ blob: FakeBlob?, _ heap: FakeHeap?) throws -> FakeResponse {
    guard blob != nil || heap != nil else { throw Self.blobNotFound }
    let type = request[query: "blocklisttype"] ?? "committed"
    func list(_ name: String, _ blocks: [FakeBlock]) -> String {
      let entries = blocks.map { "<Block><Name>\($0.id)</Name><Size>\($0.body.readableBytes)</Size></Block>" }
      return "<\(name)>\(entries.joined())</\(name)>"
    }
    var text = ""
    if type != "uncommitted" {
      text += list("CommittedBlocks", blob.map { $0.isFromBlocks ? $0.blocks : [] } ?? [])
    }
    if type != "committed" { text += list("UncommittedBlocks", heap?.blocks ?? []) }
    var response = xml("<BlockList>\(text)</BlockList>")
    response.headers.append((name: "x-ms-blob-content-length", value: "\(blob?.size ?? 0)"))
    return response
  }

  func read(_ blob: FakeBlob) throws -> FakeResponse {
    let body = blob.body
    guard let text = request.header("x-ms-range") ?? request.header("range"), text.hasPrefix("bytes=") else {
      return FakeResponse(200, headers: properties(blob), body: body)
    }
    let bounds = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
    guard bounds.count == 2, let start = Int(bounds[0]), start < blob.size else {
      throw FakeError(416, "InvalidRange", "The range specified is invalid for the current size of the resource.")
    }
    let end = min(Int(bounds[1]) ?? blob.size - 1, blob.size - 1)
    guard let slice = body.getSlice(at: start, length: end - start + 1) else {
      throw FakeError(416, "InvalidRange", "The range specified is invalid for the current size of the resource.")
    }
    let range = (name: "content-range", value: "bytes \(start)-\(end)/\(blob.size)")
    return FakeResponse(206, headers: properties(blob).filter { $0.name != "content-md5" } + [range], body: slice)
  }

  func properties(_ blob: FakeBlob) -> [(name: String, value: String)] {
    var headers = [
      (name: "etag", value: blob.etag), (name: "last-modified", value: FakeDate.format(blob.modified)),
      (name: "content-type", value: blob.contentType), (name: "accept-ranges", value: "bytes"),
      (name: "x-ms-blob-type", value: "BlockBlob"), (name: "x-ms-creation-time", value: FakeDate.format(blob.created)),
      (name: "x-ms-lease-status", value: "unlocked"), (name: "x-ms-lease-state", value: "available"),
      (name: "x-ms-server-encrypted", value: "true"),
      (name: "x-ms-access-tier", value: blob.writeHeaders["x-ms-access-tier"] ?? "Hot"),
    ]
    if let md5 = blob.md5 { headers.append((name: "content-md5", value: md5)) }
    if let scope = blob.writeHeaders["x-ms-encryption-scope"] {
      headers.append((name: "x-ms-encryption-scope", value: scope))
    }
    if let until = blob.lockedUntil {
      headers.append((name: "x-ms-immutability-policy-until-date", value: FakeDate.format(until)))
      headers.append((name: "x-ms-immutability-policy-mode", value: (blob.lockMode ?? "Unlocked").lowercased()))
    }
    if blob.hasLegalHold { headers.append((name: "x-ms-legal-hold", value: "true")) }
    return headers + blob.metadata
  }
}
