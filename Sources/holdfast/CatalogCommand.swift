import ArgumentParser
import BackupFormat
import Executor
import Foundation
import HoldfastAPI
import JobPlan

struct CatalogCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "catalog", abstract: "Keep Backup objects in step with the bucket.",
    subcommands: [CatalogSyncCommand.self], defaultSubcommand: CatalogSyncCommand.self)
}

struct CatalogSyncCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sync", abstract: "Make a Backup object for each backup in the bucket that has none.",
    discussion: """
      Lists what is below the policy's prefix and makes what is missing, in the policy's namespace of the API server that \
      the kubeconfig names (in a pod: its own). Nothing is ever deleted. A manifest that cannot be used is named, and the \
      others go on.
      """)

  @OptionGroup var options: PlanOptions
  @OptionGroup var result: ResultOptions
  @OptionGroup var log: LogOptions

  @Option(help: ArgumentHelp("A kubeconfig file, in place of KUBECONFIG.", valueName: "file"))
  var kubeconfig: String?

  @Option(help: ArgumentHelp("A context of the kubeconfig in place of its current one.", valueName: "name"))
  var context: String?

  @Flag(help: "Print what would be made; make nothing.")
  var dryRun = false

  @Option(name: .shortAndLong, help: "text or json.")
  var output = OutputFormat.text

  private struct Line: Encodable {
    var id: String
    var backup: String
    var action: String
    var createdAt: String?
    var storedSize: Int64
    var problem: String?
  }

  private struct Summary: Encodable {
    var backups: [Line]
    var found: Int
    var made: Int
    var unreadable: Int
    var warnings: [String]
  }

  func run() async throws {
    let (kubeconfig, contextName, isDryRun, output) = (kubeconfig, context, dryRun, output)
    let isJob = ProcessInfo.processInfo.environment[ExecutorEnvironment.jobName] != nil
    try await RunningCommand.runWithResult(.catalog, options, log, result.file, purpose: .bucketOnly) {
      context, mounts in
      let cluster = ClusterConnection(mounts: mounts, kubeconfig: kubeconfig, context: contextName)
      do {
        let run = CatalogRun(context: context, client: try cluster.client(), isDryRun: isDryRun)
        if isJob {
          let result = try await run.result()
          await cluster.close()
          return result
        }
        var lines: [Line] = []
        let (result, report) = try await run.resultAndReport { item in
          lines.append(
            Line(
              id: item.id.rawValue, backup: item.name, action: item.action.rawValue,
              createdAt: item.manifest?.createdAt, storedSize: item.storedBytes, problem: item.problem))
        }
        await cluster.close()
        try Self.show(lines, report, as: output)
        return result
      } catch {
        await cluster.close()
        throw error
      }
    }
  }

  private static func show(_ lines: [Line], _ report: CatalogRun.Report, as format: OutputFormat) throws {
    guard format == .text else {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
      let summary = Summary(
        backups: lines, found: report.result.found, made: report.result.made, unreadable: report.result.unreadable,
        warnings: report.warnings)
      return print(String(decoding: try encoder.encode(summary), as: UTF8.self))
    }
    let rows = lines.map { [$0.id, $0.action, $0.backup, TextTable.bytes($0.storedSize), $0.problem ?? ""] }
    if !rows.isEmpty {
      for line in TextTable.lines(["ID", "ACTION", "BACKUP", "SIZE", "PROBLEM"], rows) { print(line) }
    }
    for warning in report.warnings { RunningCommand.complain("warning: \(warning)") }
    let would = lines.contains { $0.action == CatalogRun.Item.Action.wouldMake.rawValue }
    print(
      "\(report.result.found) backup(s) in the bucket; \(report.result.made) Backup object(s) "
        + "\(would ? "would be made" : "made"); \(report.result.unreadable) manifest(s) cannot be used")
  }
}
