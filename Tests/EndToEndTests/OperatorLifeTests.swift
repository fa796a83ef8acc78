import Foundation
import Testing
import TestServers

#if canImport(Glibc)
  import Glibc
#endif

/// The operator dies, doubles, or loses its API server: nothing is lost and nothing is done twice.
///
/// Each test has a sandbox of its own, since it stops what others share.
@Suite(.enabled(if: !Cluster.isRealConfigured, "stops its own API server and operators"))
struct OperatorLifeTests {
  /// Promise 2: a backup that began and ended while the operator was down is found on start.
  @Test func whatHappenedWhileTheOperatorWasDownIsFound() async throws {
    let cluster = try await Cluster.startSandbox()
    let first = try await Operator.start(in: cluster)
    let scenario = try await Scenario.make("down", in: cluster)
    try await scenario.applyPolicy(scenario.policy(retention: "{maxCount: 1}"))
    first.process.signal(SIGKILL)
    for name in ["one", "two"] {
      try await scenario.startJob(name)
      try await cluster.kubectl(
        "wait", "--for=condition=Complete", "job/\(name)", "--namespace", scenario.namespace, "--timeout=90s"
      ).checked()
    }
    // Retention went on without it.
    #expect(try await scenario.keys().filter { $0.hasSuffix("manifest.json") }.count == 1)

    let second = try await Operator.start(in: cluster)
    try await cluster.waitFor("backup/two", ".status.phase", in: scenario.namespace, toBe: "Completed")
    // What retention removed from the bucket is no Backup.
    try await eventually("no Backup without a backup") {
      try await scenario.backup("one", ".status.phase").isEmpty
    }
    #expect(try await scenario.backup("two", ".status.artifacts[0].storedSHA256").count == 64)
    withExtendedLifetime((first, second)) {}
  }

  /// Killed again and again while backups run: each run ends as exactly one Backup with the right phase.
  @Test func anOperatorKilledAtAnyStepOfABackupEndsInTheSameStatus() async throws {
    let cluster = try await Cluster.startSandbox()
    var running = try await Operator.start(in: cluster)
    let scenario = try await Scenario.make("killed", in: cluster)
    try await scenario.applyPolicy(scenario.policy(retention: "{maxCount: 20}"))
    // Delays spread over the seconds that a run takes.
    let delays = [0, 150, 300, 500, 800, 1_200, 1_800, 2_500]
    for (index, delay) in delays.enumerated() {
      try await scenario.startJob("run-\(index)")
      try await Task.sleep(for: .milliseconds(delay))
      running.process.signal(SIGKILL)
      running = try await Operator.start(in: cluster)
      try await cluster.waitFor("backup/run-\(index)", ".status.phase", in: scenario.namespace, toBe: "Completed")
    }
    let names = try await cluster.kubectl(
      "get", "backups", "--namespace", scenario.namespace, "-o", "jsonpath={.items[*].metadata.name}"
    ).checked()
    #expect(names.split(separator: " ").count == delays.count)
    #expect(try await scenario.keys().filter { $0.hasSuffix("manifest.json") }.count == delays.count)
  }

  @Test func ofTwoOperatorsOneLeadsAndTheOtherTakesOverWithin20Seconds() async throws {
    let cluster = try await Cluster.startSandbox()
    let first = try await Operator.start(in: cluster, "--leader-elect")
    let scenario = try await Scenario.make("leader", in: cluster)
    try await scenario.applyPolicy(scenario.policy())
    let second = try await Operator.start(in: cluster, "--leader-elect")
    #expect(try await scenario.runJob("one") == "Completed")

    first.process.signal(SIGKILL)
    let killed = ContinuousClock.now
    try await scenario.cluster.apply(scenario.policy("later"))
    try await cluster.waitFor(
      "backuppolicy/later", ".status.conditions[?(@.type==\"Ready\")].status", in: scenario.namespace, toBe: "True",
      within: .seconds(20))
    #expect(ContinuousClock.now - killed < .seconds(20))
    #expect(second.process.isRunning)
    // One Backup for the run that both saw.
    let names = try await cluster.kubectl(
      "get", "backups", "--namespace", scenario.namespace, "-o", "jsonpath={.items[*].metadata.name}"
    ).checked()
    #expect(names == "one")
  }

  @Test func anAPIServerThatIsGoneFor30SecondsIsSurvived() async throws {
    let cluster = try await Cluster.startSandbox()
    let running = try await Operator.start(in: cluster)
    let scenario = try await Scenario.make("gone", in: cluster)
    try await scenario.applyPolicy(scenario.policy())
    let sandbox = try #require(cluster.sandbox)
    sandbox.signal(SIGSTOP)
    try await Task.sleep(for: .seconds(30))
    sandbox.signal(SIGCONT)
    try await cluster.apply(scenario.policy("after"))
    try await cluster.waitFor(
      "backuppolicy/after", ".status.conditions[?(@.type==\"Ready\")].status", in: scenario.namespace, toBe: "True",
      within: .seconds(90))
    #expect(try await scenario.runJob("one") == "Completed")
    #expect(running.process.isRunning, "\(running.process.log)")
  }

  @Test func whatSomeoneChangedOrDeletedIsRepaired() async throws {
    let cluster = try await Cluster.startSandbox()
    let running = try await Operator.start(in: cluster)
    let scenario = try await Scenario.make("drift", in: cluster)
    try await scenario.applyPolicy(scenario.policy(schedule: "0 3 * * *"))
    try await cluster.kubectl(
      "patch", "cronjob", "bao-backup", "--namespace", scenario.namespace, "--type=merge", "-p",
      #"{"spec":{"schedule":"0 9 * * *"}}"#
    ).checked()
    try await cluster.waitFor("cronjob/bao-backup", ".spec.schedule", in: scenario.namespace, toBe: "0 3 * * *")
    try await cluster.kubectl("delete", "configmap", "bao-plan", "--namespace", scenario.namespace).checked()
    try await cluster.waitFor("configmap/bao-plan", ".metadata.name", in: scenario.namespace, toBe: "bao-plan")
    withExtendedLifetime(running) {}
  }
}
