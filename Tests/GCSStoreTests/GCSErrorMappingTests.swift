import Foundation
import NIOCore
import NIOHTTP1
import ObjectStore
import StoreHTTP
import Testing

@testable import GCSStore

@Suite struct GCSErrorMappingTests {
  private func map(
    _ status: Int, _ reason: String?, _ message: String = "", headers: HTTPHeaders = [:], isSession: Bool = false,
    userProject: String? = nil, anonymous: Bool = false
  ) throws -> ObjectStoreError {
    let configuration = GCSConfiguration(
      bucket: "my-bucket", userProject: userProject,
      credentials: anonymous ? .anonymous : .metadataServer(), storageClass: "NEARLINE",
      retention: .init(mode: .locked, duration: .seconds(1)))
    let requests = GCSRequests(configuration: configuration, endpoint: try GCSEndpoint(configuration))
    var request = try requests.put(
      "k", body: ByteBuffer(), condition: .none, crc: CRC32C(), date: Date(timeIntervalSince1970: 0))
    request.isSession = isSession
    let body = reason.map {
      #"{"error":{"code":\#(status),"message":"\#(message)","errors":[{"reason":"\#($0)","message":"\#(message)"}]}}"#
    }
    let answer = StoreHTTPAnswer(status: status, headers: headers, body: ByteBuffer(string: body ?? message))
    return GCSFailure(answer, request, configuration, now: Date(timeIntervalSince1970: 1_795_259_831)).storeError
  }

  @Test(arguments: [
    (403, "forbidden", ObjectStoreError.Code.accessDenied, false), (403, "rateLimitExceeded", .throttled, true),
    (403, "userRateLimitExceeded", .throttled, true), (403, "quotaExceeded", .outOfSpace, false),
    (403, "objectUnderActiveHold", .locked, false), (403, "retentionPolicyNotMet", .locked, false),
    (403, "accountDisabled", .accessDenied, false), (403, "accessNotConfigured", .accessDenied, false),
    (401, "authError", .accessDenied, false), (404, "notFound", .notFound, false),
    (408, "requestTimeout", .timeout, true),
    (409, "conflict", .throttled, true), (412, "conditionNotMet", .alreadyExists, false),
    (412, "orgPolicyConstraintFailed", .configuration, false), (429, "rateLimitExceeded", .throttled, true),
    (500, "backendError", .serverError, true), (503, "backendError", .throttled, true),
    (400, "cloudKmsDisabledKey", .accessDenied, false), (400, "cloudKmsBadKey", .configuration, false),
    (400, "cloudKmsKeyLocationNotAllowed", .configuration, false), (400, "badRequest", .failed, false),
    (503, "uploadBrokenConnection", .timeout, true),
  ])
  func reasonsBecomeCodes(status: Int, reason: String, expected: ObjectStoreError.Code, retryable: Bool) throws {
    let error = try map(status, reason, "what the server says")
    #expect(error.code == expected)
    #expect(error.isRetryable == retryable)
    #expect(error.message.contains(reason) && error.message.contains("what the server says"))
  }

  @Test(arguments: [
    (401, ObjectStoreError.Code.accessDenied, false), (403, .accessDenied, false), (404, .notFound, false),
    (408, .timeout, true), (410, .notFound, false), (412, .alreadyExists, false), (429, .throttled, true),
    (500, .serverError, true), (501, .unsupported, false), (502, .serverError, true), (503, .throttled, true),
    (504, .serverError, true), (507, .outOfSpace, false), (302, .configuration, false), (418, .failed, false),
  ])
  func aStatusAloneIsEnough(status: Int, expected: ObjectStoreError.Code, retryable: Bool) throws {
    let error = try map(status, nil)
    #expect(error.code == expected)
    #expect(error.isRetryable == retryable)
  }

  /// Promise 10: what is wrong, and what to do.
  @Test func messagesNameTheRemedy() throws {
    let bucket = try map(404, "notFound", "The specified bucket does not exist.")
    #expect(bucket.code == .bucketNotFound && bucket.message.contains("my-bucket"))
    let denied = try map(
      403, "forbidden", "a@p.iam.gserviceaccount.com does not have storage.objects.delete access to the object.")
    #expect(denied.message.contains("storage.objects.delete on bucket my-bucket"))
    #expect(denied.message.contains("roles/storage.objectUser"))
    #expect(try map(403, "forbidden").message.contains("storage.objects.create"))
    #expect(try map(401, "required", anonymous: true).message.contains("credentialsSecretRef"))
    let kms = try map(403, "forbidden", "Permission denied on Cloud KMS key. Please ensure that ...")
    #expect(kms.message.contains("cryptoKeyEncrypterDecrypter"))
    #expect(
      try map(400, "required", "Bucket is a requester pays bucket but no user project provided.")
        .message.contains("gcs.userProject"))
    #expect(
      try map(403, "forbidden", "x does not have serviceusage.services.use access", userProject: "p")
        .message.contains("serviceUsageConsumer"))
    #expect(
      try map(403, "forbidden", "The billing account for the owning project is disabled").message.contains("billing"))
    let crc = try map(400, "invalid", #"Provided CRC32C 'a' doesn't match calculated CRC32C 'b'."#)
    #expect(crc.code == .integrity && crc.isRetryable)
    #expect(try map(410, nil, isSession: true).message.contains("week"))
  }

  /// Object and bucket names are in the messages; they decide nothing.
  @Test func namesInMessagesDecideNothing() throws {
    let denied = try map(
      403, "forbidden", "a does not have storage.objects.delete access to holdfast/kms/retention/billing.tar")
    #expect(denied.code == .accessDenied && denied.message.contains("storage.objects.delete on bucket"))
    #expect(try map(403, "forbidden", "a does not have storage.objects.setRetention access").code == .accessDenied)
    #expect(try map(404, "notFound", "No such object: kms-bucket/holdfast").code == .notFound)
  }

  @Test func whatAProxySaysIsLeftOut() throws {
    let error = try map(502, nil, "<html><body>secret of the gateway</body></html>")
    #expect(!error.message.contains("html"))
    #expect(try map(404, nil, "No such object: b/o").message.contains("No such object: b/o"))
  }

  @Test func retryAfterIsRead() throws {
    #expect(try map(503, nil, headers: ["Retry-After": "17"]).retryAfter == .seconds(17))
    #expect(
      try map(429, nil, headers: ["Retry-After": "Sat, 21 Nov 2026 11:17:41 GMT"]).retryAfter == .seconds(30))
  }
}

@Suite struct GCSHeadersTests {
  @Test(arguments: [
    ("bytes=0-262143", Int64(262_144)), ("bytes=0-0", 1), ("bytes 0-9", 10), ("", 0), ("bytes=5-9", nil),
    ("bytes=0-", nil), ("nonsense", nil), ("bytes=0--1", nil),
  ])
  func theConfirmedOffsetIsRead(text: String, expected: Int64?) {
    #expect(GCSHeaders.persisted(["range": text]) == expected)
  }

  @Test func anUploadOfWhichNothingIsThereHasNoRange() {
    #expect(GCSHeaders.persisted([:]) == 0)
  }

  @Test func theChecksumIsFoundInEitherForm() {
    let crc = CRC32C(ByteBuffer(string: "x"))
    #expect(GCSHeaders.crc32c(["x-goog-hash": "crc32c=\(crc.base64),md5=AAAA"]) == crc.value)
    var headers: HTTPHeaders = ["x-goog-hash": "md5=AAAA"]
    headers.add(name: "x-goog-hash", value: "crc32c=\(crc.base64)")
    #expect(GCSHeaders.crc32c(headers) == crc.value)
    #expect(GCSHeaders.crc32c(["x-goog-hash": "md5=AAAA"]) == nil)
  }
}
