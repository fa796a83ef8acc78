import HoldfastAPI
import JobPlan
import KubernetesModel
import KubernetesRuntime
import Testing

@testable import Operator

/// Restores that write into claims, and those in which a tool of etcd works too.
@Suite struct ClaimRestoreReconcilerTests {
  private static let selection = RestoreRequest.SourceSelection(
    name: "raft",
    etcd: .init(
      persistentVolumeClaim: .init(claimName: "restored", create: .init(storage: "8Gi")),
      runRestore: .init(image: "etcd:3.6.5")))

  private func scene(
    _ selection: RestoreRequest.SourceSelection = selection, _ modify: (inout RestoreRequest.Spec) -> Void = { _ in }
  ) -> Scene {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    scene.cluster.put(Make.done("one"))
    var spec = RestoreRequest.Spec(from: .init(backup: "one"), sources: [selection])
    modify(&spec)
    scene.cluster.put(
      RestoreRequest(metadata: ObjectMeta(name: "back", namespace: "ns", uid: "uid-back"), spec: spec))
    return scene
  }

  private func status(_ scene: Scene) -> RestoreRequest.Status? {
    scene.cluster.object(RestoreRequest.self, "back")?.status
  }

  private func restoreJob(_ scene: Scene) -> Job? { scene.cluster.runJobs.first { $0.operation == .restore } }

  @Test func theClaimIsThereBeforeTheJobAndNothingIsBackedUpForIt() async throws {
    let scene = scene()
    _ = try await scene.reconcileRestore()
    let writes = scene.cluster.writes
    let claim = try #require(writes.firstIndex { $0.hasPrefix("create persistentvolumeclaims") })
    let job = try #require(writes.firstIndex { $0.hasPrefix("create jobs") })
    #expect(claim < job)
    #expect(scene.cluster.all(PersistentVolumeClaim.self).map(\.key.name) == ["restored"])
    #expect(scene.cluster.all(Backup.self).count == 1, "an etcd snapshot overwrites nothing")
    #expect(status(scene)?.steps?.first { $0.name == "safetyBackup" }?.state == .skipped)
    #expect(scene.cluster.all(RoleBinding.self).map(\.roleRef.name) == [ExecutorRole.results.name])
  }

  @Test func aClaimThatIsThereIsUsedAsItIs() async throws {
    let scene = scene()
    scene.cluster.put(
      PersistentVolumeClaim(
        metadata: ObjectMeta(name: "restored", namespace: "ns", labels: ["mine": "yes"]), spec: .init()))
    _ = try await scene.reconcileRestore()
    #expect(!scene.cluster.writes.contains { $0.contains("persistentvolumeclaims") })
    #expect(scene.cluster.all(PersistentVolumeClaim.self).first?.metadata.labels == ["mine": "yes"])
  }

  @Test func aDryRunMakesNoClaim() async throws {
    let scene = scene { $0.dryRun = true }
    _ = try await scene.reconcileRestore()
    #expect(scene.cluster.all(PersistentVolumeClaim.self).isEmpty)
    let job = try #require(restoreJob(scene))
    #expect(job.spec.template.spec.volumes?.contains { $0.persistentVolumeClaim != nil } == false)
    #expect(job.spec.template.spec.initContainers == nil)
  }

  @Test func filesThatReplaceOthersElsewhereNeedAWord() async throws {
    let files = RestoreRequest.SourceSelection(
      name: "raft", files: .init(persistentVolumeClaim: .init(claimName: "c"), conflictPolicy: .replace))
    let refused = scene(files)
    _ = try await refused.reconcileRestore()
    #expect(status(refused)?.phase == .failed && status(refused)?.failure?.reason == "SafetyBackupFailed")
    #expect(restoreJob(refused) == nil)
    let told = scene(files) { $0.safetyBackup = false }
    told.cluster.put(PersistentVolumeClaim(metadata: ObjectMeta(name: "c", namespace: "ns"), spec: .init()))
    _ = try await told.reconcileRestore()
    #expect(restoreJob(told) != nil)
    var skipping = files
    skipping.files?.conflictPolicy = .skip
    let harmless = scene(skipping)
    harmless.cluster.put(PersistentVolumeClaim(metadata: ObjectMeta(name: "c", namespace: "ns"), spec: .init()))
    _ = try await harmless.reconcileRestore()
    #expect(restoreJob(harmless) != nil && harmless.cluster.all(Backup.self).count == 1)
  }

  // MARK: The tool between the executor's parts

  private func terminated(_ name: String, _ code: Int32, _ message: String?) -> ContainerStatus {
    var status = Make.state(terminated: code, message: message)
    status.name = name
    return status
  }

  /// Ends the Job's pod with the given states.
  private func end(_ scene: Scene, initial: [ContainerStatus], last: ContainerStatus) throws {
    let job = try #require(restoreJob(scene))
    scene.cluster.put(
      Make.pod(of: job) {
        $0.status?.phase = "Failed"
        $0.status?.initContainerStatuses = initial
        $0.status?.containerStatuses = [last]
      })
    var failed = job
    failed.end("Failed", reason: "BackoffLimitExceeded", message: "no more tries")
    scene.cluster.put(failed)
  }

  /// What the executor wrote into its journal.
  private func write(_ scene: Scene, _ change: (inout RestoreJournal) -> Void) throws {
    let job = try #require(restoreJob(scene))
    var journal = RestoreJournal()
    change(&journal)
    scene.cluster.put(
      ConfigMap(
        metadata: ObjectMeta(name: ObjectNames.result(job: job.key.name), namespace: "ns"), data: journal.data))
  }

  private func pending() -> String {
    Make.text(
      Make.result(.restore, .failed) {
        $0.failure = Backup.Failure(
          step: "verify", reason: "RestoreFailed", message: "no data directory was made of it")
      })
  }

  @Test func aToolThatFailsIsTheReason() async throws {
    let scene = scene()
    _ = try await scene.reconcileRestore()
    try end(
      scene,
      initial: [
        terminated("restore", 0, pending()), terminated("etcd-restore", 1, "Error: data-dir exists\nwhat now\n"),
      ], last: Make.state(waiting: "PodInitializing"))
    _ = try await scene.reconcileRestore()
    #expect(status(scene)?.phase == .failed)
    let message = status(scene)?.failure?.message ?? ""
    #expect(message.contains("no data directory") && message.contains("data-dir exists"), "\(message)")
  }

  @Test func aFirstPartThatDiesInTheMiddleIsUnknown() async throws {
    let scene = scene()
    _ = try await scene.reconcileRestore()
    try write(scene) {
      $0.begun.append(.init(source: "raft", pod: "pod-1", time: Timestamp(Scene.start), isRepeatable: false))
    }
    try end(
      scene,
      initial: [
        terminated("restore", 137, nil),
        {
          var waiting = Make.state(waiting: "PodInitializing")
          waiting.name = "etcd-restore"
          return waiting
        }(),
      ], last: Make.state(waiting: "PodInitializing"))
    _ = try await scene.reconcileRestore()
    #expect(status(scene)?.phase == .unknown, "\(String(describing: status(scene)?.failure))")
  }

  @Test func aFirstPartThatRefusesTellsWhy() async throws {
    let scene = scene()
    _ = try await scene.reconcileRestore()
    let refusal = Make.text(
      Make.result(.restore, .failed) {
        $0.failure = Backup.Failure(step: "preflight", reason: "RestoreConflict", message: "another file is there")
      })
    try end(scene, initial: [terminated("restore", 1, refusal)], last: Make.state(waiting: "PodInitializing"))
    _ = try await scene.reconcileRestore()
    #expect(status(scene)?.phase == .failed && status(scene)?.failure?.reason == "RestoreConflict")
  }

  @Test func aLastPartThatDiesLeavesTheFirstOnesWord() async throws {
    let scene = scene()
    _ = try await scene.reconcileRestore()
    try write(scene) {
      $0.setResult(
        Make.result(.restore, .failed) {
          $0.failure = Backup.Failure(
            step: "verify", reason: "RestoreFailed", message: "no data directory was made of it")
        }, of: "p")
    }
    try end(
      scene, initial: [terminated("restore", 0, pending()), terminated("etcd-restore", 0, nil)],
      last: Make.state(terminated: 137))
    _ = try await scene.reconcileRestore()
    #expect(status(scene)?.phase == .failed)
    #expect(status(scene)?.failure?.message.contains("no data directory") == true)
  }
}
