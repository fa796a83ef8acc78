import Crypto
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import StoreHTTP

/// One request to ``FakeAzure``.
struct FakeService {
  let fake: FakeAzure
  let request: FakeRequest
  var now: Date { fake.now() }

  func respond(_ state: inout FakeState) throws -> FakeResponse {
    if let refusal = state.refusal { throw refusal }
    let segments = request.path.dropFirst().split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
    guard segments.first.map(String.init) == fake.account else {
      throw FakeError(400, "InvalidUri", "The requested URI does not represent any resource on the server.")
    }
    let container = segments.count > 1 && !segments[1].isEmpty ? String(segments[1]) : nil
    let key = segments.count > 2 && !segments[2].isEmpty ? String(segments[2]).removingPercentEncoding : nil
    let rights = try FakeAuth(fake: fake, request: request).rights(
      state, container: container, key: key)
    try checkHeaders()
    guard let container else { return try service(state, rights) }
    guard let key else { return try self.container(container, &state, rights) }
    guard state.containers[container] != nil else { throw Self.containerNotFound }
    expire(&state, container)
    return try blob(container, key, &state, rights)
  }

  static let containerNotFound = FakeError(404, "ContainerNotFound", "The specified container does not exist.")
  static let blobNotFound = FakeError(404, "BlobNotFound", "The specified blob does not exist.")

  private func checkHeaders() throws {
    guard let version = request.header("x-ms-version") else {
      throw FakeError(
        400, "MissingRequiredHeader", "An HTTP header that's mandatory for this request is not specified.")
    }
    guard version.count == 10, version >= "2019-12-12" else {
      throw FakeError(400, "InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format.")
    }
    if request.header("x-ms-lease-id") != nil {
      throw FakeError(
        412, "LeaseNotPresentWithBlobOperation", "There is currently no lease on the blob.")
    }
  }

  private func expire(_ state: inout FakeState, _ container: String) {
    guard let heaps = state.containers[container]?.uncommitted else { return }
    for (key, heap) in heaps where now.timeIntervalSince(heap.touched) > 7 * 86_400 {
      state.containers[container]?.uncommitted[key] = nil
    }
  }

  // MARK: Account and container

  private func service(_ state: FakeState, _ rights: FakeRights) throws -> FakeResponse {
    guard request.method == "GET" || request.method == "HEAD" else { throw Self.unsupported }
    if request[query: "restype"] == "account" {
      return FakeResponse(
        200,
        headers: [
          (name: "x-ms-sku-name", value: "Standard_LRS"), (name: "x-ms-account-kind", value: "StorageV2"),
          (name: "x-ms-is-hns-enabled", value: "false"),
        ])
    }
    guard request[query: "comp"] == "list" else { throw Self.unsupported }
    try rights.require("l")
    let names = state.containers.keys.sorted().filter { $0.hasPrefix(request[query: "prefix"] ?? "") }
    let entries = names.map {
      "<Container><Name>\($0)</Name><Properties><Last-Modified>\(FakeDate.format(now))</Last-Modified>"
        + "<Etag>\"0x1\"</Etag></Properties></Container>"
    }
    return xml(
      "<EnumerationResults ServiceEndpoint=\"\(fake.endpoint)\"><Containers>\(entries.joined())</Containers>"
        + "<NextMarker /></EnumerationResults>")
  }

  private func container(_ name: String, _ state: inout FakeState, _ rights: FakeRights) throws -> FakeResponse {
    guard request[query: "restype"] == "container" else { throw Self.unsupported }
    switch (request.method, request[query: "comp"]) {
    case ("PUT", nil):
      try rights.requireContainer("c")
      guard name.count >= 3, name == name.lowercased() else {
        throw FakeError(400, "InvalidResourceName", "The specified resource name contains invalid characters.")
      }
      guard state.containers[name] == nil else {
        throw FakeError(409, "ContainerAlreadyExists", "The specified container already exists.")
      }
      state.containers[name] = FakeContainer(options: [])
      return FakeResponse(201, headers: [(name: "etag", value: state.newETag()), lastModified(now)])
    case ("DELETE", nil):
      try rights.requireContainer("d")
      guard state.containers.removeValue(forKey: name) != nil else { throw Self.containerNotFound }
      return FakeResponse(202)
    case ("GET", nil), ("HEAD", nil):
      try rights.requireContainer("r")
      guard let container = state.containers[name] else { throw Self.containerNotFound }
      return FakeResponse(
        200,
        headers: [
          (name: "etag", value: "\"0x1\""), lastModified(now),
          (name: "x-ms-has-immutability-policy", value: "\(container.options.contains(.policy))"),
          (name: "x-ms-has-legal-hold", value: "false"), (name: "x-ms-lease-status", value: "unlocked"),
          (
            name: "x-ms-immutable-storage-with-versioning-enabled",
            value: "\(container.options.contains(.versionImmutability))"
          ),
        ])
    case ("GET", "list"):
      try rights.require("l")
      expire(&state, name)
      return try FakeListing(request: request, endpoint: fake.endpoint, container: name).respond(&state)
    default: throw Self.unsupported
    }
  }

  static let unsupported = FakeError(
    400, "UnsupportedQueryParameter", "One of the query parameters specified in the request URI is not supported.")

  // MARK: Blobs

  private func blob(
    _ container: String, _ key: String, _ state: inout FakeState, _ rights: FakeRights
  ) throws -> FakeResponse {
    switch (request.method, request[query: "comp"]) {
    case ("PUT", nil): return try putBlob(container, key, &state, rights)
    case ("PUT", "block"): return try putBlock(container, key, &state, rights)
    case ("PUT", "blocklist"): return try putBlockList(container, key, &state, rights)
    case ("GET", "blocklist"):
      try rights.require("r")
      return try blockList(state.containers[container]?.blobs[key], state.containers[container]?.uncommitted[key])
    case ("GET", nil), ("HEAD", nil):
      try rights.require("r")
      guard let blob = state.containers[container]?.blobs[key] else { throw Self.blobNotFound }
      try checkConditions(blob)
      return request.method == "HEAD"
        ? FakeResponse(200, headers: properties(blob), length: blob.size) : try read(blob)
    case ("DELETE", nil):
      try rights.require("d")
      guard let blob = state.containers[container]?.blobs[key] else { throw Self.blobNotFound }
      try checkConditions(blob)
      try checkLock(blob, state.containers[container]?.options ?? [])
      if blob.hasSnapshots, request.header("x-ms-delete-snapshots") == nil {
        throw FakeError(409, "SnapshotsPresent", "This operation is not permitted because the blob has snapshots.")
      }
      state.containers[container]?.blobs[key] = nil
      return FakeResponse(202, headers: [(name: "x-ms-delete-type-permanent", value: "true")])
    default: throw Self.unsupported
    }
  }

  private func putBlob(
    _ container: String, _ key: String, _ state: inout FakeState, _ rights: FakeRights
  ) throws -> FakeResponse {
    guard request.header("x-ms-blob-type") == "BlockBlob" else {
      throw FakeError(400, "InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format.")
    }
    let old = state.containers[container]?.blobs[key]
    try rights.requireWrite(old, request)
    try checkWrite(old, state.containers[container]?.options ?? [])
    let echo = try checkSums()
    let md5 = Data(Insecure.MD5.hash(data: Data(buffer: request.body))).base64EncodedString()
    var blob = FakeBlob(
      blocks: [FakeBlock(id: "", body: request.body)], isFromBlocks: false, etag: state.newETag(),
      created: old?.created ?? now, modified: now, contentType: contentType(request.header("content-type")), md5: md5)
    try describe(&blob, state.containers[container]?.options ?? [])
    // A write drops the blocks that nobody committed.
    state.containers[container]?.uncommitted[key] = nil
    state.containers[container]?.blobs[key] = blob
    return FakeResponse(
      201,
      headers: [
        (name: "etag", value: blob.etag), lastModified(now), (name: "content-md5", value: md5),
        (name: "x-ms-request-server-encrypted", value: "true"),
      ] + echo.filter { $0.name != "content-md5" })
  }

  private func putBlock(
    _ container: String, _ key: String, _ state: inout FakeState, _ rights: FakeRights
  ) throws -> FakeResponse {
    try rights.requireAny("cw")
    guard let id = request[query: "blockid"], let decoded = Data(base64Encoded: id), !decoded.isEmpty,
      decoded.count <= 64
    else {
      throw FakeError(
        400, "InvalidQueryParameterValue",
        "Value for one of the query parameters specified in the request URI is invalid.")
    }
    guard request.body.readableBytes > 0 else {
      throw FakeError(400, "InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format.")
    }
    var heap = state.containers[container]?.uncommitted[key] ?? FakeHeap(touched: now)
    if let other = heap.blocks.first, other.id.utf8.count != id.utf8.count {
      throw FakeError(400, "InvalidBlobOrBlock", "The specified blob or block content is invalid.")
    }
    let echo = try checkSums()
    heap.blocks.removeAll { $0.id == id }
    guard heap.blocks.count < 100_000 else {
      throw FakeError(
        409, "BlockCountExceedsLimit", "The uncommitted block count cannot exceed the maximum limit of 100,000 blocks.")
    }
    heap.blocks.append(FakeBlock(id: id, body: request.body))
    heap.touched = now
    state.containers[container]?.uncommitted[key] = heap
    return FakeResponse(201, headers: echo + [(name: "x-ms-request-server-encrypted", value: "true")])
  }

  private func putBlockList(
    _ container: String, _ key: String, _ state: inout FakeState, _ rights: FakeRights
  ) throws -> FakeResponse {
    let old = state.containers[container]?.blobs[key]
    try rights.requireWrite(old, request)
    let echo = try checkSums()
    guard let list = try? XMLElement(parsing: request.body.readableBytesView), list.name == "BlockList" else {
      throw FakeError(400, "InvalidXmlDocument", "XML specified is not syntactically valid.")
    }
    guard list.children.count <= 50_000 else {
      throw FakeError(400, "BlockListTooLong", "The block list may not contain more than 50,000 blocks.")
    }
    try checkWrite(old, state.containers[container]?.options ?? [])
    let uncommitted = state.containers[container]?.uncommitted[key]?.blocks ?? []
    let committed = old.map { $0.isFromBlocks ? $0.blocks : [] } ?? []
    let blocks = try list.children.map { entry in
      let id = entry.text.trimmingCharacters(in: .whitespacesAndNewlines)
      let found: FakeBlock? =
        switch entry.name {
        case "Latest": uncommitted.first { $0.id == id } ?? committed.first { $0.id == id }
        case "Uncommitted": uncommitted.first { $0.id == id }
        case "Committed": committed.first { $0.id == id }
        default: nil
        }
      guard let found else { throw FakeError(400, "InvalidBlockList", "The specified block list is invalid.") }
      return found
    }
    var blob = FakeBlob(
      blocks: blocks, isFromBlocks: true, etag: state.newETag(), created: old?.created ?? now, modified: now,
      contentType: contentType(nil), md5: request.header("x-ms-blob-content-md5"))
    try describe(&blob, state.containers[container]?.options ?? [])
    state.containers[container]?.uncommitted[key] = nil
    state.containers[container]?.blobs[key] = blob
    return FakeResponse(
      201,
      headers: [
        (name: "etag", value: blob.etag), lastModified(now), (name: "x-ms-request-server-encrypted", value: "true"),
      ] + echo)
  }

  private func lastModified(_ date: Date) -> (name: String, value: String) {
    (name: "last-modified", value: FakeDate.format(date))
  }

  private func contentType(_ other: String?) -> String {
    request.header("x-ms-blob-content-type") ?? other ?? "application/octet-stream"
  }

  func xml(_ text: String) -> FakeResponse {
    FakeResponse(
      200, headers: [(name: "content-type", value: "application/xml")],
      body: ByteBuffer(string: "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\(text)"))
  }
}
