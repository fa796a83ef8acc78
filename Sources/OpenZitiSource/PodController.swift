import Foundation
import KubernetesClient
import KubernetesModel
import NIOCore
import SnapshotSource

/// The controller's container: commands and files by exec.
struct PodController: CommandRunner, SnapshotShelf {
  private static let outputLimit = 1 << 20

  let client: KubernetesClient
  let namespace: String
  let pod: String
  let container: String
  let idle: Duration

  var place: String { "container \(container) of pod \(namespace)/\(pod)" }

  func run(_ command: [String], timeout: Duration) async throws -> CommandOutcome {
    try await mapping("exec \(command.first ?? "") in \(place)") {
      do {
        var limits = ExecLimits()
        limits.total = timeout
        limits.idle = timeout
        let (result, output) = try await client.exec(
          in: namespace, pod: pod, container: container, command: command, collectUpTo: Self.outputLimit,
          limits: limits)
        return CommandOutcome(
          exitCode: result.exitCode, output: String(buffer: output), errors: result.stderr.text)
      } catch let error as KubernetesError where error.code == .executableNotFound {
        return CommandOutcome(exitCode: 127, output: "", errors: error.message)
      }
    }
  }

  func names(in folder: String) async throws -> [String] {
    let outcome = try await run(["ls", "-1A", folder], timeout: .seconds(60))
    guard outcome.exitCode == 0 else { throw failure("list \(folder)", outcome) }
    return outcome.output.split(separator: "\n").map(String.init)
  }

  func read(_ path: String, hand: @escaping @Sendable (ByteBuffer) async throws -> Void) async throws {
    let operation = "cat \(path) in \(place)"
    let result = try await mapping(operation) {
      var limits = ExecLimits()
      limits.idle = idle
      return try await client.exec(
        in: namespace, pod: pod, container: container, command: ["cat", path], limits: limits, stdout: hand)
    }
    guard result.exitCode == 0 else {
      throw failure(
        "cat \(path)", CommandOutcome(exitCode: result.exitCode, output: "", errors: result.stderr.text))
    }
  }

  /// Writes a file that only the container's user can read. What a failed try left is written over.
  ///
  /// The command counts the bytes and its input stays open until it has ended; and something is left to be said at the end.
  /// A shell whose last command's output goes to a file becomes that command, nobody holds the exec's own output any more,
  /// and a kubelet then ends the session with input still under way (seen with Kubernetes 1.36 and containerd 1.6, with
  /// kubectl too).
  ///
  /// - Parameters:
  ///   - bytes: At least `size`; must not end, or end with an error, before the command does.
  func write(_ bytes: some AsyncSequence<ByteBuffer, any Error> & Sendable, to path: String, size: Int64)
    async throws
  {
    let operation = "write \(path) in \(place)"
    let result = try await mapping(operation) {
      var limits = ExecLimits()
      // The command says nothing until it has all.
      limits.idle = .seconds(3_600)
      return try await client.exec(
        in: namespace, pod: pod, container: container,
        command: [
          "sh", "-c", "umask 077 && rm -f \"$1\" && head -c \"$2\" >\"$1\" && wc -c <\"$1\"", "sh", path, "\(size)",
        ],
        stdin: bytes,
        limits: limits
      ) { _ in }
    }
    guard result.exitCode == 0 else {
      throw failure("write \(path)", CommandOutcome(exitCode: result.exitCode, output: "", errors: result.stderr.text))
    }
  }

  func remove(_ path: String) async throws {
    let outcome = try await run(["rm", "-f", path], timeout: .seconds(60))
    guard outcome.exitCode == 0 else { throw failure("remove \(path)", outcome) }
  }

  private func failure(_ operation: String, _ outcome: CommandOutcome) -> SnapshotSourceError {
    SnapshotSourceError(
      outcome.wasKilled ? .truncated : .failed, operation: operation,
      message: outcome.wasKilled
        ? "the command was killed in the middle in \(place) (status \(outcome.exitCode)); the pod was deleted or restarted, "
          + "or ran out of memory"
        : "the command ended with status \(outcome.exitCode) in \(place): \(outcome.complaint)")
  }

  private func mapping<Value>(_ operation: String, _ body: () async throws -> Value) async throws -> Value {
    do {
      return try await body()
    } catch let error as KubernetesError {
      let code: SnapshotSourceError.Code =
        switch error.code {
        case .forbidden, .unauthorized: .unauthorized
        case .badRequest: .configuration
        case .notFound: .unreachable
        case .connection, .timeout: .truncated
        default: .unreachable
        }
      throw SnapshotSourceError(code, operation: operation, message: error.message, cause: error)
    }
  }
}
