import Foundation
import Testing
import TestServers

#if canImport(Glibc)
  import Glibc
#endif

/// What a person on call sees: the recovery point, the last failure, runs that did not come, data that has shrunk.
@Suite struct StatusTests {
  private static func condition(_ type: String, _ field: String) -> String {
    ".status.conditions[?(@.type==\"\(type)\")].\(field)"
  }

  private func status(_ scenario: Scenario, _ path: String) async throws -> String {
    try await scenario.cluster.value("backuppolicy/bao", ".status.\(path)", in: scenario.namespace)
  }

  private func manifests(_ scenario: Scenario) async throws -> Int {
    try await scenario.keys().filter { $0.hasSuffix("manifest.json") }.count
  }

  @Test func aFailureStaysToldOfAfterTheSuccessThatFollows() async throws {
    let scenario = try await Scenario.make("status")
    try await scenario.secret("bao-wrong", ["token": "no"])
    try await scenario.applyPolicy(scenario.policy(tokenSecret: "bao-wrong") + "\n  objective: {maxAge: 1h}")
    #expect(try await scenario.runJob("failed") == "Failed")
    let pod = try await scenario.backup("failed", ".status.failure.pod")
    #expect(pod.hasPrefix("failed-"), "the pod is named: '\(pod)'")
    try await scenario.cluster.waitFor(
      "backuppolicy/bao", ".status.lastFailure.backup", in: scenario.namespace, toBe: "failed")
    #expect(try await status(scenario, "recoveryPoint") == "")

    try await scenario.applyPolicy(scenario.policy() + "\n  objective: {maxAge: 1h}")
    #expect(try await scenario.runJob("good") == "Completed")
    try await scenario.cluster.waitFor(
      "backuppolicy/bao", ".status.recoveryPoint.backup", in: scenario.namespace, toBe: "good")
    #expect(try await status(scenario, "recoveryPoint.objective") == "1h")
    #expect(try await status(scenario, "recoveryPoint.time") == scenario.backup("good", ".status.startTime"))
    #expect(try await status(scenario, "recoveryPoint.age").hasSuffix("s"), "less than a minute old")
    #expect(try await status(scenario, "conditions[?(@.type==\"Protected\")].status") == "True")
    #expect(try await status(scenario, "consecutiveFailures") == "0")
    #expect(try await status(scenario, "lastFailure.pod") == pod)
    #expect(try await status(scenario, "lastFailure.reason") == "SourceUnauthorized")
    for event in ["BackupFailed Backup/failed", "BackupCompleted Backup/good", "Protected BackupPolicy/bao"] {
      try await scenario.waitForEvent(event)
    }
    let wide = try await scenario.cluster.kubectl(
      "get", "backuppolicy", "bao", "--namespace", scenario.namespace, "-o", "wide"
    ).checked()
    #expect(wide.contains("RECOVERY POINT") && wide.contains("SUSPICIOUS"))
  }

  /// The operator is down when the run is due, and so is who should start it.
  @Test(.disabled(if: Cluster.isRealConfigured, "stops its own operator"))
  func aRunThatDidNotComeIsToldOfByAnOperatorThatWasDown() async throws {
    let cluster = try await Cluster.startSandbox()
    let first = try await Operator.start(in: cluster)
    let scenario = try await Scenario.make("missed", in: cluster)
    // Time enough to stop everything before.
    let due = Date(timeIntervalSince1970: ((Date().timeIntervalSince1970 + 45) / 60).rounded(.up) * 60)
    let minute = Int(due.timeIntervalSince1970 / 60) % 60
    try await scenario.applyPolicy(
      scenario.policy(schedule: "\(minute) * * * *") + "\n  startingDeadlineSeconds: 10")
    #expect(try await status(scenario, "nextScheduledTime") == due.formatted(.iso8601))
    first.process.signal(SIGKILL)
    try await cluster.kubectl(
      "patch", "cronjob", "bao-backup", "--namespace", scenario.namespace, "--type=merge", "-p",
      #"{"spec":{"suspend":true}}"#
    ).checked()
    try await eventually("the run's deadline to pass", within: .seconds(180), every: .milliseconds(500)) {
      Date() > due.addingTimeInterval(12)
    }
    let second = try await Operator.start(in: cluster)
    try await cluster.waitFor(
      "backuppolicy/bao", Self.condition("Scheduled", "reason"), in: scenario.namespace, toBe: "RunMissed")
    let message = try await status(scenario, "conditions[?(@.type==\"Scheduled\")].message")
    #expect(message.hasSuffix("1 run(s) in a row did not start, the last was due at \(due.formatted(.iso8601))"))
    try await scenario.waitForEvent("RunMissed BackupPolicy/bao")
    try await scenario.waitForEvent("DriftRepaired BackupPolicy/bao")
    #expect(try await scenario.events().components(separatedBy: "RunMissed").count == 2, "told once")
    withExtendedLifetime((first, second)) {}
  }

  // MARK: Sizes

  private func policy(_ scenario: Scenario) -> String {
    """
    apiVersion: holdfast.dev/v1alpha1
    kind: BackupPolicy
    metadata: {name: bao, namespace: \(scenario.namespace)}
    spec:
      schedule: "0 3 1 1 *"
      sources:
        - {name: raft, openBao: {address: "\(scenario.openBao.address)", tokenSecretRef: {name: bao-token}}}
        - {name: objects, resources: {include: [{group: '', kind: ConfigMap}]}}
      target: {provider: s3, endpoint: "\(scenario.store.endpoint)", bucket: \(scenario.bucket), usePathStyle: true, credentialsSecretRef: {name: s3}}
      encryption: {age: {recipients: [\(scenario.recipient)]}}
      retention: {maxCount: 3}
      executor: {backoffLimit: 0}
    """
  }

  /// One source shrinks beside another; older backups stay beyond `maxCount` until a person has looked.
  @Test func whatHasShrunkKeepsTheOlderBackupsUntilItIsAccepted() async throws {
    let scenario = try await Scenario.make("shrunk", openBao: try await OpenBaoServer.start())
    let namespace = scenario.namespace
    let words = (0..<20_000).map { "word\($0)" }.joined(separator: " ")
    try await scenario.cluster.kubectl(
      "create", "-f", "-",
      input: """
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "data", "namespace": "\(namespace)"}, "data": {"text": "\(words)"}}
        """
    ).checked()
    try await scenario.applyPolicy(policy(scenario))
    for name in ["big-1", "big-2", "big-3"] { #expect(try await scenario.runJob(name) == "Completed") }
    try await scenario.cluster.kubectl("delete", "configmap", "data", "--namespace", namespace).checked()

    for name in ["small-1", "small-2"] {
      #expect(try await scenario.runJob(name) == "Completed")
      #expect(try await scenario.backup(name, Self.condition("Suspicious", "status")) == "True")
      #expect(try await scenario.backup(name, ".status.anomaly.source") == "objects")
      #expect(try await scenario.backup(name, ".status.anomaly.compared") == "3")
    }
    #expect(try await manifests(scenario) == 5, "maxCount is 3")
    try await scenario.cluster.waitFor(
      "backuppolicy/bao", Self.condition("Suspicious", "status"), in: namespace, toBe: "True")
    try await scenario.waitForEvent("BackupSuspicious BackupPolicy/bao")
    #expect(try await status(scenario, "conditions[?(@.type==\"Protected\")].status") == "True")

    try await scenario.cluster.kubectl(
      "annotate", "backup", "small-2", "holdfast.dev/accept-size=moved away", "--namespace", namespace
    ).checked()
    try await scenario.cluster.waitFor(
      "backuppolicy/bao", Self.condition("Suspicious", "status"), in: namespace, toBe: "")
    try await scenario.cluster.waitFor(
      "backup/small-1", Self.condition("Suspicious", "reason"), in: namespace, toBe: "SizeAccepted")
    let id = try await scenario.backup("small-2", ".status.id")
    #expect(try await scenario.cluster.value("configmap/bao-plan", ".data.plan\\.json", in: namespace).contains(id))
    #expect(try await scenario.runJob("small-3") == "Completed")
    #expect(try await scenario.backup("small-3", ".status.anomaly") == "")
    #expect(try await manifests(scenario) == 3)
    try await scenario.waitForEvent("BackupsPruned BackupPolicy/bao Retention removed 3 backup(s)")
  }

  // MARK: History

  @Test func backupObjectsAreLimitedAndTheBucketIsNot() async throws {
    let scenario = try await Scenario.make("history")
    let namespace = scenario.namespace
    try await scenario.applyPolicy(scenario.policy() + "\n  historyLimit: 2")
    #expect(try await scenario.runJob("one") == "Completed")
    try await scenario.cluster.kubectl(
      "patch", "backup", "one", "--namespace", namespace, "--type=merge", "-p",
      #"{"spec":{"deletionPolicy":"Delete"}}"#
    ).checked()
    try await scenario.cluster.waitFor(
      "backup/one", ".metadata.finalizers[0]", in: namespace, toBe: "holdfast.dev/artifacts")
    for name in ["two", "three"] { #expect(try await scenario.runJob(name) == "Completed") }
    func names() async throws -> String {
      try await scenario.cluster.kubectl(
        "get", "backups", "--namespace", namespace, "-o", "jsonpath={.items[*].metadata.name}"
      ).checked()
    }
    try await eventually("the oldest Backup object to go", within: .seconds(60)) { try await names() == "three two" }
    #expect(try await manifests(scenario) == 3)

    // A listing finds three, and makes none of what was removed for its age.
    try await scenario.cluster.kubectl(
      "annotate", "backuppolicy", "bao", "holdfast.dev/catalog-sync=1", "--namespace", namespace
    ).checked()
    try await scenario.cluster.waitFor("backuppolicy/bao", ".status.catalog.request", in: namespace, toBe: "1")
    #expect(try await status(scenario, "catalog.found") == "3")
    #expect(try await status(scenario, "catalog.made") == "0")
    #expect(try await status(scenario, "catalog.message").contains("1 older backup(s) have no Backup object"))
    #expect(try await names() == "three two")
    #expect(try await manifests(scenario) == 3)
    let jobs = try await scenario.cluster.kubectl("get", "jobs", "--namespace", namespace, "-o", "name").checked()
    #expect(!jobs.contains("delete"), "\(jobs)")
  }
}
