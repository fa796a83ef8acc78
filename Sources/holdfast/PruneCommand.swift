import ArgumentParser

struct PruneCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "prune", abstract: "Remove what the plan's retention no longer keeps.")

  @OptionGroup var options: PlanOptions
  @OptionGroup var log: LogOptions

  @Flag(help: "Print what would be removed and why; remove nothing.")
  var dryRun = false

  func run() async throws {
    throw ValidationError("not in this build yet")
  }
}
