import Foundation
import HealthServer
import KubernetesModel
import Metrics
import Operator
import Subprocess
import TestServers
import Testing

/// The list of metrics, the code that makes them, their page, the alerts and the dashboard say the same.
@Suite struct MetricsTests {
  static let documented = Set(OperatorMetrics.all.map(\.name))

  /// Something in every series that the operator can have.
  private static func scrape() -> PrometheusMetrics {
    let metrics = PrometheusMetrics(help: OperatorMetrics.help)
    for metric in OperatorMetrics.all where !metric.name.hasPrefix("process_") {
      let labels = metric.labels.map { ($0, "x") }
      switch metric.kind {
      case .counter: Counter(label: metric.name, dimensions: labels, factory: metrics).increment()
      case .gauge: Gauge(label: metric.name, dimensions: labels, factory: metrics).record(1)
      case .histogram: Timer(label: metric.name, dimensions: labels, factory: metrics).recordMilliseconds(20)
      }
    }
    return metrics
  }

  @Test func promtoolFindsNothingToSay() async throws {
    let text = Self.scrape().text
    for metric in OperatorMetrics.all where !metric.name.hasPrefix("process_") {
      #expect(text.contains("# HELP \(metric.name) \(metric.help)\n# TYPE \(metric.name) \(metric.kind.rawValue)\n"))
    }
    let result = try await promtool(["check", "metrics"], input: text)
    #expect(result.succeeded && result.output.isEmpty && result.errors.isEmpty, "\(result.output)\(result.errors)")
  }

  @Test func anotherReaderOfOpenMetricsTakesTheScrape() async throws {
    let program = """
      import sys
      from prometheus_client.openmetrics.parser import text_string_to_metric_families
      families = list(text_string_to_metric_families(sys.stdin.read()))
      print(len(families), sum(len(f.samples) for f in families), all(f.documentation for f in families))
      """
    let result = try await run(
      "python3", package: "prometheus-client on PyPI", ["-c", program], Self.scrape().openMetricsText)
    let fields = try result.checked().split { $0.isWhitespace }
    let own = OperatorMetrics.all.filter { !$0.name.hasPrefix("process_") }.count
    #expect(fields.first == "\(own)" && fields.last == "True", "\(fields)")
  }

  /// Each metric that the sources make is listed, and what is listed is made.
  @Test func theListIsWhatTheCodeMakes() throws {
    var made: Set<String> = []
    for file in try Self.sources() where !file.contains("/Metrics/OperatorMetrics.swift") {
      let text = try String(contentsOfFile: file, encoding: .utf8)
      for match in text.matches(of: /"((?:holdfast|kubernetes|process)_[a-z_]+)"/) {
        let name = String(match.1)
        let full = name.hasPrefix("kubernetes_") ? "holdfast_" + name : name
        if name != "holdfast_", Self.isMetric(name, in: text) { made.insert(full) }
      }
    }
    let policies = Self.documented.filter { $0.hasPrefix("holdfast_policy_") }
    #expect(policies.count >= 19)
    #expect(
      made == Self.documented.subtracting(policies),
      "\(made.symmetricDifference(Self.documented.subtracting(policies)).sorted())")
  }

  /// Every line of the tables of docs/metrics.md is made from the list.
  @Test func thePageListsEveryMetric() throws {
    let page = try String(contentsOfFile: Repository.path("docs/metrics.md"), encoding: .utf8)
    let lines = page.split(separator: "\n").filter { $0.hasPrefix("| `") && $0.contains("_") }.map(String.init)
    let wanted = OperatorMetrics.all.map { metric in
      "| `\(metric.name)` | \(metric.kind.rawValue) | \(metric.labels.joined(separator: ", ")) | \(metric.help) |"
    }
    let missing = Set(wanted).subtracting(lines)
    #expect(missing.isEmpty, "add to docs/metrics.md:\n\(wanted.filter(missing.contains).joined(separator: "\n"))")
    #expect(Set(lines).subtracting(wanted).isEmpty, "docs/metrics.md lists what does not exist")
  }

  @Test func alertsAndDashboardAskForMetricsThatExist() throws {
    for file in ["alerts.yaml", "dashboard.json"] {
      let text = try String(contentsOfFile: Repository.chart + "/files/\(file)", encoding: .utf8)
      let names = Set(text.matches(of: /\b(?:holdfast|process)_[a-z0-9_]+/).map { String($0.0) })
      #expect(names.count > 8)
      for name in names {
        let base = ["_bucket", "_sum", "_count"].first { name.hasSuffix($0) && !Self.documented.contains(name) }
          .map { String(name.dropLast($0.count)) }
        #expect(Self.documented.contains(base ?? name), "\(file) asks for \(name)")
      }
    }
  }

  @Test func eachAlertFiresAndIsSilentWhereItShould() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "holdfast-alerts-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let rules = try String(contentsOfFile: Repository.chart + "/files/alerts.yaml", encoding: .utf8)
    let tests = try String(
      contentsOfFile: Repository.path("Tests/ChartTests/Fixtures/alerts-test.yaml"), encoding: .utf8)
    try rules.write(to: folder.appending(path: "alerts.yaml"), atomically: true, encoding: .utf8)
    let file = folder.appending(path: "alerts-test.yaml")
    try tests.write(to: file, atomically: true, encoding: .utf8)
    try await promtool(["check", "rules", folder.appending(path: "alerts.yaml").path]).checked()
    try await promtool(["test", "rules", file.path]).checked()
    // No alert is left out: each has a case with an expected alert, and one without.
    let cases = try Manifests(yaml: tests).objects.flatMap { $0["tests"]?.arrayValue ?? [] }
      .flatMap { $0["alert_rule_test"]?.arrayValue ?? [] }
    for alert in rules.matches(of: /alert: (\w+)/).map({ String($0.1) }) {
      let own = cases.filter { $0["alertname"]?.stringValue == alert }
      #expect(own.contains { $0["exp_alerts"] != nil }, "\(alert) never fires in a test")
      #expect(own.contains { $0["exp_alerts"] == nil }, "\(alert) is never silent in a test")
    }
  }

  @Test func theChartInstallsAlertsAndDashboardAsTheyAre() async throws {
    let manifests = try await Manifests.chart(
      values: "metrics: {prometheusRule: {enabled: true, labels: {release: prometheus}}, dashboard: {enabled: true}}")
    let rule = try manifests.one("PrometheusRule")
    #expect(rule[path: "metadata", "labels"]?["release"] == "prometheus")
    let alerts = try String(contentsOfFile: Repository.chart + "/files/alerts.yaml", encoding: .utf8)
    #expect(rule["spec"] == (try Manifests(yaml: alerts).objects.first))
    let dashboard = try manifests.one("ConfigMap", "holdfast-operator-dashboard")
    #expect(dashboard[path: "metadata", "labels"]?["grafana_dashboard"] == "1")
    let text = try require(dashboard["data"]?["holdfast.json"]?.stringValue, "dashboard")
    let json = try require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "JSON object")
    let panels = json["panels"] as? [[String: Any]] ?? []
    #expect(panels.count > 15)
    #expect(Set(panels.compactMap { $0["id"] as? Int }).count == panels.count, "two panels have one id")
    #expect(panels.allSatisfy { $0["type"] as? String == "row" || ($0["targets"] as? [Any])?.isEmpty == false })
    #expect(try await Manifests.chart().all("ConfigMap").isEmpty)
  }

  private static func sources() throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: Repository.path("Sources"))
      .filter { $0.hasSuffix(".swift") }.map { Repository.path("Sources/\($0)") }
  }

  /// The literal names a metric: it is a label of one, or it stands in the operator's own files about them.
  private static func isMetric(_ name: String, in text: String) -> Bool {
    text.contains("label: \"\(name)\"") || text.contains("import Metrics") || text.contains("MetricsTextWriter")
  }
}

func promtool(_ arguments: [String], input: String = "") async throws -> CommandResult {
  try await run("promtool", package: "prometheus on Debian", arguments, input)
}
