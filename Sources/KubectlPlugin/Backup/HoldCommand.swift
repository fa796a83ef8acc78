import ArgumentParser
import Foundation
import HoldfastAPI
import KubernetesClient
import KubernetesModel

struct HoldCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hold", abstract: "Keep retention from removing a backup.",
    discussion: "Sets the annotation \(HoldfastAPI.holdAnnotation). 'unhold' takes it off.")

  @OptionGroup var cluster: ClusterOptions

  @Argument(help: "The Backup's name.")
  var backup: String

  @Option(help: "Why, for those who find it.")
  var reason: String?

  func run() async throws {
    try await cluster.run { session in
      let found = try await session.find(Backup.self, backup)
      guard found.status?.id != nil else {
        throw PluginFailure(
          "Backup \(backup) is \(found.status?.phase?.rawValue ?? "Pending") and stands for nothing in the bucket yet",
          remedy: "wait until it is Completed: kubectl holdfast describe \(backup)\(session.flag)")
      }
      let text = reason ?? "held on \(Timestamp(session.now()))"
      try await session.annotate(found, HoldfastAPI.holdAnnotation, text)
      session.console.say("backup.holdfast.dev/\(backup) held: \(PrintableText.of(text))")
      return .done
    }
  }
}

struct UnholdCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unhold", abstract: "Let retention remove a backup again, when its time comes.")

  @OptionGroup var cluster: ClusterOptions

  @Argument(help: "The Backup's name.")
  var backup: String

  func run() async throws {
    try await cluster.run { session in
      let found = try await session.find(Backup.self, backup)
      guard found.isHeldByPerson else {
        session.console.say("backup.holdfast.dev/\(backup) was not held")
        return .done
      }
      try await session.annotate(found, HoldfastAPI.holdAnnotation, nil)
      session.console.say("backup.holdfast.dev/\(backup) is no longer held")
      return .done
    }
  }
}

extension Session {
  /// Sets an annotation, or takes it off.
  @discardableResult
  func annotate<Object: KubernetesObject>(_ object: Object, _ name: String, _ value: String?) async throws -> Object {
    try await client.patch(
      Object.self, name: object.key.name, namespace: namespace,
      .merge(["metadata": ["annotations": [name: value.map { .string($0) } ?? .null]]]))
  }
}
