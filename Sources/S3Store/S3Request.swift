import Foundation
import NIOCore
import ObjectStore
import StoreHTTP

/// A request as a value, before it is signed.
struct S3Request: Sendable {
  var method: String
  /// nil for the bucket.
  var key: String?
  var query: [(name: String, value: String)] = []
  var headers: [(name: String, value: String)] = []
  var payload: S3Payload?
  var checksum = ChecksumNeed.notNeeded
  /// What the parts of an upload that this begins will have.
  var announced: S3ChecksumAlgorithm?
  /// For messages: `PUT s3://bucket/key`.
  var operation: String
  /// The permission that it needs.
  var action: String

  enum ChecksumNeed: Sendable {
    /// The signature is enough.
    case notNeeded
    /// As it is configured.
    case wanted
    /// The server refuses the request without.
    case demanded
  }
}

/// Builds the requests of one bucket. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
struct S3Requests: Sendable {
  var configuration: S3Configuration
  private var location: String { "s3://\(configuration.bucket)" }

  init(_ configuration: S3Configuration) {
    self.configuration = configuration
  }

  func put(_ key: String, body: ByteBuffer, condition: WriteCondition, date: Date) -> S3Request {
    var request = S3Request(
      method: "PUT", key: key, headers: writeHeaders(key, date), payload: S3Payload(body), checksum: checksumNeed,
      operation: "PUT \(location)/\(key)", action: "s3:PutObject")
    if condition == .ifAbsent { request.headers.append((name: "if-none-match", value: "*")) }
    return request
  }

  func createUpload(_ key: String, algorithm: S3ChecksumAlgorithm?, date: Date) -> S3Request {
    S3Request(
      method: "POST", key: key, query: [(name: "uploads", value: "")], headers: writeHeaders(key, date),
      announced: algorithm, operation: "start upload of \(location)/\(key)", action: "s3:PutObject")
  }

  /// - Parameter sha256: Of the body, where it is known.
  func uploadPart(_ key: String, id: String, number: Int, body: ByteBuffer, sha256: [UInt8]? = nil) -> S3Request {
    S3Request(
      method: "PUT", key: key, query: [(name: "partNumber", value: "\(number)"), (name: "uploadId", value: id)],
      payload: S3Payload(body, sha256: sha256), checksum: checksumNeed,
      operation: "part \(number) of \(location)/\(key)",
      action: "s3:PutObject")
  }

  /// - Parameter parts: From the first.
  func completeUpload(_ key: String, id: String, parts: [S3Receipt]) -> S3Request {
    let list = parts.enumerated().map { index, part in
      var element = "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(XMLElement.escape(part.etag))</ETag>"
      if let algorithm = part.algorithm, let checksum = part.checksum {
        element += "<\(algorithm.element)>\(checksum)</\(algorithm.element)>"
      }
      return element + "</Part>"
    }
    let body =
      "<CompleteMultipartUpload xmlns=\"\(Self.namespace)\">\(list.joined())</CompleteMultipartUpload>"
    return S3Request(
      method: "POST", key: key, query: [(name: "uploadId", value: id)],
      headers: [(name: "content-type", value: "application/xml")], payload: S3Payload(ByteBuffer(string: body)),
      operation: "complete upload of \(location)/\(key)", action: "s3:PutObject")
  }

  private static let namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

  func abortUpload(_ key: String, id: String) -> S3Request {
    S3Request(
      method: "DELETE", key: key, query: [(name: "uploadId", value: id)],
      operation: "abort upload of \(location)/\(key)", action: "s3:AbortMultipartUpload")
  }

  func listUploads(prefix: String, after: (key: String, id: String)?) -> S3Request {
    // Without encoding-type: SeaweedFS leaves a plus as it is, where AWS means a space by it.
    var query = [
      (name: "uploads", value: ""), (name: "prefix", value: prefix), (name: "max-uploads", value: "1000"),
    ]
    if let after {
      query += [(name: "key-marker", value: after.key), (name: "upload-id-marker", value: after.id)]
    }
    return S3Request(
      method: "GET", query: query, operation: "list uploads of \(location)/\(prefix)",
      action: "s3:ListBucketMultipartUploads")
  }

  /// - Parameter etag: The object must still have it.
  func get(_ key: String, range: Range<Int64>?, etag: String? = nil) -> S3Request {
    var request = S3Request(method: "GET", key: key, operation: "GET \(location)/\(key)", action: "s3:GetObject")
    if let etag { request.headers.append((name: "if-match", value: etag)) }
    if let range {
      request.headers.append((name: "range", value: "bytes=\(range.lowerBound)-\(range.upperBound - 1)"))
    }
    return request
  }

  func head(_ key: String) -> S3Request {
    S3Request(method: "HEAD", key: key, operation: "HEAD \(location)/\(key)", action: "s3:GetObject")
  }

  func list(prefix: String, startingAfter: String?) -> S3Request {
    var query = [
      (name: "list-type", value: "2"), (name: "prefix", value: prefix), (name: "encoding-type", value: "url"),
      (name: "max-keys", value: "1000"),
    ]
    if let startingAfter { query.append((name: "start-after", value: startingAfter)) }
    return S3Request(
      method: "GET", query: query, operation: "LIST \(location)/\(prefix)", action: "s3:ListBucket")
  }

  func delete(_ key: String) -> S3Request {
    S3Request(method: "DELETE", key: key, operation: "DELETE \(location)/\(key)", action: "s3:DeleteObject")
  }

  /// Up to a thousand keys in one request. https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
  func delete(_ keys: some Collection<String>) -> S3Request {
    let list = keys.map { "<Object><Key>\(XMLElement.escape($0))</Key></Object>" }
    let body = "<Delete xmlns=\"\(Self.namespace)\">\(list.joined())<Quiet>true</Quiet></Delete>"
    return S3Request(
      method: "POST", query: [(name: "delete", value: "")],
      headers: [(name: "content-type", value: "application/xml")], payload: S3Payload(ByteBuffer(string: body)),
      checksum: .demanded, operation: "DELETE \(keys.count) objects of \(location)", action: "s3:DeleteObject")
  }

  /// AWS takes no object with a lock whose bytes are not guarded.
  private var checksumNeed: S3Request.ChecksumNeed {
    configuration.objectLock == nil && !configuration.legalHold ? .wanted : .demanded
  }

  private func writeHeaders(_ key: String, _ date: Date) -> [(name: String, value: String)] {
    let extras = configuration.extras(key)
    var headers = [(name: "content-type", value: "application/octet-stream")]
    switch configuration.serverSideEncryption {
    case .s3: headers.append((name: "x-amz-server-side-encryption", value: "AES256"))
    case .kms(let keyID, let bucketKey):
      headers.append((name: "x-amz-server-side-encryption", value: "aws:kms"))
      if let keyID { headers.append((name: "x-amz-server-side-encryption-aws-kms-key-id", value: keyID)) }
      if let bucketKey {
        headers.append((name: "x-amz-server-side-encryption-bucket-key-enabled", value: "\(bucketKey)"))
      }
    case nil: break
    }
    if let storageClass = configuration.storageClass, extras.contains(.storageClass) {
      headers.append((name: "x-amz-storage-class", value: storageClass))
    }
    if extras.contains(.lock) { headers += lockHeaders(date) }
    if !configuration.tags.isEmpty, extras.contains(.tags) {
      let tags = configuration.tags.map { (name: $0.key, value: $0.value) }
      headers.append((name: "x-amz-tagging", value: URIEncoding.query(tags)))
    }
    return headers
  }

  private func lockHeaders(_ date: Date) -> [(name: String, value: String)] {
    var headers: [(name: String, value: String)] = []
    if let lock = configuration.objectLock {
      let until = date.addingTimeInterval(lock.retention / .seconds(1)).formatted(.iso8601)
      headers.append((name: "x-amz-object-lock-mode", value: lock.mode.rawValue))
      headers.append((name: "x-amz-object-lock-retain-until-date", value: until))
    }
    if configuration.legalHold { headers.append((name: "x-amz-object-lock-legal-hold", value: "ON")) }
    return headers
  }
}
