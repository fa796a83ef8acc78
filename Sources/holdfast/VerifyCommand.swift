import ArgumentParser

struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "verify", abstract: "Read every artifact of a backup and compare its size and digests.")

  @OptionGroup var options: PlanOptions
  @OptionGroup var log: LogOptions

  func run() async throws {
    throw ValidationError("not in this build yet")
  }
}
