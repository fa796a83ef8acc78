import Foundation
import KubernetesModel
import Subprocess
import SystemPackage

/// One execution of a container's process.
struct ContainerRun: Sendable {
  struct Outcome: Sendable {
    var exitCode: Int32
    var signal: Int32?
    var started: Date
    var finished: Date
    /// What the process wrote to its termination message path, cut at 4,096 bytes.
    var message: String
  }

  let command: ContainerCommand
  let logPath: String
  let terminationMessagePath: String
  /// `File`, or `FallbackToLogsOnError`.
  let terminationMessagePolicy: String
  let handle: PodHandle

  /// Runs to the end. Never throws: a program that cannot be started ends as a container runtime reports it.
  func run(onStart: @Sendable () async -> Void) async -> Outcome {
    let started = Date()
    _ = FileManager.default.createFile(atPath: terminationMessagePath, contents: Data())
    do {
      let log = try FileDescriptor.open(
        FilePath(logPath), .writeOnly, options: [.create, .append], permissions: [.ownerReadWrite])
      defer { try? log.close() }
      var options = PlatformOptions()
      options.createSession = true
      let result = try await Subprocess.run(
        Configuration(
          executable: .path(FilePath(command.arguments.first ?? "")),
          arguments: Arguments(Array(command.arguments.dropFirst())),
          environment: .custom(
            Dictionary(
              uniqueKeysWithValues: command.environment.map { (Subprocess.Environment.Key(stringLiteral: $0), $1) })),
          workingDirectory: command.workingDirectory.map { FilePath($0) }, platformOptions: options),
        input: .none, output: .fileDescriptor(log, closeAfterSpawningProcess: false),
        error: .fileDescriptor(log, closeAfterSpawningProcess: false)
      ) { execution in
        handle.add(execution.processIdentifier.value)
        await onStart()
      }
      handle.remove(result.processIdentifier.value)
      return outcome(of: result.terminationStatus, started: started)
    } catch {
      return Outcome(
        exitCode: 128, signal: nil, started: started, finished: Date(),
        message: "failed to create containerd task: exec: \"\(command.arguments.first ?? "")\": \(error)")
    }
  }

  private func outcome(of status: TerminationStatus, started: Date) -> Outcome {
    var outcome = Outcome(exitCode: 0, signal: nil, started: started, finished: Date(), message: "")
    switch status {
    case .exited(let code): outcome.exitCode = code
    case .signaled(let signal):
      outcome.exitCode = 128 + signal
      outcome.signal = signal
    }
    outcome.message = terminationMessage(failed: outcome.exitCode != 0)
    return outcome
  }

  private func terminationMessage(failed: Bool) -> String {
    let written = FileManager.default.contents(atPath: terminationMessagePath)?.prefix(4_096) ?? Data()
    if !written.isEmpty || !failed || terminationMessagePolicy != "FallbackToLogsOnError" {
      return String(decoding: written, as: UTF8.self)
    }
    // The last 80 lines, at most 2,048 bytes of them.
    let tail = FileManager.default.contents(atPath: logPath)?.suffix(2_048) ?? Data()
    return String(decoding: tail, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).suffix(80)
      .joined(separator: "\n")
  }
}
