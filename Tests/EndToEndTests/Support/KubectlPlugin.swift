import Foundation
import TestServers

/// `kubectl holdfast`, as a person has it: kubectl finds the program on PATH by its name.
struct KubectlPlugin: Sendable {
  let folder: URL
  let kubeconfig: String

  init(_ kubeconfig: String) throws {
    folder = try ServerProcess.makeFolder("plugin")
    self.kubeconfig = kubeconfig
    for name in ["kubectl-holdfast", "kubectl_complete-holdfast"] {
      try FileManager.default.createSymbolicLink(
        atPath: folder.appendingPathComponent(name).path, withDestinationPath: try Binaries.path("holdfast"))
    }
  }

  var environment: [String: String] {
    ["KUBECONFIG": kubeconfig, "PATH": "\(folder.path):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"]
  }

  func callAsFunction(_ arguments: String..., environment: [String: String] = [:]) async throws -> CommandResult {
    try await runCommand(
      "kubectl", ["holdfast"] + arguments, environment: self.environment.merging(environment) { $1 })
  }

  func complete(_ words: String...) async throws -> [String] {
    let output = try await runCommand("kubectl", ["__complete", "holdfast"] + words, environment: environment).checked()
    return output.split(separator: "\n").map { String($0.split(separator: "\t")[0]) }
  }

  /// On a terminal of its own, of which both streams are the output.
  /// - Parameters:
  ///   - keys: Typed when the output has `after` in it.
  func onTerminal(
    _ arguments: String..., typing keys: String = "", after: String = "", environment: [String: String] = [:]
  ) async throws -> CommandResult {
    try await runCommand(
      "python3", ["-c", Self.terminal, keys, after, "kubectl", "holdfast"] + arguments,
      environment: self.environment.merging(["TERM": "xterm", "COLUMNS": "100", "NO_COLOR": ""]) { $1 }.merging(
        environment
      ) { $1 })
  }

  private static let terminal = """
    import os, pty, sys
    keys, after, command = sys.argv[1], sys.argv[2], sys.argv[3:]
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(command[0], command)
    seen = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
        if keys and after.encode() in seen:
            os.write(terminal, keys.encode())
            keys = ""
    sys.stdout.buffer.write(seen)
    sys.stdout.flush()
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
}
