import Foundation
import Testing
import TestServers

/// The main job as a user does it: apply, run by hand, look, prune, open by hand, restore.
@Suite struct MainJobTests {
  /// Promises 3, 6 and 8.
  @Test func backupsAreTakenPrunedAndOpenedWithPlainTools() async throws {
    let scenario = try await Scenario.make("main")
    try await scenario.applyPolicy(scenario.policy(retention: "{maxCount: 2, maxAge: 168h}"))
    var ids: [String] = []
    for name in ["manual-1", "manual-2", "manual-3"] {
      #expect(try await scenario.runJob(name) == "Completed")
      ids.append(try await scenario.backup(name, ".status.id"))
    }
    let keys = try await scenario.keys()
    #expect(!keys.contains { $0.contains(ids[0]) }, "the oldest must be gone")
    #expect(keys.filter { $0.hasSuffix("/manifest.json") }.count == 2)
    #expect(try await scenario.openUploads().isEmpty)

    let key = try #require(keys.first { $0.contains(ids[2]) && !$0.hasSuffix("manifest.json") })
    let artifact = try await scenario.download(key)
    let identity = FileManager.default.temporaryDirectory.appendingPathComponent("identity-\(UUID().uuidString)")
    try Data(scenario.identity.utf8).write(to: identity)
    let listing = try await runCommand(
      "sh", ["-c", "age -d -i \(identity.path) \(artifact.path) | zstd -dq | tar -tz"]
    ).checked()
    #expect(listing.contains("state.bin") && listing.contains("SHA256SUMS"))

    // What a person sees.
    #expect(try await scenario.backup("manual-3", ".status.trigger") == "manual")
    #expect(try await scenario.backup("manual-3", ".status.artifacts[0].storedSHA256").count == 64)
    let table = try await scenario.cluster.kubectl(
      "get", "backuppolicies", "--namespace", scenario.namespace
    ).checked()
    #expect(table.contains("PROTECTED") && table.contains("True"))
    let storage = try await scenario.cluster.waitFor(
      "backuppolicy/bao", ".status.storage.count", in: scenario.namespace, toBe: "2")
    #expect(storage == "2")
  }

  /// Promise 7, and the restore that the README shows.
  @Test func aDeletedSecretComesBack() async throws {
    let openBao = try await OpenBaoServer.start()
    let scenario = try await Scenario.make("restore", openBao: openBao)
    _ = try await openBao.request("POST", "sys/mounts/kv", json: #"{"type":"kv"}"#)
    _ = try await openBao.request("POST", "kv/database", json: #"{"password":"correct-horse"}"#)
    try await scenario.applyPolicy(scenario.policy())
    #expect(try await scenario.runJob("manual-1") == "Completed")
    _ = try await openBao.request("DELETE", "kv/database")
    #expect(try await openBao.request("GET", "kv/database").status == 404)

    try await scenario.cluster.apply(
      """
      apiVersion: holdfast.dev/v1alpha1
      kind: RestoreRequest
      metadata: {name: back, namespace: \(scenario.namespace)}
      spec:
        from: {backup: manual-1}
        decryption: {identitySecretRef: {name: age-identity, key: identity.txt}}
      """)
    try await scenario.cluster.waitFor(
      "restorerequest/back", ".status.phase", in: scenario.namespace, toBe: "Completed", within: .seconds(180))
    let answer = try await openBao.request("GET", "kv/database")
    #expect(answer.status == 200 && answer.text.contains("correct-horse"))
    // What was there before was saved first.
    let safety = try await scenario.cluster.value(
      "restorerequest/back", ".status.safetyBackup", in: scenario.namespace)
    #expect(try await scenario.backup(safety, ".status.phase") == "Completed")
  }

  @Test func aDryRunTouchesNothing() async throws {
    let scenario = try await Scenario.make("dry")
    try await scenario.applyPolicy(scenario.policy())
    #expect(try await scenario.runJob("manual-1") == "Completed")
    let before = try await scenario.keys()
    try await scenario.cluster.apply(
      """
      apiVersion: holdfast.dev/v1alpha1
      kind: RestoreRequest
      metadata: {name: look, namespace: \(scenario.namespace)}
      spec:
        from: {latest: {policyRef: {name: bao}}}
        decryption: {identitySecretRef: {name: age-identity, key: identity.txt}}
        dryRun: true
      """)
    try await scenario.cluster.waitFor(
      "restorerequest/look", ".status.phase", in: scenario.namespace, toBe: "Planned", within: .seconds(120))
    let plan = try await scenario.cluster.value("restorerequest/look", ".status.plan[0].action", in: scenario.namespace)
    #expect(plan == "restore")
    #expect(try await scenario.keys() == before)
  }

  @Test func creatingABackupIsAManualTrigger() async throws {
    let scenario = try await Scenario.make("trigger")
    try await scenario.applyPolicy(scenario.policy(schedule: nil))
    try await scenario.cluster.kubectl(
      "create", "-f", "-",
      input: """
        apiVersion: holdfast.dev/v1alpha1
        kind: Backup
        metadata: {name: by-hand, namespace: \(scenario.namespace)}
        spec: {policyRef: {name: bao}, deletionPolicy: Delete}
        """
    ).checked()
    try await scenario.cluster.waitFor("backup/by-hand", ".status.phase", in: scenario.namespace, toBe: "Completed")
    #expect(try await scenario.keys().count == 2)
    // Its deletion removes it from the bucket first.
    try await scenario.cluster.kubectl(
      "delete", "backup", "by-hand", "--namespace", scenario.namespace, "--timeout=90s"
    ).checked()
    #expect(try await scenario.keys().isEmpty)
  }

  @Test func aScheduleStartsBackupsByItself() async throws {
    let scenario = try await Scenario.make("cron")
    try await scenario.applyPolicy(scenario.policy(schedule: "* * * * *"))
    try await eventually("a scheduled backup", within: .seconds(150), every: .seconds(1)) {
      let phases = try await scenario.cluster.kubectl(
        "get", "backups", "--namespace", scenario.namespace, "-o",
        "jsonpath={range .items[*]}{.status.trigger}={.status.phase}{\"\\n\"}{end}"
      ).output
      return phases.contains("scheduled=Completed")
    }
    // Deleting a policy leaves the bucket alone.
    try await scenario.cluster.kubectl(
      "delete", "backuppolicy", "bao", "--namespace", scenario.namespace, "--timeout=60s"
    ).checked()
    try await eventually("the CronJob's end") {
      try await scenario.cluster.kubectl(
        "get", "cronjobs", "--namespace", scenario.namespace, "--no-headers"
      ).output.isEmpty
    }
    #expect(try await scenario.keys().contains { $0.hasSuffix("manifest.json") })
  }
}
