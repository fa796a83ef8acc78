import ArgumentParser
import Executor
import Foundation

struct PruneCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune", abstract: "Remove what the plan's retention no longer keeps, and debris of dead runs.")

  @OptionGroup var options: PlanOptions
  @OptionGroup var debris: DebrisOptions
  @OptionGroup var log: LogOptions

  @Flag(help: "Print what would be removed and why; remove nothing.")
  var dryRun = false

  func run() async throws {
    let settings = try debris.settings(environment: ProcessInfo.processInfo.environment)
    try await RunningCommand.run(options, log, settings: settings, purpose: .bucketOnly) { context, _ in
      let report = try await PruneRun(context: context).run(dryRun: dryRun)
      show(report)
      if !report.problems.isEmpty { throw ReportedFailure() }
    }
  }

  private func show(_ report: PruneReport) {
    for warning in report.warnings { RunningCommand.complain("warning: \(warning)") }
    let verb = dryRun ? "would remove" : "removed"
    for removal in report.removals {
      if let problem = removal.problem {
        print("not removed   \(removal.id)  \(removal.kind.rawValue): \(problem)")
        continue
      }
      print("\(verb)  \(removal.id)  \(removal.kind.rawValue), \(TextTable.bytes(removal.bytes)): \(removal.reason)")
      for key in removal.keys { print("    \(key)") }
      if removal.uploads > 0 { print("    \(removal.uploads) open upload(s)") }
    }
    for key in report.probes { print("\(verb)  \(key)  left by a preflight") }
    for kept in report.kept {
      print("\(dryRun ? "would keep" : "kept")  \(kept.id)  \(TextTable.bytes(kept.bytes)): \(kept.reason)")
    }
    if report.removals.isEmpty, report.probes.isEmpty { print("nothing to remove") }
  }
}
