import Foundation
import KubernetesModel
import Yams

@testable import HoldfastAPI

/// Builders of valid objects, to be changed by a test.
enum Fixtures {
  static let recipient = AgeRecipientTests.recipient

  static func spec() -> BackupPolicySpec {
    BackupPolicySpec(
      sources: [Source(name: "raft", openBao: .init(address: "https://bao:8200", jwtAuthRole: "backup"))],
      target: Target(bucket: "backups"), encryption: Encryption(age: .init(recipients: [recipient])))
  }

  static func policy() -> BackupPolicy {
    BackupPolicy(metadata: ObjectMeta(name: "bao", namespace: "openbao"), spec: spec())
  }

  /// The root of the repository.
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// A YAML document as JSON.
  static func yaml(_ text: String) throws -> JSONValue {
    guard let node = try Yams.compose(yaml: text) else { return .null }
    return value(node)
  }

  static func yaml(at path: String) throws -> JSONValue {
    try yaml(String(contentsOf: root.appending(path: path), encoding: .utf8))
  }

  private static func value(_ node: Node) -> JSONValue {
    switch node {
    case .scalar(let scalar):
      // Quoted and block scalars are text whatever they look like.
      guard scalar.style == .any || scalar.style == .plain else { return .string(scalar.string) }
      if node.null != nil { return .null }
      if let bool = node.bool, ["true", "false"].contains(scalar.string) { return .bool(bool) }
      if let integer = Int64(scalar.string) { return .integer(integer) }
      if let number = Double(scalar.string) { return .number(number) }
      return .string(scalar.string)
    case .mapping(let mapping):
      return .object(
        Dictionary(mapping.map { ($0.key.string ?? "", value($0.value)) }, uniquingKeysWith: { _, last in last }))
    case .sequence(let sequence): return .array(sequence.map(value))
    case .alias: return .null
    }
  }
}
