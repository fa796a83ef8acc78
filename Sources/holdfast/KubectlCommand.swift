import ArgumentParser
import KubectlPlugin

/// The plugin under the program's own name, for pods that have only the image.
struct KubectlCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kubectl", abstract: "The client for people: the same as 'kubectl holdfast'.",
    discussion: "'holdfast kubectl --help' shows its commands.", helpNames: [])

  @Argument(parsing: .captureForPassthrough, help: "What follows 'kubectl holdfast'.")
  var arguments: [String] = []

  func run() async throws {
    let code = await KubectlPlugin.run(arguments, version: HoldfastVersion.current)
    if code != .success { throw code }
  }
}
