import NIOCore
import NIOHTTP1
import ObjectStore
import StoreHTTP
import Synchronization

/// An upload in parts.
final class S3Upload: MultipartUpload {
  private let store: S3Store
  let key: String
  private let id: String
  private let receipts = Mutex<[Int: S3Receipt]>([:])

  init(store: S3Store, key: String, id: String) {
    self.store = store
    self.key = key
    self.id = id
  }

  func uploadPart(_ number: Int, body: ByteBuffer) async throws {
    try await uploadPart(number, body: body, sha256: nil)
  }

  func uploadPart(_ number: Int, body: ByteBuffer, sha256: [UInt8]?) async throws {
    let request = store.requests.uploadPart(key, id: id, number: number, body: body, sha256: sha256)
    guard (1...maximumPartCount).contains(number) else {
      throw ObjectStoreError(
        .configuration, operation: request.operation, message: "part numbers go from 1 to \(maximumPartCount)")
    }
    let receipt = try await store.transport.store(request)
    receipts.withLock { $0[number] = receipt }
  }

  func complete() async throws {
    let receipts = receipts.withLock { $0 }
    let ordered = (1...max(receipts.count, 1)).compactMap { receipts[$0] }
    let request = store.requests.completeUpload(key, id: id, parts: ordered)
    guard !ordered.isEmpty, ordered.count == receipts.count else {
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
    try check(result, ordered, request)
  }

  /// The checksum of the whole, where the store gives the kind that follows from those of the parts.
  private func check(_ result: XMLElement, _ parts: [S3Receipt], _ request: S3Request) throws {
    let checksums = parts.compactMap(\.checksum)
    guard let algorithm = parts.first?.algorithm, checksums.count == parts.count,
      let theirs = result[algorithm.element], theirs.hasSuffix("-\(parts.count)"),
      let ours = algorithm.composite(checksums), ours != theirs
    else { return }
    throw ObjectStoreError(
      .integrity, operation: request.operation,
      message: "the object is not made of the parts that were sent: \(algorithm.rawValue) \(theirs), ours \(ours)")
  }

  func abort() async throws {
    try await store.abortUpload(OpenUpload(key: key, id: id, started: nil))
  }
}
