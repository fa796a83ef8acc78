import KubernetesModel

extension KubernetesError {
  /// What an exit status says: the command's exit code, or why it never ran.
  /// - Throws: ``KubernetesError`` where the status is no exit of the command.
  static func exitCode(of status: APIStatus, operation: String) throws -> Int32 {
    if status.status == "Success" { return 0 }
    if status.reason == "NonZeroExitCode" {
      let code = status.details?.causes?.first { $0.reason == "ExitCode" }?.message.flatMap { Int32($0) }
      guard let code, code != 0 else {
        throw KubernetesError(
          code: .decoding, operation: operation, message: "the exit status names no exit code", status: status)
      }
      return code
    }
    var error = KubernetesError(status: status, operation: operation)
    if error.message.isExecutableMissing { error.code = .executableNotFound }
    throw error
  }

  /// Adds what a person can do about a refused command.
  static func execRefusal(_ error: KubernetesError) -> KubernetesError {
    var error = error
    switch error.code {
    case .forbidden:
      error.message +=
        "; grant the verbs get and create on pods/exec (a WebSocket is a GET, for which Kubernetes 1.35 and later ask "
        + "for create as well)"
    case .badRequest where error.message.contains("container name must be specified"):
      error.message += "; name the container"
    case .badRequest where error.message.contains("does not have a host assigned"):
      error.message += "; the pod does not run yet"
    default:
      if error.message.isExecutableMissing { error.code = .executableNotFound }
    }
    return error
  }

  /// The connection ended before the exit status came. What the command did is not known, whatever it wrote.
  static func execEndedEarly(
    operation: String, close: (code: UInt16?, reason: String)?, unreadableStatus: String?, cause: (any Error)? = nil
  ) -> KubernetesError {
    var message = "the connection ended before the command's exit status came; the pod may have restarted, or its node "
    message += "or the API server gone away"
    if let close {
      let detail = [close.code.map { "code \($0)" }, close.reason.isEmpty ? nil : close.reason].compactMap(\.self)
      message += " (closed by the server\(detail.isEmpty ? "" : ": \(detail.joined(separator: ", "))"))"
    }
    if let unreadableStatus { message += "; instead of a status came: \(unreadableStatus)" }
    return KubernetesError(code: .connection, operation: operation, message: message, cause: cause)
  }
}

extension String {
  /// How container runtimes say that a program is not there or cannot be run: runc (containerd) "executable file not
  /// found in $PATH", "no such file or directory", "permission denied"; crun (CRI-O) "executable file `x` not found".
  fileprivate var isExecutableMissing: Bool {
    guard contains("exec") else { return false }
    return contains("executable file") && contains("not found") || contains("no such file or directory")
      || contains("No such file or directory") || contains("permission denied") || contains("exec format error")
  }
}
