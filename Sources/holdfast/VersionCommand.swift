import ArgumentParser
import BackupFormat
import Foundation

enum HoldfastVersion {
  static let current = "0.1.0"
}

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

  private struct Output: Encodable {
    let version: String
    let formatVersion: String
  }

  @Option(name: .shortAndLong, help: "text or json.")
  var output = OutputFormat.text

  func run() throws {
    switch output {
    case .text: print("holdfast \(HoldfastVersion.current)")
    case .json:
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      let value = Output(version: HoldfastVersion.current, formatVersion: Manifest.currentFormatVersion)
      print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
  }
}
