import AsyncHTTPClient
import Foundation
import SnapshotSource

/// Turns the management API's errors into ones that say what to do.
enum ManagementErrors {
  static func code(_ answer: ManagementClient.Answer) -> String {
    (try? JSONDecoder().decode(ManagementAnswer.Failure.self, from: answer.body))?.error.code ?? ""
  }

  static func refusal(
    _ answer: ManagementClient.Answer, operation: String, endpoint: ManagementEndpoint, isLogin: Bool = false
  ) -> SnapshotSourceError {
    let failure = try? JSONDecoder().decode(ManagementAnswer.Failure.self, from: answer.body)
    let said = [failure?.error.code, failure?.error.message, failure?.error.cause?.message].compactMap { $0 }
      .joined(separator: ": ")
    func error(_ code: SnapshotSourceError.Code, _ message: String) -> SnapshotSourceError {
      SnapshotSourceError(
        code, operation: operation,
        message: "\(message). \(endpoint.url) answered \(answer.status)\(said.isEmpty ? "" : ": \(said.prefix(300))")")
    }
    switch answer.status {
    case 400 where isLogin, 401 where isLogin, 403 where isLogin:
      return error(
        .unauthorized,
        "the login was refused; check the Secret that adminSecretRef or clientCertificateSecretRef names, and that the "
          + "identity is not locked out after failed tries")
    // The controller says 401, not 403, to whom it knows and does not allow.
    case 401, 403:
      return error(.unauthorized, "only a full administrator may take a snapshot; use an identity with isAdmin")
    case 404:
      return error(
        .configuration,
        "the server does not know this path; managementAPI.url must be the listener that serves the management API")
    case 429: return error(.failed, "the controller takes one snapshot a minute")
    case 503: return error(.unreachable, "the controller was too slow, or cannot serve now")
    default: return error(.failed, "the controller refused")
    }
  }

  static func connection(_ error: any Error, operation: String, endpoint: ManagementEndpoint) -> SnapshotSourceError {
    let detail = String(describing: error)
    func make(_ code: SnapshotSourceError.Code, _ message: String) -> SnapshotSourceError {
      SnapshotSourceError(code, operation: operation, message: "\(message) (\(detail.prefix(200)))", cause: error)
    }
    if ["CERTIFICATE_VERIFY_FAILED", "failedToValidateHostname", "unableToValidateCertificate"].contains(
      where: detail.contains)
    {
      return make(
        .certificateUntrusted,
        "the certificate of \(endpoint.url) is not trusted; set managementAPI.caBundle to the controller's CA (the ConfigMap "
          + "<release>-ctrl-plane-cas), and tlsServerName where the certificate has another name")
    }
    return make(
      .unreachable, "no connection to \(endpoint.url); check the URL, that the controller runs, and network policies")
  }
}
