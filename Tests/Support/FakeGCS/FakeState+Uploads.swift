import Foundation
import NIOCore
import NIOHTTP1

/// Uploads. https://cloud.google.com/storage/docs/json_api/v1/objects/insert and
/// https://cloud.google.com/storage/docs/performing-resumable-uploads
extension FakeState {
  mutating func upload(_ request: FakeRequest, bucket: String) -> FakeAnswer {
    let query = request.query
    if let id = query["upload_id"] {
      // The address of a session is a credential by itself.
      switch request.method {
      case "PUT", "POST": return resume(request, id)
      case "DELETE": return cancel(id)
      default: return .error(405, "methodNotAllowed", "Method Not Allowed")
      }
    }
    guard request.method == "POST" else { return .error(405, "methodNotAllowed", "Method Not Allowed") }
    if let answer = refusal(request, "storage.objects.create", bucket: bucket) { return answer }
    switch query["uploadType"] {
    case "media":
      var metadata = FakeMetadata([:])
      metadata.contentType = request.headers.first(name: "content-type")
      return write(request, bucket: bucket, metadata, request.body)
    case "multipart":
      guard let (metadata, body) = Self.multipart(request) else { return .error(400, "badRequest", "Bad Request") }
      return write(request, bucket: bucket, metadata, body)
    case "resumable": return start(request, bucket: bucket)
    default: return .error(400, "badRequest", "Unknown uploadType")
    }
  }

  private mutating func write(
    _ request: FakeRequest, bucket: String, _ metadata: FakeMetadata, _ body: ByteBuffer
  ) -> FakeAnswer {
    guard let name = request.query["name"] ?? metadata.name, !name.isEmpty else {
      return .error(400, "required", "Required")
    }
    return create(
      bucket: bucket, name: name, metadata, body, query: request.query,
      token: request.headers.first(name: "authorization"))
  }

  private mutating func create(
    bucket: String, name: String, _ metadata: FakeMetadata, _ body: ByteBuffer, query: [String: String], token: String?
  ) -> FakeAnswer {
    let existing = buckets[bucket]?.objects[name]
    if let answer = conditionNotMet(query, existing) ?? problem(metadata, query, bucket: bucket) { return answer }
    if let existing {
      if let answer = kept(existing, bucket: bucket, name: name) { return answer }
      if let answer = forbidden(token, "storage.objects.delete") { return answer }
    }
    var object = FakeObject(body: body, generation: nextGeneration, created: now())
    for (declared, actual, kind) in [
      (metadata.crc32c, object.crc32c, "CRC32C"), (metadata.md5Hash, Self.md5(body), "MD5 hash"),
    ] {
      if let declared, declared != actual {
        return .error(
          400, "invalid", "Provided \(kind) \"\(declared)\" doesn't match calculated \(kind) \"\(actual)\".")
      }
    }
    nextGeneration += 1
    object.contentType = metadata.contentType ?? "application/octet-stream"
    object.contentEncoding = metadata.contentEncoding
    object.storageClass = metadata.storageClass ?? "STANDARD"
    object.kmsKeyName = query["kmsKeyName"]
    object.retentionMode = metadata.retentionMode
    object.retainUntil = metadata.retainUntil
    object.isHeldTemporarily = metadata.isHeldTemporarily
    object.isHeldForEvent = metadata.isHeldForEvent
    if storesOtherBytes { object.body.setInteger(~(object.body.getInteger(at: 0) ?? UInt8(0)), at: 0) }
    buckets[bucket]?.objects[name] = object
    return .json(resource(object, bucket: bucket, name: name))
  }

  /// What of an object's metadata cannot be.
  private func problem(_ metadata: FakeMetadata, _ query: [String: String], bucket: String) -> FakeAnswer? {
    if let mode = metadata.retentionMode {
      guard buckets[bucket]?.hasObjectRetention == true else {
        return .error(400, "invalid", "Object retention is not enabled for the bucket.")
      }
      guard ["Locked", "Unlocked"].contains(mode), let until = metadata.retainUntil, until > now() else {
        return .error(400, "invalid", "Invalid object retention.")
      }
    }
    let classes = ["STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE"]
    if let name = metadata.storageClass, !classes.contains(name) {
      return .error(400, "invalid", "Invalid storage class \(name).")
    }
    guard let key = query["kmsKeyName"] else { return nil }
    let parts = key.split(separator: "/")
    guard parts.count == 8, parts[0] == "projects", parts[6] == "cryptoKeys" else {
      return .error(400, "cloudKmsBadKey", "Malformed Cloud KMS crypto key: \(key)")
    }
    return disabledKeys.contains(key)
      ? .error(400, "cloudKmsDisabledKey", "The Cloud KMS key '\(key)' is disabled.") : nil
  }

  /// https://www.rfc-editor.org/rfc/rfc2387
  private static func multipart(_ request: FakeRequest) -> (FakeMetadata, ByteBuffer)? {
    guard let type = request.headers.first(name: "content-type"), type.hasPrefix("multipart/related"),
      let boundary = type.split(separator: "boundary=").last.map({ $0.trimmingCharacters(in: ["\"", " "]) })
    else { return nil }
    let data = Data(request.body.readableBytesView)
    let mark = Data("--\(boundary)".utf8)
    let gap = Data("\r\n\r\n".utf8)
    guard let first = data.range(of: mark), let metaStart = data.range(of: gap, in: first.upperBound..<data.endIndex),
      let second = data.range(of: Data("\r\n".utf8) + mark, in: metaStart.upperBound..<data.endIndex),
      let bodyStart = data.range(of: gap, in: second.upperBound..<data.endIndex),
      let end = data.range(
        of: Data("\r\n".utf8) + mark + Data("--".utf8), options: .backwards, in: bodyStart.lowerBound..<data.endIndex)
    else { return nil }
    var metadata = FakeMetadata(FakeRequest.object(data[metaStart.upperBound..<second.lowerBound]))
    if metadata.contentType == nil {
      let headers = String(decoding: data[second.upperBound..<bodyStart.lowerBound], as: UTF8.self)
      metadata.contentType = headers.split(whereSeparator: \.isNewline).first {
        $0.lowercased().hasPrefix("content-type:")
      }
      .map { $0.dropFirst("content-type:".count).trimmingCharacters(in: .whitespaces) }
    }
    let bodyEnd = max(end.lowerBound, bodyStart.upperBound)
    return (metadata, ByteBuffer(bytes: data[bodyStart.upperBound..<bodyEnd]))
  }

  // MARK: Resumable

  private mutating func start(_ request: FakeRequest, bucket: String) -> FakeAnswer {
    var metadata = FakeMetadata(request.json)
    metadata.contentType = metadata.contentType ?? request.headers.first(name: "x-upload-content-type")
    guard let name = request.query["name"] ?? metadata.name, !name.isEmpty else {
      return .error(400, "required", "Required")
    }
    let answer =
      conditionNotMet(request.query, buckets[bucket]?.objects[name]) ?? problem(metadata, request.query, bucket: bucket)
    if let answer { return answer }
    let id = makeID("upload")
    uploads[id] = FakeUpload(
      bucket: bucket, name: name, metadata: metadata, query: request.query,
      declaredSize: request.headers.first(name: "x-upload-content-length").flatMap { Int($0) })
    let host = request.headers.first(name: "host") ?? "127.0.0.1"
    return FakeAnswer(
      200,
      headers: [
        "location": "http://\(host)/upload/storage/v1/b/\(bucket)/o?uploadType=resumable&upload_id=\(id)",
        "x-guploader-uploadid": id,
      ])
  }

  private mutating func cancel(_ id: String) -> FakeAnswer {
    guard let upload = uploads[id] else { return .error(404, "notFound", "Not Found") }
    guard upload.created == nil else { return .error(400, "badRequest", "The upload is complete.") }
    uploads[id]?.isCancelled = true
    uploads[id]?.received = ByteBuffer()
    return FakeAnswer(499)
  }

  private mutating func resume(_ request: FakeRequest, _ id: String) -> FakeAnswer {
    guard var upload = uploads[id] else { return .error(404, "notFound", "Not Found") }
    guard !upload.isCancelled else { return .error(410, "gone", "The requested upload was cancelled.") }
    if let object = upload.created { return .json(resource(object, bucket: upload.bucket, name: upload.name)) }
    guard let range = ContentRange(request.headers.first(name: "content-range"), count: request.body.readableBytes)
    else { return .error(400, "badRequest", "Invalid Content-Range.") }

    if let start = range.start {
      let have = upload.received.readableBytes
      guard start <= have else { return .error(503, "backendError", "The upload has \(have) bytes.") }
      let unit = 256 << 10
      guard range.total != nil || request.body.readableBytes % unit == 0 else {
        return .error(400, "badRequest", "Chunks must be multiples of 256 KiB.")
      }
      // Bytes that were sent before are ignored.
      let new = max(0, request.body.readableBytes - (have - start))
      let kept = new == 0 ? 0 : min(new, max(0, keeps(new)))
      let whole = kept == new ? new : kept / unit * unit
      if let slice = request.body.getSlice(at: have - start, length: whole) {
        upload.received.writeImmutableBuffer(slice)
      }
      uploads[id] = upload
    }
    let have = upload.received.readableBytes
    guard let total = range.total, have >= total else {
      return FakeAnswer(308, headers: have == 0 ? [:] : ["range": "bytes=0-\(have - 1)"])
    }
    return finish(request, id, upload, total: total)
  }

  private mutating func finish(_ request: FakeRequest, _ id: String, _ upload: FakeUpload, total: Int) -> FakeAnswer {
    guard upload.received.readableBytes == total, upload.declaredSize.map({ $0 == total }) ?? true else {
      uploads[id] = nil
      return .error(400, "badRequest", "The upload has another size than was declared.")
    }
    var metadata = upload.metadata
    // Also at the end, where the writer could not know it before.
    for value in request.headers[canonicalForm: "x-goog-hash"] {
      if value.hasPrefix("crc32c=") { metadata.crc32c = String(value.dropFirst(7)) }
      if value.hasPrefix("md5=") { metadata.md5Hash = String(value.dropFirst(4)) }
    }
    let answer = create(
      bucket: upload.bucket, name: upload.name, metadata, upload.received, query: upload.query,
      token: request.headers.first(name: "authorization"))
    guard answer.status == 200 else {
      uploads[id] = nil
      return answer
    }
    uploads[id]?.created = buckets[upload.bucket]?.objects[upload.name]
    uploads[id]?.received = ByteBuffer()
    return answer
  }
}

/// `bytes 0-524287/*`, `bytes 0-9/10`, `bytes */*`, `bytes */10`; none for all of it.
private struct ContentRange {
  var start: Int?
  var total: Int?

  init?(_ text: String?, count: Int) {
    guard let text else {
      start = 0
      total = count
      return
    }
    guard text.hasPrefix("bytes ") else { return nil }
    let sides = text.dropFirst(6).split(separator: "/")
    guard sides.count == 2 else { return nil }
    if sides[1] != "*" {
      guard let value = Int(sides[1]) else { return nil }
      total = value
    }
    guard sides[0] != "*" else {
      if count > 0 { return nil }
      return
    }
    let bounds = sides[0].split(separator: "-").compactMap { Int($0) }
    guard bounds.count == 2, bounds[1] - bounds[0] + 1 == count else { return nil }
    start = bounds[0]
  }
}
