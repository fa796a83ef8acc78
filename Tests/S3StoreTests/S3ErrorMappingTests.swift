import Foundation
import NIOCore
import NIOHTTP1
import ObjectStore
import Testing

import StoreHTTP
@testable import S3Store

@Suite struct S3ErrorMappingTests {
  private func map(
    _ status: Int, _ code: String?, extra: String = "", headers: HTTPHeaders = [:], conditional: Bool = false
  ) throws -> ObjectStoreError {
    let configuration = S3Configuration(
      bucket: "my-bucket", region: "eu-west-1", credentials: StaticCredentials(accessKeyID: "a", secretAccessKey: "b"))
    let request = S3Requests(configuration).put(
      "k", body: ByteBuffer(), condition: conditional ? .ifAbsent : .none, date: Date(timeIntervalSince1970: 0))
    let error = try code.map { try XMLElement(parsing: "<Error><Code>\($0)</Code>\(extra)</Error>".utf8) }
    return S3Failure(
      status: status, headers: headers, error: error, request: request, configuration: configuration,
      now: Date(timeIntervalSince1970: 1_795_259_831)
    ).storeError
  }

  @Test(arguments: [
    (403, "AccessDenied", ObjectStoreError.Code.accessDenied, false), (403, "InvalidAccessKeyId", .accessDenied, false),
    (403, "SignatureDoesNotMatch", .signatureMismatch, false), (403, "RequestTimeTooSkewed", .clockSkew, false),
    (404, "NoSuchBucket", .bucketNotFound, false), (404, "NoSuchKey", .notFound, false),
    (404, "NoSuchUpload", .notFound, false), (301, "PermanentRedirect", .regionMismatch, false),
    (400, "AuthorizationHeaderMalformed", .regionMismatch, false), (503, "SlowDown", .throttled, true),
    (500, "InternalError", .serverError, true), (400, "RequestTimeout", .timeout, true),
    (400, "BadDigest", .integrity, true), (400, "EntityTooSmall", .configuration, false),
    (412, "PreconditionFailed", .alreadyExists, false), (409, "ConditionalRequestConflict", .throttled, true),
    (400, "ExpiredToken", .accessDenied, false), (501, "NotImplemented", .unsupported, false),
    (400, "InvalidPart", .integrity, false),
  ])
  func codesBecomeOurs(status: Int, code: String, expected: ObjectStoreError.Code, retryable: Bool) throws {
    let error = try map(status, code)
    #expect(error.code == expected)
    #expect(error.isRetryable == retryable)
    #expect(error.message.contains(code))
  }

  @Test(arguments: [
    (403, ObjectStoreError.Code.accessDenied, false), (404, .notFound, false), (408, .timeout, true),
    (412, .alreadyExists, false), (429, .throttled, true), (500, .serverError, true), (501, .unsupported, false),
    (502, .serverError, true), (503, .throttled, true), (504, .serverError, true), (507, .outOfSpace, false),
    (302, .configuration, false), (418, .failed, false),
  ])
  func aStatusAloneIsEnough(status: Int, expected: ObjectStoreError.Code, retryable: Bool) throws {
    let error = try map(status, nil)
    #expect(error.code == expected)
    #expect(error.isRetryable == retryable)
  }

  /// Promise 10: what is wrong, and what to do.
  @Test func messagesNameTheRemedy() throws {
    #expect(try map(403, "AccessDenied").message.contains("s3:PutObject on bucket my-bucket"))
    #expect(try map(404, "NoSuchBucket").message.contains("my-bucket does not exist"))
    let skew = try map(403, "RequestTimeTooSkewed", extra: "<ServerTime>2026-11-21T12:00:00Z</ServerTime>").message
    #expect(skew.contains("2026-11-21T12:00:00Z") && skew.contains("2026-11-21T11:17:11Z"))
    #expect(
      try map(400, "AuthorizationHeaderMalformed", extra: "<Region>us-west-2</Region>").message.contains(
        "in region us-west-2, not in eu-west-1"))
    #expect(try map(301, nil, headers: ["x-amz-bucket-region": "us-west-2"]).code == .regionMismatch)
    #expect(try map(403, "SignatureDoesNotMatch").message.contains("secretAccessKey"))
    #expect(
      try map(403, "AccessDenied", extra: "<Message>Access Denied because object protected by object lock.</Message>")
        .code == .locked)
  }

  /// HEAD is refused without a word; the clocks tell.
  @Test func aRefusalWithoutAWordFromAnotherTimeIsClockSkew() throws {
    #expect(try map(403, nil, headers: ["Date": "Sat, 21 Nov 2026 11:40:00 GMT"]).code == .clockSkew)
    #expect(try map(403, nil, headers: ["Date": "Sat, 21 Nov 2026 11:20:00 GMT"]).code == .accessDenied)
    #expect(try map(403, "AccessDenied", headers: ["Date": "Sat, 21 Nov 2026 11:40:00 GMT"]).code == .accessDenied)
  }

  @Test func aReadBoundToAVersionThatIsGoneIsNoTakenKey() throws {
    let configuration = S3Configuration(
      bucket: "b", credentials: StaticCredentials(accessKeyID: "a", secretAccessKey: "b"))
    let failure = S3Failure(
      status: 412, headers: [:], error: nil, request: S3Requests(configuration).get("k", range: nil, etag: "\"1\""),
      configuration: configuration, now: Date())
    #expect(failure.storeError.code == .integrity)
  }

  @Test func retryAfterIsReadAsSecondsAndAsADate() throws {
    #expect(try map(503, "SlowDown", headers: ["Retry-After": "17"]).retryAfter == .seconds(17))
    #expect(
      try map(429, nil, headers: ["Retry-After": "Sat, 21 Nov 2026 11:17:41 GMT"]).retryAfter == .seconds(30))
    #expect(try map(503, nil, headers: ["Retry-After": "soon"]).retryAfter == nil)
  }

  @Test func serversThatRefuseConditionsAreUnsupported() throws {
    #expect(try map(501, "NotImplemented", conditional: true).message.contains("If-None-Match"))
    #expect(
      try map(
        400, "InvalidArgument", extra: "<Message>If-None-Match is not supported</Message>", conditional: true
      ).code == .unsupported)
  }
}
