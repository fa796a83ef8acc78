import SnapshotSource
import Subprocess
import SystemPackage

/// Runs commands on this machine.
struct ProcessRunner: CommandRunner {
  private static let outputLimit = 64 << 10

  var place: String { "this machine" }

  func run(_ command: [String], timeout: Duration) async throws -> CommandOutcome {
    let operation = "run \(command.first ?? "")"
    guard let program = command.first else {
      throw SnapshotSourceError(.configuration, operation: operation, message: "the command is empty")
    }
    return try await withThrowingTaskGroup(of: CommandOutcome.self) { group in
      defer { group.cancelAll() }
      group.addTask { try await Self.run(program, Array(command.dropFirst())) }
      group.addTask {
        try await Task.sleep(for: timeout)
        throw SnapshotSourceError(.failed, operation: operation, message: "\(program) did not end within \(timeout)")
      }
      guard let outcome = try await group.next() else { throw CancellationError() }
      return outcome
    }
  }

  private static func run(_ program: String, _ arguments: [String]) async throws -> CommandOutcome {
    do {
      let result = try await Subprocess.run(
        program.contains("/") ? .path(FilePath(program)) : .name(program), arguments: Arguments(arguments),
        output: .string(limit: outputLimit), error: .string(limit: outputLimit))
      return CommandOutcome(
        exitCode: code(result.terminationStatus), output: result.standardOutput,
        errors: result.standardError)
    } catch let error as SubprocessError {
      try Task.checkCancellation()
      return CommandOutcome(exitCode: 127, output: "", errors: "\(error)")
    }
  }

  private static func code(_ status: TerminationStatus) -> Int32 {
    switch status {
    case .exited(let code): Int32(code)
    case .signaled(let signal): 128 + Int32(signal)
    }
  }
}
