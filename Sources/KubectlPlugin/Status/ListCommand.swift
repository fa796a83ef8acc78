import ArgumentParser
import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel

struct ListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Backups, the newest first.",
    discussion: "Backup objects, as the operator keeps them; 'holdfast list --plan' asks the bucket itself.")

  @OptionGroup var cluster: ClusterOptions

  @Argument(help: "Those of one policy.")
  var policy: String?

  @Flag(name: [.customShort("A"), .long], help: "Those of all namespaces.")
  var allNamespaces = false

  @Option(name: .shortAndLong, help: "table, wide, json or yaml.")
  var output = ListFormat.table

  func run() async throws {
    try await cluster.run { session in
      // Not by the label: a Backup that nobody has picked up yet has none.
      let found = try await session.all(Backup.self, everywhere: allNamespaces).filter {
        policy == nil || $0.spec.policyRef.name == policy
      }
      if found.isEmpty, let policy, !allNamespaces { _ = try await session.find(BackupPolicy.self, policy) }
      let backups = Self.newestFirst(found).map(BackupSummary.init)
      switch output {
      case .json, .yaml: try session.console.say(JSONValue(encoding: backups), isYAML: output == .yaml)
      case .table, .wide:
        guard !backups.isEmpty else {
          session.console.note("no Backup" + (allNamespaces ? "" : " in namespace \(session.namespace)"))
          return .done
        }
        session.console.say(
          BackupTable(isWide: output == .wide, hasNamespaces: allNamespaces).table(backups, now: session.now()))
      }
      return .done
    }
  }

  static func newestFirst(_ backups: [Backup]) -> [Backup] {
    func time(_ backup: Backup) -> Date {
      (backup.status?.startTime ?? backup.metadata.creationTimestamp)?.date ?? .distantPast
    }
    return backups.sorted { (time($0), $0.key.name) > (time($1), $1.key.name) }
  }
}
