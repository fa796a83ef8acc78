import Foundation
import KubernetesClient
import KubernetesModel
import Yams

/// The files with which the operator is installed.
enum Manifests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// The documents of a YAML text.
  static func documents(_ text: String) throws -> [JSONValue] {
    try Yams.load_all(yaml: text).filter { !($0 is NSNull) }.map { value in
      try JSONValue(parsing: JSONSerialization.data(withJSONObject: value, options: [.fragmentsAllowed]))
    }
  }

  static func rules(_ name: String) throws -> [PolicyRule] {
    try documents(text("charts/holdfast/files/\(name)-rules.yaml")).first?.decoded(as: [PolicyRule].self) ?? []
  }

  private static let operatorRules = Result { try rules("operator") + rules("cluster") + rules("distrust") }
  private static let gateRules = Result { try rules("gate") }
  private static let trustRules = Result { try rules("trust") }

  /// Whether the roles of `deploy/` and the chart are enough for a call.
  /// - Parameters:
  ///   - trusts: As installed where a namespace is trusted.
  ///   - gates: As installed with the gate for upgrades.
  static func operatorMay(_ request: Request, trusts: Bool, gates: Bool = false) -> Bool {
    guard
      let rules = try? operatorRules.get() + (trusts ? trustRules.get() : []) + (gates ? gateRules.get() : [])
    else { return false }
    let (group, resource, name) = target(of: request)
    return rules.contains { rule in
      rule.apiGroups?.contains(group) == true && rule.resources?.contains(resource) == true
        && rule.verbs.contains(request.verb.rawValue)
        && (rule.resourceNames.map { name.map($0.contains) ?? false } ?? true)
    }
  }

  /// What a call is about, in the terms of RBAC.
  static func target(of request: Request) -> (group: String, resource: String, name: String?) {
    var parts = request.path.split(separator: "/").map(String.init)
    let group = parts.first == "api" ? "" : parts[1]
    parts.removeFirst(group.isEmpty ? 2 : 3)
    if parts.first == "namespaces", parts.count > 2 { parts.removeFirst(2) }
    let resource = parts.count > 2 ? "\(parts[0])/\(parts[2])" : parts[0]
    return (group, resource, parts.count > 1 ? parts[1] : nil)
  }
}
