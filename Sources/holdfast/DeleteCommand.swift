import ArgumentParser
import Executor
import HoldfastAPI

/// For the Jobs that remove what a deleted Backup object stood for.
struct DeleteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Remove the backups that the plan names in deleteIDs.", shouldDisplay: false)

  @OptionGroup var options: PlanOptions
  @OptionGroup var result: ResultOptions
  @OptionGroup var log: LogOptions

  func run() async throws {
    try await RunningCommand.runWithResult(.delete, options, log, result.file, purpose: .bucketOnly) { context, _ in
      await DeleteRun(context: context).run()
    }
  }
}
