import ArgumentParser

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the program's version.")

  func run() { Console.standard().say("kubectl-holdfast \(PluginVersion.current)") }
}
