import SnapshotSource

/// Turns etcd's errors into ones that say what to do.
enum EtcdErrors {
  /// The codes of gRPC that etcd uses. https://grpc.io/docs/guides/status-codes/
  enum Status: Int {
    case invalidArgument = 3
    case deadlineExceeded = 4
    case notFound = 5
    case permissionDenied = 7
    case resourceExhausted = 8
    case failedPrecondition = 9
    case unimplemented = 12
    case unavailable = 14
    case unauthenticated = 16
  }

  static func refusal(_ code: Int, _ said: String, operation: String, endpoint: EtcdEndpoint) -> SnapshotSourceError {
    let words = said.split(whereSeparator: \.isWhitespace).joined(separator: " ").prefix(300)
    func error(_ code: SnapshotSourceError.Code, _ message: String) -> SnapshotSourceError {
      SnapshotSourceError(
        code, operation: operation, message: "\(message). \(endpoint) answered: \(words.isEmpty ? "(nothing)" : words)")
    }
    let text = said.lowercased()
    if text.contains("user name is empty") || text.contains("user name not found") {
      return error(
        .unauthorized,
        "etcd asks for a user; set authSecretRef with username and password, or use a client certificate whose common "
          + "name is a user with the role root")
    }
    if text.contains("authentication failed") || text.contains("invalid user id or password") {
      return error(.unauthorized, "etcd refused the user or the password; correct the Secret that authSecretRef names")
    }
    if text.contains("invalid auth token") {
      return error(
        .unauthorized, "etcd no longer takes the token of the login; it was restarted or the token timed out")
    }
    if text.contains("authentication is not enabled") {
      return error(.configuration, "etcd has no users switched on; remove authSecretRef")
    }
    if text.contains("rpc not supported for learner") {
      return error(
        .configuration, "this member is a learner, which gives no snapshots; name voting members as endpoints")
    }
    // A stream's refusal comes without the code that belongs to it.
    if code == Status.permissionDenied.rawValue || text.contains("permission denied") {
      return error(.unauthorized, "the user may not take snapshots; grant it etcd's role root")
    }
    switch Status(rawValue: code) {
    case .unauthenticated, .invalidArgument:
      return error(.unauthorized, "etcd refused the login")
    case .unimplemented, .notFound:
      return error(
        .configuration, "the server does not know etcd's maintenance API; check that endpoints are client URLs")
    case .deadlineExceeded: return error(.unreachable, "etcd did not answer in time")
    case .unavailable: return error(.unreachable, "etcd cannot serve now")
    default: return error(.failed, "etcd refused")
    }
  }

  /// - Parameter detail: What the connection's library says.
  static func connection(_ detail: String, operation: String, endpoint: EtcdEndpoint, cause: any Error)
    -> SnapshotSourceError
  {
    func make(_ code: SnapshotSourceError.Code, _ message: String) -> SnapshotSourceError {
      SnapshotSourceError(code, operation: operation, message: "\(message) (\(detail.prefix(200)))", cause: cause)
    }
    if ["CERTIFICATE_VERIFY_FAILED", "failedToValidateHostname", "unableToValidateCertificate"].contains(
      where: detail.contains)
    {
      return make(
        .certificateUntrusted,
        "the certificate of \(endpoint) is not trusted; set tls.caBundle to the CA that signed it, and tls.serverName "
          + "where the certificate has another name")
    }
    if ["CERTIFICATE_REQUIRED", "BAD_CERTIFICATE", "UNKNOWN_CA", "CERTIFICATE_UNKNOWN"].contains(where: detail.contains)
    {
      return make(
        .unauthorized,
        "\(endpoint) asks for a client certificate that its CA signed; set tls.clientCertificateSecretRef")
    }
    if detail.contains("WRONG_VERSION_NUMBER") || detail.contains("HTTP_REQUEST") {
      return make(.unreachable, "\(endpoint) does not speak TLS; write http:// if that is meant")
    }
    return make(.unreachable, "no connection to \(endpoint); check the address, that etcd runs, and network policies")
  }
}
