import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import SnapshotSource

/// Turns what a server or a connection did into an error that says what to do.
enum OpenBaoErrors {
  /// - Parameters:
  ///   - body: The first bytes of the answer.
  ///   - secrets: Never to be repeated, whatever the server says.
  static func refusal(
    status: Int, body: String, request: OpenBaoRequest, endpoint: OpenBaoEndpoint, secrets: [String]
  ) -> SnapshotSourceError {
    let said = reason(in: body, secrets: secrets)
    func error(_ code: SnapshotSourceError.Code, _ message: String) -> SnapshotSourceError {
      SnapshotSourceError(
        code, operation: request.operation, message: "\(message). \(endpoint.address) answered \(status): \(said)")
    }
    if let login = request.login, let refused = refusedLogin(status, said, login, error) { return refused }
    switch status {
    case 400 where said.contains("raft storage is not in use"):
      return error(.configuration, "the server does not use Raft storage, so that it has no snapshots to give")
    case 400 where said.contains("different set of unseal keys") || said.contains("different autoseal key"):
      return error(
        .configuration,
        "the snapshot is of a cluster with other unseal keys; set force to restore it all the same, and have the unseal "
          + "keys of that cluster at hand: they are needed afterwards")
    case 403:
      return error(.unauthorized, "the token is not valid, has expired, or its policy lacks \(needed(for: request))")
    case 404:
      return error(.configuration, "the server does not know this path; check that address is an OpenBao or Vault API")
    case 413:
      return error(.failed, "the server takes no body of this size; raise max_request_size of its listener")
    case 429:
      return error(.unreachable, "the server asks to come back later")
    case 503 where said.contains("sealed"):
      return error(.failed, "the server is sealed; unseal it and try again")
    case 503:
      return error(.unreachable, "the server cannot serve now")
    default:
      return error(.failed, "the server refused")
    }
  }

  private static func refusedLogin(
    _ status: Int, _ said: String, _ method: OpenBaoRequest.LoginMethod,
    _ error: (SnapshotSourceError.Code, String) -> SnapshotSourceError
  ) -> SnapshotSourceError? {
    let text = said.lowercased()
    switch status {
    case 404:
      return error(
        .configuration, "there is no \(method.name) auth method at that path; check \(method.mountField) and namespace")
    // What the server says where nothing is mounted at the path.
    case 403 where text.contains("permission denied"):
      return error(
        .unauthorized,
        "the \(method.name) login was refused, or there is no such auth method at that path; check \(method.check), "
          + "\(method.mountField) and namespace")
    case 400, 401, 403:
      let why =
        switch text {
        case _ where text.contains("audience"): ": the token is for another audience than the role takes"
        case _ where text.contains("expired"): ": what it logs in with has expired (or the clocks differ)"
        case _ where text.contains("role") && (text.contains("not found") || text.contains("could not be found")):
          ": the role does not exist"
        default: ""
        }
      return error(.unauthorized, "the \(method.name) login was refused\(why); check \(method.check)")
    default: return nil
    }
  }

  private static func needed(for request: OpenBaoRequest) -> String {
    let path = request.path.prefix { $0 != "?" }
    return switch request.method {
    case .GET: "the capability read on path \"\(path)\""
    default: "the capability update on path \"\(path)\""
    }
  }

  /// The server's own words, in one short line.
  static func reason(in body: String, secrets: [String]) -> String {
    var text = body
    if let answer = try? JSONDecoder().decode(OpenBaoAnswer.Errors.self, from: Data(body.utf8)),
      let errors = answer.errors
    {
      text = errors.joined(separator: "; ")
    }
    for secret in secrets where !secret.isEmpty { text = text.replacingOccurrences(of: secret, with: "***") }
    let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return line.isEmpty ? "(nothing)" : String(line.prefix(300))
  }

  /// - Parameter host: `host:port` that was talked to.
  static func failure(_ error: any Error, operation: String, host: String) -> any Error {
    if error is CancellationError || error is SnapshotSourceError { return error }
    if let error = error as? HTTPClientError, error == .cancelled, Task.isCancelled { return CancellationError() }
    let detail = String(describing: error)
    func make(_ code: SnapshotSourceError.Code, _ message: String) -> SnapshotSourceError {
      SnapshotSourceError(code, operation: operation, message: message, cause: error)
    }
    if ["CERTIFICATE_VERIFY_FAILED", "failedToValidateHostname", "unableToValidateCertificate"].contains(
      where: detail.contains)
    {
      return make(
        .certificateUntrusted,
        "the certificate of \(host) is not trusted; set caBundle to the CA that signed it, and tlsServerName where the "
          + "certificate has another name")
    }
    if error is NIOSSLError || detail.contains("handshake") || detail.contains("TLS") {
      return make(
        .unreachable, "no TLS connection to \(host): check that address begins with the right scheme (\(short(detail)))"
      )
    }
    switch error as? HTTPClientError {
    case .some(.connectTimeout):
      return make(.unreachable, "\(host) did not take the connection in time; check address and network policies")
    case .some(.deadlineExceeded), .some(.readTimeout):
      return make(.unreachable, "\(host) did not answer in time")
    case .some(.remoteConnectionClosed):
      return make(.truncated, "\(host) closed the connection before its answer was complete")
    default: break
    }
    if detail.lowercased().contains("connect") {
      return make(.unreachable, "no connection to \(host); check address and that the server runs (\(short(detail)))")
    }
    return make(.unreachable, "the connection to \(host) failed (\(short(detail)))")
  }

  private static func short(_ text: String) -> String { String(text.prefix(200)) }
}
