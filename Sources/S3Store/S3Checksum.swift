import Crypto
import Foundation
import NIOCore
import NIOHTTP1
import ObjectStore
import StoreHTTP

/// A checksum that the server verifies, and gives back with what it has stored.
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
enum S3ChecksumAlgorithm: String, Sendable {
  case sha256 = "SHA256"
  case crc32c = "CRC32C"

  var header: String { "x-amz-checksum-\(rawValue.lowercased())" }
  /// In the request and the answer that complete an upload.
  var element: String { "Checksum\(rawValue)" }

  func value(of payload: S3Payload) -> String {
    switch self {
    case .sha256: payload.sha256Base64
    case .crc32c: payload.crc32cBase64
    }
  }

  /// The checksum of an object in parts: that of the parts' checksums, and their number.
  func composite(_ parts: [String]) -> String? {
    var joined = Data()
    for part in parts {
      guard let bytes = Data(base64Encoded: part) else { return nil }
      joined += bytes
    }
    return "\(value(of: S3Payload(ByteBuffer(bytes: joined))))-\(parts.count)"
  }
}

/// How the bytes of one request are guarded on their way.
struct S3Integrity: Sendable {
  /// For the signature: SHA-256 in hex, or that the payload is not signed.
  var payloadHash: String
  var headers: [(name: String, value: String)] = []
  /// What ``headers`` hold, where it is one that servers give back.
  var algorithm: S3ChecksumAlgorithm?
  /// Whether an ETag that looks like an MD5 is compared.
  var checksETag = false

  private static let emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  private static let unsigned = "UNSIGNED-PAYLOAD"

  /// - Parameters:
  ///   - checksum: Resolved, not automatic.
  ///   - isSecure: TLS guards the bytes, so the signature need not.
  init(_ request: S3Request, checksum: S3Configuration.Checksum, isSecure: Bool) {
    guard let payload = request.payload else {
      payloadHash = Self.emptyHash
      return
    }
    guard request.checksum != .notNeeded else {
      payloadHash = payload.sha256Hex
      return
    }
    var checksum = checksum
    if checksum == .none, request.checksum == .demanded { checksum = .md5 }
    switch checksum {
    case .crc32c: algorithm = .crc32c
    case .sha256, .automatic: algorithm = .sha256
    case .md5: headers = [(name: "content-md5", value: payload.md5Base64)]
    case .none: break
    }
    if let algorithm { headers = [(name: algorithm.header, value: algorithm.value(of: payload))] }
    let isUnsigned = algorithm == .crc32c || (algorithm == nil && isSecure)
    payloadHash = isUnsigned ? Self.unsigned : payload.sha256Hex
    checksETag = checksum != .none
  }

  /// Has the answer prove that the store received what was sent: by the checksum that it gives back, else by an ETag
  /// that is an MD5.
  ///
  /// An ETag is none with SSE-KMS, and some servers make up their own.
  /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
  func check(_ answer: StoreHTTPAnswer, _ request: S3Request, isKMS: Bool) throws -> S3Receipt {
    func problem(_ message: String) -> ObjectStoreError {
      ObjectStoreError(.integrity, isRetryable: true, operation: request.operation, message: message)
    }
    guard let etag = answer.headers.first(name: "etag"), !etag.isEmpty else {
      throw problem("the store's answer has no ETag")
    }
    guard let payload = request.payload else { return S3Receipt(etag: etag) }
    if let algorithm, let theirs = answer.headers.first(name: algorithm.header) {
      let ours = algorithm.value(of: payload)
      guard ours == theirs else {
        throw problem("the store has other bytes than were sent: \(algorithm.rawValue) \(theirs), ours \(ours)")
      }
      return S3Receipt(etag: etag, algorithm: algorithm, checksum: ours)
    }
    let text = etag.filter { $0 != "\"" }.lowercased()
    let encryption = answer.headers.first(name: "x-amz-server-side-encryption") ?? ""
    let isMD5 = text.count == 32 && text.allSatisfy(\.isHexDigit) && !isKMS && !encryption.hasPrefix("aws:kms")
    if checksETag, isMD5, payload.md5Hex != text {
      throw problem("the store has other bytes than were sent: ETag \(text), MD5 \(payload.md5Hex)")
    }
    return S3Receipt(etag: etag)
  }
}

/// What the store said about bytes that it took.
struct S3Receipt: Sendable, Hashable {
  /// As the store wrote it, with its quotes.
  var etag: String
  var algorithm: S3ChecksumAlgorithm?
  /// Base64; nil where the store gave none back.
  var checksum: String?
}
