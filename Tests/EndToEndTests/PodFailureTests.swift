import Foundation
import Testing
import TestServers

/// Runs that fail before, beside or without the executor's own word: the Backup says which step, why and what to do.
@Suite struct PodFailureTests {
  @Test func aMissingSecretIsNamed() async throws {
    let scenario = try await Scenario.make("no-secret")
    try await scenario.applyPolicy(scenario.policy(credentials: "not-there"))
    #expect(try await scenario.runJob("one") == "Failed")
    #expect(try await scenario.backup("one", ".status.failure.reason") == "SecretNotFound")
    #expect(try await scenario.backup("one", ".status.failure.message").contains("not-there"))
    try await scenario.waitForEvent("not-there")
  }

  @Test func aMissingKeyOfASecretIsNamed() async throws {
    let scenario = try await Scenario.make("no-key")
    try await scenario.secret("half", ["accessKeyId": "x"])
    try await scenario.applyPolicy(scenario.policy(credentials: "half"))
    #expect(try await scenario.runJob("one") == "Failed")
    #expect(try await scenario.backup("one", ".status.failure.reason") == "SecretNotFound")
    #expect(try await scenario.backup("one", ".status.failure.message").contains("secretAccessKey"))
  }

  @Test func wrongCredentialsOfTheStoreSayWhatToChange() async throws {
    let scenario = try await Scenario.make("wrong-key")
    try await scenario.secret("wrong", ["accessKeyId": scenario.store.accessKeyID, "secretAccessKey": "wrong"])
    try await scenario.applyPolicy(scenario.policy(credentials: "wrong"))
    #expect(try await scenario.runJob("one") == "Failed")
    #expect(try await scenario.backup("one", ".status.failure.reason") == "SignatureMismatch")
    #expect(try await scenario.backup("one", ".status.failure.message").contains("wrong\n") == false)
  }

  @Test func aBucketThatIsNotThereIsNamed() async throws {
    let scenario = try await Scenario.make("no-bucket")
    try await scenario.applyPolicy(scenario.policy(bucket: "no-such-bucket"))
    #expect(try await scenario.runJob("one") == "Failed")
    #expect(try await scenario.backup("one", ".status.failure.reason") == "BucketNotFound")
    #expect(try await scenario.backup("one", ".status.failure.message").contains("no-such-bucket"))
  }

  @Test func aTokenWithoutThePermissionSaysWhichOne() async throws {
    let scenario = try await Scenario.make("no-permission")
    try await scenario.secret("weak", ["token": "s.not-a-token"])
    try await scenario.applyPolicy(scenario.policy(tokenSecret: "weak"))
    #expect(try await scenario.runJob("one") == "Failed")
    #expect(try await scenario.backup("one", ".status.failure.reason") == "SourceUnauthorized")
    let message = try await scenario.backup("one", ".status.failure.message")
    #expect(message.contains("sys/storage/raft/snapshot"), "\(message)")
    #expect(!message.contains("s.not-a-token"), "no secret in a message")
    #expect(try await scenario.keys().isEmpty)
  }

  @Test func anImageThatCannotBePulledIsToldWhileItWaits() async throws {
    let scenario = try await Scenario.make("no-image")
    try await scenario.applyPolicy(
      scenario.policy(executor: "{backoffLimit: 0, image: registry.invalid/nothing:1, activeDeadlineSeconds: 25}"))
    try await scenario.startJob("one")
    try await eventually("the message while it waits", within: .seconds(60), every: .milliseconds(300)) {
      try await scenario.cluster.kubectl(
        "get", "backup/one", "--namespace", scenario.namespace, "--ignore-not-found", "-o", "yaml"
      ).output.contains("ImagePull")
    }
    try await scenario.cluster.waitFor(
      "backup/one", ".status.phase", in: scenario.namespace, toBe: "Failed", within: .seconds(90))
    let reason = try await scenario.backup("one", ".status.failure.reason")
    #expect(["ImagePullFailed", "DeadlineExceeded"].contains(reason))
    let message = try await scenario.backup("one", ".status.failure.message")
    #expect(message.contains("registry.invalid/nothing:1"), "\(message)")
  }

  @Test func aJobDeletedMidwayIsAFailedBackupAndLeavesNothing() async throws {
    let scenario = try await Scenario.make("deleted")
    let stuck = try await StuckServer.start()
    try await scenario.applyPolicy(scenario.policy(address: stuck.address))
    try await scenario.startJob("one")
    try await scenario.cluster.waitFor("backup/one", ".status.phase", in: scenario.namespace, toBe: "Running")
    try await scenario.cluster.kubectl("delete", "job", "one", "--namespace", scenario.namespace).checked()
    try await scenario.cluster.waitFor("backup/one", ".status.phase", in: scenario.namespace, toBe: "Failed")
    try await eventually("no debris", within: .seconds(40), every: .milliseconds(500)) {
      let keys = try await scenario.keys()
      let uploads = try await scenario.openUploads()
      return keys.isEmpty && uploads.isEmpty
    }
  }
}
