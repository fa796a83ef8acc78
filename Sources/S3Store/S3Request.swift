import Crypto
import Foundation
import NIOCore
import NIOFoundationCompat
import ObjectStore
import StoreHTTP

/// A request as a value, before it is signed.
struct S3Request: Sendable {
  var method: String
  /// nil for the bucket.
  var key: String?
  var query: [(name: String, value: String)] = []
  var headers: [(name: String, value: String)] = []
  var body: ByteBuffer?
  /// For messages: `PUT s3://bucket/key`.
  var operation: String
  /// The permission that it needs.
  var action: String
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
      method: "PUT", key: key, headers: writeHeaders(date), body: body, operation: "PUT \(location)/\(key)",
      action: "s3:PutObject")
    request.headers.append(contentMD5(body))
    if condition == .ifAbsent { request.headers.append((name: "if-none-match", value: "*")) }
    return request
  }

  func createUpload(_ key: String, date: Date) -> S3Request {
    S3Request(
      method: "POST", key: key, query: [(name: "uploads", value: "")], headers: writeHeaders(date),
      operation: "start upload of \(location)/\(key)", action: "s3:PutObject")
  }

  func uploadPart(_ key: String, id: String, number: Int, body: ByteBuffer) -> S3Request {
    S3Request(
      method: "PUT", key: key, query: [(name: "partNumber", value: "\(number)"), (name: "uploadId", value: id)],
      headers: [contentMD5(body)], body: body, operation: "part \(number) of \(location)/\(key)",
      action: "s3:PutObject")
  }

  func completeUpload(_ key: String, id: String, etags: [String]) -> S3Request {
    let parts = etags.enumerated().map { index, etag in
      "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(XMLElement.escape(etag))</ETag></Part>"
    }
    let body =
      "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\(parts.joined())"
      + "</CompleteMultipartUpload>"
    return S3Request(
      method: "POST", key: key, query: [(name: "uploadId", value: id)],
      headers: [(name: "content-type", value: "application/xml")], body: ByteBuffer(string: body),
      operation: "complete upload of \(location)/\(key)", action: "s3:PutObject")
  }

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

  func get(_ key: String, range: Range<Int64>?) -> S3Request {
    var request = S3Request(method: "GET", key: key, operation: "GET \(location)/\(key)", action: "s3:GetObject")
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

  private func writeHeaders(_ date: Date) -> [(name: String, value: String)] {
    var headers = [(name: "content-type", value: "application/octet-stream")]
    switch configuration.serverSideEncryption {
    case .s3: headers.append((name: "x-amz-server-side-encryption", value: "AES256"))
    case .kms(let keyID):
      headers.append((name: "x-amz-server-side-encryption", value: "aws:kms"))
      if let keyID { headers.append((name: "x-amz-server-side-encryption-aws-kms-key-id", value: keyID)) }
    case nil: break
    }
    if let storageClass = configuration.storageClass {
      headers.append((name: "x-amz-storage-class", value: storageClass))
    }
    if let lock = configuration.objectLock {
      let until = date.addingTimeInterval(lock.retention / .seconds(1)).formatted(.iso8601)
      headers.append((name: "x-amz-object-lock-mode", value: lock.mode.rawValue))
      headers.append((name: "x-amz-object-lock-retain-until-date", value: until))
    }
    return headers
  }

  /// Has the server verify what it received; with object lock AWS demands it.
  private func contentMD5(_ body: ByteBuffer) -> (name: String, value: String) {
    let digest = body.withUnsafeReadableBytes { Insecure.MD5.hash(data: $0) }
    return (name: "content-md5", value: Data(digest).base64EncodedString())
  }
}
