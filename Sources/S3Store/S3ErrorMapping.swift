import Foundation
import NIOHTTP1
import ObjectStore
import StoreHTTP

/// What S3 says when it does not do what it was asked.
/// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
struct S3Failure: Sendable {
  var status: Int
  var headers: HTTPHeaders
  /// `<Error>`; nil where the answer has no body, as all to HEAD.
  var error: XMLElement?
  var request: S3Request
  var configuration: S3Configuration
  /// Our clock.
  var now: Date

  var code: String { error?["Code"] ?? "" }
  private var serverMessage: String { error?["Message"] ?? "" }
  private var bucket: String { configuration.bucket }

  var storeError: ObjectStoreError {
    byCode ?? byStatus
  }

  /// Where the bucket is, as far as the store tells.
  var bucketRegion: String? {
    guard [301, 307, 400].contains(status) else { return nil }
    return error?["Region"] ?? headers.first(name: "x-amz-bucket-region")
  }

  /// Whether keys that end have done so, whatever our clock says.
  /// - Parameter hasToken: Some servers forget such keys, and no longer know them.
  func refusesKeys(hasToken: Bool) -> Bool {
    switch code {
    case "ExpiredToken", "InvalidToken", "TokenRefreshRequired", "ExpiredTokenException": true
    case "InvalidAccessKeyId", "InvalidClientTokenId": hasToken
    default: false
    }
  }

  /// Whether the server does not know the checksum, as some that are compatible with an older S3.
  var refusesChecksum: Bool {
    guard status == 400 || status == 501 else { return false }
    let text = [serverMessage, error?["Header"], error?["ArgumentName"]].compactMap { $0 }.joined(separator: " ")
      .lowercased()
    switch code {
    case "NotImplemented": return text.contains("checksum") || !text.contains("if-none-match")
    case "InvalidArgument", "InvalidRequest", "UnsupportedHeader", "UnsupportedArgument":
      return text.contains("checksum")
    default: return false
    }
  }

  private func make(_ code: ObjectStoreError.Code, retry: Bool = false, _ message: String) -> ObjectStoreError {
    let said = [self.code, serverMessage].filter { !$0.isEmpty }.joined(separator: ": ")
    let id = (error?["RequestId"] ?? headers.first(name: "x-amz-request-id")).map { ", request \($0)" } ?? ""
    return ObjectStoreError(
      code, isRetryable: retry,
      retryAfter: retry ? headers.first(name: "retry-after").flatMap { HeaderValues.retryAfter($0, now: now) } : nil,
      operation: request.operation, message: "\(message) [\(status)\(said.isEmpty ? "" : " \(said)")\(id)]")
  }

  private var byCode: ObjectStoreError? {
    switch code {
    case "NoSuchKey": return make(.notFound, "no such object")
    case "NoSuchUpload": return make(.notFound, "no such upload; it was completed or aborted")
    case "NoSuchBucket":
      return make(.bucketNotFound, "the bucket \(bucket) does not exist; create it or correct the name")
    case "PreconditionFailed": return conditionFailed
    case "ConditionalRequestConflict", "OperationAborted":
      return make(.throttled, retry: true, "another request for the same key was under way")
    case "SlowDown", "SlowDownRead", "SlowDownWrite", "ServiceUnavailable", "TooManyRequests", "ThrottlingException",
      "RequestLimitExceeded", "Throttling", "BandwidthLimitExceeded", "ServerBusy":
      return make(.throttled, retry: true, "the store asks for fewer requests")
    case "InternalError", "InternalServerError": return make(.serverError, retry: true, "the store failed inside")
    case "RequestTimeout": return make(.timeout, retry: true, "the store waited too long for our bytes")
    case "BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch", "IncompleteBody",
      "MalformedXML":
      return make(.integrity, retry: true, "the bytes changed on the way to the store")
    case "InvalidPart", "InvalidPartOrder":
      return make(.integrity, "the store does not have the parts that it confirmed")
    case "EntityTooSmall":
      return make(.configuration, "a part is below the store's minimum; set partSize to 5 MiB or more")
    case "EntityTooLarge": return make(.configuration, "a part or object is above the store's maximum; lower partSize")
    case "QuotaExceeded", "XMinioStorageFull", "InsufficientStorage":
      return make(.outOfSpace, "the store is full; enlarge the quota or keep fewer backups (retention)")
    case "NotImplemented": return make(.unsupported, unsupportedMessage)
    case "InvalidStorageClass":
      return make(.configuration, "the store has no storage class \(configuration.storageClass ?? "")")
    case "ObjectLocked", "InvalidObjectState":
      return make(.locked, "object lock or the storage class keeps the object from this")
    default: return byIdentity ?? byRegion
    }
  }

  /// Who we are, and what we may do.
  private var byIdentity: ObjectStoreError? {
    switch code {
    case "AccessDenied", "AllAccessDisabled", "AccountProblem":
      let text = serverMessage.lowercased()
      if text.contains("object lock") || text.contains("worm") || text.contains("retention") {
        return make(.locked, "object lock or retention keeps the object")
      }
      return make(.accessDenied, denied)
    case "InvalidAccessKeyId":
      return make(.accessDenied, "the store does not know the access key; correct accessKeyId in the credentials")
    case "SignatureDoesNotMatch":
      return make(
        .signatureMismatch,
        "the secret key is wrong, or a proxy changed the request; correct secretAccessKey in the credentials")
    case "ExpiredToken", "InvalidToken", "TokenRefreshRequired", "ExpiredTokenException", "InvalidClientTokenId":
      return make(.accessDenied, "the session token is not valid, or no longer; renew the credentials")
    case "RequestTimeTooSkewed", "RequestExpired":
      return clockSkew(theirs: error?["ServerTime"] ?? headers.first(name: "date") ?? "unknown")
    default: return nil
    }
  }

  private func clockSkew(theirs: String) -> ObjectStoreError {
    make(
      .clockSkew,
      "this clock says \(now.formatted(.iso8601)) and the store's says \(theirs); set the node's clock (NTP)")
  }

  /// A refusal without a word, as to HEAD, from a server whose clock is further away than the 15 minutes that S3 bears.
  private var skewed: ObjectStoreError? {
    guard error == nil, let text = headers.first(name: "date"), let theirs = HeaderValues.httpDate(text),
      abs(theirs.timeIntervalSince(now)) > 900
    else { return nil }
    return clockSkew(theirs: text)
  }

  private var denied: String {
    "the credentials may not do \(request.action) on bucket \(bucket); allow it in their policy or the bucket's"
  }

  /// Where the bucket is.
  private var byRegion: ObjectStoreError? {
    let region = error?["Region"] ?? headers.first(name: "x-amz-bucket-region")
    switch code {
    case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException":
      break
    case "TemporaryRedirect", "Redirect":
      return make(.unreachable, retry: true, "the store sends us elsewhere, as it does for a bucket that is new")
    default:
      guard status == 301 || (status == 400 && error == nil && region != nil) else { return nil }
    }
    let place = region.map { "is in region \($0)" } ?? "is in another region"
    return make(
      .regionMismatch, "the bucket \(bucket) \(place), not in \(configuration.region); set region accordingly")
  }

  private var unsupportedMessage: String {
    if request.headers.contains(where: { $0.name == "if-none-match" }) {
      return "the store refuses conditional writes (If-None-Match), which keep one backup from replacing another"
    }
    return "the store cannot do this"
  }

  private var byStatus: ObjectStoreError {
    switch status {
    case 403, 401: return skewed ?? make(.accessDenied, denied)
    case 404: return make(.notFound, "not found; is the endpoint an S3 server?")
    case 408: return make(.timeout, retry: true, "the store waited too long for our bytes")
    case 412: return conditionFailed
    case 409: return make(.throttled, retry: true, "another request for the same key was under way")
    case 429, 503: return make(.throttled, retry: true, "the store asks for fewer requests")
    case 501: return make(.unsupported, unsupportedMessage)
    case 507: return make(.outOfSpace, "the store is full; enlarge the quota or keep fewer backups (retention)")
    case 500...599: return make(.serverError, retry: true, "the store failed inside")
    case 400 where request.headers.contains { $0.name == "if-none-match" } && mentionsCondition:
      return make(.unsupported, unsupportedMessage)
    case 300...399:
      return make(
        .configuration, "the endpoint redirects, which S3 does not; is it an S3 server, and the right scheme?")
    default: return make(.failed, "the store refused the request")
    }
  }

  private var conditionFailed: ObjectStoreError {
    request.headers.contains { $0.name == "if-match" }
      ? make(.integrity, "the object was replaced since the read began; read it again")
      : make(.alreadyExists, "the key is taken")
  }

  private var mentionsCondition: Bool {
    let text = (serverMessage + (error?["ArgumentName"] ?? "") + (error?["Header"] ?? "")).lowercased()
    return text.contains("if-none-match") || text.contains("header you provided implies functionality")
  }
}
