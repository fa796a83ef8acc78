import Foundation
import KubernetesModel
import TestServers
import Testing

@Suite struct KustomizationTests {
  /// Labels that say which tool made an object, not which object it is.
  private static let labelsOfHelm = ["app.kubernetes.io/managed-by", "helm.sh/chart"]

  /// Both ways of installing describe one operator, but for the namespace, which helm makes by --create-namespace.
  @Test func theChartAndTheKustomizationAreOneOperator() async throws {
    let chart = try await Manifests.chart(crds: true).objects.map(Self.withoutLabelsOfHelm)
    let kustomization = try await Manifests.kustomization().objects
    let left = Dictionary(grouping: chart, by: Self.identity)
    let right = Dictionary(grouping: kustomization, by: Self.identity)
    #expect(left.values.allSatisfy { $0.count == 1 } && right.values.allSatisfy { $0.count == 1 })
    #expect(Set(left.keys).union(["Namespace//holdfast-system"]) == Set(right.keys))
    for (identity, objects) in left {
      #expect(objects == right[identity], "\(identity) differs; run .ci/check-chart --fix")
    }
    #expect(left.count >= 14)
  }

  /// An overlay is the chart with something turned on.
  @Test(arguments: [
    (
      "monitoring",
      "metrics: {serviceMonitor: {enabled: true}, prometheusRule: {enabled: true}, dashboard: {enabled: true}}"
    ),
    ("network-policies", "networkPolicy: {enabled: true, executors: {enabled: true, namespaces: [default]}}"),
    ("single-namespace", "watchNamespaces: [default]"),
    ("pre-upgrade-gate", "preUpgrade: {gate: {enabled: true}}"),
  ])
  func anOverlayIsTheChartWithSomethingTurnedOn(overlay: String, values: String) async throws {
    let chart = try await Manifests.chart(values: values, crds: true).objects.map(Self.withoutLabelsOfHelm)
    let kustomization = try await Manifests.kustomization("deploy/overlays/\(overlay)").objects
      .filter { $0["kind"] != "Namespace" }
    let left = Dictionary(grouping: chart, by: Self.identity)
    let right = Dictionary(grouping: kustomization, by: Self.identity)
    #expect(Set(left.keys) == Set(right.keys))
    for (identity, objects) in left { #expect(objects == right[identity], "\(identity); run .ci/check-chart --fix") }
  }

  @Test func theNamespaceHoldsPodsToRestricted() async throws {
    let namespace = try await Manifests.kustomization().one("Namespace")
    #expect(namespace[path: "metadata", "labels"]?["pod-security.kubernetes.io/enforce"] == "restricted")
  }

  @Test func definitionsOfTheChartAreThoseOfTheRepository() throws {
    func files(_ folder: String) throws -> [String: Data] {
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }
      return Dictionary(
        uniqueKeysWithValues: try names.map { ($0, try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)"))) })
    }
    let crds = try files(Repository.path("crds"))
    #expect(crds.count == 3)
    #expect(try files(Repository.chart + "/crds") == crds, "run .ci/check-chart --fix")
  }

  @Test func theChartHasTheVersionOfTheProgram() throws {
    let source = try String(contentsOfFile: Repository.path("Sources/holdfast/VersionCommand.swift"), encoding: .utf8)
    let program = try require(source.firstMatch(of: /current = "([^"]+)"/)?.1, "version of the program")
    let chart = try String(contentsOfFile: Repository.chart + "/Chart.yaml", encoding: .utf8)
    #expect(chart.contains("\nversion: \(program)\n") && chart.contains("\nappVersion: \"\(program)\"\n"))
  }

  /// Where a real cluster is named, its API server takes everything, without changing anything.
  @Test(
    .enabled(if: !(ProcessInfo.processInfo.environment["KUBECONFIG"] ?? "").isEmpty, "no KUBECONFIG"),
    arguments: ChartTests.variants)
  func aRealServerTakesEverything(values: String) async throws {
    // ServiceMonitors need the Prometheus operator's definitions. A dry run makes no namespace: default stands for all.
    let objects = try await Manifests.chart(values: values, crds: true).objects
      .filter { $0["apiVersion"] != "monitoring.coreos.com/v1" }
      .map { object in
        var object = object
        if object[path: "metadata", "namespace"] != nil { object["metadata"]?["namespace"] = "default" }
        return object
      }
    let list: JSONValue = ["apiVersion": "v1", "kind": "List", "items": .array(objects)]
    let text = String(decoding: try list.serialized(), as: UTF8.self)
    let result = try await kubectl(
      ["apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict", "-f", "-"], input: text)
    let output = try result.checked()
    #expect(output.split(separator: "\n").count == objects.count)
    #expect(!result.errors.contains("Warning"), "\(result.errors)")
  }

  private static func withoutLabelsOfHelm(_ object: JSONValue) -> JSONValue {
    var result = object
    for label in labelsOfHelm { result["metadata"]?["labels"]?[label] = nil }
    return result
  }

  private static func identity(_ object: JSONValue) -> String {
    let metadata = object["metadata"]
    return [object["kind"], metadata?["namespace"], metadata?["name"]].map { $0?.stringValue ?? "" }
      .joined(separator: "/")
  }
}
