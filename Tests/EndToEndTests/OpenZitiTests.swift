import Foundation
import Synchronization
import Testing
import TestServers
import ZitiStandIn

/// A controller's database and the PKI it lives on, as one backup: on a controller that a pod stands in for.
@Suite(.enabled(if: Cluster.canRunShells, Cluster.shellImageComment))
struct OpenZitiTests {
  private func scenario(_ name: String, _ mode: ZitiController.Mode? = .good, snapshot: String = "ctrl-schema44.db")
    async throws -> (Overlay, ZitiController)
  {
    let scenario = try await Scenario.make(name)
    try await OverlayPKI.install(in: scenario)
    guard let mode else { return (Overlay(scenario: scenario), ZitiController(scenario: scenario)) }
    return (Overlay(scenario: scenario), try await ZitiController.install(mode, snapshot: snapshot, in: scenario))
  }

  /// Promises 3 and 8; and nothing on the controller is touched but the copies of Holdfast's own.
  @Test func databaseAndPKIBecomeOneBackupThatPlainToolsOpen() async throws {
    let (overlay, controller) = try await scenario("overlay")
    try await controller.startMigration()
    let old = "ctrl.db.holdfast-snapshot-20200101T000000Z-abcdef"
    let others = ["ctrl.db-20200101-000000", "ctrl.db.holdfast-snapshot-notes", "notes.txt"]
    _ = try await controller.shell(
      "cd \"$DATA\"; for file in \(old) \(others.joined(separator: " ")); do echo theirs >$file; done")
    let live = try await controller.shell("sha256sum <\"$DATA/ctrl.db\"")

    #expect(try await overlay.run("manual-1", overlay.policy()) == "Completed")
    #expect(try await controller.files().sorted() == (["ctrl.db"] + others).sorted())
    #expect(try await controller.shell("sha256sum <\"$DATA/ctrl.db\"") == live)

    let scenario = overlay.scenario
    let keys = try await scenario.keys()
    #expect(keys.count == 3, "\(keys)")
    #expect(try await scenario.backup("manual-1", ".status.artifacts[*].source") == "controller pki")
    let facts = ".status.facts.controller"
    #expect(try await scenario.backup("manual-1", "\(facts).schemaVersion") == "44")
    #expect(try await scenario.backup("manual-1", "\(facts).identities") == "514")
    #expect(try await scenario.backup("manual-1", "\(facts).pod") == controller.pod)
    let pki = ".status.facts.pki"
    #expect(try await scenario.backup("manual-1", "\(pki).certificates") == "2")
    #expect(try await scenario.backup("manual-1", "\(pki).chainsVerified") == "2")

    try await expectArtifactsOpen(scenario, keys)
  }

  private func expectArtifactsOpen(_ scenario: Scenario, _ keys: [String]) async throws {
    let folder = try ServerProcess.makeFolder("artifacts").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Data(scenario.identity.utf8).write(to: URL(fileURLWithPath: folder + "/identity"))
    let database = try await scenario.download(try #require(keys.first { $0.hasSuffix("/controller.db.zst.age") }))
    let objects = try await scenario.download(try #require(keys.first { $0.hasSuffix("/pki.tar.zst.age") }))
    _ = try await runCommand(
      "sh",
      [
        "-ec", "age -d -i $1/identity $2 | zstd -dq >$1/ctrl.db; age -d -i $1/identity $3 | zstd -dq | tar -xf - -C $1",
        "sh", folder, database.path, objects.path,
      ]
    ).checked()
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: folder + "/ctrl.db"))
        == Data(contentsOf: StandIn.fixture("ctrl-schema44.db")))
    let secrets = "\(folder)/resources/core/v1/secrets/\(scenario.namespace)"
    for name in ["ctrl-plane-root-secret", "ctrl-plane-identity-secret", "admin-secret", "trust-domain"] {
      #expect(FileManager.default.fileExists(atPath: "\(secrets)/ziti-controller-\(name).yaml"))
    }
    for (file, kind) in [(database, "openZitiDatabase"), (objects, "resourceSet")] {
      let report = try await runCommand(
        Binaries.path("holdfast"), ["inspect", "--json", "--identity", folder + "/identity", file.path]
      ).checked()
      #expect(report.contains(kind), "\(report)")
    }
  }

  // MARK: Never half

  @Test func anAgentThatFailsAfterItsOutputFailsTheBackup() async throws {
    let (overlay, controller) = try await scenario("agent-fails", .failsAfterOutput)
    #expect(try await overlay.run("manual-1", overlay.policy()) == "Failed")
    let failure = try await overlay.failure(of: "manual-1")
    #expect(failure.source == "controller" && failure.reason == "SourceFailed", "\(failure)")
    #expect(failure.message.contains("snapshot-db") && failure.message.contains("status 1"), "\(failure)")
    #expect(failure.message.contains("no space left for the snapshot's index"), "after much else: \(failure)")
    #expect(try await !overlay.hasManifest())
    #expect(try await controller.files() == ["ctrl.db"])
  }

  @Test func aSnapshotThatIsNotWholeFailsTheBackup() async throws {
    let (overlay, controller) = try await scenario("torn", .tears)
    #expect(try await overlay.run("manual-1", overlay.policy()) == "Failed")
    let failure = try await overlay.failure(of: "manual-1")
    #expect(failure.source == "controller" && failure.reason == "SourceCorrupt", "\(failure)")
    #expect(failure.message.contains("high-water mark"), "\(failure)")
    #expect(try await !overlay.hasManifest())
    #expect(try await controller.files() == ["ctrl.db"])
  }

  /// A run that is stopped in the middle removes its copy from the controller all the same.
  @Test func aRunThatIsStoppedLeavesNothingBehind() async throws {
    let (overlay, controller) = try await scenario("stopped", .stalls)
    try await overlay.scenario.applyPolicy(overlay.policy(), named: "overlay")
    try await overlay.scenario.startJob("manual-1", policy: "overlay")
    try await eventually("the middle of the fetch", within: .seconds(90), every: .milliseconds(200)) {
      try await controller.files().contains("stalled")
    }
    try await overlay.scenario.cluster.kubectl(
      "delete", "job", "manual-1", "--namespace", overlay.scenario.namespace
    ).checked()
    try await eventually("the copy's end", within: .seconds(60), every: .milliseconds(200)) {
      try await controller.files() == ["ctrl.db", "stalled"]
    }
    try await overlay.scenario.cluster.waitFor(
      "backup/manual-1", ".status.phase", in: overlay.scenario.namespace, toBe: "Failed")
    #expect(try await !overlay.hasManifest())

    // On a busy machine its grace period may end before the bucket is clean too: then the next run does that.
    #expect(try await overlay.scenario.runJob("manual-2", policy: "overlay") == "Completed")
    let id = try await overlay.scenario.backup("manual-2", ".status.id")
    let keys = try await overlay.scenario.keys()
    #expect(keys.count == 3 && keys.allSatisfy { $0.contains("/\(id)/") }, "\(keys)")
    #expect(try await overlay.scenario.openUploads().isEmpty)
    #expect(try await controller.files() == ["ctrl.db", "stalled"])
  }

  @Test func aControllerThatIsNotThereFailsTheBackup() async throws {
    let (overlay, _) = try await scenario("absent", nil)
    #expect(try await overlay.run("manual-1", overlay.policy()) == "Failed")
    let failure = try await overlay.failure(of: "manual-1")
    #expect(failure.source == "controller", "\(failure)")
    #expect(failure.message.contains("app.kubernetes.io/instance=ziti-controller"), "\(failure)")
    #expect(try await !overlay.hasManifest())
  }

  /// The database is in the bucket by then, and is no backup.
  @Test func aPKIThatCannotBeTakenFailsTheBackup() async throws {
    let (overlay, controller) = try await scenario("no-pki")
    let text = overlay.policy(pki: "{issuers: All, extraSecrets: [not-there]}")
    #expect(try await overlay.run("manual-1", text) == "Failed")
    let failure = try await overlay.failure(of: "manual-1")
    #expect(failure.source == "pki" && failure.message.contains("not-there"), "\(failure)")
    #expect(try await !overlay.hasManifest())
    #expect(try await controller.files() == ["ctrl.db"])
  }

  @Test func aControllerThatEndsWhileItsSnapshotIsFetchedFailsTheBackup() async throws {
    let (overlay, controller) = try await scenario("killed", .stalls)
    try await overlay.scenario.applyPolicy(overlay.policy(), named: "overlay")
    try await overlay.scenario.startJob("manual-1", policy: "overlay")
    try await eventually("the middle of the fetch", within: .seconds(90), every: .milliseconds(200)) {
      try await controller.files().contains("stalled")
    }
    try await controller.delete()
    try await overlay.scenario.cluster.waitFor(
      "backup/manual-1", ".status.phase", in: overlay.scenario.namespace, toBe: "Completed", "Failed",
      within: .seconds(120))
    let failure = try await overlay.failure(of: "manual-1")
    #expect(failure.source == "controller" && failure.reason == "SourceTruncated", "\(failure)")
    #expect(
      failure.message.contains("cat /persistent/ctrl.db") && failure.message.contains(controller.pod), "\(failure)")
    #expect(try await !overlay.hasManifest())

    // The controller is back, and so are the backups.
    try await controller.start()
    #expect(try await overlay.scenario.runJob("manual-2", policy: "overlay") == "Completed")
    #expect(try await controller.files().contains { $0.hasPrefix("ctrl.db.holdfast-snapshot-") }, "of the first run")
  }

  /// A database without who signed its routers' certificates is no recovery point.
  @Test func theDatabasesSignerIsLookedForInThePKI() async throws {
    let (overlay, _) = try await scenario("signer", snapshot: "ctrl-signed.db")
    let scenario = overlay.scenario
    #expect(try await overlay.run("manual-1", overlay.policy()) == "Completed")
    #expect(try await scenario.backup("manual-1", ".status.facts.controller.signerInBackup") == "false")
    let id = try await scenario.backup("manual-1", ".status.facts.controller.signerKeyIds")
    let warnings = try await scenario.backup("manual-1", ".status.warnings")
    #expect(id.count == 40 && warnings.contains(id) && warnings.contains("extraSecrets of pki"), "\(warnings)")

    let signer = try String(contentsOf: StandIn.fixture("edge-signer.crt"), encoding: .utf8)
    try await scenario.secret("edge-signer", ["tls.crt": signer, "tls.key": "not needed here"])
    let pki = "{issuers: All, extraSecrets: [edge-signer]}"
    #expect(try await overlay.run("manual-2", overlay.policy(pki: pki)) == "Completed")
    #expect(try await scenario.backup("manual-2", ".status.facts.controller.signerInBackup") == "true")
    #expect(try await scenario.backup("manual-2", ".status.warnings") == "")
  }

  // MARK: Other ways

  /// The executor has the claim beside the controller, and the controller's own pod removes the copy.
  @Test func theSnapshotIsReadFromTheClaim() async throws {
    let (overlay, controller) = try await scenario("volume")
    let source = "{release: ziti-controller, retrieval: volume}"
    #expect(try await overlay.run("manual-1", overlay.policy(controller: source)) == "Completed")
    #expect(try await controller.files() == ["ctrl.db"])
    #expect(try await overlay.scenario.keys().count == 3)
  }

  @Test(.enabled(if: !Cluster.isRealConfigured, "the stand-in for the API writes into the sandbox's folders"))
  func theManagementAPITakesTheSnapshotAndExecFetchesIt() async throws {
    let (overlay, controller) = try await scenario("management")
    let scenario = overlay.scenario
    let folder = try #require(scenario.cluster.claim(ZitiController.name, in: scenario.namespace))
    let api = try await StandIn.start(in: URL(fileURLWithPath: folder), mountPath: "/persistent")
    try await scenario.cluster.kubectl(
      "create", "configmap", "ziti-controller-ctrl-plane-cas", "--namespace", scenario.namespace,
      "--from-literal=ctrl-plane-cas.crt=\(api.certificate)"
    ).checked()
    let source = "{release: ziti-controller, snapshot: managementAPI, managementAPI: {url: \"\(api.url)\"}}"
    #expect(try await overlay.run("manual-1", overlay.policy(controller: source)) == "Completed")
    let facts = ".status.facts.controller"
    #expect(try await scenario.backup("manual-1", "\(facts).version") == "v1.6.8")
    #expect(api.requests.contains("POST /fabric/v1/database/snapshot"))
    #expect(api.openSessions == 0)
    #expect(try await controller.files() == ["ctrl.db"])

    // Another than a full administrator gets 401.
    api.behaviour.withLock { $0.isAdmin = false }
    #expect(try await scenario.runJob("manual-2", policy: "overlay") == "Failed")
    let failure = try await overlay.failure(of: "manual-2")
    #expect(failure.source == "controller" && failure.reason == "SourceUnauthorized", "\(failure)")
    #expect(failure.message.contains("full administrator") && !failure.message.contains("admin-password"), "\(failure)")
    #expect(try await scenario.keys().filter { $0.hasSuffix("/manifest.json") }.count == 1)
    await api.stop()
  }
}
