import Foundation
import Synchronization
import Testing
import TestServers
import ZitiStandIn

/// A controller's database and the PKI it lives on come back: onto a cluster that never saw them, onto the one they are from,
/// and onto a machine.
@Suite(.enabled(if: Cluster.canRunShells, Cluster.shellImageComment))
struct OpenZitiRestoreTests {
  private static func request(
    _ scenario: Scenario, _ name: String, from: String, _ sources: String, _ more: String = ""
  )
    -> String
  {
    """
    apiVersion: holdfast.dev/v1alpha1
    kind: RestoreRequest
    metadata: {name: \(name), namespace: \(scenario.namespace)}
    spec:
      from: \(from)
      decryption: {identitySecretRef: {name: age-identity, key: identity.txt}}
      sources:
        \(sources.replacingOccurrences(of: "\n", with: "\n    "))
      \(more.replacingOccurrences(of: "\n", with: "\n  "))
    """
  }

  private func value(_ scenario: Scenario, _ request: String, _ path: String) async throws -> String {
    try await scenario.cluster.value("restorerequest/\(request)", path, in: scenario.namespace)
  }

  private func wait(_ scenario: Scenario, _ request: String, for phases: String...) async throws -> String {
    var seen = ""
    try await eventually("restorerequest/\(request) to end", within: .seconds(240), every: .milliseconds(300)) {
      seen = try await value(scenario, request, ".status.phase")
      return ["Planned", "Completed", "Failed", "Unknown"].contains(seen)
    }
    if !phases.contains(seen) {
      Issue.record("\(request) is \(seen): \(try await value(scenario, request, ".status"))")
    }
    return seen
  }

  private func noBindings(_ scenario: Scenario) async throws {
    let left = try await scenario.cluster.kubectl(
      "get", "rolebindings,clusterrolebindings", "--namespace", scenario.namespace, "-l", "holdfast.dev/restore", "-o",
      "name"
    ).checked()
    #expect(left == "")
  }

  /// The hash of a fixture that a snapshot is a copy of.
  private static func sum(_ fixture: String) async throws -> String {
    try await runCommand("sh", ["-c", "sha256sum <\"$1\"", "sh", StandIn.fixture(fixture).path]).checked()
  }

  // MARK: Migration

  private static let newClusterSources = """
    - name: pki
      certManager: {conflictPolicy: Fail}
    - name: controller
      openZiti: {persistentVolumeClaim: {claimName: ziti-controller, create: {storage: 2Gi}}, workload: {kind: Deployment, name: ziti-controller}}
    """

  private func location(_ scenario: Scenario, of origin: Scenario) -> String {
    "{location: {target: {provider: s3, endpoint: \"\(scenario.store.endpoint)\", bucket: \(scenario.bucket), pathPrefix: prod, "
      + "usePathStyle: true, credentialsSecretRef: {name: s3}}, policy: \(origin.namespace)/overlay, id: latest}}"
  }

  /// `docs/examples/restore-openziti.yaml`: a bucket, a key, and a cluster with nothing in it.
  @Test(.disabled(if: Cluster.isRealConfigured, "needs a second, empty cluster"))
  func controllerAndPKIMoveToANewClusterAndToAnotherNamespace() async throws {
    let oldCluster = try await Cluster.startSandbox()
    let oldOperator = try await Operator.start(in: oldCluster)
    let old = try await Scenario.make("migrate", in: oldCluster)
    try await OverlayPKI.install(in: old)
    _ = try await ZitiController.install(in: old)
    let overlay = Overlay(scenario: old)
    #expect(try await overlay.run("manual-1", overlay.policy()) == "Completed")
    withExtendedLifetime(oldOperator) {}

    let cluster = try await Cluster.startSandbox()
    let newOperator = try await Operator.start(in: cluster)
    try await OverlayPKI.define(in: cluster)
    let new = try await old.moved(to: old.namespace, in: cluster)
    let mapping = "namespaceMapping: {\(old.namespace): \(new.namespace)}\nsafetyBackup: true"

    // Beforehand: what will happen, and nothing has.
    try await cluster.apply(
      Self.request(new, "look", from: location(new, of: old), Self.newClusterSources, mapping + "\ndryRun: true"))
    _ = try await wait(new, "look", for: "Planned")
    let plan = try await value(new, "look", ".status.plan[?(@.source==\"controller\")]")
    #expect(plan.contains("schema 44") && plan.contains("514 identities"), "\(plan)")
    #expect(plan.contains("\"action\":\"create\"") && plan.contains("with 2Gi"), "\(plan)")
    #expect(plan.contains("persistence.existingClaim=ziti-controller"), "\(plan)")
    #expect(try await cluster.value("pvc/ziti-controller", ".metadata.name", in: new.namespace) == "")

    // With the names kept.
    try await cluster.apply(
      Self.request(new, "after-the-fire", from: location(new, of: old), Self.newClusterSources, mapping))
    _ = try await wait(new, "after-the-fire", for: "Completed")
    try await expectRestored(new)
    let proof = try await value(new, "after-the-fire", ".status.steps[?(@.name==\"verify\")].message")
    #expect(
      proof.contains("nothing has opened it yet") && proof.contains("install Deployment ziti-controller"), "\(proof)")

    // And again, into another namespace.
    let moved = try await old.moved(to: "\(old.namespace)-two", in: cluster)
    try await cluster.apply(
      Self.request(
        moved, "move", from: location(moved, of: old), Self.newClusterSources,
        "namespaceMapping: {\(old.namespace): \(moved.namespace)}"))
    _ = try await wait(moved, "move", for: "Completed")
    try await expectRestored(moved)
    try await noBindings(moved)
    withExtendedLifetime(newOperator) {}
  }

  /// The claim holds the database, as the controller's user; the PKI is there; and what the chart starts finds both.
  private func expectRestored(_ scenario: Scenario) async throws {
    #expect(
      try await scenario.cluster.value(
        "pvc/ziti-controller", ".spec.resources.requests.storage", in: scenario.namespace)
        == "2Gi")
    #expect(
      try await scenario.cluster.value("pvc/ziti-controller", ".metadata.ownerReferences", in: scenario.namespace) == ""
    )
    for name in ["admin-secret", "trust-domain", "ctrl-plane-root-secret"] {
      #expect(
        try await !scenario.cluster.value("secret/ziti-controller-\(name)", ".data", in: scenario.namespace).isEmpty,
        "\(name)")
    }
    let controller = try await ZitiController.install(nil, in: scenario).deploy()
    try await controller.playing {
      try await eventually("the controller", within: .seconds(90), every: .milliseconds(300)) {
        (try? await controller.files().contains("ctrl.db")) ?? false
      }
      #expect(try await controller.files() == ["ctrl.db"])
      #expect(try await controller.shell("sha256sum <\"$DATA/ctrl.db\"") == Self.sum("ctrl-schema44.db"))
      #expect(try await controller.shell("stat -c '%u:%g %a' \"$DATA/ctrl.db\"") == "2171:2171 600\n")
    }
  }

  // MARK: Back to where it came from

  private func deployed(_ name: String, replicas: Int = 1, image: String = Cluster.shellImage) async throws -> (
    Overlay, ZitiController
  ) {
    let scenario = try await Scenario.make(name)
    try await OverlayPKI.install(in: scenario)
    let controller = try await ZitiController.install(in: scenario)
    let overlay = Overlay(scenario: scenario)
    #expect(try await overlay.run("manual-1", overlay.policy()) == "Completed")
    // From here on a Deployment has the claim.
    if scenario.cluster.isReal || replicas == 0 { try await controller.delete() }
    return (overlay, try await controller.deploy(replicas: replicas, image: image))
  }

  /// A dry run first, then for good: the controller is stopped, gets the database, and is
  /// started again; a safety backup comes first.
  @Test func theLatestBackupGoesBackToARunningController() async throws {
    let (overlay, controller) = try await deployed("latest")
    let scenario = overlay.scenario
    let cluster = scenario.cluster
    let from = "{latest: {policyRef: {name: overlay}, before: \"2099-11-17T02:00:00Z\"}}"
    try await controller.playing {
      try await eventually("the controller", within: .seconds(90), every: .milliseconds(300)) {
        (try? await controller.files().contains("ctrl.db")) ?? false
      }
      let live = try await controller.shell("sha256sum <\"$DATA/ctrl.db\"")
      try await cluster.apply(Self.request(scenario, "look", from: from, "[{name: controller}]", "dryRun: true"))
      _ = try await wait(scenario, "look", for: "Planned")
      let plan = try await value(scenario, "look", ".status.plan")
      #expect(plan.contains("scaled from 1 to 0") && plan.contains("replaces the database (schema"), "\(plan)")
      #expect(!plan.contains("\"source\":\"pki\""), "\(plan)")
      #expect(try await controller.shell("sha256sum <\"$DATA/ctrl.db\"") == live)

      let source = try await proofSource(scenario)
      try await cluster.apply(Self.request(scenario, "roll-back", from: from, source.text))
      _ = try await wait(scenario, "roll-back", for: "Completed")
      #expect(try await value(scenario, "roll-back", ".status.safetyBackup") != "")
      #expect(try await cluster.value("deployment/ziti-controller", ".spec.replicas", in: scenario.namespace) == "1")
      let notes = try await cluster.value("deployment/ziti-controller", ".metadata.annotations", in: scenario.namespace)
      #expect(!notes.contains("replicas-before-restore"), "\(notes)")
      let message = try await value(scenario, "roll-back", ".status.steps[?(@.name==\"verify\")].message")
      #expect(message.contains("Deployment ziti-controller is back at 1, ready"), "\(message)")
      if source.api != nil {
        #expect(message.contains("v1.7.2") && message.contains("serves 514 identities"), "\(message)")
      }
      #expect(try await controller.shell("sha256sum <\"$DATA/ctrl.db\"") == Self.sum("ctrl-schema44.db"))
      let files = try await controller.files().sorted()
      #expect(files.count == 2 && files[1].hasPrefix("ctrl.db.holdfast-2"), "\(files)")
      #expect(try await controller.shell("sha256sum <\"$DATA/\(files[1])\"") == live)
      try await noBindings(scenario)
      await source.api?.stop()
    }
  }

  /// Promise 7. The executor dies while it waits for the controller to stop: nobody repeats it, the workload says what it
  /// was, and the next request that a person makes brings all of it to its end.
  @Test(
    .disabled(if: Cluster.isRealConfigured, "the controller's pods must not go while nobody plays their controller"))
  func anExecutorThatDiesLeavesAControllerThatTheNextRequestStarts() async throws {
    let (overlay, controller) = try await deployed("killed-restore")
    let scenario = overlay.scenario
    let cluster = scenario.cluster
    let before = try await controller.shell("sha256sum <\"$DATA/ctrl.db\"")
    func restore(_ name: String) async throws {
      try await cluster.apply(
        Self.request(scenario, name, from: "{backup: manual-1}", "[{name: controller}]", "safetyBackup: false"))
    }
    // Nobody deletes its pod, so that the executor waits.
    try await restore("first")
    try await cluster.waitFor("deployment/ziti-controller", ".spec.replicas", in: scenario.namespace, toBe: "0")
    try await cluster.kubectl(
      "delete", "pod", "--namespace", scenario.namespace, "-l", "holdfast.dev/restore=first", "--force",
      "--grace-period=0"
    ).checked()
    #expect(try await wait(scenario, "first", for: "Unknown") == "Unknown")
    #expect(try await controller.shell("sha256sum <\"$DATA/ctrl.db\"") == before)
    let note = ".metadata.annotations.holdfast\\.dev/replicas-before-restore"
    #expect(try await cluster.value("deployment/ziti-controller", note, in: scenario.namespace) == "1")

    try await controller.playing {
      try await restore("second")
      _ = try await wait(scenario, "second", for: "Completed")
      let plan = try await value(scenario, "second", ".status.plan")
      #expect(plan.contains("was stopped by restore \(scenario.namespace)/first"), "\(plan)")
      #expect(try await cluster.value("deployment/ziti-controller", ".spec.replicas", in: scenario.namespace) == "1")
      #expect(try await cluster.value("deployment/ziti-controller", note, in: scenario.namespace) == "")
      #expect(try await controller.shell("sha256sum <\"$DATA/ctrl.db\"") == Self.sum("ctrl-schema44.db"))
      #expect(try await controller.files().count == 2)
    }
    try await noBindings(scenario)
  }

  /// With the management API for the proof where a stand-in can have the claim's folder.
  private func proofSource(_ scenario: Scenario) async throws -> (text: String, api: StandIn?) {
    guard let folder = scenario.cluster.claim(ZitiController.name, in: scenario.namespace) else {
      return ("[{name: controller}]", nil)
    }
    let api = try await StandIn.start(in: URL(fileURLWithPath: folder), mountPath: "/persistent")
    api.behaviour.withLock { $0.version = "v1.7.2" }
    try await scenario.cluster.kubectl(
      "create", "configmap", "ziti-controller-ctrl-plane-cas", "--namespace", scenario.namespace,
      "--from-literal=ctrl-plane-cas.crt=\(api.certificate)"
    ).checked()
    return ("[{name: controller, openZiti: {release: ziti-controller, managementAPI: {url: \"\(api.url)\"}}}]", api)
  }

  // MARK: Refused

  @Test func anOlderControllerIsNotGivenANewerDatabase() async throws {
    let (overlay, _) = try await deployed("older", replicas: 0, image: "openziti/ziti-controller:1.6.20")
    let scenario = overlay.scenario
    for (name, force) in [("plain", false), ("forced", true)] {
      try await scenario.cluster.apply(
        Self.request(
          scenario, name, from: "{backup: manual-1}", "[{name: controller}]", "safetyBackup: false\nforce: \(force)"))
      _ = try await wait(scenario, name, for: "Failed")
      let failure = try await value(scenario, name, ".status.failure")
      #expect(failure.contains("UnsupportedFormat") && failure.contains("v1.6.20"), "\(failure)")
      #expect(
        failure.contains("v1.7.2 or newer") && failure.contains("never given to an older controller"), "\(failure)")
    }
    let notes = try await scenario.cluster.value(
      "deployment/ziti-controller", ".metadata.annotations", in: scenario.namespace)
    #expect(!notes.contains("replicas-before-restore"), "\(notes)")
    if let folder = scenario.cluster.claim(ZitiController.name, in: scenario.namespace) {
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["ctrl.db"])
    }
  }

  @Test func aClaimThatIsNotThereIsNamedBeforeAPodIsMade() async throws {
    let (overlay, _) = try await deployed("noclaim", replicas: 0)
    let scenario = overlay.scenario
    let source = "[{name: controller, openZiti: {persistentVolumeClaim: {claimName: nowhere}}}]"
    try await scenario.cluster.apply(
      Self.request(scenario, "back", from: "{backup: manual-1}", source, "safetyBackup: false"))
    _ = try await wait(scenario, "back", for: "Failed")
    let failure = try await value(scenario, "back", ".status.failure.message")
    #expect(failure.contains("PersistentVolumeClaim nowhere is not there") && failure.contains("create"), "\(failure)")
  }

  // MARK: A cluster of controllers

  private func clustered(_ name: String, _ mode: ZitiController.Mode) async throws -> (Overlay, ZitiController) {
    let scenario = try await Scenario.make(name)
    try await OverlayPKI.install(in: scenario)
    let controller = try await ZitiController.install(mode, in: scenario)
    let overlay = Overlay(scenario: scenario)
    let source = "{release: ziti-controller, databasePath: /persistent/raft/ctrl-ha.db}"
    #expect(try await overlay.run("manual-1", overlay.policy(controller: source)) == "Completed")
    try await scenario.cluster.apply(
      Self.request(scenario, "back", from: "{backup: manual-1}", "[{name: controller}]", "safetyBackup: false"))
    return (overlay, controller)
  }

  /// Through its leader, whose word counts and not its status; its restart is awaited, and the copy in it removed.
  @Test func aClustersLeaderIsGivenTheSnapshot() async throws {
    let (overlay, controller) = try await clustered("cluster", .clustered)
    _ = try await wait(overlay.scenario, "back", for: "Completed")
    let message = try await value(overlay.scenario, "back", ".status.steps[?(@.name==\"verify\")].message")
    #expect(message.contains("all 1 controllers were restarted and are ready"), "\(message)")
    #expect(try await controller.shell("sha256sum <\"$DATA/raft/ctrl-ha.db\"") == Self.sum("ctrl-schema44.db"))
    #expect(try await controller.shell("ls -1A \"$DATA/raft\"") == "ctrl-ha.db\n")
    let restarts = try await overlay.scenario.cluster.value(
      "pod/\(controller.pod)", ".status.containerStatuses[0].restartCount", in: overlay.scenario.namespace)
    #expect(restarts == "1")
    try await noBindings(overlay.scenario)
  }

  @Test func aLeaderThatRefusesEndsTheRestoreThoughItsStatusIsZero() async throws {
    let (overlay, controller) = try await clustered("refuses", .clusteredRefuses)
    _ = try await wait(overlay.scenario, "back", for: "Failed")
    let failure = try await value(overlay.scenario, "back", ".status.failure")
    #expect(failure.contains("no default admin") && failure.contains("nothing was changed"), "\(failure)")
    #expect(try await controller.shell("sha256sum <\"$DATA/raft/ctrl-ha.db\"") == Self.sum("ctrl-live-copy.db"))
    #expect(try await controller.shell("ls -1A \"$DATA/raft\"") == "ctrl-ha.db\n")
  }

  // MARK: A machine

  /// `holdfast restore` with no cluster: the file is replaced while nobody has it open, and not otherwise.
  @Test func aHostsDatabaseIsReplacedByHand() async throws {
    let folder = try ServerProcess.makeFolder("host-restore").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let fixture = try StandIn.fixture("ctrl-schema44.db").path
    let plan = """
      {"policy": {"name": "host"}, "spec": {
        "sources": [{"name": "controller", "openZiti": {"host": {
          "command": ["cp", "\(fixture)"], "snapshotPath": "\(folder)/ziti/ctrl.db"}}}],
        "target": {"provider": "filesystem", "filesystem": {"path": "\(folder)/store"}},
        "encryption": {"none": {"acknowledged": true}}}}
      """
    for name in ["ziti", "store"] {
      try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    }
    let database = "\(folder)/ziti/ctrl.db"
    try FileManager.default.copyItem(atPath: StandIn.fixture("ctrl-signed.db").path, toPath: database)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: database)
    let before = try Data(contentsOf: URL(fileURLWithPath: database))
    try Data(plan.utf8).write(to: URL(fileURLWithPath: folder + "/plan.json"))
    func holdfast(_ arguments: String...) async throws -> CommandResult {
      try await runCommand(
        try Binaries.path("holdfast"), arguments + ["--plan", folder + "/plan.json"],
        environment: ["KUBECONFIG": "/nonexistent"])
    }
    #expect(try await holdfast("backup").succeeded)

    let shown = try await holdfast("restore", "plan")
    #expect(shown.succeeded && shown.output.contains("has to be stopped"), "\(shown.output) \(shown.errors)")
    // Somebody has it open, as a controller does.
    let refused = try await runCommand(
      "flock",
      [
        "--exclusive", database, try Binaries.path("holdfast"), "restore", "--id", "latest", "--plan",
        folder + "/plan.json",
      ])
    #expect(!refused.succeeded && refused.errors.contains("docker stop"), "\(refused.output) \(refused.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: database)) == before)

    let done = try await holdfast("restore", "--id", "latest")
    #expect(done.succeeded, "\(done.output) \(done.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: database)) == Data(contentsOf: URL(fileURLWithPath: fixture)))
    let files = try FileManager.default.contentsOfDirectory(atPath: folder + "/ziti").sorted()
    #expect(files.count == 2 && files[1].hasPrefix("ctrl.db.holdfast-2"), "\(files)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/ziti/\(files[1])")) == before)
  }
}
