import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel
import KubernetesRuntime
import Testing

@testable import Operator

@Suite struct RestoreReconcilerTests {
  private func scene(_ modify: (inout RestoreRequest.Spec) -> Void = { $0.safetyBackup = false }) -> Scene {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    scene.cluster.put(Make.done("one"))
    var spec = RestoreRequest.Spec(from: .init(backup: "one"))
    modify(&spec)
    scene.cluster.put(
      RestoreRequest(metadata: ObjectMeta(name: "back", namespace: "ns", uid: "uid-back"), spec: spec))
    return scene
  }

  private func status(_ scene: Scene) -> RestoreRequest.Status? {
    scene.cluster.object(RestoreRequest.self, "back")?.status
  }

  private func restoreJob(_ scene: Scene) -> Job? {
    scene.cluster.runJobs.first { $0.operation == .restore }
  }

  @Test func theJobIsLetGoOnlyAfterTheClaim() async throws {
    let scene = scene()
    _ = try await scene.reconcileRestore()
    let writes = scene.cluster.writes
    let made = try #require(writes.firstIndex { $0.hasPrefix("create jobs") })
    let claimed = try #require(writes.lastIndex { $0.contains("restorerequests") })
    let released = try #require(writes.firstIndex { $0.hasPrefix("patch jobs") })
    #expect(made < claimed && claimed < released)
    let job = try #require(restoreJob(scene))
    #expect(job.spec.suspend == false && job.metadata.annotations?[RestoreObjects.releasedAnnotation] != nil)
    #expect(status(scene)?.claim?.job == job.key.name && status(scene)?.phase == .restoring)
  }

  @Test func aRestoreEndsAsItsResultSays() async throws {
    let scene = scene()
    _ = try await scene.reconcileRestore()
    let job = try #require(restoreJob(scene))
    scene.cluster.complete(
      job.key.name,
      with: Make.result(.restore) { $0.steps = [RestoreRequest.Step(name: "snapshot", state: .completed)] })
    _ = try await scene.reconcileRestore()
    #expect(status(scene)?.phase == .completed && status(scene)?.conditions["Completed"]?.status == .true)
    #expect(status(scene)?.steps?.map(\.name) == ["resolve", "safetyBackup", "restore", "snapshot"])
    scene.cluster.clearWrites()
    _ = try await scene.reconcileRestore()
    #expect(scene.cluster.writes == [])
  }

  @Test func theSafetyBackupComesFirstAndItsFailureTouchesNothing() async throws {
    let scene = scene { _ in }
    _ = try await scene.reconcileRestore()
    let safety = try #require(scene.cluster.all(Backup.self).first { $0.key.name.hasSuffix("-safety") })
    _ = try await scene.reconcileBackup(safety.key.name)
    let plan = scene.cluster.object(ConfigMap.self, "bao-plan")?.data?["plan.json"]
    #expect(plan?.contains(Make.id) == true, "retention after the safety backup must keep what is restored")
    _ = try await scene.reconcileRestore()
    #expect(status(scene)?.phase == .safetyBackup && restoreJob(scene) == nil)
    let job = try #require(scene.cluster.runJobs.first)
    scene.cluster.complete(
      job.key.name,
      with: Make.result(.backup, .failed) {
        $0.failure = Backup.Failure(step: "upload", reason: "AccessDenied", message: "403")
      }, code: 1)
    _ = try await scene.reconcileJob(job.key.name)
    _ = try await scene.reconcileRestore()
    #expect(status(scene)?.phase == .failed && status(scene)?.failure?.reason == "SafetyBackupFailed")
    #expect(restoreJob(scene) == nil)
  }

  @Test func aSafetyBackupThatIsGoodLetsTheRestoreGoOn() async throws {
    let scene = scene { _ in }
    try await scene.settle()
    let job = try #require(scene.cluster.runJobs.first)
    #expect(job.trigger == .safety)
    scene.cluster.complete(job.key.name, with: Make.result(id: "20261121T120100Z-aaaaaa"))
    try await scene.settle()
    #expect(restoreJob(scene)?.spec.suspend == false)
  }

  /// A backup of the policy would not hold what is replaced elsewhere.
  @Test(arguments: [true, false]) func replacingInAnotherNamespaceHasNoSafetyBackup(mapsElsewhere: Bool) async throws {
    let scene = scene {
      $0.conflictPolicy = .replace
      $0.namespaceMapping = ["ns": mapsElsewhere ? "other" : "ns"]
    }
    _ = try await scene.reconcileRestore()
    #expect((status(scene)?.phase == .failed) == mapsElsewhere)
    #expect(scene.cluster.all(Backup.self).count == (mapsElsewhere ? 1 : 2))
    guard mapsElsewhere else { return }
    #expect(status(scene)?.failure?.reason == "SafetyBackupFailed")
    #expect(status(scene)?.failure?.message.contains("spec.safetyBackup to false") == true)
  }

  @Test func aDryRunEndsInPlanned() async throws {
    let scene = scene { $0.dryRun = true }
    _ = try await scene.reconcileRestore()
    let job = try #require(restoreJob(scene))
    #expect(status(scene)?.claim == nil && scene.cluster.all(Backup.self).count == 1)
    scene.cluster.complete(
      job.key.name,
      with: Make.result(.restore) {
        $0.plan = [RestoreRequest.PlannedAction(source: "raft", action: "restore", object: "https://bao:8200")]
      })
    _ = try await scene.reconcileRestore()
    #expect(status(scene)?.phase == .planned && status(scene)?.plan?.count == 1)
  }

  @Test func latestIsTheNewestBeforeTheTimeAndStaysChosen() async throws {
    let scene = scene {
      $0.safetyBackup = false
      $0.from = .init(latest: .init(policyRef: NameReference(name: "bao"), before: Timestamp(Scene.start - 10)))
    }
    scene.cluster.put(Make.done("older", at: Scene.start - 7_200, id: "20261121T100000Z-aaaaaa"))
    scene.cluster.put(Make.done("newer", at: Scene.start - 3_600, id: "20261121T110000Z-aaaaaa"))
    _ = try await scene.reconcileRestore()
    #expect(status(scene)?.backupID == "20261121T110000Z-aaaaaa")
  }

  @Test(arguments: ["none", "one-is-running", "no-policy"])
  func whatCannotBeRestoredFailsBeforeAnythingIsMade(what: String) async throws {
    let scene = scene()
    switch what {
    case "none": scene.cluster.remove(Backup.self, "one")
    case "one-is-running": scene.cluster.put(Make.backup("one") { $0.status = Backup.Status(phase: .running) })
    default: scene.cluster.remove(BackupPolicy.self, "bao")
    }
    _ = try await scene.reconcileRestore()
    #expect(status(scene)?.phase == .failed && scene.cluster.runJobs.isEmpty)
    #expect(["BackupNotFound", "PolicyNotFound"].contains(status(scene)?.failure?.reason ?? ""))
  }

  @Test func aRestoreByLocationNeedsNoPolicyAndSaysThatNoSafetyBackupIsTaken() async throws {
    let scene = Scene()
    let location = RestoreRequest.From.Location(target: Target(bucket: "far"), policy: "prod/bao", id: "latest")
    let source = Source.OpenBao(address: "https://new:8200", tokenSecretRef: SecretReference(name: "root"))
    let spec = RestoreRequest.Spec(
      from: .init(location: location), sources: [.init(name: "raft", openBao: source)])
    scene.cluster.put(
      RestoreRequest(metadata: ObjectMeta(name: "back", namespace: "ns", uid: "uid-back"), spec: spec))
    _ = try await scene.reconcileRestore()
    #expect(status(scene)?.phase == .restoring && scene.events.reasons.contains("SafetyBackupSkipped"))
    let job = try #require(restoreJob(scene))
    let plan = scene.cluster.object(ConfigMap.self, job.key.name)?.data?["plan.json"]
    #expect(plan?.contains("\"namespace\" : \"prod\"") == true)
    // Nothing that is made after the request was taken up.
    let start = try #require(status(scene)?.startTime)
    #expect(plan?.contains("\"before\" : \"\(start)\"") == true, "\(plan ?? "")")
  }

  @Test func aPodThatNeverStartedIsAPlainFailure() async throws {
    let scene = scene()
    _ = try await scene.reconcileRestore()
    let job = try #require(restoreJob(scene))
    scene.cluster.change(Job.self, job.key.name) { $0.end("Failed", reason: "DeadlineExceeded") }
    scene.cluster.put(
      Make.pod("p", of: job) { $0.status = PodStatus(containerStatuses: [Make.state(waiting: "ImagePullBackOff")]) })
    _ = try await scene.reconcileRestore()
    #expect(status(scene)?.phase == .failed && status(scene)?.failure?.reason == "ImagePullFailed")
  }

  /// Promise 7.
  @Test func aJobThatWasReleasedIsNeverReleasedAgain() async throws {
    let scene = scene()
    _ = try await scene.reconcileRestore()
    let job = try #require(restoreJob(scene))
    scene.cluster.change(Job.self, job.key.name) { $0.spec.suspend = true }
    _ = try await scene.reconcileRestore()
    #expect(restoreJob(scene)?.spec.suspend == true)
  }

  /// Promise 7: two operators that both read the request before either wrote.
  @Test func ofTwoOperatorsOneClaims() async throws {
    let scene = scene()
    let request = try #require(scene.cluster.object(RestoreRequest.self, "back"))
    _ = try await scene.reconcileRestore()
    var stale = RestoreRequest.Status(phase: .restoring)
    stale.claim = RestoreRequest.Claim(time: Timestamp(Scene.start), job: "another")
    await #expect(throws: (any Error).self) {
      try await RestoreReconciler(context: scene.context).write(stale, to: request)
    }
    #expect(status(scene)?.claim?.job == restoreJob(scene)?.key.name)
  }
}
