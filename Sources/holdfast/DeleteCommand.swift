import ArgumentParser

struct DeleteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "delete", abstract: "Remove the backups that the plan names in deleteIDs.", shouldDisplay: false)

  @OptionGroup var options: PlanOptions
  @OptionGroup var log: LogOptions

  func run() async throws {
    throw ValidationError("not in this build yet")
  }
}
