import Foundation
import Testing
import TestServers

/// An upgrade by the real helm takes a backup first, and is none where that fails. The gate, which judges expressions, is tested
/// on a real API server in ChartTests.
@Suite struct PreUpgradeTests {
  static let helms = ["helm", "helm4"]

  private func policy(_ scenario: Scenario, endpoint: String? = nil, verified: Bool = false) -> String {
    scenario.policy(endpoint: endpoint) + "\n  preUpgrade: {window: 20m, requireVerified: \(verified)}"
  }

  private func triggers(_ scenario: Scenario) async throws -> String {
    try await scenario.cluster.kubectl(
      "get", "backups", "--namespace", scenario.namespace, "-o",
      "jsonpath={range .items[*]}{.status.trigger} {.status.phase} {.status.verified}{\"\\n\"}{end}"
    ).checked()
  }

  @Test(arguments: helms) func anUpgradeGoesAheadAfterAGoodBackup(helm: String) async throws {
    let scenario = try await Scenario.make("upgrade")
    try await scenario.applyPolicy(policy(scenario))
    #expect(
      try await scenario.cluster.value("backuppolicy/bao", ".status.preUpgrade.ready", in: scenario.namespace)
        == "false")
    let hook = try UpgradeHook.make(in: scenario, helm: helm, values: #""policy" "bao""#)
    try await hook.install()
    #expect(try await triggers(scenario) == "", "an installation is no upgrade")
    let upgrade = try await hook.upgrade()
    let log = try await hook.log()
    #expect(upgrade.succeeded, "\(upgrade) \(log)")
    #expect(try await hook.version() == "two")
    #expect(try await triggers(scenario) == "preUpgrade Completed \n")
    // What the hook took is what opens the gate.
    try await scenario.cluster.waitFor(
      "backuppolicy/bao", ".status.preUpgrade.ready", in: scenario.namespace, toBe: "true")
    #expect(
      try await scenario.cluster.value("rolebinding/bao-pre-upgrade", ".metadata.name", in: scenario.namespace) == "")
    // Once more, with what the last one left.
    #expect(try await hook.upgrade(to: "three").succeeded)
    #expect(try await hook.version() == "three")
  }

  @Test(arguments: helms) func whereItIsAskedForTheBackupIsReadBackFirst(helm: String) async throws {
    let scenario = try await Scenario.make("verified")
    try await scenario.applyPolicy(policy(scenario, verified: true))
    let hook = try UpgradeHook.make(in: scenario, helm: helm, values: #""policy" "bao" "requireVerified" true"#)
    try await hook.install()
    let upgrade = try await hook.upgrade()
    let log = try await hook.log()
    #expect(upgrade.succeeded, "\(upgrade) \(log)")
    #expect(try await triggers(scenario) == "preUpgrade Completed true\n")
    #expect(log.contains("read back and is good"), "\(log)")
    try await scenario.cluster.waitFor(
      "backuppolicy/bao", ".status.preUpgrade.ready", in: scenario.namespace, toBe: "true")
    #expect(
      try await scenario.cluster.kubectl("get", "rolebindings", "-n", scenario.namespace, "-o", "name").output == "")
  }

  @Test(arguments: helms) func whereTheBackupFailsTheOldReleaseStays(helm: String) async throws {
    let scenario = try await Scenario.make("refused")
    // Nothing listens there.
    try await scenario.applyPolicy(policy(scenario, endpoint: "http://127.0.0.1:9"))
    let hook = try UpgradeHook.make(in: scenario, helm: helm, values: #""policy" "bao""#)
    try await hook.install()
    let upgrade = try await hook.upgrade()
    #expect(!upgrade.succeeded)
    #expect(try await hook.version() == "one")
    #expect(try await triggers(scenario) == "preUpgrade Failed \n")
    let log = try await hook.log()
    #expect(log.contains("is Failed") && log.contains("EndpointUnreachable"), "\(log)")
    #expect(try await hook.run("status", "app").output.contains("failed"))
  }

  @Test(arguments: helms) func withoutTheOperatorTheUpgradeFailsInTime(helm: String) async throws {
    guard !Cluster.isRealConfigured else { return }
    let scenario = try await Scenario.make("down", in: try await Cluster.startSandbox())
    try await scenario.cluster.apply(policy(scenario))
    let hook = try UpgradeHook.make(in: scenario, helm: helm, values: #""policy" "bao" "timeoutSeconds" 25"#)
    try await hook.install()
    let upgrade = try await hook.upgrade()
    #expect(!upgrade.succeeded)
    #expect(try await hook.version() == "one")
    let log = try await hook.log()
    #expect(log.contains("operator"), "\(log)")
  }

  @Test func aPolicyThatIsNotThereFailsTheUpgrade() async throws {
    let scenario = try await Scenario.make("missing")
    let hook = try UpgradeHook.make(in: scenario, helm: "helm", values: #""policy" "bao""#)
    try await hook.install()
    #expect(try await !hook.upgrade().succeeded)
    #expect(try await hook.version() == "one")
    let log = try await hook.log()
    #expect(log.contains("there is no BackupPolicy bao"), "\(log)")
    #expect(try await triggers(scenario) == "", "nothing is left behind")
  }

  /// deploy/pre-upgrade/, copied and changed as its first lines say.
  @Test func thePlainJobTakesABackup() async throws {
    let scenario = try await Scenario.make("plain")
    try await scenario.applyPolicy(policy(scenario))
    func manifest(_ name: String) throws -> String {
      try String(contentsOfFile: "\(Binaries.repository)/deploy/pre-upgrade/\(name).yaml", encoding: .utf8)
        .replacingOccurrences(of: "overlay", with: "bao").replacingOccurrences(of: "default", with: scenario.namespace)
        .replacingOccurrences(of: "holdfast:0.1.0", with: UpgradeHook.image(scenario.cluster))
    }
    try await scenario.cluster.apply(try manifest("access"))
    for _ in 0..<2 {
      let job = try await scenario.cluster.kubectl("create", "-f", "-", "-o", "name", input: try manifest("job"))
        .checked()
      let name = job.trimmingCharacters(in: .whitespacesAndNewlines)
      let wait = try await scenario.cluster.kubectl(
        "wait", "--for=condition=Complete", "--timeout=120s", "-n", scenario.namespace, name)
      if !wait.succeeded {
        let log = try await scenario.cluster.kubectl("logs", "-n", scenario.namespace, name)
        let state = try await scenario.cluster.kubectl(
          "get", "jobs,pods,backups", "-n", scenario.namespace, "-o", "wide")
        Issue.record("\(wait.errors)\(log.output)\(log.errors)\(state.output)")
      }
    }
    #expect(try await triggers(scenario) == "preUpgrade Completed \npreUpgrade Completed \n")
  }
}
