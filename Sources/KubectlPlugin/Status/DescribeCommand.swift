import ArgumentParser
import Foundation
import HoldfastAPI
import KubernetesModel

struct DescribeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "describe", abstract: "Everything about one backup.")

  @OptionGroup var cluster: ClusterOptions

  @Argument(help: "The Backup's name.")
  var backup: String

  @Option(name: .shortAndLong, help: "text, json or yaml; the last two give the object itself.")
  var output = ObjectFormat.text

  func run() async throws {
    try await cluster.run { session in
      let found = try await session.find(Backup.self, backup)
      switch output {
      case .json, .yaml: try session.console.say(JSONValue(encoding: found), isYAML: output == .yaml)
      case .text: session.say(BackupDescription(backup: found, now: session.now()).lines)
      }
      return .done
    }
  }
}

extension Session {
  func say(_ lines: [StoryStep.Line]) {
    for line in lines { console.say(console.paint(PrintableText.of(line.text), line.style)) }
  }
}
