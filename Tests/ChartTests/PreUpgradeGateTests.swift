import Foundation
import KubernetesModel
import TestServers
import Testing

/// The gate on a real API server, the only one that judges ValidatingAdmissionPolicies. Each change is a dry run, which the
/// server judges like any other. There is no operator: the test says in its place what the policy's status holds.
@Suite(
  .enabled(
    if: ProcessInfo.processInfo.environment["HOLDFAST_TEST_KUBECONFIG"] != nil,
    "needs a real API server: set KUBECONFIG or KUBEBUILDER_ASSETS for Tests/run"))
struct PreUpgradeGateTests {
  /// A namespace with a gate of its own, a policy, and a labelled workload.
  fileprivate struct Place {
    let namespace: String
    let gate: String

    static func with(
      listed: Bool = false, policy: String? = "overlay", kind: String = "Deployment",
      _ body: (Place) async throws -> Void
    ) async throws {
      let name = "gate-\(UUID().uuidString.prefix(8).lowercased())"
      let place = Place(namespace: name, gate: name)
      let policies = listed ? "[{namespace: \(name), name: overlay}]" : "[]"
      let manifests = try await helm(
        [
          "template", name, Repository.chart, "--kube-version", "1.36.0", "--values", "-", "-s",
          "templates/pre-upgrade-gate.yaml",
        ], input: "{watchNamespaces: [\(name)], preUpgrade: {gate: {enabled: true, policies: \(policies)}}}"
      ).checked()
      do {
        try await place.ask(["create", "namespace", name]).checked()
        if let policy { try await place.apply(place.policy(policy)) }
        try await place.apply(place.workload(kind))
        try await place.apply(manifests)
        try await body(place)
      } catch {
        await place.remove(manifests)
        throw error
      }
      await place.remove(manifests)
    }

    private func remove(_ manifests: String) async {
      _ = try? await ask(["delete", "--ignore-not-found", "--wait=false", "-f", "-"], input: manifests)
      _ = try? await ask(["delete", "namespace", namespace, "--ignore-not-found", "--wait=false"])
    }

    func policy(_ name: String, preUpgrade: String = "{window: 30m}") -> String {
      """
      apiVersion: holdfast.dev/v1alpha1
      kind: BackupPolicy
      metadata: {name: \(name), namespace: \(namespace)}
      spec:
        sources: [{name: raft, openBao: {address: "https://bao:8200", tokenSecretRef: {name: t}}}]
        target: {provider: s3, bucket: backups, credentialsSecretRef: {name: s3}}
        encryption: {none: {acknowledged: true}}
        preUpgrade: \(preUpgrade)
      """
    }

    func workload(_ kind: String, label: String? = "overlay", image: String = "web:1") -> String {
      let service = kind == "StatefulSet" ? "serviceName: web" : "revisionHistoryLimit: 5"
      return """
        apiVersion: apps/v1
        kind: \(kind)
        metadata:
          name: web
          namespace: \(namespace)
          labels: {app: web\(label.map { ", holdfast.dev/pre-upgrade: \($0)" } ?? "")}
        spec:
          \(service)
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              initContainers: [{name: first, image: "first:1"}]
              containers: [{name: web, image: "\(image)"}, {name: side, image: "side:1"}]
        """
    }

    func ask(_ arguments: [String], input: String = "") async throws -> CommandResult {
      let kubeconfig = ProcessInfo.processInfo.environment["HOLDFAST_TEST_KUBECONFIG"] ?? ""
      return try await kubectl(["--kubeconfig", kubeconfig] + arguments, input: input)
    }

    func apply(_ manifest: String) async throws {
      try await ask(["apply", "-f", "-"], input: manifest).checked()
    }

    /// As the operator writes it.
    func report(_ gate: String, of policy: String = "overlay", looked: Bool = true) async throws {
      let generation = try await ask([
        "get", "backuppolicy", policy, "-n", namespace, "-o", "jsonpath={.metadata.generation}",
      ]).checked()
      try await ask([
        "patch", "backuppolicy", policy, "-n", namespace, "--subresource=status", "--type=merge", "-p",
        "{\"status\": {\"observedGeneration\": \(looked ? generation : "0"), \"preUpgrade\": \(gate)}}",
      ]).checked()
    }

    func open(_ policy: String = "overlay", until seconds: Double = 1_200) async throws {
      try await report(
        "{\"ready\": true, \"backup\": \"b\", \"until\": \"\(Timestamp(Date() + seconds))\", \"message\": null}",
        of: policy)
    }

    func close(_ policy: String = "overlay") async throws {
      try await report(
        "{\"ready\": false, \"backup\": null, \"until\": null, \"message\": \"it began long ago\"}", of: policy)
    }

    /// What the server hears of meanwhile takes a moment.
    func refuses(_ arguments: [String], saying texts: [String] = [], input: String = "") async throws {
      var seen = ""
      do {
        try await eventually("a refusal", within: .seconds(60), every: .milliseconds(300)) {
          let result = try await ask(arguments + ["--dry-run=server", "-n", namespace], input: input)
          seen = result.output + result.errors
          return !result.succeeded && texts.allSatisfy { seen.contains($0) }
        }
      } catch { Issue.record("\(arguments) was not refused with \(texts): \(seen)") }
    }

    func accepts(_ arguments: [String], input: String = "") async throws {
      var seen = ""
      do {
        try await eventually("an acceptance", within: .seconds(60), every: .milliseconds(300)) {
          let result = try await ask(arguments + ["--dry-run=server", "-n", namespace], input: input)
          seen = result.output + result.errors
          return result.succeeded
        }
      } catch { Issue.record("\(arguments) was not accepted: \(seen)") }
    }

    static func patch(image: String? = nil, reason: String? = nil, label: String? = nil) -> String {
      let annotations = reason.map { "\"annotations\": {\"holdfast.dev/break-glass\": \"\($0)\"}" }
      let labels = label.map { "\"labels\": {\"holdfast.dev/pre-upgrade\": \($0)}" }
      let metadata = "\"metadata\": {\([annotations, labels].compactMap(\.self).joined(separator: ", "))}"
      let spec = image.map {
        "\"spec\": {\"template\": {\"spec\": {\"containers\": [{\"name\": \"web\", \"image\": \"\($0)\"}]}}}"
      }
      return "{\([metadata, spec].compactMap(\.self).joined(separator: ", "))}"
    }

    func patching(_ patch: String) -> [String] { ["patch", "deployment", "web", "-p", patch] }
  }

  private static let anotherImage = ["set", "image", "deployment/web", "web=web:2"]

  @Test(arguments: ["Deployment", "StatefulSet", "DaemonSet"])
  func anotherImageWaitsForABackup(kind: String) async throws {
    try await Place.with(kind: kind) { place in
      let change = ["set", "image", "\(kind.lowercased())/web", "web=web:2"]
      try await place.refuses(change, saying: ["the operator has not looked at the policy yet"])
      try await place.close()
      try await place.refuses(
        change,
        saying: [
          "\(kind) web waits for a fresh backup by BackupPolicy overlay: it began long ago",
          "kubectl holdfast backup overlay -n \(place.namespace) --trigger preUpgrade --wait",
          "kubectl annotate backuppolicy overlay -n \(place.namespace) --overwrite holdfast.dev/backup-now=$(date +%s)",
          "holdfast.dev/break-glass",
        ])
      try await place.open()
      try await place.accepts(change)
    }
  }

  @Test func everyWayToAnotherImageIsJudged() async throws {
    try await Place.with { place in
      try await place.close()
      try await place.refuses(Self.anotherImage, saying: ["it began long ago"])
      try await place.refuses(["set", "image", "deployment/web", "first=first:2"])
      try await place.refuses(["apply", "-f", "-"], input: place.workload("Deployment", image: "web:2"))
      try await place.refuses(
        ["apply", "--server-side", "--force-conflicts", "-f", "-"],
        input: place.workload("Deployment", image: "web:2"))
      try await place.refuses(["replace", "-f", "-"], input: place.workload("Deployment", image: "web:2"))
      let more = #"{"spec":{"template":{"spec":{"containers":[{"name":"more","image":"web:1"}]}}}}"#
      try await place.refuses(place.patching(more))
      try await place.refuses(
        place.patching(#"{"spec":{"template":{"spec":{"volumes":[{"name":"v","image":{"reference":"code:1"}}]}}}}"#))
      try await place.makeEarlierRevision()
      try await place.refuses(["rollout", "undo", "deployment/web", "--to-revision=1"], saying: ["it began long ago"])
      try await place.open()
      try await place.accepts(["rollout", "undo", "deployment/web", "--to-revision=1"])
    }
  }

  @Test func whatChangesNoImagePasses() async throws {
    try await Place.with { place in
      try await place.close()
      try await place.refuses(Self.anotherImage)
      try await place.accepts(["scale", "deployment/web", "--replicas=3"])
      try await place.accepts(place.patching(#"{"spec":{"replicas":4}}"#))
      try await place.accepts(["annotate", "deployment/web", "a=b"])
      try await place.accepts(["set", "env", "deployment/web", "A=B"])
      try await place.accepts(["set", "resources", "deployment/web", "--limits=memory=64Mi"])
      try await place.accepts(
        place.patching(
          #"{"spec":{"template":{"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":"now"}}}}}"#))
      // Without the label, nobody asks.
      try await place.open()
      try await place.accepts(["label", "deployment/web", "holdfast.dev/pre-upgrade-"])
      try await place.ask(["label", "deployment/web", "-n", place.namespace, "holdfast.dev/pre-upgrade-"]).checked()
      try await place.close()
      try await place.accepts(Self.anotherImage)
      try await place.accepts(["label", "deployment/web", "holdfast.dev/pre-upgrade=overlay"])
      try await place.refuses(place.patching(Place.patch(image: "web:2", label: "\"overlay\"")))
    }
  }

  @Test func theLabelIsNoWayRound() async throws {
    try await Place.with { place in
      try await place.apply(place.policy("other"))
      try await place.open("other")
      try await place.close()
      try await place.refuses(
        ["label", "deployment/web", "holdfast.dev/pre-upgrade-"], saying: ["BackupPolicy overlay"])
      try await place.refuses(place.patching(Place.patch(image: "web:2", label: "null")))
      try await place.refuses(["label", "deployment/web", "--overwrite", "holdfast.dev/pre-upgrade=other"])
      try await place.refuses(place.patching(Place.patch(image: "web:2", label: "\"other\"")))
      try await place.accepts(place.patching(Place.patch(reason: "INC-1", label: "null")))
      // Of a policy that is not the label's, nothing is asked.
      try await place.open()
      try await place.close("other")
      try await place.accepts(Self.anotherImage)
      try await place.refuses(place.patching(Place.patch(image: "web:2", label: "\"other\"")))
    }
  }

  @Test func brokenGlassOpensOnce() async throws {
    try await Place.with { place in
      try await place.close()
      try await place.refuses(Self.anotherImage)
      try await place.refuses(place.patching(Place.patch(image: "web:2", reason: " ")))
      let patch = Place.patch(image: "web:2", reason: "INC-1")
      try await place.accepts(place.patching(patch))
      try await place.ask(place.patching(patch) + ["-n", place.namespace]).checked()
      try await place.refuses(place.patching(Place.patch(image: "web:3", reason: "INC-1")))
      try await place.refuses(["set", "image", "deployment/web", "web=web:3"])
      try await place.accepts(place.patching(Place.patch(image: "web:3", reason: "INC-2")))
    }
  }

  @Test func aStatusThatNobodyKeepsIsNotTrusted() async throws {
    try await Place.with { place in
      // No operator has closed it at the end of the window.
      try await place.open(until: -60)
      try await place.refuses(Self.anotherImage, saying: ["the window of the last backup is over"])
      try await place.open()
      try await place.accepts(Self.anotherImage)
      // No operator has looked at what the policy says now.
      try await place.apply(place.policy("overlay", preUpgrade: "{window: 1m}"))
      try await place.refuses(Self.anotherImage, saying: ["has not looked"])
      try await place.open()
      try await place.accepts(Self.anotherImage)
      try await place.ask([
        "patch", "backuppolicy", "overlay", "-n", place.namespace, "--type=json", "-p",
        #"[{"op": "remove", "path": "/spec/preUpgrade"}]"#,
      ]).checked()
      try await place.refuses(Self.anotherImage, saying: ["the policy has no spec.preUpgrade"])
    }
  }

  /// Else no controller, restore or garbage collector could write such a workload any more, and no broken glass would help.
  @Test func withoutAnyPolicyNothingIsRefused() async throws {
    try await Place.with { place in
      try await place.close()
      try await place.refuses(Self.anotherImage, saying: ["it began long ago"])
      try await place.ask(["delete", "backuppolicy", "overlay", "-n", place.namespace]).checked()
      try await place.accepts(Self.anotherImage)
      try await place.accepts(["annotate", "deployment/web", "deployment.kubernetes.io/revision=2"])
      try await place.accepts(
        place.patching(
          #"{"spec":{"template":{"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":"now"}}}}}"#))
      try await place.accepts(place.patching(#"{"metadata":{"finalizers":["foregroundDeletion"]}}"#))
      try await place.accepts(place.patching(#"{"spec":{"replicas":0}}"#))
      try await place.accepts(["label", "deployment/web", "holdfast.dev/pre-upgrade-"])
    }
  }

  /// With the policies listed, a label that names none of them is refused, and so is one whose policy is gone.
  @Test func listedPoliciesLeaveNoGap() async throws {
    try await Place.with(listed: true, policy: "other") { place in
      try await place.refuses(Self.anotherImage, saying: ["no params found"])
      try await place.refuses(
        ["label", "deployment/web", "--overwrite", "holdfast.dev/pre-upgrade=overlya"],
        saying: ["no params found"])
      try await place.apply(place.policy("overlay"))
      try await place.open()
      try await place.accepts(Self.anotherImage)
      try await place.refuses(
        ["label", "deployment/web", "--overwrite", "holdfast.dev/pre-upgrade=overlya"],
        saying: ["holdfast.dev/pre-upgrade=overlya", "preUpgrade.gate.policies"])
      try await place.close()
      try await place.refuses(Self.anotherImage, saying: ["it began long ago"])
      try await place.accepts(place.patching(Place.patch(image: "web:2", reason: "INC-1")))
    }
  }
}

extension PreUpgradeGateTests.Place {
  /// As a Deployment's controller leaves it, which is not here: the template of revision 1 had another image.
  fileprivate func makeEarlierRevision() async throws {
    let uid = try await ask(["get", "deployment", "web", "-n", namespace, "-o", "jsonpath={.metadata.uid}"]).checked()
    for (revision, image) in [("1", "web:0"), ("2", "web:1")] {
      try await apply(
        """
        apiVersion: apps/v1
        kind: ReplicaSet
        metadata:
          name: web-\(revision)
          namespace: \(namespace)
          labels: {app: web, pod-template-hash: "\(revision)"}
          annotations: {deployment.kubernetes.io/revision: "\(revision)"}
          ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: \(uid), controller: true}]
        spec:
          replicas: 0
          selector: {matchLabels: {app: web, pod-template-hash: "\(revision)"}}
          template:
            metadata: {labels: {app: web, pod-template-hash: "\(revision)"}}
            spec: {containers: [{name: web, image: "\(image)"}]}
        """)
    }
  }
}
