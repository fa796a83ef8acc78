import Foundation
import KubernetesModel
import Testing

/// The chart and `deploy/` describe one operator, and give it no more than it needs.
@Suite struct InstallationTests {
  private static let definitions = ["backuppolicies", "backups", "restorerequests"]

  @Test(arguments: definitions)
  func theChartsDefinitionsAreTheRepositorys(plural: String) throws {
    let name = "holdfast.dev_\(plural).yaml"
    #expect(try Manifests.text("crds/\(name)") == Manifests.text("charts/holdfast/crds/\(name)"))
  }

  /// Promise 1.
  @Test(arguments: ["operator", "cluster", "leader-election", "executor-results"])
  func noRoleReachesSecretsOrEverything(name: String) throws {
    let rules = try Manifests.rules(name)
    #expect(!rules.isEmpty)
    for rule in rules {
      let words = (rule.resources ?? []) + (rule.apiGroups ?? []) + rule.verbs
      #expect(!words.contains("*") && !words.contains { $0.hasPrefix("secrets") })
      #expect(!rule.verbs.contains("escalate") && !rule.verbs.contains("impersonate"))
      #expect(!rule.verbs.contains("bind") || rule.resourceNames?.isEmpty == false)
    }
  }

  @Test func bothWaysOfInstallationHaveTheSameRules() throws {
    let objects = try Manifests.documents(Manifests.text("deploy/operator/rbac.yaml"))
    for (role, file) in [
      ("holdfast-operator", "operator"), ("holdfast-cluster", "cluster"),
      ("holdfast-executor-results", "executor-results"), ("holdfast-leader-election", "leader-election"),
    ] {
      let object = objects.first { $0.name == role && $0["rules"] != nil }
      #expect(try object?["rules"]?.decoded(as: [PolicyRule].self) == Manifests.rules(file), "\(role)")
    }
  }

  @Test(.enabled(if: Tool.find("helm") != nil && Tool.find("kubectl") != nil, "needs helm and kubectl"))
  func helmAndKustomizeRenderTheSameOperator() throws {
    let root = Manifests.root.path
    let chart = try Tool.run("helm", ["template", "holdfast", "\(root)/charts/holdfast", "-n", "holdfast-system"])
    let kustomized = try Tool.run("kubectl", ["kustomize", "\(root)/deploy"])
    let fromChart = try Self.normalised(chart)
    let fromKustomize = try Self.normalised(kustomized)
    #expect(Set(fromChart.keys) == Set(fromKustomize.keys))
    for (key, object) in fromChart { #expect(fromKustomize[key] == object, "\(key)") }
  }

  /// By kind and name, without what only the tools add.
  private static func normalised(_ text: String) throws -> [String: JSONValue] {
    var result: [String: JSONValue] = [:]
    for var object in try Manifests.documents(text) {
      guard let kind = object.kind, !["CustomResourceDefinition", "Namespace"].contains(kind) else { continue }
      object["metadata"]?["labels"]?["app.kubernetes.io/managed-by"] = Optional.none
      object["metadata"]?["labels"]?["helm.sh/chart"] = Optional.none
      result["\(kind) \(object.name ?? "")"] = object
    }
    return result
  }
}

/// A program of this machine.
private enum Tool {
  static func find(_ name: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  static func run(_ name: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(find(name)))
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return String(decoding: data, as: UTF8.self)
  }
}
