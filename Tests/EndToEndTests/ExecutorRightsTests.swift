import Foundation
import Testing
import TestServers

/// What the executor of a policy may do at the API server: what its sources list, and no more. Tried with tokens of its
/// ServiceAccount, against an API server with RBAC.
@Suite(.enabled(if: Cluster.canRunShells, Cluster.shellImageComment))
struct ExecutorRightsTests {
  /// kubectl with the token of a ServiceAccount, and with no other credential.
  private struct Account {
    let kubeconfig: String
    let namespace: String

    init(_ name: String, in scenario: Scenario, folder: String) async throws {
      let cluster = scenario.cluster
      kubeconfig = "\(folder)/\(name)"
      namespace = scenario.namespace
      let token = try await cluster.kubectl("create", "token", name, "--namespace", namespace).checked()
      let view = try await cluster.kubectl("config", "view", "--raw", "--minify", "--flatten").checked()
      try Data(view.utf8).write(to: URL(fileURLWithPath: kubeconfig))
      for change in [
        ["unset", "users"], ["set-credentials", "executor", "--token", token.trimmingCharacters(in: .newlines)],
        ["set-context", "--current", "--user", "executor"],
      ] {
        try await runCommand("kubectl", ["--kubeconfig", kubeconfig, "config"] + change).checked()
      }
    }

    /// - Returns: nil where it was permitted; otherwise what the API server said.
    func refusal(_ arguments: String, input: String = "") async throws -> String? {
      let line = arguments.split(separator: " ").map(String.init)
      let inNamespace = line.contains("--namespace") || line.contains("--all-namespaces")
      // What follows `--` is for the container.
      let options = ["--kubeconfig", kubeconfig] + (inNamespace ? [] : ["--namespace", namespace])
      let result = try await runCommand("kubectl", options + line, input: input)
      return result.succeeded ? nil : result.errors
    }
  }

  private func isForbidden(_ refusal: String?) -> Bool {
    refusal?.contains("orbidden") == true && refusal?.contains("cannot") == true
  }

  @Test func anExecutorMayDoWhatItsSourcesListAndNoMore() async throws {
    let scenario = try await Scenario.make("rights")
    try await OverlayPKI.install(in: scenario)
    let controller = try await ZitiController.install(in: scenario)
    let overlay = Overlay(scenario: scenario)
    try await scenario.applyPolicy(overlay.policy(), named: "overlay")
    try await scenario.applyPolicy(overlay.policy("pki-alone", controller: nil), named: "pki-alone")
    let folder = try ServerProcess.makeFolder("accounts").path
    defer { try? FileManager.default.removeItem(atPath: folder) }

    let both = try await Account("overlay-backup", in: scenario, folder: folder)
    for permitted in [
      "get pods", "get pod \(controller.pod)", "get secret ziti-controller-admin-secret",
      "get issuers.cert-manager.io", "get certificate.cert-manager.io ziti-controller-ctrl-plane-identity",
      "exec \(controller.pod) -c ziti-controller -- ls /persistent",
    ] {
      let refusal = try await both.refusal(permitted)
      #expect(refusal == nil, "\(permitted): \(refusal ?? "")")
    }
    for forbidden in [
      "get secrets", "get secrets --namespace kube-system", "get secret x --namespace kube-system",
      "get secrets --all-namespaces", "get pods --namespace kube-system", "get clusterissuers.cert-manager.io",
      "get namespaces", "get deployments.apps", "run mine --image=busybox", "delete pod \(controller.pod)",
      "delete secret ziti-controller-admin-secret", "label secret ziti-controller-admin-secret a=b",
      "create configmap mine", "create rolebinding mine --clusterrole=cluster-admin --user=me",
      "exec \(controller.pod) --namespace kube-system -- ls", "create token overlay-backup",
    ] {
      // Kinds that the cluster does not have cannot be told from others by kubectl.
      if forbidden.contains("clusterissuers"), try await !hasClusterIssuers(scenario) { continue }
      let refusal = try await both.refusal(forbidden)
      #expect(isForbidden(refusal), "\(forbidden): \(refusal ?? "permitted")")
    }

    let pki = try await Account("pki-alone-backup", in: scenario, folder: folder)
    #expect(try await pki.refusal("get secret ziti-controller-admin-secret") == nil)
    for forbidden in ["get pods", "exec \(controller.pod) -c ziti-controller -- ls /persistent"] {
      let refusal = try await pki.refusal(forbidden)
      #expect(isForbidden(refusal), "\(forbidden): \(refusal ?? "permitted")")
    }
  }

  /// `get` on everything would be exec.
  @Test func whoExportsObjectsMayListThemAndNoMore() async throws {
    let scenario = try await Scenario.make("rights-objects")
    let controller = try await ZitiController.install(in: scenario)
    let overlay = Overlay(scenario: scenario)
    let text = overlay.policy("objects", controller: nil).replacing(
      #/certManager: .*/#, with: "resources: {}}")
    try await scenario.applyPolicy(text, named: "objects")
    let folder = try ServerProcess.makeFolder("accounts").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let account = try await Account("objects-backup", in: scenario, folder: folder)
    for permitted in ["get secrets", "get pods", "get namespace \(scenario.namespace)"] {
      let refusal = try await account.refusal(permitted)
      #expect(refusal == nil, "\(permitted): \(refusal ?? "")")
    }
    for forbidden in [
      "exec \(controller.pod) -c ziti-controller -- ls /persistent", "get secrets --namespace kube-system",
      "create configmap mine", "delete pod \(controller.pod)",
    ] {
      let refusal = try await account.refusal(forbidden)
      #expect(isForbidden(refusal), "\(forbidden): \(refusal ?? "permitted")")
    }
  }

  private func hasClusterIssuers(_ scenario: Scenario) async throws -> Bool {
    try await scenario.cluster.kubectl("get", "crd", "clusterissuers.cert-manager.io").succeeded
  }

  /// What was granted for a source goes with the source.
  @Test func rightsGoWithTheirSource() async throws {
    let scenario = try await Scenario.make("revoked")
    try await OverlayPKI.install(in: scenario)
    let controller = try await ZitiController.install(in: scenario)
    let overlay = Overlay(scenario: scenario)
    try await scenario.applyPolicy(overlay.policy(), named: "overlay")
    let folder = try ServerProcess.makeFolder("accounts").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let account = try await Account("overlay-backup", in: scenario, folder: folder)
    let exec = "exec \(controller.pod) -c ziti-controller -- ls /persistent"
    #expect(try await account.refusal(exec) == nil)
    try await scenario.applyPolicy(overlay.policy(controller: nil), named: "overlay")
    try await eventually("the end of the right to exec", every: .milliseconds(300)) {
      isForbidden(try await account.refusal(exec))
    }
    #expect(try await account.refusal("get secret ziti-controller-admin-secret") == nil)
  }
}
