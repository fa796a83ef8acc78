import ArgumentParser

struct RestoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "restore", abstract: "Bring a backup back to its sources.")

  @OptionGroup var options: PlanOptions
  @OptionGroup var log: LogOptions

  func run() async throws {
    throw ValidationError("not in this build yet")
  }
}
