import ArgumentParser
import Foundation
import HoldfastAPI
import KubernetesClient
import KubernetesModel

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Which policies are protected, and how old their last good backup is.")

  @OptionGroup var cluster: ClusterOptions

  @Argument(help: "One policy. Default: all of the namespace.")
  var policy: String?

  @Flag(name: [.customShort("A"), .long], help: "Those of all namespaces.")
  var allNamespaces = false

  @Option(name: .shortAndLong, help: "table, wide, json or yaml.")
  var output = ListFormat.table

  func run() async throws {
    try await cluster.run { session in
      let now = session.now()
      let policies = try await found(session).sorted { $0.key < $1.key }.map { PolicySummary($0, now: now) }
      switch output {
      case .json, .yaml: try session.console.say(JSONValue(encoding: policies), isYAML: output == .yaml)
      case .table, .wide:
        guard !policies.isEmpty else {
          session.console.note(
            allNamespaces ? "no BackupPolicy in any namespace" : "no BackupPolicy in namespace \(session.namespace)")
          return .done
        }
        session.console.say(
          PolicyTable(isWide: output == .wide, hasNamespaces: allNamespaces).table(policies, now: now))
      }
      return .done
    }
  }

  private func found(_ session: Session) async throws -> [BackupPolicy] {
    if let policy, !allNamespaces { return [try await session.find(BackupPolicy.self, policy)] }
    let list = try await session.all(BackupPolicy.self, everywhere: allNamespaces)
    return list.filter { policy == nil || $0.key.name == policy }
  }
}

extension Session {
  /// All objects that can be read; a warning for each that cannot.
  func all<Object: KubernetesObject>(
    _ type: Object.Type, everywhere: Bool = false, label: String? = nil
  ) async throws -> [Object] {
    let list = try await client.list(
      type, namespace: everywhere ? nil : namespace, options: ListOptions(labelSelector: label))
    for failure in list.failures() { console.warn("\(failure.operation): \(failure.message)") }
    return list.objects()
  }
}
