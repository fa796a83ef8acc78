import ArgumentParser
import BackupFormat
import Executor
import Foundation

struct ListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the backups of the plan's policy, newest first.")

  private struct Item: Encodable {
    var id: BackupID
    var location: String
    var storedSize: Int64
    var manifest: Manifest?
    var problem: String?
  }

  @OptionGroup var options: PlanOptions
  @OptionGroup var log: LogOptions

  @Option(name: .shortAndLong, help: "text or json.")
  var output = OutputFormat.text

  func run() async throws {
    try await RunningCommand.run(options, log, purpose: .bucketOnly) { context, _ in
      let entries = try await ListRun(context: context).run()
      switch output {
      case .text: show(entries)
      case .json: try showJSON(entries)
      }
    }
  }

  private func show(_ entries: [ListRun.Entry]) {
    let rows = entries.map { entry in
      [
        entry.id.rawValue, entry.manifest?.createdAt ?? "", entry.manifest?.trigger ?? "",
        TextTable.bytes(entry.storedBytes),
        entry.manifest?.artifacts.map(\.source).joined(separator: ",") ?? "unreadable: \(entry.problem ?? "")",
      ]
    }
    for line in TextTable.lines(["ID", "CREATED", "TRIGGER", "SIZE", "SOURCES"], rows) { print(line) }
  }

  private func showJSON(_ entries: [ListRun.Entry]) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    let items = entries.map {
      Item(id: $0.id, location: $0.location, storedSize: $0.storedBytes, manifest: $0.manifest, problem: $0.problem)
    }
    print(String(decoding: try encoder.encode(items), as: UTF8.self))
  }
}
