import FakeAzure
import FakeGCS
import Foundation
import Testing
import TestServers

/// The stores beside S3, from the policy's fields and Secrets to the requests: two backups, retention, and a restore's look
/// at what is there. Google's and Azure's servers are stand-ins that check tokens and signatures.
@Suite struct StoresTests {
  private func policy(_ scenario: Scenario, target: String) -> String {
    """
    apiVersion: holdfast.dev/v1alpha1
    kind: BackupPolicy
    metadata: {name: bao, namespace: \(scenario.namespace)}
    spec:
      schedule: "0 3 1 1 *"
      sources:
        - name: raft
          openBao: {address: "\(scenario.openBao.address)", tokenSecretRef: {name: bao-token}}
      target: \(target)
      encryption: {age: {recipients: [\(scenario.recipient)]}}
      retention: {maxCount: 1}
      executor: {backoffLimit: 0}
    """
  }

  /// - Parameter keys: The objects of the store, by the store itself.
  private func check(_ scenario: Scenario, target: String, keys: () async throws -> [String]) async throws {
    try await scenario.applyPolicy(policy(scenario, target: target))
    try await scenario.cluster.waitFor(
      "backuppolicy/bao", ".status.conditions[?(@.type==\"TargetReachable\")].status", in: scenario.namespace,
      toBe: "True")
    #expect(try await scenario.runJob("one") == "Completed")
    let first = try await scenario.backup("one", ".status.id")
    #expect(try await keys().filter { $0.contains(first) }.count == 2)
    #expect(try await scenario.runJob("two") == "Completed")
    let second = try await scenario.backup("two", ".status.id")
    let left = try await keys().filter { !$0.contains("/.") }
    #expect(left.count == 2 && left.allSatisfy { $0.contains("prod/\(scenario.namespace)/bao/\(second)/") }, "\(left)")
    try await scenario.cluster.apply(
      """
      apiVersion: holdfast.dev/v1alpha1
      kind: RestoreRequest
      metadata: {name: look, namespace: \(scenario.namespace)}
      spec:
        from: {backup: two}
        decryption: {identitySecretRef: {name: age-identity, key: identity.txt}}
        dryRun: true
      """)
    try await scenario.cluster.waitFor(
      "restorerequest/look", ".status.phase", in: scenario.namespace, toBe: "Planned", within: .seconds(120))
  }

  @Test func googleWithAServiceAccountKey() async throws {
    let scenario = try await Scenario.make("gcs")
    try await FakeGCS.with { fake in
      fake.makeBucket("control-plane-backups")
      let key = try fake.update {
        $0.requiresToken = true
        return try $0.makeServiceAccountKey("writer@project.iam.gserviceaccount.com")
      }
      try await scenario.secret("gcs-credentials", ["credentials.json": String(decoding: key, as: UTF8.self)])
      let target =
        "{provider: gcs, endpoint: \"\(fake.endpoint)\", bucket: control-plane-backups, pathPrefix: prod, "
        + "gcs: {project: project}, credentialsSecretRef: {name: gcs-credentials}}"
      try await check(scenario, target: target) {
        fake.update { $0.buckets["control-plane-backups"]?.objects.keys.sorted() ?? [] }
      }
    }
  }

  @Test func azureWithAnAccountKey() async throws {
    let scenario = try await Scenario.make("azure")
    let fake = try await FakeAzure.start()
    fake.makeContainer("overlay-backups")
    do {
      try await scenario.secret("azure-credentials", ["accountKey": fake.key])
      let target =
        "{provider: azure, endpoint: \"\(fake.endpoint)\", bucket: overlay-backups, pathPrefix: prod, "
        + "azure: {storageAccount: \(fake.account)}, credentialsSecretRef: {name: azure-credentials}}"
      try await check(scenario, target: target) { fake.keys("overlay-backups") }
      // A key that was rotated is told before the next backup.
      try await scenario.secret("rotated", ["accountKey": Data(repeating: 7, count: 64).base64EncodedString()])
      try await scenario.cluster.apply(
        policy(scenario, target: target.replacing("azure-credentials", with: "rotated")))
      try await scenario.cluster.waitFor(
        "backuppolicy/bao", ".status.conditions[?(@.type==\"TargetReachable\")].reason", in: scenario.namespace,
        toBe: "SignatureMismatch")
    } catch {
      await fake.stop()
      throw error
    }
    await fake.stop()
  }

  @Test(.disabled(if: Cluster.isRealConfigured, "a real cluster need not have a class of volumes for the claim"))
  func aVolume() async throws {
    let scenario = try await Scenario.make("volume")
    try await scenario.cluster.apply(
      """
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: backups, namespace: \(scenario.namespace)}
      spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}
      """)
    let target = "{provider: filesystem, pathPrefix: prod, filesystem: {persistentVolumeClaim: {claimName: backups}}}"
    let folder = try #require(scenario.cluster.claim("backups", in: scenario.namespace))
    try await check(scenario, target: target) {
      let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
      return files.filter { file in
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: "\(folder)/\(file)", isDirectory: &isFolder)
          && !isFolder.boolValue
      }
    }
  }
}
