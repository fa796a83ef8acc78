import ArgumentParser
import Executor
import Foundation
import HoldfastAPI

struct BackupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Take a backup of every source of the plan, then prune.")

  @OptionGroup var options: PlanOptions
  @OptionGroup var result: ResultOptions
  @OptionGroup var debris: DebrisOptions
  @OptionGroup var log: LogOptions

  func run() async throws {
    let settings = try debris.settings(environment: ProcessInfo.processInfo.environment)
    try await RunningCommand.runWithResult(
      .backup, options, log, result.file, settings: settings, purpose: .backup
    ) { context, mounts in
      try await RunningCommand.withCluster(mounts) { cluster in
        let sources = try SourceFactory(plan: context.plan, mounts: mounts, cluster: cluster, logger: context.logger)
          .sources()
        return await BackupRun(context: context, sources: sources).run()
      }
    }
  }
}
