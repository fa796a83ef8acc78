import ArgumentParser

/// Runs the operator. Only wiring: what it does is in the target `Operator`.
struct OperatorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "operator", abstract: "Run the operator in a cluster.")

  @OptionGroup var log: LogOptions

  func run() async throws {
    // The operator's entry goes here: Operator.run(configuration).
    throw ValidationError("this build has no operator")
  }
}
