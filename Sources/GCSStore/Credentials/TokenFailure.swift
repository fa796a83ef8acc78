import Foundation
import NIOCore
import NIOHTTP1
import ObjectStore
import StoreHTTP

/// What a token service says when it gives no token.
struct TokenFailure {
  /// Whom we asked, and what for.
  enum Step {
    case serviceAccount(email: String, keyID: String?)
    case user
    case subjectToken(url: String)
    case federation(audience: String)
    case impersonation(account: String)
    case metadata(host: String)

    /// No answer at all.
    func unanswered(_ error: ObjectStoreError) -> ObjectStoreError {
      var error = error
      switch self {
      case .metadata(let host):
        // Worth a retry: on a new node of GKE it answers only after a while.
        error.code = .credentialsNotFound
        error.message =
          "there are no credentials: none are configured, and \(host) does not answer, as it does on Google Cloud; "
          + "set credentialsSecretRef (key credentials.json) or GOOGLE_APPLICATION_CREDENTIALS, or use Workload "
          + "Identity (\(error.message))"
      default:
        error.message += "; the pod must reach the token service: check network policy and HTTPS_PROXY"
      }
      return error
    }
  }

  var answer: StoreHTTPAnswer
  var operation: String
  var origin: String
  var step: Step
  /// Our clock.
  var now: Date

  /// Both forms: OAuth's `{"error": "...", "error_description": "..."}` and Google's `{"error": {"message": ...}}`.
  private var said: (code: String, text: String) {
    let object = (try? JSONDecoder().decode([String: JSONField].self, from: Data(answer.body.readableBytesView))) ?? [:]
    if let error = object["error"]?.object { return (error["status"]?.text ?? "", error["message"]?.text ?? "") }
    return (object["error"]?.text ?? "", object["error_description"]?.text ?? "")
  }

  private func make(_ code: ObjectStoreError.Code, retry: Bool = false, _ message: String) -> ObjectStoreError {
    let said = [said.code, said.text].filter { !$0.isEmpty }.joined(separator: ": ").prefix(400)
    return ObjectStoreError(
      code, isRetryable: retry,
      retryAfter: retry
        ? answer.headers.first(name: "retry-after").flatMap { HeaderValues.retryAfter($0, now: now) } : nil,
      operation: operation, message: "\(message) [\(answer.status)\(said.isEmpty ? "" : " \(said)")]")
  }

  var storeError: ObjectStoreError {
    switch answer.status {
    case 429: return make(.throttled, retry: true, "the token service asks for fewer requests")
    case 408: return make(.timeout, retry: true, "the token service waited too long")
    case 500...599: return make(.serverError, retry: true, "the token service failed inside")
    case 407: return make(.accessDenied, "the proxy wants other credentials; correct HTTPS_PROXY")
    default: return refusal
    }
  }

  private var refusal: ObjectStoreError {
    let text = said.text.lowercased()
    // "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp
    // values in the JWT claim."
    if text.contains("short-lived token") || text.contains("iat and exp") || text.contains("too early") {
      let theirs = answer.headers.first(name: "date") ?? "unknown"
      return make(
        .clockSkew,
        "this clock says \(now.formatted(.iso8601)) and Google's says \(theirs); set the node's clock (NTP)")
    }
    switch step {
    case .serviceAccount(let email, let keyID): return serviceAccount(email, keyID, text)
    case .user:
      return make(
        .accessDenied,
        "the refresh token of \(origin) was revoked or has ended; log in anew, or use a service account, which does not "
          + "end")
    case .subjectToken(let url):
      return make(
        .accessDenied, "\(url), the credential_source of \(origin), gives no token; check its headers")
    case .federation(let audience): return federation(audience, text)
    case .impersonation(let account):
      if answer.status == 404 {
        return make(.accessDenied, "there is no service account \(account); correct \(origin)")
      }
      return make(
        .accessDenied,
        "the identity of \(origin) may not act as \(account); grant it roles/iam.workloadIdentityUser (federation) or "
          + "roles/iam.serviceAccountTokenCreator on that account, and enable the IAM Service Account Credentials API")
    case .metadata:
      return make(
        .credentialsNotFound,
        "the metadata server gives no token: bind the pod's service account to one of Google's (Workload Identity), give "
          + "the node one, or set credentialsSecretRef")
    }
  }

  private func serviceAccount(_ email: String, _ keyID: String?, _ text: String) -> ObjectStoreError {
    let key = keyID.map { "key \($0)" } ?? "the key"
    if text.contains("signature") {
      return make(
        .signatureMismatch,
        "Google does not take the signature of \(key) of \(email): the key was deleted or belongs to another account; "
          + "create a new one and put it into \(origin)")
    }
    if text.contains("account not found") || text.contains("disabled") || text.contains("invalid email") {
      return make(.accessDenied, "the service account \(email) does not exist or is disabled; correct \(origin)")
    }
    if said.code == "invalid_scope" {
      return make(.accessDenied, "the service account \(email) may not have the scope of Cloud Storage")
    }
    return make(
      .accessDenied,
      "Google gives no token for \(email): \(key) may have been revoked; create a new one and put it into \(origin)")
  }

  private func federation(_ audience: String, _ text: String) -> ObjectStoreError {
    if said.code == "invalid_target" || text.contains("audience") {
      return make(
        .accessDenied,
        "the workload identity pool or provider \(audience) does not exist, is disabled, or expects another audience; "
          + "give the projected token the provider's audience, and correct \(origin)")
    }
    if text.contains("issuer") || text.contains("jwks") {
      return make(
        .accessDenied,
        "Google cannot check the cluster's tokens: the provider's issuer must be the cluster's, and its keys public or "
          + "uploaded to the provider")
    }
    if text.contains("stale") || text.contains("expired") {
      return make(.accessDenied, "the token that credential_source of \(origin) names has ended; is it renewed?")
    }
    if text.contains("attribute condition") {
      return make(.accessDenied, "the provider's attribute condition refuses this service account; change one of them")
    }
    return make(.accessDenied, "Google does not take the token that credential_source of \(origin) names")
  }
}
