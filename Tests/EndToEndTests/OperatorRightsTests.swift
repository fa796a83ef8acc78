import Foundation
import Testing
import TestServers

/// The operator with the account that `deploy/` installs for it, on an API server with RBAC.
@Suite(.enabled(if: !Cluster.isRealConfigured, "starts its own operator"))
struct OperatorRightsTests {
  /// The roles of `deploy/`, without the Deployment: the operator runs here as a process.
  private func install(in cluster: Cluster) async throws {
    let all = try await cluster.kubectl("kustomize", Binaries.repository + "/deploy").checked()
    let wanted = ["Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"]
    let chosen = all.components(separatedBy: "\n---\n").filter { document in
      wanted.contains { document.contains("\nkind: \($0)\n") }
    }
    #expect(chosen.count > 15)
    try await cluster.apply(chosen.joined(separator: "\n---\n"))
  }

  /// The same cluster with the token of the operator's ServiceAccount, and no other credential.
  private func asOperator(_ cluster: Cluster, folder: URL) async throws -> Cluster {
    let kubeconfig = folder.appendingPathComponent("operator").path
    let token = try await cluster.kubectl("create", "token", "holdfast-operator", "--namespace", "holdfast-system")
      .checked()
    let view = try await cluster.kubectl("config", "view", "--raw", "--minify", "--flatten").checked()
    try Data(view.utf8).write(to: URL(fileURLWithPath: kubeconfig))
    for change in [
      ["unset", "users"], ["set-credentials", "operator", "--token", token.trimmingCharacters(in: .newlines)],
      ["set-context", "--current", "--user", "operator"],
    ] {
      try await runCommand("kubectl", ["--kubeconfig", kubeconfig, "config"] + change).checked()
    }
    return Cluster(
      kubeconfig: kubeconfig, isReal: false, sandbox: cluster.sandbox, executorImage: cluster.executorImage)
  }

  /// Promise 1, and that the installed rights are enough: not one of its calls is refused.
  @Test func theInstalledRightsAreEnoughAndSecretsAreNotAmongThem() async throws {
    let cluster = try await Cluster.startSandbox()
    try await install(in: cluster)
    let folder = try ServerProcess.makeFolder("operator-account")
    defer { try? FileManager.default.removeItem(at: folder) }
    let limited = try await asOperator(cluster, folder: folder)
    let scenario = try await Scenario.make("rbac", in: cluster)
    for refused in [
      ["get", "secrets"], ["get", "secret", "s3"], ["delete", "secret", "s3"], ["delete", "pod", "x"],
      ["get", "deployments"], ["create", "token", "default"], ["create", "role", "x", "--verb=get", "--resource=pods"],
      ["create", "clusterrolebinding", "x", "--clusterrole=cluster-admin", "--user=x"],
      // It may bind executors' roles by name, and gives on nothing else.
      ["create", "rolebinding", "x", "--clusterrole=cluster-admin", "--user=x"],
      ["create", "rolebinding", "x", "--clusterrole=holdfast-executor-restore", "--user=x"],
    ] {
      let isNamespaced = !refused.contains("clusterrolebinding")
      let result = try await limited.kubectl(refused + (isNamespaced ? ["--namespace", scenario.namespace] : []))
      #expect(!result.succeeded && result.errors.contains("orbidden"), "\(refused): \(result.errors)")
    }

    let given = try await limited.kubectl(
      "create", "rolebinding", "y", "--clusterrole=holdfast-executor-results", "--user=x", "--namespace",
      scenario.namespace)
    #expect(given.succeeded, "\(given.errors)")

    let process = try await Operator.start(
      in: limited, "--leader-elect", "--leader-elect-namespace", "holdfast-system", "--log-format", "json")
    try await scenario.applyPolicy(scenario.policy(retention: "{maxCount: 1}"))
    #expect(try await scenario.runJob("one") == "Completed")
    // A run by a Backup, which prunes the first; drift; a deletion with what is in the bucket; a dry run.
    try await cluster.apply(
      """
      apiVersion: holdfast.dev/v1alpha1
      kind: Backup
      metadata: {name: two, namespace: \(scenario.namespace)}
      spec: {policyRef: {name: bao}, deletionPolicy: Delete}
      """)
    try await cluster.waitFor("backup/two", ".status.phase", in: scenario.namespace, toBe: "Completed")
    try await cluster.kubectl(
      "patch", "cronjob", "bao-backup", "--namespace", scenario.namespace, "--type=merge", "-p",
      #"{"spec":{"suspend":true}}"#
    ).checked()
    try await cluster.waitFor("cronjob/bao-backup", ".spec.suspend", in: scenario.namespace, toBe: "false", "")
    try await cluster.apply(
      """
      apiVersion: holdfast.dev/v1alpha1
      kind: RestoreRequest
      metadata: {name: dry, namespace: \(scenario.namespace)}
      spec:
        from: {backup: two}
        decryption: {identitySecretRef: {name: age-identity, key: identity.txt}}
        dryRun: true
      """)
    try await cluster.waitFor("restorerequest/dry", ".status.phase", in: scenario.namespace, toBe: "Planned")
    try await cluster.kubectl("delete", "backup", "two", "--namespace", scenario.namespace, "--timeout=90s").checked()
    try await cluster.kubectl("delete", "backuppolicy", "bao", "--namespace", scenario.namespace).checked()

    let log = process.process.fullLog
    let port = try #require(log.firstMatch(of: /"http.port":"(\d+)"/).map { String($0.1) })
    let text = try await runCommand("curl", ["-fsS", "http://127.0.0.1:\(port)/metrics"]).checked()
    let calls = text.split(separator: "\n").filter { $0.hasPrefix("holdfast_kubernetes_api_requests_total{") }
    #expect(calls.contains { $0.contains("verb=\"create\"") } && calls.contains { $0.contains("verb=\"patch\"") })
    #expect(!calls.contains { $0.contains("code=\"403\"") }, "\(calls.joined(separator: "\n"))")
    #expect(!log.contains("orbidden"), "\(process.process.log)")
  }
}
