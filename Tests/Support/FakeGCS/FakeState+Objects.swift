import Crypto
import Foundation
import NIOCore
import NIOHTTP1

/// Buckets and objects. https://cloud.google.com/storage/docs/json_api/v1/objects
extension FakeState {
  /// - Parameter path: From `b` on.
  mutating func storage(_ request: FakeRequest, _ path: [String]) -> FakeAnswer {
    // The names of objects come as one segment: their slashes are encoded.
    switch (request.method, path.count) {
    case ("POST", 1): return insertBucket(request)
    case ("GET", 2):
      guard let bucket = buckets[path[1]] else { return Self.noBucket }
      var resource: [String: Any] = ["kind": "storage#bucket", "name": path[1], "id": path[1]]
      if bucket.hasObjectRetention { resource["objectRetention"] = ["mode": "Enabled"] }
      return .json(resource)
    case ("GET", 3) where path[2] == "o": return list(request, bucket: path[1])
    case ("GET", 4) where path[2] == "o": return get(request, bucket: path[1], name: path[3])
    case ("PATCH", 4) where path[2] == "o": return patch(request, bucket: path[1], name: path[3])
    case ("DELETE", 4) where path[2] == "o": return delete(request, bucket: path[1], name: path[3])
    default: return .error(404, "notFound", "Not Found")
    }
  }

  static let noBucket = FakeAnswer.error(404, "notFound", "The specified bucket does not exist.")

  /// - Returns: What refuses the request, nil where it may go on.
  func refusal(_ request: FakeRequest, _ permission: String, bucket: String, name: String? = nil) -> FakeAnswer? {
    if let answer = unauthorized(request, permission, bucket: bucket) { return answer }
    guard let found = buckets[bucket] else { return Self.noBucket }
    if found.isRequesterPays, request.query["userProject"] == nil {
      return .error(400, "required", "Bucket is a requester pays bucket but no user project provided.")
    }
    return nil
  }

  private mutating func insertBucket(_ request: FakeRequest) -> FakeAnswer {
    guard let name = request.json["name"] as? String else { return .error(400, "required", "Required") }
    guard buckets[name] == nil else { return .error(409, "conflict", "Your previous request to create it succeeded.") }
    buckets[name] = FakeBucket()
    return .json(["kind": "storage#bucket", "name": name, "id": name])
  }

  private func get(_ request: FakeRequest, bucket: String, name: String) -> FakeAnswer {
    if let answer = refusal(request, "storage.objects.get", bucket: bucket) { return answer }
    let query = request.query
    guard let object = buckets[bucket]?.objects[name],
      query["generation"].map({ $0 == "\(object.generation)" }) ?? true
    else {
      let message = "No such object: \(bucket)/\(name)"
      // The media paths answer in plain text.
      if query["alt"] == "media" { return FakeAnswer(404, body: ByteBuffer(string: message)) }
      return .error(404, "notFound", message)
    }
    if let answer = conditionNotMet(query, object) { return answer }
    guard query["alt"] == "media" else { return .json(resource(object, bucket: bucket, name: name)) }
    return media(request, object)
  }

  private func media(_ request: FakeRequest, _ object: FakeObject) -> FakeAnswer {
    let size = object.body.readableBytes
    var headers: HTTPHeaders = [
      "content-type": object.contentType, "x-goog-generation": "\(object.generation)", "x-goog-metageneration": "1",
      "x-goog-storage-class": object.storageClass, "x-goog-stored-content-length": "\(size)",
      "x-goog-stored-content-encoding": object.contentEncoding ?? "identity", "accept-ranges": "bytes",
    ]
    headers.add(name: "x-goog-hash", value: "crc32c=\(object.crc32c)")
    headers.add(name: "x-goog-hash", value: "md5=\(Self.md5(object.body))")
    if let encoding = object.contentEncoding { headers.add(name: "content-encoding", value: encoding) }
    guard let text = request.headers.first(name: "range"), text.hasPrefix("bytes=") else {
      return FakeAnswer(200, headers: headers, body: object.body)
    }
    let bounds = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
    var start = Int(bounds.first ?? "") ?? 0
    var end = min(bounds.count > 1 ? Int(bounds[1]) ?? size - 1 : size - 1, size - 1)
    if bounds.first?.isEmpty == true {
      start = max(0, size - (Int(bounds.last ?? "") ?? 0))
      end = size - 1
    }
    guard start < size, start <= end, let slice = object.body.getSlice(at: start, length: end - start + 1) else {
      return FakeAnswer(
        416, headers: ["content-range": "bytes */\(size)"],
        body: ByteBuffer(string: "Request range not satisfiable"))
    }
    headers.replaceOrAdd(name: "content-range", value: "bytes \(start)-\(end)/\(size)")
    return FakeAnswer(206, headers: headers, body: slice)
  }

  private func list(_ request: FakeRequest, bucket: String) -> FakeAnswer {
    if let answer = refusal(request, "storage.objects.list", bucket: bucket) { return answer }
    let query = request.query
    let prefix = query["prefix"] ?? ""
    let start = query["startOffset"] ?? ""
    // A token says after which name to go on, and whether its page is an empty one.
    let token = query["pageToken"].flatMap { Data(base64Encoded: $0) }.map { String(decoding: $0, as: UTF8.self) }
    let after = token.map { String($0.dropFirst()) }
    let names = (buckets[bucket]?.objects ?? [:]).keys.filter { name in
      name.utf8.starts(with: prefix.utf8) && !name.utf8.lexicographicallyPrecedes(start.utf8)
        && after.map { $0.utf8.lexicographicallyPrecedes(name.utf8) } != false
    }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let isEmptyPage = hasEmptyPages && token?.hasPrefix("+") != true && !names.isEmpty
    let limit = isEmptyPage ? 0 : min(query["maxResults"].flatMap { Int($0) } ?? 1000, pageSize)
    let page = names.prefix(limit)
    var answer: [String: Any] = ["kind": "storage#objects"]
    if !page.isEmpty {
      answer["items"] = page.compactMap { name in
        buckets[bucket]?.objects[name].map { resource($0, bucket: bucket, name: name) }
      }
    }
    if page.count < names.count {
      let next = (isEmptyPage ? "+" : "-") + (page.last ?? after ?? "")
      answer["nextPageToken"] = Data(next.utf8).base64EncodedString()
    }
    return .json(answer)
  }

  /// Holds and retention alone: what keeps an object.
  private mutating func patch(_ request: FakeRequest, bucket: String, name: String) -> FakeAnswer {
    if let answer = refusal(request, "storage.objects.update", bucket: bucket) { return answer }
    guard var object = buckets[bucket]?.objects[name] else {
      return .error(404, "notFound", "No such object: \(bucket)/\(name)")
    }
    if let answer = conditionNotMet(request.query, object) { return answer }
    let json = request.json
    let metadata = FakeMetadata(json)
    if json["temporaryHold"] != nil { object.isHeldTemporarily = metadata.isHeldTemporarily }
    if json["eventBasedHold"] != nil { object.isHeldForEvent = metadata.isHeldForEvent }
    if json["retention"] != nil {
      object.retentionMode = metadata.retentionMode
      object.retainUntil = metadata.retainUntil
    }
    buckets[bucket]?.objects[name] = object
    return .json(resource(object, bucket: bucket, name: name))
  }

  private mutating func delete(_ request: FakeRequest, bucket: String, name: String) -> FakeAnswer {
    if let answer = refusal(request, "storage.objects.delete", bucket: bucket) { return answer }
    let query = request.query
    guard let object = buckets[bucket]?.objects[name],
      query["generation"].map({ $0 == "\(object.generation)" }) ?? true
    else { return .error(404, "notFound", "No such object: \(bucket)/\(name)") }
    if let answer = conditionNotMet(query, object) { return answer }
    if let answer = kept(object, bucket: bucket, name: name) { return answer }
    buckets[bucket]?.objects[name] = nil
    return FakeAnswer(204)
  }

  /// - Returns: What keeps an object from being removed or replaced.
  func kept(_ object: FakeObject, bucket: String, name: String) -> FakeAnswer? {
    if object.isHeldTemporarily || object.isHeldForEvent {
      let kind = object.isHeldTemporarily ? "Temporary" : "Event-Based"
      return .error(
        403, "objectUnderActiveHold",
        "Object '\(bucket)/\(name)' is under active \(kind) hold and cannot be deleted, overwritten or archived until hold "
          + "is removed.")
    }
    guard let until = retainedUntil(object, bucket: bucket), until > now() else { return nil }
    return .error(
      403, "retentionPolicyNotMet",
      "Object '\(bucket)/\(name)' is subject to bucket's retention policy or object retention and cannot be deleted or "
        + "overwritten until \(Self.isoDate(until))")
  }

  private func retainedUntil(_ object: FakeObject, bucket: String) -> Date? {
    [object.retainUntil, buckets[bucket]?.retentionPeriod.map { object.created.addingTimeInterval($0) }]
      .compactMap { $0 }.max()
  }

  /// https://cloud.google.com/storage/docs/request-preconditions
  func conditionNotMet(_ query: [String: String], _ object: FakeObject?) -> FakeAnswer? {
    let generation = object?.generation ?? 0
    let isMet =
      query["ifGenerationMatch"].map { $0 == "\(generation)" } ?? true
      && query["ifGenerationNotMatch"].map { $0 != "\(generation)" } ?? true
      && query["ifMetagenerationMatch"].map { $0 == (object == nil ? "0" : "1") } ?? true
    return isMet
      ? nil : .error(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.")
  }

  func resource(_ object: FakeObject, bucket: String, name: String) -> [String: Any] {
    let generation = "\(object.generation)"
    let encoded = name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    var resource: [String: Any] = [
      "kind": "storage#object", "id": "\(bucket)/\(name)/\(generation)", "name": name, "bucket": bucket,
      "generation": generation, "metageneration": "1", "contentType": object.contentType,
      "size": "\(object.body.readableBytes)", "md5Hash": Self.md5(object.body), "crc32c": object.crc32c,
      "etag": Data(generation.utf8).base64EncodedString(), "storageClass": object.storageClass,
      "timeCreated": Self.isoDate(object.created), "updated": Self.isoDate(object.created),
      "selfLink": "\(endpoint)/storage/v1/b/\(bucket)/o/\(encoded)",
      "mediaLink": "\(endpoint)/download/storage/v1/b/\(bucket)/o/\(encoded)?generation=\(generation)&alt=media",
    ]
    if let key = object.kmsKeyName { resource["kmsKeyName"] = "\(key)/cryptoKeyVersions/1" }
    if object.isHeldTemporarily { resource["temporaryHold"] = true }
    if object.isHeldForEvent { resource["eventBasedHold"] = true }
    if let mode = object.retentionMode, let until = object.retainUntil {
      resource["retention"] = ["mode": mode, "retainUntilTime": Self.isoDate(until)]
    }
    if let period = buckets[bucket]?.retentionPeriod {
      resource["retentionExpirationTime"] = Self.isoDate(object.created.addingTimeInterval(period))
    }
    return resource
  }

  static func md5(_ body: ByteBuffer) -> String {
    Data(body.withUnsafeReadableBytes { Insecure.MD5.hash(data: $0) }).base64EncodedString()
  }
}
