import Foundation
import Testing
import TestServers

/// A cluster that is lost, and another one that finds its backups by the policy alone; and backups that are read back.
@Suite struct CatalogTests {
  private static func condition(_ type: String, _ field: String) -> String {
    ".status.conditions[?(@.type==\"\(type)\")].\(field)"
  }

  private func secrets(_ scenario: Scenario, in cluster: Cluster) async throws -> Scenario {
    let there = Scenario(
      cluster: cluster, namespace: scenario.namespace, openBao: scenario.openBao, store: scenario.store,
      bucket: scenario.bucket, identity: scenario.identity, recipient: scenario.recipient)
    try await cluster.kubectl("create", "namespace", there.namespace).checked()
    try await there.secret(
      "s3", ["accessKeyId": there.store.accessKeyID, "secretAccessKey": there.store.secretAccessKey])
    try await there.secret("bao-token", ["token": there.openBao.rootToken])
    try await there.secret("age-identity", ["identity.txt": there.identity])
    return there
  }

  @Test(.disabled(if: Cluster.isRealConfigured, "a real cluster is one, and this needs another"))
  func aNewClusterFindsTheBackupsOfTheOldOne() async throws {
    let old = try await Scenario.make("catalog", openBao: try await OpenBaoServer.start())
    _ = try await old.openBao.request("POST", "sys/mounts/kv", json: #"{"type":"kv"}"#)
    _ = try await old.openBao.request("POST", "kv/database", json: #"{"password":"correct-horse"}"#)
    try await old.applyPolicy(old.policy())
    for name in ["one", "two"] { #expect(try await old.runJob(name) == "Completed") }
    let ids = [try await old.backup("one", ".status.id"), try await old.backup("two", ".status.id")]
    _ = try await old.openBao.request("DELETE", "kv/database")

    let cluster = try await Cluster.startSandbox()
    let theOperator = try await Operator.start(in: cluster)
    defer { theOperator.process.stop() }
    let new = try await secrets(old, in: cluster)
    try await new.applyPolicy(new.policy())
    try await cluster.waitFor(
      "backuppolicy/bao", Self.condition("CatalogSynced", "status"), in: new.namespace, toBe: "True")
    let names = ids.map { "bao-\($0.lowercased())" }
    for (name, id) in zip(names, ids) {
      #expect(try await new.backup(name, ".status.phase") == "Completed")
      #expect(try await new.backup(name, ".status.id") == id)
      #expect(try await new.backup(name, ".status.clusterID").isEmpty == false, "it is another cluster's")
      let key = try await new.backup(name, ".status.artifacts[0].key")
      #expect(try await new.keys().contains(key))
    }
    #expect(try await cluster.value("backuppolicy/bao", ".status.storage.count", in: new.namespace) == "2")
    let bindings = try await cluster.kubectl("get", "rolebindings", "--namespace", new.namespace).output
    #expect(!bindings.contains("catalog"), "the right is taken back: \(bindings)")
    let jobs = try await cluster.kubectl("get", "jobs", "--namespace", new.namespace, "-o", "name").output
    #expect(
      !jobs.split(separator: "\n").contains { $0.hasPrefix("job.batch/bao-2") }, "no Backup started a run: \(jobs)")

    try await cluster.apply(
      """
      apiVersion: holdfast.dev/v1alpha1
      kind: RestoreRequest
      metadata: {name: back, namespace: \(new.namespace)}
      spec:
        from: {latest: {policyRef: {name: bao}}}
        decryption: {identitySecretRef: {name: age-identity}}
        safetyBackup: false
      """)
    try await cluster.waitFor("restorerequest/back", ".status.phase", in: new.namespace, toBe: "Completed")
    #expect(try await cluster.value("restorerequest/back", ".status.backupID", in: new.namespace) == ids[1])
    #expect(try await new.openBao.request("GET", "kv/database").text.contains("correct-horse"))

    // One object is lost; the annotation brings it back. Another sync by hand finds nothing to do.
    try await cluster.kubectl("delete", "backup", names[0], "--namespace", new.namespace).checked()
    try await cluster.kubectl(
      "annotate", "backuppolicy", "bao", "holdfast.dev/catalog-sync=1", "--namespace", new.namespace
    ).checked()
    try await cluster.waitFor("backup/\(names[0])", ".status.phase", in: new.namespace, toBe: "Completed")
    let plan = try await cluster.value("configmap/bao-plan", ".data.plan\\.json", in: new.namespace)
    let mounts = FileManager.default.temporaryDirectory.appendingPathComponent("mounts-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: mounts) }
    try FileManager.default.createDirectory(
      at: mounts.appendingPathComponent("secrets/s3"), withIntermediateDirectories: true)
    for (key, value) in [("accessKeyId", new.store.accessKeyID), ("secretAccessKey", new.store.secretAccessKey)] {
      try Data(value.utf8).write(to: mounts.appendingPathComponent("secrets/s3/\(key)"))
    }
    let byHand = try await runCommand(
      try Binaries.path("holdfast"),
      ["catalog", "sync", "--plan", "-", "--mounts", mounts.path, "--kubeconfig", cluster.kubeconfig], input: plan
    ).checked()
    #expect(
      byHand.contains("2 backup(s) in the bucket; 0 Backup object(s) made; 0 manifest(s) cannot be used"), "\(byHand)")
  }

  @Test func aDamagedBackupIsFoundAndNotRestored() async throws {
    let scenario = try await Scenario.make("verify")
    let policy =
      scenario.policy()
      + "\n  verification: {schedule: \"0 4 1 1 *\", latest: 2, identitySecretRef: {name: age-identity}}"
    try await scenario.applyPolicy(policy)
    for name in ["one", "two"] { #expect(try await scenario.runJob(name) == "Completed") }
    try await readBack(scenario, "look-1")
    for name in ["one", "two"] {
      try await scenario.cluster.waitFor("backup/\(name)", ".status.verified", in: scenario.namespace, toBe: "true")
      #expect(try await scenario.backup(name, ".status.verification.depth") == "Content")
    }
    try await scenario.cluster.waitFor(
      "backuppolicy/bao", Self.condition("Verified", "status"), in: scenario.namespace, toBe: "True")

    // A byte of the newest is flipped in the bucket.
    let key = try await scenario.backup("two", ".status.artifacts[0].key")
    let file = try await scenario.download(key)
    var bytes = try Data(contentsOf: file)
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: file)
    try await scenario.upload(file, to: key)
    try await readBack(scenario, "look-2")
    try await scenario.cluster.waitFor("backup/two", ".status.verified", in: scenario.namespace, toBe: "false")
    #expect(try await scenario.backup("two", ".status.verification.failure.reason") == "DigestMismatch")
    try await scenario.cluster.waitFor(
      "backuppolicy/bao", Self.condition("Protected", "reason"), in: scenario.namespace, toBe: "BackupDamaged")
    try await scenario.waitForEvent("VerificationFailed Backup/two")
    try await scenario.cluster.apply(
      """
      apiVersion: holdfast.dev/v1alpha1
      kind: RestoreRequest
      metadata: {name: look, namespace: \(scenario.namespace)}
      spec:
        from: {latest: {policyRef: {name: bao}, requireVerified: true}}
        decryption: {identitySecretRef: {name: age-identity}}
        dryRun: true
      """)
    try await scenario.cluster.waitFor("restorerequest/look", ".status.phase", in: scenario.namespace, toBe: "Planned")
    let good = try await scenario.backup("one", ".status.id")
    #expect(try await scenario.cluster.value("restorerequest/look", ".status.backupID", in: scenario.namespace) == good)
  }

  private func readBack(_ scenario: Scenario, _ name: String) async throws {
    try await scenario.cluster.kubectl(
      "create", "job", "--from=cronjob/bao-verify", name, "--namespace", scenario.namespace
    ).checked()
    try await scenario.cluster.waitFor(
      "backuppolicy/bao", ".status.verification.job", in: scenario.namespace, toBe: name, within: .seconds(120))
  }
}
