import Crypto
import NIOCore
import NIOHTTP1
import ObjectStore
import StoreHTTP
import Synchronization

/// An upload in parts.
final class S3Upload: MultipartUpload {
  private let store: S3Store
  private let configuration: S3Configuration
  let key: String
  private let id: String
  private let etags = Mutex<[Int: String]>([:])

  init(store: S3Store, configuration: S3Configuration, key: String, id: String) {
    self.store = store
    self.configuration = configuration
    self.key = key
    self.id = id
  }

  func uploadPart(_ number: Int, body: ByteBuffer) async throws {
    let request = store.requests.uploadPart(key, id: id, number: number, body: body)
    guard (1...maximumPartCount).contains(number) else {
      throw ObjectStoreError(
        .configuration, operation: request.operation, message: "part numbers go from 1 to \(maximumPartCount)")
    }
    let answer = try await store.transport.send(request)
    let etag = try S3ETag.check(answer, request, configuration)
    etags.withLock { $0[number] = etag }
  }

  func complete() async throws {
    let etags = etags.withLock { $0 }
    let ordered = (1...max(etags.count, 1)).compactMap { etags[$0] }
    let request = store.requests.completeUpload(key, id: id, etags: ordered)
    guard !ordered.isEmpty, ordered.count == etags.count else {
      throw ObjectStoreError(.configuration, operation: request.operation, message: "parts are missing")
    }
    let answer = try await store.transport.send(request)
    // 200 is sent before the store knows: a failure then comes in the body.
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
    let result = try store.transport.xml(answer, request)
    if result.name == "Error" {
      var failure = store.transport.failure(answer, request)
      failure.status = 500
      throw failure.storeError
    }
    guard result.name == "CompleteMultipartUploadResult", result["ETag"]?.isEmpty == false else {
      throw ObjectStoreError(
        .integrity, isRetryable: true, operation: request.operation,
        message: "the store's answer, <\(result.name)>, does not say that the upload is complete")
    }
  }

  func abort() async throws {
    try await store.abortUpload(OpenUpload(key: key, id: id, started: nil))
  }
}

/// What the store says it has received.
enum S3ETag {
  /// Compares the ETag of a part or a small object with its MD5, where it is one.
  ///
  /// It is not with SSE-KMS, and some servers make up their own.
  /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
  /// - Returns: The ETag as the store wrote it.
  @discardableResult
  static func check(
    _ answer: StoreHTTPAnswer, _ request: S3Request, _ configuration: S3Configuration
  ) throws -> String {
    guard let etag = answer.headers.first(name: "etag"), !etag.isEmpty else {
      throw ObjectStoreError(
        .integrity, isRetryable: true, operation: request.operation, message: "the store's answer has no ETag")
    }
    let text = etag.filter { $0 != "\"" }.lowercased()
    let encryption = answer.headers.first(name: "x-amz-server-side-encryption") ?? ""
    var isMD5 = text.count == 32 && text.allSatisfy(\.isHexDigit) && !encryption.hasPrefix("aws:kms")
    if case .kms = configuration.serverSideEncryption { isMD5 = false }
    guard isMD5, let body = request.body else { return etag }
    let ours = SigV4.hex(body.withUnsafeReadableBytes { Insecure.MD5.hash(data: $0) })
    guard ours == text else {
      throw ObjectStoreError(
        .integrity, isRetryable: true, operation: request.operation,
        message: "the store has other bytes than were sent: ETag \(text), MD5 \(ours)")
    }
    return etag
  }
}
