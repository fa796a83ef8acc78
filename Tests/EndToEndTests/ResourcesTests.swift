import Foundation
import Testing
import TestServers

/// A namespace's API objects, taken by an executor under RBAC with the rights that the operator gives it.
@Suite struct ResourcesTests {
  private func policy(_ scenario: Scenario, _ resources: String, name: String = "project") -> String {
    let namespace = scenario.namespace
    return """
      apiVersion: holdfast.dev/v1alpha1
      kind: BackupPolicy
      metadata: {name: \(name), namespace: \(namespace)}
      spec:
        schedule: "0 3 1 1 *"
        sources:
          - {name: raft, openBao: {address: "\(scenario.openBao.address)", tokenSecretRef: {name: bao-token}}}
          - {name: objects, resources: \(resources)}
        target: {provider: s3, endpoint: "\(scenario.store.endpoint)", bucket: \(scenario.bucket), usePathStyle: true, credentialsSecretRef: {name: s3}}
        encryption: {age: {recipients: [\(scenario.recipient)]}}
        executor: {backoffLimit: 0}
      """
  }

  /// Promise 8: with age, zstd, tar and kubectl alone a person brings an object back.
  @Test func anObjectComesBackByHand() async throws {
    let scenario = try await Scenario.make("objects")
    let namespace = scenario.namespace
    try await scenario.cluster.apply(
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: settings, namespace: \(namespace), labels: {app: shop}}
      data: {"on": "yes", script: "#!/bin/sh\\necho hello\\n"}
      """)
    try await scenario.applyPolicy(policy(scenario, "{}"), named: "project")
    let roles = try await scenario.cluster.kubectl(
      "get", "rolebindings", "--namespace", namespace, "-o", "jsonpath={.items[*].roleRef.name}"
    ).checked()
    #expect(roles == "holdfast-executor-resources")
    #expect(try await scenario.runJob("manual", policy: "project") == "Completed")
    #expect(
      try await scenario.backup("manual", ".status.conditions[?(@.type==\"PartiallyCaptured\")].message") == "",
      "the role is not enough")
    #expect(try await scenario.backup("manual", ".status.artifacts[*].source") == "raft objects")

    let key = try #require(try await scenario.keys().first { $0.hasSuffix("/objects.tar.zst.age") })
    let artifact = try await scenario.download(key)
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("objects-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Data(scenario.identity.utf8).write(to: URL(fileURLWithPath: folder + "/identity"))
    _ = try await runCommand(
      "sh", ["-c", "age -d -i \(folder)/identity \(artifact.path) | zstd -dq | tar -xf - -C \(folder)"]
    ).checked()
    let file = "\(folder)/resources/core/v1/configmaps/\(namespace)/settings.yaml"
    #expect(FileManager.default.fileExists(atPath: "\(folder)/resources/core/v1/secrets/\(namespace)/bao-token.yaml"))
    #expect(FileManager.default.fileExists(atPath: "\(folder)/index.yaml"))

    try await scenario.cluster.kubectl("delete", "configmap", "settings", "--namespace", namespace).checked()
    let patch =
      #"{"metadata":{"resourceVersion":null,"uid":null,"ownerReferences":null,"managedFields":null}}"#
    let manifest = try await scenario.cluster.kubectl(
      "patch", "--local", "-f", file, "--type", "merge", "-p", patch, "-o", "yaml"
    ).checked()
    try await scenario.cluster.apply(manifest)
    #expect(try await scenario.cluster.value("configmap/settings", ".data.on", in: namespace) == "yes")
    #expect(
      try await scenario.cluster.value("configmap/settings", ".data.script", in: namespace)
        == "#!/bin/sh\necho hello\n")
  }

  /// What is not in the backup is named where people look, and the backup is good all the same.
  @Test func whatIsMissingIsNamed() async throws {
    let scenario = try await Scenario.make("partial")
    let resources =
      "{include: [{group: '', kind: Secret}, {group: '', kind: ConfigMap}], fieldSelector: type=Opaque}"
    try await scenario.applyPolicy(policy(scenario, resources), named: "project")
    #expect(try await scenario.runJob("manual", policy: "project") == "Completed")
    let condition = ".status.conditions[?(@.type==\"PartiallyCaptured\")]"
    #expect(try await scenario.backup("manual", "\(condition).status") == "True")
    let message = try await scenario.backup("manual", "\(condition).message")
    #expect(message.contains("objects: configmaps in \(scenario.namespace): BadRequest"), "\(message)")
    #expect(!message.contains("secrets"))
  }

  /// Promise 10, and that nothing beyond the namespace is granted.
  @Test func whatReachesBeyondANamespaceThatIsNotTrustedIsRefused() async throws {
    let scenario = try await Scenario.make("untrusted")
    try await scenario.cluster.apply(policy(scenario, "{namespaces: [kube-system], clusterScoped: true}"))
    let ready = ".status.conditions[?(@.type==\"Ready\")]"
    try await scenario.cluster.waitFor(
      "backuppolicy/project", "\(ready).reason", in: scenario.namespace, toBe: "NotTrusted")
    let message = try await scenario.cluster.value("backuppolicy/project", "\(ready).message", in: scenario.namespace)
    #expect(message.contains("--trusted-namespace \(scenario.namespace)") && message.contains("kube-system"))
    let bindings = try await scenario.cluster.kubectl(
      "get", "rolebindings,clusterrolebindings", "--all-namespaces", "-l",
      "holdfast.dev/policy-namespace=\(scenario.namespace)", "-o", "name"
    ).checked()
    #expect(bindings == "")
  }
}
