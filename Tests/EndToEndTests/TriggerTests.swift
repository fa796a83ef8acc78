import Foundation
import TestServers
import Testing

/// Every way to start a backup, at the same moment, again and again: one at work at any time, none lost, none twice.
///
/// `HOLDFAST_E2E_ROUNDS` says how often; 3 if not said, 50 for the whole.
@Suite struct TriggerTests {
  private struct Run: Sendable {
    var name: String
    var phase: String
    var id: String
    var start: Date
    var end: Date
  }

  @Test func allTriggersAtOnceTakeTurns() async throws {
    let rounds = ProcessInfo.processInfo.environment["HOLDFAST_E2E_ROUNDS"].flatMap(Int.init) ?? 3
    let scenario = try await Scenario.make("triggers")
    // The schedule joins in each minute.
    try await scenario.applyPolicy(
      scenario.policy(schedule: "* * * * *", retention: "{maxCount: 10000}") + "\n  historyLimit: 10000")
    let began = ContinuousClock.now
    var wanted: Set<String> = []
    for round in 0..<rounds {
      let names = (0..<2).map { "object-\(round)-\($0)" }
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await scenario.startJob("job-\(round)") }
        for name in names { group.addTask { try await scenario.cluster.apply(Self.backup(name, scenario)) } }
        group.addTask {
          try await scenario.cluster.kubectl(
            "annotate", "backuppolicy", "bao", "holdfast.dev/backup-now=round-\(round)", "--overwrite", "--namespace",
            scenario.namespace
          ).checked()
        }
        try await group.waitForAll()
      }
      try await scenario.cluster.waitFor(
        "backuppolicy/bao", ".status.backupNow.token", in: scenario.namespace, toBe: "round-\(round)")
      let byAnnotation = try await scenario.cluster.value(
        "backuppolicy/bao", ".status.backupNow.backup", in: scenario.namespace)
      wanted.formUnion(names + ["job-\(round)", byAnnotation])
      // Three rounds pile up; a line of hundreds would be another matter.
      if round % 3 == 2 { try await waitForEnd(of: wanted, scenario) }
    }
    try await scenario.cluster.kubectl(
      "patch", "backuppolicy", "bao", "--namespace", scenario.namespace, "--type=merge", "-p",
      #"{"spec":{"suspend":true}}"#
    ).checked()
    try await waitForEnd(of: wanted, scenario)
    print("\(wanted.count) runs in \(rounds) rounds of all triggers at once: \(ContinuousClock.now - began)")

    let runs = try await runs(scenario)
    #expect(wanted.isSubset(of: Set(runs.map(\.name))))
    #expect(runs.allSatisfy { $0.phase == "Completed" }, "\(runs.filter { $0.phase != "Completed" })")
    // Each has its own backup in the bucket, and there is no other.
    let manifests = try await scenario.keys().filter { $0.hasSuffix("/manifest.json") }
    #expect(Set(runs.map(\.id)).count == runs.count && manifests.count == runs.count)
    let sorted = runs.sorted { ($0.start, $0.id) < ($1.start, $1.id) }
    for (first, second) in zip(sorted, sorted.dropFirst()) {
      // Times are whole seconds. A start is the executor's own, without the time that it waited; so is the end of the capture
      // in the manifest, while a Backup's end is when the Job controller saw it.
      let key = try #require(manifests.first { $0.contains(first.id) })
      let json = try JSONSerialization.jsonObject(with: Data(contentsOf: try await scenario.download(key)))
      let time = try #require((json as? [String: Any])?["completedAt"] as? String)
      let captured = try Date(time, strategy: .iso8601)
      #expect(second.start >= captured.addingTimeInterval(-1), "\(second.name) began in \(first.name)")
      // Ids of one second have no order among them.
      #expect(second.id.prefix(16) >= first.id.prefix(16), "\(second.name) before \(first.name)")
    }
  }

  private func waitForEnd(of wanted: Set<String>, _ scenario: Scenario) async throws {
    try await eventually("the end of \(wanted.count) runs", within: .seconds(300), every: .milliseconds(500)) {
      let ended = try await runs(scenario).filter { ["Completed", "Failed"].contains($0.phase) }
      return wanted.isSubset(of: Set(ended.map(\.name)))
    }
  }

  private static func backup(_ name: String, _ scenario: Scenario) -> String {
    """
    apiVersion: holdfast.dev/v1alpha1
    kind: Backup
    metadata: {name: \(name), namespace: \(scenario.namespace)}
    spec: {policyRef: {name: bao}}
    """
  }

  private func runs(_ scenario: Scenario) async throws -> [Run] {
    let text = try await scenario.cluster.kubectl(
      "get", "backups", "--namespace", scenario.namespace, "-o",
      "jsonpath={range .items[*]}{.metadata.name} {.status.phase} {.status.id} {.status.startTime} {.status.completionTime}{\"\\n\"}{end}"
    ).checked()
    let dates = ISO8601DateFormatter()
    return text.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: " ").map(String.init)
      guard parts.count == 5, let start = dates.date(from: parts[3]), let end = dates.date(from: parts[4]) else {
        return Run(
          name: parts[0], phase: parts.count > 1 ? parts[1] : "", id: "", start: .distantPast, end: .distantPast)
      }
      return Run(name: parts[0], phase: parts[1], id: parts[2], start: start, end: end)
    }
  }
}
