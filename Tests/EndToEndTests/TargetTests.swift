import Foundation
import Testing
import TestServers

/// A wrong target is told before a backup fails on it, and a good one too.
@Suite struct TargetTests {
  private static let condition = ".status.conditions[?(@.type==\"TargetReachable\")]"

  private func condition(_ scenario: Scenario, _ field: String, _ policy: String = "bao") async throws -> String {
    try await scenario.cluster.value(
      "backuppolicy/\(policy)", "\(Self.condition).\(field)", in: scenario.namespace)
  }

  private func wait(_ scenario: Scenario, for status: String, _ policy: String = "bao") async throws {
    try await scenario.cluster.waitFor(
      "backuppolicy/\(policy)", "\(Self.condition).status", in: scenario.namespace, toBe: status)
  }

  @Test func aGoodTargetIsReachableAndLeftAsItWas() async throws {
    let scenario = try await Scenario.make("target")
    try await scenario.applyPolicy(scenario.policy())
    try await wait(scenario, for: "True")
    #expect(try await condition(scenario, "reason") == "TargetUsable")
    #expect(try await scenario.allKeys().isEmpty)
    let list = try await scenario.cluster.value(
      "backuppolicy/bao", ".status.target.capabilities.list", in: scenario.namespace)
    #expect(list == "true")
    // It is no backup, and does not keep one from starting.
    let backups = try await scenario.cluster.kubectl("get", "backups", "--namespace", scenario.namespace)
    #expect(backups.output.isEmpty, "\(backups.output)")
    let jobs = try await scenario.cluster.kubectl(
      "get", "jobs", "--namespace", scenario.namespace, "-o", "jsonpath={.items[*].metadata.name}"
    ).checked()
    #expect(jobs.split(separator: " ").count == 1 && jobs.hasPrefix("bao-preflight-"), "\(jobs)")
    try await scenario.waitForEvent("TargetReachable BackupPolicy/bao")
  }

  @Test func aWrongBucketIsToldBeforeABackup() async throws {
    let scenario = try await Scenario.make("target-bucket")
    try await scenario.applyPolicy(scenario.policy(bucket: "no-such-bucket"))
    try await wait(scenario, for: "False")
    #expect(try await condition(scenario, "reason") == "BucketNotFound")
    #expect(try await condition(scenario, "message").contains("no-such-bucket"))
    try await scenario.waitForEvent("TargetUnreachable BackupPolicy/bao BucketNotFound")
    // The right one is tried at once.
    try await scenario.cluster.apply(scenario.policy())
    try await wait(scenario, for: "True")
  }

  @Test func wrongKeysAreTold() async throws {
    let scenario = try await Scenario.make("target-keys")
    try await scenario.secret("wrong", ["accessKeyId": scenario.store.accessKeyID, "secretAccessKey": "wrong"])
    try await scenario.secret("nobody", ["accessKeyId": "nobody", "secretAccessKey": "wrong"])
    try await scenario.applyPolicy(scenario.policy("signature", credentials: "wrong"), named: "signature")
    try await scenario.applyPolicy(scenario.policy("unknown", credentials: "nobody"), named: "unknown")
    try await scenario.applyPolicy(scenario.policy("missing", credentials: "not-there"), named: "missing")
    for (policy, reason) in [
      ("signature", "SignatureMismatch"), ("unknown", "AccessDenied"), ("missing", "SecretNotFound"),
    ] {
      try await wait(scenario, for: "False", policy)
      #expect(try await condition(scenario, "reason", policy) == reason)
    }
    #expect(try await condition(scenario, "message", "missing").contains("not-there"))
  }

  @Test func anEndpointWhereNobodyListensIsTold() async throws {
    let scenario = try await Scenario.make("target-endpoint")
    try await scenario.applyPolicy(scenario.policy(endpoint: "http://127.0.0.1:9"))
    try await wait(scenario, for: "False")
    #expect(try await condition(scenario, "reason") == "EndpointUnreachable")
  }

  /// Credentials that may only write are enough, against a real server.
  @Test func writeOnlyCredentialsMakeAWholeBackup() async throws {
    let scenario = try await Scenario.make("write-only")
    try await scenario.secret(
      "write-only",
      [
        "accessKeyId": scenario.store.writeOnlyAccessKeyID,
        "secretAccessKey": scenario.store.writeOnlySecretAccessKey,
      ])
    try await scenario.applyPolicy(scenario.policy(credentials: "write-only"))
    try await wait(scenario, for: "True")
    #expect(try await condition(scenario, "message").contains("may not list"))
    #expect(try await scenario.runJob("one") == "Completed")
    let warnings = try await scenario.backup("one", ".status.warnings")
    #expect(warnings.contains("may not list") && warnings.contains("nothing is pruned"), "\(warnings)")
    #expect(try await scenario.keys().filter { $0.hasSuffix("/manifest.json") }.count == 1)
    // What it wrote is whole: others can read it.
    try await scenario.applyPolicy(scenario.policy())
    #expect(try await scenario.runJob("two") == "Completed")
    #expect(try await scenario.backup("two", ".status.storage.count") == "2")
  }

  @Test func preflightsCanBeTurnedOff() async throws {
    guard !Cluster.isRealConfigured else { return }
    let cluster = try await Cluster.startSandbox()
    let running = try await Operator.start(in: cluster, "--target-preflight=false")
    let scenario = try await Scenario.make("no-preflight", in: cluster)
    try await scenario.applyPolicy(scenario.policy())
    #expect(try await condition(scenario, "reason") == "NotChecked")
    #expect(try await scenario.runJob("one") == "Completed")
    try await wait(scenario, for: "True")
    withExtendedLifetime(running) {}
  }
}
