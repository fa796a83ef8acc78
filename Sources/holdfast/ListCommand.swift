import ArgumentParser

struct ListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List the backups of the plan's policy.")

  @OptionGroup var options: PlanOptions
  @OptionGroup var log: LogOptions

  @Option(name: .shortAndLong, help: "text or json.")
  var output = OutputFormat.text

  func run() async throws {
    throw ValidationError("not in this build yet")
  }
}
