import Foundation
import NIOHTTP1
import ObjectStore
import StoreHTTP

/// What Google says when it does not do what it was asked.
/// https://cloud.google.com/storage/docs/json_api/v1/status-codes
struct GCSFailure: Sendable {
  var status: Int
  var headers: HTTPHeaders
  var reason: String
  var serverMessage: String
  var request: GCSRequest
  var configuration: GCSConfiguration
  /// Our clock.
  var now: Date

  init(_ answer: StoreHTTPAnswer, _ request: GCSRequest, _ configuration: GCSConfiguration, now: Date) {
    status = answer.status
    headers = answer.headers
    (reason, serverMessage) = GCSErrorAnswer.read(answer.body)
    self.request = request
    self.configuration = configuration
    self.now = now
  }

  private var bucket: String { configuration.bucket }
  private var text: String { serverMessage.lowercased() }

  var storeError: ObjectStoreError { byReason ?? byText ?? byStatus }

  private func make(_ code: ObjectStoreError.Code, retry: Bool = false, _ message: String) -> ObjectStoreError {
    let said = [reason, String(serverMessage.prefix(500))].filter { !$0.isEmpty }.joined(separator: ": ")
    // Of an upload's session it is the session's own name, with which anybody could write to it.
    let id = request.isSession ? "" : headers.first(name: "x-guploader-uploadid").map { ", request \($0)" } ?? ""
    return ObjectStoreError(
      code, isRetryable: retry,
      retryAfter: retry ? headers.first(name: "retry-after").flatMap { HeaderValues.retryAfter($0, now: now) } : nil,
      operation: request.operation, message: "\(message) [\(status)\(said.isEmpty ? "" : " \(said)")\(id)]")
  }

  private var byReason: ObjectStoreError? {
    switch reason {
    case "rateLimitExceeded", "userRateLimitExceeded", "usageLimits":
      return make(.throttled, retry: true, "the store asks for fewer requests")
    case "backendError", "internalError", "backendNotConnected", "internalServerError":
      return status == 503 ? make(.throttled, retry: true, "the store asks for fewer requests") : failedInside
    case "uploadBrokenConnection":
      return make(.timeout, retry: true, "the store waited too long for our bytes")
    case "quotaExceeded", "dailyLimitExceeded":
      return make(.outOfSpace, "a quota of the project is used up; raise it, or keep fewer backups (retention)")
    case "objectUnderActiveHold":
      return make(.locked, "a hold keeps the object; it stays until a person lifts the hold")
    case "retentionPolicyNotMet":
      return make(.locked, "the bucket's retention policy or the object's own retention keeps the object")
    case "accountDisabled", "billingDisabled", "UserProjectAccountProblem", "userProjectAccountProblem":
      return make(.accessDenied, "billing of the bucket's project is off; enable it in the Google Cloud console")
    case "accessNotConfigured", "serviceDisabled":
      return make(.accessDenied, "the project has the Cloud Storage API disabled; enable storage.googleapis.com")
    case "orgPolicyConstraintFailed":
      return make(.configuration, "a policy of the organization forbids this; choose a bucket that it allows")
    case "requestedRangeNotSatisfiable": return make(.failed, "the store has no such range")
    case "conditionNotMet": return make(.alreadyExists, "the key is taken")
    default: return reason.hasPrefix("cloudKms") ? key : nil
    }
  }

  private var failedInside: ObjectStoreError { make(.serverError, retry: true, "the store failed inside") }

  /// What has no reason of its own. Messages quote the names of objects and buckets, so no single word tells.
  private var byText: ObjectStoreError? {
    if text.contains("requester pays") || text.contains("user project") || text.contains("serviceusage.services.use") {
      return make(
        .accessDenied,
        configuration.userProject.map {
          "the bucket's requester pays, and the credentials may not bill project \($0); grant them "
            + "serviceusage.services.use (roles/serviceusage.serviceUsageConsumer) on it"
        } ?? "the bucket's requester pays; set gcs.userProject to the project to be billed")
    }
    switch status {
    case 404 where text.contains("bucket does not exist"):
      return make(.bucketNotFound, "the bucket \(bucket) does not exist; create it or correct the name")
    case 400 where text.contains("match calculated"):
      return make(.integrity, retry: true, "the bytes changed on the way to the store")
    case 400...403 where text.contains("cloud kms"): return key
    case 403 where text.contains("billing account"):
      return make(.accessDenied, "billing of the bucket's project is off; enable it in the Google Cloud console")
    case 403 where text.contains("cannot be deleted") || text.contains("until hold is removed"):
      return make(.locked, "a retention or a hold keeps the object")
    case 400 where text.contains("retention") && configuration.retention != nil:
      return make(
        .configuration,
        "the bucket does not take object retention; enable it (gcloud storage buckets create "
          + "--enable-per-object-retention, or the console for a bucket that is there), or remove objectLock")
    case 400 where text.contains("storage class"):
      return make(.configuration, "the bucket does not take storage class \(configuration.storageClass ?? "")")
    default: return nil
    }
  }

  private var key: ObjectStoreError {
    let name = configuration.kmsKeyName ?? "of the bucket"
    switch reason {
    case "cloudKmsKeyLocationNotAllowed":
      return make(.configuration, "the key \(name) is in another location than the bucket; use one of the bucket's")
    case "cloudKmsDisabledKey", "cloudKmsDecryptionKeyNotFound", "cloudKmsEncryptionKeyNotFound":
      return make(.accessDenied, "the key \(name) is disabled, destroyed or not there; enable it or name another")
    case "cloudKmsBadKey", "cloudKmsCannotChangeKeyName":
      return make(
        .configuration,
        "the key \(name) is no key's name; it must be projects/P/locations/L/keyRings/R/cryptoKeys/K, without a version"
      )
    default:
      return make(
        .accessDenied,
        "Cloud Storage may not use the key \(name); grant roles/cloudkms.cryptoKeyEncrypterDecrypter on it to the service "
          + "agent of the bucket's project (gcloud storage service-agent)")
    }
  }

  // MARK: By status

  private var denied: String {
    if case .anonymous = configuration.credentials.kind {
      return "the store wants credentials and none were sent; set credentialsSecretRef (key credentials.json)"
    }
    return
      "the credentials may not do \(permission) on bucket \(bucket); grant them a role that has it, such as \(role)"
  }

  /// The one that Google names, as in "x does not have storage.objects.setRetention access to ...", or the usual one.
  private var permission: String {
    serverMessage.split(whereSeparator: { $0 == " " || $0 == "'" }).first { $0.hasPrefix("storage.") }.map(String.init)
      ?? request.permission
  }

  /// The least of Google's own that allows it. https://cloud.google.com/storage/docs/access-control/iam-roles
  private var role: String {
    switch permission {
    case "storage.objects.create": "roles/storage.objectCreator (and storage.objects.delete to replace an object)"
    case "storage.objects.get", "storage.objects.list": "roles/storage.objectViewer"
    case "storage.objects.delete": "roles/storage.objectUser"
    default: "roles/storage.objectAdmin"
    }
  }

  private var byStatus: ObjectStoreError {
    switch status {
    case 401: return unauthorized
    case 403: return make(.accessDenied, denied)
    case 404 where request.isSession, 410 where request.isSession:
      return make(.notFound, "no such upload; it was completed or aborted, or ended after a week")
    case 404, 410:
      return make(.notFound, serverMessage.isEmpty ? "not found; is the endpoint right?" : "no such object")
    case 408: return make(.timeout, retry: true, "the store waited too long for our bytes")
    case 409: return make(.throttled, retry: true, "another request for the same key was under way")
    case 412: return make(.alreadyExists, "the key is taken")
    case 413: return make(.configuration, "the object is above the store's maximum of 5 TiB")
    case 429, 503: return make(.throttled, retry: true, "the store asks for fewer requests")
    case 501: return make(.unsupported, "the store cannot do this")
    case 507: return make(.outOfSpace, "the store is full; enlarge the quota or keep fewer backups (retention)")
    case 500...599: return failedInside
    case 300...399:
      return make(
        .configuration,
        "the endpoint redirects, which Google's does not; is it a Cloud Storage server, and the scheme right?"
      )
    default: return make(.failed, "the store refused the request")
    }
  }

  /// After a fresh token was refused too.
  private var unauthorized: ObjectStoreError {
    if case .anonymous = configuration.credentials.kind { return make(.credentialsNotFound, denied) }
    return make(
      .accessDenied,
      "the store does not take the token of \(configuration.credentials.origin): the account may be disabled or deleted, "
        + "or the endpoint is not Google's")
  }
}
