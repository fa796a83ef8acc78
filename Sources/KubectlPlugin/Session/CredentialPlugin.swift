import Foundation
import KubernetesClient
import Subprocess
import SystemPackage

/// Runs the credential plugin of a kubeconfig, and again before what it gave expires.
struct CredentialPlugin: Sendable {
  /// A token is replaced so long before its end.
  private static let margin: TimeInterval = 60
  private static let timeout = Duration.seconds(60)

  let plugin: ExecPlugin
  /// What it says to the person is thrown away.
  var isQuiet = false

  /// Puts its credential into the configuration.
  /// - Returns: What keeps the credential fresh for as long as it runs; nil where nothing has to.
  func prepare(_ configuration: inout ClientConfiguration) async throws -> (@Sendable () async -> Void)? {
    let first = try await credential()
    if let certificate = first.clientCertificate { configuration.clientCertificate = certificate }
    guard let token = first.token else { return nil }
    let renewed = RenewedToken(token)
    configuration.credential = .renewed(renewed)
    guard let expires = first.expires else { return nil }
    return { await keepFresh(renewed, until: expires) }
  }

  private func keepFresh(_ token: RenewedToken, until expires: Date) async {
    var expires = expires
    while !Task.isCancelled {
      let wait = max(10, expires.timeIntervalSinceNow - Self.margin)
      guard (try? await ContinuousClock().sleep(for: .seconds(wait))) != nil else { return }
      // Where it fails, the server will say so, and the next turn tries again.
      guard let next = try? await credential(), let value = next.token else { continue }
      token.value = value
      guard let end = next.expires else { return }
      expires = end
    }
  }

  private struct Answer: Sendable {
    var succeeded: Bool
    var output: String
  }

  private func run(_ environment: [Environment.Key: String?]) async throws -> Answer {
    let (plugin, isQuiet) = (plugin, isQuiet)
    return try await withThrowingTaskGroup(of: Answer.self) { group in
      group.addTask {
        // What it tells the person goes where our own messages go.
        let errors: FileDescriptorOutput =
          isQuiet
          ? .fileDescriptor(
            try FileDescriptor.open("/dev/null", .writeOnly, options: .closeOnExec), closeAfterSpawningProcess: true)
          : .currentStandardError
        let result = try await Subprocess.run(
          plugin.command.contains("/") ? .path(FilePath(plugin.command)) : .name(plugin.command),
          arguments: Arguments(plugin.arguments), environment: .inherit.updating(environment), input: .none,
          output: .string(limit: 1 << 20), error: errors)
        guard case .exited(0) = result.terminationStatus else { return Answer(succeeded: false, output: "") }
        return Answer(succeeded: true, output: result.standardOutput)
      }
      group.addTask {
        try await ContinuousClock().sleep(for: Self.timeout)
        return Answer(succeeded: false, output: "")
      }
      defer { group.cancelAll() }
      return try await group.next() ?? Answer(succeeded: false, output: "")
    }
  }

  private func credential() async throws -> ExecCredential {
    let operation = "run the credential plugin \(plugin.command)"
    var changes: [Environment.Key: String?] = ["KUBERNETES_EXEC_INFO": try plugin.info()]
    for (name, value) in plugin.environment { changes[Environment.Key(stringLiteral: name)] = value }
    let answer: Answer
    do {
      answer = try await run(changes)
    } catch let error as SubprocessError {
      throw KubernetesError(
        code: .configuration, operation: operation,
        message: "the credential plugin '\(plugin.command)' cannot be run; is it installed?"
          + (plugin.installHint.map { " \($0)" } ?? ""), cause: error)
    }
    guard answer.succeeded else {
      throw KubernetesError(
        code: .configuration, operation: operation,
        message:
          "the credential plugin '\(plugin.command)' failed, or gave no answer within a minute; what it said is above")
    }
    return try ExecCredential(answer: Data(answer.output.utf8), of: plugin)
  }
}
