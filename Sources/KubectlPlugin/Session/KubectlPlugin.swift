public import ArgumentParser
import Foundation

/// The part of the program that people use: `kubectl holdfast …`.
public enum KubectlPlugin {
  /// kubectl finds a program of this name on PATH and runs it for `kubectl holdfast`.
  static let programName = "kubectl-holdfast"
  /// kubectl asks a program of this name for completions.
  static let completionName = "kubectl_complete-holdfast"

  /// Whether a program called like this is the plugin, or what completes it.
  public static func isPlugin(program: String) -> Bool {
    let name = URL(fileURLWithPath: program).lastPathComponent
    return name == programName || name == completionName
  }

  /// Runs the plugin to its end.
  ///
  /// - Parameters:
  ///   - arguments: Without the program's name.
  ///   - program: What it was called.
  /// - Returns: The exit status: see `docs/kubectl-plugin.md`.
  public static func run(_ arguments: [String], program: String = "kubectl-holdfast", version: String) async -> ExitCode
  {
    await PluginVersion.$current.withValue(version) {
      let isCompletion = URL(fileURLWithPath: program).lastPathComponent == completionName
      return await run(isCompletion ? ["__complete"] + arguments : GlobalFlags.moved(arguments))
    }
  }

  private static func run(_ arguments: [String]) async -> ExitCode {
    do {
      var command = try PluginCommand.parseAsRoot(arguments)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      return .success
    } catch let code as ExitCode {
      return code
    } catch {
      let text = PluginCommand.fullMessage(for: error)
      let isHelp = PluginCommand.exitCode(for: error) == .success
      Console.standard().write(text + "\n", isHelp ? .output : .errors)
      return isHelp ? .success : CommandExit.usage.code
    }
  }
}

/// kubectl takes its global flags before a subcommand as well; the parser takes them after it.
enum GlobalFlags {
  private static let withValue: Set<String> = ["-n", "--namespace", "--context", "--kubeconfig"]
  private static let alone: Set<String> = ["-A", "--all-namespaces"]

  /// Flags that stand before the first word, moved to the end, or before `--`.
  static func moved(_ arguments: [String]) -> [String] {
    var rest = arguments[...]
    var flags: [String] = []
    while let first = rest.first {
      if withValue.contains(first), rest.count > 1 {
        flags += rest.prefix(2)
        rest = rest.dropFirst(2)
      } else if alone.contains(first) || withValue.contains(where: { $0.count > 2 && first.hasPrefix("\($0)=") })
        || (first.hasPrefix("-n") && first.count > 2)
      {
        flags.append(first)
        rest = rest.dropFirst()
      } else {
        break
      }
    }
    guard !flags.isEmpty, !rest.isEmpty else { return arguments }
    let end = rest.firstIndex(of: "--") ?? rest.endIndex
    return Array(rest[..<end]) + flags + Array(rest[end...])
  }
}

struct PluginCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kubectl holdfast",
    abstract: "Backups and restores with Holdfast.",
    discussion: """
      Exit codes: 0 done, 1 failed or the answer is no, 2 wrong usage, 3 the time was up while what was waited for goes on, \
      130 stopped by SIGINT, 143 by SIGTERM.
      """,
    subcommands: [
      StatusCommand.self, ListCommand.self, DescribeCommand.self, BackupCommand.self, VerifyCommand.self,
      RestoreCommand.self, LogsCommand.self, HoldCommand.self, UnholdCommand.self, DownloadCommand.self,
      DoctorCommand.self, CompletionCommand.self, VersionCommand.self, CompleteCommand.self,
    ])
}
