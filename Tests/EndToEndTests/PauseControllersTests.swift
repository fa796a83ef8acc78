import Foundation
import Synchronization
import Testing
import TestServers

/// A restore with cert-manager's controller at zero, and what becomes of the controller where the restore is killed.
@Suite struct PauseControllersTests {
  private let objects = ObjectRestoreTests()

  /// Replicas that were asked for, one after the other.
  private final class Seen: Sendable {
    private let replicas = Mutex<[String]>([])
    var all: [String] { replicas.withLock { $0 } }
    func note(_ next: String) { replicas.withLock { if $0.last != next { $0.append(next) } } }
  }

  /// A Deployment's controller of this test's own, as there is none in the sandbox: it follows what is asked for, and tells
  /// what it saw.
  private func follow(_ cluster: Cluster, _ seen: Seen, isSlow: Bool = false) async throws {
    while !Task.isCancelled {
      let state = try await cluster.value(
        "deployment/cert-manager", ".spec.replicas} {.metadata.generation", in: "cert-manager")
      let parts = state.split(separator: " ").map(String.init)
      if let replicas = parts.first {
        seen.note(replicas)
        if parts.count > 1, !isSlow || replicas != "0" {
          try await cluster.kubectl(
            "patch", "deployment", "cert-manager", "--namespace", "cert-manager", "--subresource", "status", "--type",
            "merge", "-p", "{\"status\":{\"replicas\":\(replicas),\"observedGeneration\":\(parts[1])}}"
          ).checked()
        }
      }
      try await Task.sleep(for: .milliseconds(200))
    }
  }

  private func prepare(_ name: String) async throws -> (scenario: Scenario, operator: Operator) {
    let cluster = try await Cluster.startSandbox()
    try await cluster.kubectl("create", "namespace", "cert-manager").checked()
    try await cluster.apply(
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: cert-manager, namespace: cert-manager}
      spec:
        replicas: 1
        selector: {matchLabels: {app: cert-manager}}
        template:
          metadata: {labels: {app: cert-manager}}
          spec: {containers: [{name: controller, image: none}]}
      """)
    let scenario = try await Scenario.make(name, in: cluster)
    let theOperator = try await Operator.start(in: cluster, "--trusted-namespace", scenario.namespace)
    try await objects.installDefinitions(cluster)
    try await objects.makePKI(scenario)
    try await scenario.applyPolicy(
      """
      apiVersion: holdfast.dev/v1alpha1
      kind: BackupPolicy
      metadata: {name: pki, namespace: \(scenario.namespace)}
      spec:
        schedule: "0 3 1 1 *"
        sources: [{name: certificates, certManager: {issuers: All, clusterIssuers: None, bundles: None, includeCRDs: false}}]
        target: \(objects.target(scenario))
        encryption: {age: {recipients: [\(scenario.recipient)]}}
        executor: {backoffLimit: 0}
      """, named: "pki")
    #expect(try await scenario.runJob("manual", policy: "pki") == "Completed")
    for object in ["issuer/ca", "certificate.cert-manager.io/root", "secret/root-tls"] {
      try await cluster.kubectl("delete", object, "--namespace", scenario.namespace).checked()
    }
    try await cluster.apply(
      """
      apiVersion: holdfast.dev/v1alpha1
      kind: RestoreRequest
      metadata: {name: back, namespace: \(scenario.namespace)}
      spec:
        from: {backup: manual}
        decryption: {identitySecretRef: {name: age-identity}}
        sources: [{name: certificates, certManager: {pauseControllers: true, conflictPolicy: Skip}}]
        safetyBackup: false
      """)
    return (scenario, theOperator)
  }

  private func marks(_ scenario: Scenario) async throws -> String {
    try await scenario.cluster.value("deployment/cert-manager", ".metadata.annotations", in: "cert-manager")
  }

  @Test(.disabled(if: Cluster.isRealConfigured, "it needs a cert-manager namespace of its own"))
  func theControllerIsAwayWhileObjectsAreWritten() async throws {
    let (scenario, theOperator) = try await prepare("pause")
    defer { theOperator.process.stop() }
    let seen = Seen()
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await follow(scenario.cluster, seen) }
      // Nobody makes the issuers Ready: until that is given up takes minutes, and the controller is back before.
      try await scenario.cluster.waitFor(
        "issuer.cert-manager.io/ca", ".metadata.name", in: scenario.namespace, toBe: "ca")
      try await eventually("the controller is back", within: .seconds(60), every: .milliseconds(200)) {
        seen.all == ["1", "0", "1"]
      }
      for issuer in ["ca", "self"] {
        try await scenario.cluster.kubectl(
          "patch", "issuer", issuer, "--namespace", scenario.namespace, "--subresource", "status", "--type", "merge",
          "-p", #"{"status":{"conditions":[{"type":"Ready","status":"True"}]}}"#
        ).checked()
      }
      try await scenario.cluster.waitFor(
        "restorerequest/back", ".status.phase", in: scenario.namespace, toBe: "Completed")
      tasks.cancelAll()
      while let _ = await tasks.nextResult() {}
    }
    #expect(try await !marks(scenario).contains("holdfast.dev"))
    let plan = try await scenario.cluster.value("restorerequest/back", ".status.plan", in: scenario.namespace)
    #expect(plan.contains("\"action\":\"pause\"") && plan.contains("Deployment cert-manager/cert-manager"), "\(plan)")
    let bindings = try await scenario.cluster.kubectl("get", "rolebindings", "--namespace", "cert-manager").output
    #expect(!bindings.contains("controllers"), "\(bindings)")
  }

  @Test(.disabled(if: Cluster.isRealConfigured, "it needs a cert-manager namespace of its own"))
  func aKilledRestoreDoesNotLeaveItAtZero() async throws {
    let (scenario, theOperator) = try await prepare("pause-kill")
    defer { theOperator.process.stop() }
    let seen = Seen()
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      // It never says that the pods are gone, so that the executor waits.
      tasks.addTask { try await follow(scenario.cluster, seen, isSlow: true) }
      try await eventually("the controller is at zero", within: .seconds(60), every: .milliseconds(200)) {
        seen.all.last == "0"
      }
      #expect(try await marks(scenario).contains("\(scenario.namespace)/back/"))
      let pod = try await scenario.cluster.kubectl(
        "get", "pods", "--namespace", scenario.namespace, "-l", "holdfast.dev/operation=restore", "-o", "name"
      ).checked().trimmingCharacters(in: .whitespacesAndNewlines)
      try await scenario.cluster.kubectl(
        "delete", pod, "--namespace", scenario.namespace, "--grace-period=0", "--force"
      ).checked()
      try await scenario.cluster.waitFor(
        "restorerequest/back", ".status.phase", in: scenario.namespace, toBe: "Unknown", "Failed",
        within: .seconds(120))
      tasks.cancelAll()
      while let _ = await tasks.nextResult() {}
    }
    // Who of those that may do it did it first, one of them tells; what counts is the Deployment.
    #expect(
      try await scenario.cluster.value("deployment/cert-manager", ".spec.replicas", in: "cert-manager") == "1")
    #expect(try await !marks(scenario).contains("holdfast.dev"))
    let bindings = try await scenario.cluster.kubectl("get", "rolebindings", "--namespace", "cert-manager").output
    #expect(!bindings.contains("controllers"), "\(bindings)")
  }
}
