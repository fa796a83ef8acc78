import ArgumentParser
import Executor
import Foundation
import KubectlPlugin

/// The one binary: the operator, the executor that its Jobs run, and the same executor for people without a cluster.
@main
struct Holdfast: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "holdfast",
    abstract: "Keeps restorable backups of a control plane and of the PKI it lives on.",
    discussion: """
      The executor's subcommands (backup, restore, prune, list, verify, catalog, preflight) read a plan: the JSON that the operator puts \
      into the ConfigMap of a policy, or one written by hand. They need no cluster.

      Exit codes: 0 done, 1 failed, 2 wrong usage or an invalid plan, 143 stopped by SIGTERM or SIGINT after cleaning \
      up.
      """,
    version: HoldfastVersion.current,
    subcommands: [
      OperatorCommand.self, BackupCommand.self, RestoreCommand.self, PruneCommand.self, ListCommand.self,
      VerifyCommand.self, CatalogCommand.self, UnpauseCommand.self, InspectCommand.self, PreflightCommand.self,
      DeleteCommand.self, KubectlCommand.self, VersionCommand.self,
    ])

  static func main() async {
    ProcessSetup.limitMemory()
    let program = CommandLine.arguments.first ?? ""
    if KubectlPlugin.isPlugin(program: program) {
      exit(
        withError: await KubectlPlugin.run(
          Array(CommandLine.arguments.dropFirst()), program: program, version: HoldfastVersion.current))
    }
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      // The parser's own code for wrong usage is 64; ours is 2, as of most tools.
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      FileHandle.standardError.write(Data((fullMessage(for: error) + "\n").utf8))
      exit(withError: ExitStatus.invalid)
    }
  }
}

enum ExitStatus {
  static let failed = ExitCode(1)
  static let invalid = ExitCode(2)
  /// 128 and the number of SIGTERM, as a shell reports it.
  static let stopped = ExitCode(143)
}
