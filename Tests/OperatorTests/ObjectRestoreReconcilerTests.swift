import HoldfastAPI
import JobPlan
import KubernetesModel
import KubernetesRuntime
import Testing

@testable import Operator

/// Restores that write to the API server.
@Suite struct ObjectRestoreReconcilerTests {
  private func scene(_ source: Source, _ modify: (inout RestoreRequest.Spec) -> Void = { _ in }) -> Scene {
    let scene = Scene()
    scene.cluster.put(Make.policy { $0.sources = [source] })
    scene.cluster.put(Make.done("one"))
    var spec = RestoreRequest.Spec(from: .init(backup: "one"), safetyBackup: false)
    modify(&spec)
    scene.cluster.put(
      RestoreRequest(metadata: ObjectMeta(name: "back", namespace: "ns", uid: "uid-back"), spec: spec))
    return scene
  }

  private let pki = Source(name: "pki", certManager: Source.CertManager())

  private func status(_ scene: Scene) -> RestoreRequest.Status? {
    scene.cluster.object(RestoreRequest.self, "back")?.status
  }

  private func restoreJob(_ scene: Scene) -> Job? { scene.cluster.runJobs.first { $0.operation == .restore } }

  private func left(
    _ scene: Scene, _ job: Job, _ actions: [RestoreRequest.PlannedAction], _ progress: RestoreJournal.Progress? = nil
  ) throws {
    scene.change(journalOf: job) {
      $0.setPlan(actions)
      $0.progress = progress
    }
  }

  private let actions = (0..<50).map {
    RestoreRequest.PlannedAction(source: "pki", action: "create", object: "Secret ns/s\($0)")
  }

  /// A pod that mounts a claim which is not there never starts.
  @Test func theClaimOfADatabaseIsMadeBeforeTheJob() async throws {
    let source: JSONValue = ["name": "ziti", "openZiti": ["release": "ziti"]]
    let destination: JSONValue = [
      "name": "ziti",
      "openZiti": ["release": "ziti", "persistentVolumeClaim": ["claimName": "db", "create": ["storage": "2Gi"]]],
    ]
    let scene = scene(try source.decoded(as: Source.self))
    var request = try #require(scene.cluster.object(RestoreRequest.self, "back"))
    var spec = try JSONValue(encoding: request.spec)
    spec["sources"] = [destination]
    request.spec = try spec.decoded(as: RestoreRequest.Spec.self)
    scene.cluster.put(request)
    _ = try await scene.reconcileRestore()
    let writes = scene.cluster.writes
    let claim = try #require(writes.firstIndex { $0.hasPrefix("create persistentvolumeclaims") }, "\(writes)")
    let made = try #require(writes.firstIndex { $0.hasPrefix("create jobs") })
    #expect(claim < made)
    #expect(scene.cluster.object(PersistentVolumeClaim.self, "db") != nil)
    #expect(scene.cluster.refused == [], "the installed roles are not enough")
  }

  @Test func theRightsAreThereBeforeTheJobAndGoneBeforeTheEnd() async throws {
    let scene = scene(pki)
    _ = try await scene.reconcileRestore()
    let writes = scene.cluster.writes
    let bound = try #require(writes.lastIndex { $0.hasPrefix("create rolebindings") })
    let made = try #require(writes.firstIndex { $0.hasPrefix("create jobs") })
    #expect(bound < made)
    let bindings = scene.cluster.all(RoleBinding.self)
    #expect(
      Set(bindings.map(\.roleRef.name)) == [
        ExecutorRole.certManagerRestore.name, ExecutorRole.results.name,
      ])
    let job = try #require(restoreJob(scene))
    try left(scene, job, actions)
    scene.cluster.complete(job.key.name, with: Make.result(.restore))
    scene.cluster.clearWrites()
    _ = try await scene.reconcileRestore()
    #expect(status(scene)?.phase == .completed)
    let taken = try #require(scene.cluster.writes.lastIndex { $0.hasPrefix("delete rolebindings") })
    let ended = try #require(scene.cluster.writes.firstIndex { $0.contains("restorerequests") })
    #expect(taken < ended && scene.cluster.all(RoleBinding.self).isEmpty)
    #expect(status(scene)?.plan?.count == 50, "the termination message does not hold it")
  }

  @Test func progressIsShownWhileItRuns() async throws {
    let scene = scene(pki)
    _ = try await scene.reconcileRestore()
    let job = try #require(restoreJob(scene))
    try left(scene, job, actions, .init(done: 20, total: 50))
    _ = try await scene.reconcileRestore()
    let step = try #require(status(scene)?.steps?.first { $0.name == "restore" })
    #expect(step.done == 20 && step.total == 50 && step.state == .running)
  }

  @Test func aDryRunsPlanIsWhole() async throws {
    let scene = scene(pki) { $0.dryRun = true }
    _ = try await scene.reconcileRestore()
    let job = try #require(restoreJob(scene))
    try left(scene, job, actions)
    scene.cluster.complete(job.key.name, with: Make.result(.restore) { $0.plan = [] })
    _ = try await scene.reconcileRestore()
    #expect(status(scene)?.phase == .planned && status(scene)?.plan?.count == 50)
    #expect(scene.cluster.all(RoleBinding.self).isEmpty)
  }

  @Test func whatTheNamespaceIsNotTrustedWithIsRefusedBeforeAnythingIsMade() async throws {
    let scene = scene(Source(name: "objects", resources: Source.Resources()))
    _ = try await scene.reconcileRestore()
    #expect(status(scene)?.phase == .failed && status(scene)?.failure?.reason == "NotTrusted")
    #expect(status(scene)?.failure?.message.contains("--trusted-namespace ns") == true)
    #expect(restoreJob(scene) == nil && scene.cluster.all(RoleBinding.self).isEmpty)
  }

  @Test func aDeletedRequestLeavesNoRights() async throws {
    let scene = scene(pki)
    _ = try await scene.reconcileRestore()
    #expect(!scene.cluster.all(RoleBinding.self).isEmpty)
    scene.cluster.remove(RestoreRequest.self, "back")
    _ = try await scene.reconcileRestore()
    #expect(scene.cluster.all(RoleBinding.self).isEmpty)
  }
}
