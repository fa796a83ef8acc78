import Foundation
import Subprocess
import SystemPackage
import TestServers

/// A finished command.
struct CommandResult: Sendable {
  var command: String
  var status: Int32
  var output: String
  var errors: String

  var succeeded: Bool { status == 0 }

  /// - Throws: Where the command failed, with what it wrote.
  @discardableResult
  func checked() throws -> String {
    guard succeeded else {
      throw TestServerError("\(command): exit status \(status)\n\(output.suffix(2_000))\n\(errors.suffix(2_000))")
    }
    return output
  }
}

/// Runs a command to its end, with the given text as standard input.
func runCommand(
  _ program: String, _ arguments: [String], environment: [String: String] = [:], input: String = ""
) async throws -> CommandResult {
  var changes: [Subprocess.Environment.Key: String?] = [:]
  for (name, value) in environment { changes[Subprocess.Environment.Key(stringLiteral: name)] = value }
  let result = try await Subprocess.run(
    program.contains("/") ? .path(FilePath(program)) : .name(program), arguments: Arguments(arguments),
    environment: .inherit.updating(changes), input: .text(input),
    output: .string(limit: 8 << 20), error: .string(limit: 8 << 20))
  let status: Int32 =
    switch result.terminationStatus {
    case .exited(let code): code
    case .signaled(let signal): 128 + signal
    }
  return CommandResult(
    command: ([program] + arguments).joined(separator: " "), status: status, output: result.standardOutput,
    errors: result.standardError)
}
