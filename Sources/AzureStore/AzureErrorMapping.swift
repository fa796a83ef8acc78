import Foundation
import NIOHTTP1
import ObjectStore
import StoreHTTP

/// What Azure says when it does not do what it was asked.
/// https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes
/// https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes
struct AzureFailure: Sendable {
  var status: Int
  var headers: HTTPHeaders
  /// `<Error>`; nil where the answer has no body, as all to HEAD.
  var error: XMLElement?
  var request: AzureRequest
  var configuration: AzureConfiguration
  /// Our clock.
  var now: Date

  var code: String { headers.first(name: "x-ms-error-code") ?? error?["Code"] ?? "" }
  /// The first line; the request's id and time follow.
  var serverMessage: String {
    (error?["Message"] ?? "").split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
  }
  var detail: String { error?["AuthenticationErrorDetail"] ?? "" }
  var container: String { "the container \(configuration.container) of account \(configuration.storageAccount)" }

  var storeError: ObjectStoreError {
    byIdentity ?? byObject ?? byRequest ?? bySetting ?? byStatus
  }

  func make(_ code: ObjectStoreError.Code, retry: Bool = false, _ message: String) -> ObjectStoreError {
    let said = [self.code, serverMessage].filter { !$0.isEmpty }.joined(separator: ": ")
    let id = headers.first(name: "x-ms-request-id").map { ", request \($0)" } ?? ""
    return ObjectStoreError(
      code, isRetryable: retry,
      retryAfter: retry ? headers.first(name: "retry-after").flatMap { HeaderValues.retryAfter($0, now: now) } : nil,
      operation: request.operation, message: "\(message) [\(status)\(said.isEmpty ? "" : " \(said)")\(id)]")
  }

  /// What is, or is not, under the key.
  private var byObject: ObjectStoreError? {
    switch code {
    case "BlobNotFound", "ResourceNotFound": return make(.notFound, "no such object")
    case "ContainerNotFound", "ContainerDisabled":
      return make(.bucketNotFound, "\(container) does not exist; create it or correct the name")
    case "ContainerBeingDeleted":
      return make(.bucketNotFound, "\(container) is being deleted; create it again or correct the name")
    case "BlobAlreadyExists": return make(.alreadyExists, "the key is taken")
    case "ConditionNotMet", "TargetConditionNotMet": return conditionNotMet
    case "InvalidBlockList":
      return make(
        .notFound,
        "the store does not have the upload's blocks: it was aborted, another upload of the key was "
          + "completed, or a week has passed")
    case "InvalidBlobOrBlock":
      return make(
        .failed,
        "the key has blocks of another program, whose names have another length; delete the blob, or wait a "
          + "week for Azure to drop them")
    case "BlobImmutableDueToPolicy": return make(.locked, "an immutability policy keeps the object")
    case "BlobImmutableDueToLegalHold": return make(.locked, "a legal hold keeps the object; clear it to delete")
    case "SnapshotsPresent":
      return make(.locked, "the object has snapshots, which someone made to keep it; delete them first")
    case "LeaseIdMissing", "LeaseAlreadyPresent", "LeaseIdMismatchWithBlobOperation":
      return make(.locked, "someone holds a lease on the object; break it, or wait for its end")
    case "BlobArchived", "BlobBeingRehydrated":
      return make(.locked, "the object is in the tier Archive and cannot be read; rehydrate it and try again later")
    case "PendingCopyOperation", "SystemInUse":
      return make(.throttled, retry: true, "another operation on the object is under way")
    default: return nil
    }
  }

  private var conditionNotMet: ObjectStoreError {
    if request.header("if-match") != nil { return make(.integrity, "the object was replaced meanwhile") }
    return make(.alreadyExists, "the key is taken")
  }

  /// The bytes, and how busy the service is.
  private var byRequest: ObjectStoreError? {
    switch code {
    case "ServerBusy", "TooManyRequests": return make(.throttled, retry: true, "the store asks for fewer requests")
    case "OperationTimedOut", "RequestTimeout": return make(.timeout, retry: true, "the store ran out of time")
    case "InternalError": return make(.serverError, retry: true, "the store failed inside")
    case "Md5Mismatch", "Crc64Mismatch", "InvalidMd5", "InvalidCrc64", "InvalidXmlDocument":
      return make(.integrity, retry: true, "the bytes changed on the way to the store")
    case "RequestBodyTooLarge": return make(.configuration, "a part is above the store's maximum; lower partSize")
    case "BlockCountExceedsLimit", "BlockListTooLong":
      return make(.configuration, "the object has too many blocks; set a larger partSize")
    case "AccountBeingCreated":
      return make(.serverError, retry: true, "the account \(configuration.storageAccount) is still being created")
    default: return nil
    }
  }

  /// What the account, the container or the server does not have or know.
  private var bySetting: ObjectStoreError? {
    switch code {
    case "InvalidResourceName", "InvalidUri", "OutOfRangeInput":
      return make(.configuration, "Azure takes no such name; correct the container's name or pathPrefix")
    case "AccountRequiresHttps": return make(.configuration, "the account takes https alone; correct the endpoint")
    case "AccountLimitExceeded", "InsufficientStorage":
      return make(.outOfSpace, "the account is full; enlarge its limit or keep fewer backups (retention)")
    default: break
    }
    let text = "\(code) \(serverMessage) \(error?["HeaderName"] ?? "")".lowercased()
    if let scope = configuration.encryptionScope, text.contains("encryption") {
      return make(
        .configuration, "the encryption scope \(scope) cannot be used; make or enable it, or correct the name")
    }
    if text.contains("immutab") || text.contains("legal-hold") || text.contains("versionlevel") {
      return make(
        .unsupported,
        "\(container) does not support immutability of single blobs; make it with version-level "
          + "immutability support, or leave it out of the policy")
    }
    if let tier = configuration.accessTier, text.contains("tier") {
      return make(
        .configuration,
        "the account has no access tier \(tier.rawValue) for new blobs; premium accounts have none at all")
    }
    if !configuration.tags.isEmpty, text.contains("tag") {
      return make(
        .configuration, "Azure takes no such tags: ten at most, of letters, digits, space and + - . / : = _")
    }
    if text.contains("x-ms-version") || code == "FeatureVersionMismatch" {
      return make(
        .unsupported, "the server does not know version \(AzureTransport.version) of the API; upgrade the emulator")
    }
    return nil
  }

  private var byStatus: ObjectStoreError {
    switch status {
    case 403, 401: return make(.accessDenied, denied)
    case 404: return make(.notFound, "not found; is the endpoint Azure's blob service?")
    case 408: return make(.timeout, retry: true, "the store waited too long for our bytes")
    case 409: return make(.failed, "the store's state does not allow it")
    case 412: return conditionNotMet
    case 413: return make(.configuration, "a part is above the store's maximum; lower partSize")
    case 429, 503: return make(.throttled, retry: true, "the store asks for fewer requests")
    case 501: return make(.unsupported, "the store cannot do this")
    case 507: return make(.outOfSpace, "the store is full; enlarge the quota or keep fewer backups (retention)")
    case 500...599: return make(.serverError, retry: true, "the store failed inside")
    case 300...399:
      return make(
        .configuration, "the endpoint redirects, which Azure does not; is it a blob service, and the right scheme?")
    default: return make(.failed, "the store refused the request")
    }
  }
}
