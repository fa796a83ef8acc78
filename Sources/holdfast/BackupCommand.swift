import ArgumentParser

struct BackupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "backup", abstract: "Take a backup of every source of the plan, then prune.")

  @OptionGroup var options: PlanOptions
  @OptionGroup var log: LogOptions

  func run() async throws {
    throw ValidationError("not in this build yet")
  }
}
