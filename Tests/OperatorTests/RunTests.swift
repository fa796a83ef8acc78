import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import KubernetesRuntime
import Testing

@testable import Operator

@Suite struct JobReconcilerTests {
  @Test func anyJobWithThePolicysLabelBecomesABackup() async throws {
    let scene = Scene()
    scene.cluster.put(
      Make.job("manual-1") { $0.metadata.annotations = ["cronjob.kubernetes.io/instantiate": "manual"] })
    _ = try await scene.reconcileJob("manual-1")
    let backup = scene.cluster.object(Backup.self, "manual-1")
    #expect(backup?.spec.policyRef.name == "bao" && backup?.status?.trigger == .manual)
    #expect(backup?.status?.phase == .pending && backup?.status?.job == "manual-1")
    #expect(backup?.metadata.ownerReferences == nil)
  }

  @Test func aJobThatEndedWhileTheOperatorWasDownIsRecorded() async throws {
    let scene = Scene()
    scene.cluster.put(Make.job())
    scene.cluster.complete("bao-backup-1", with: Make.result())
    _ = try await scene.reconcileJob("bao-backup-1")
    let status = scene.cluster.object(Backup.self, "bao-backup-1")?.status
    #expect(status?.phase == .completed && status?.id == Make.id && status?.size == 100)
    #expect(scene.events.reasons == ["BackupCompleted"])
    let mark = scene.cluster.object(Job.self, "bao-backup-1")?.metadata.annotations?[HoldfastAPI.recordedAnnotation]
    #expect(mark == "bao-backup-1")
    scene.cluster.clearWrites()
    _ = try await scene.reconcileJob("bao-backup-1")
    #expect(scene.cluster.writes == [])
  }

  @Test func aFailureIsToldWithItsStep() async throws {
    let scene = Scene()
    scene.cluster.put(Make.job())
    scene.cluster.complete(
      "bao-backup-1",
      with: Make.result(.backup, .failed) {
        $0.failure = Backup.Failure(step: "source", reason: "SourceTruncated", message: "ended early", source: "raft")
      }, code: 1)
    _ = try await scene.reconcileJob("bao-backup-1")
    #expect(scene.events.message("BackupFailed") == "SourceTruncated, step source of source raft: ended early")
  }

  @Test func whatWasRecordedStaysWhenThePodGoes() async throws {
    let scene = Scene()
    scene.cluster.put(Make.job())
    scene.cluster.complete("bao-backup-1", with: Make.result())
    _ = try await scene.reconcileJob("bao-backup-1")
    let first = scene.cluster.object(Backup.self, "bao-backup-1")
    scene.cluster.remove(Pod.self, "bao-backup-1-pod")
    scene.cluster.change(Job.self, "bao-backup-1") { $0.metadata.annotations = nil }
    _ = try await scene.reconcileJob("bao-backup-1")
    #expect(scene.cluster.object(Backup.self, "bao-backup-1")?.status == first?.status)
  }

  @Test func aBackupThatAPersonDeletedStaysDeleted() async throws {
    let scene = Scene()
    scene.cluster.put(Make.job())
    scene.cluster.complete("bao-backup-1", with: Make.result())
    _ = try await scene.reconcileJob("bao-backup-1")
    scene.cluster.remove(Backup.self, "bao-backup-1")
    _ = try await scene.reconcileJob("bao-backup-1")
    #expect(scene.cluster.all(Backup.self).isEmpty)
  }

  @Test func aNameThatIsTakenIsNotTakenOver() async throws {
    let scene = Scene()
    scene.cluster.put(Make.done("manual-1", id: "id-earlier"))
    scene.cluster.put(Make.job("manual-1"))
    scene.cluster.complete("manual-1", with: Make.result())
    _ = try await scene.reconcileJob("manual-1")
    #expect(scene.cluster.object(Backup.self, "manual-1")?.status?.id == "id-earlier")
    let backups = scene.cluster.all(Backup.self)
    #expect(backups.count == 2 && backups.contains { $0.status?.id == Make.id })
  }

  /// The executor of the younger waits in the bucket; its Backup says for whom.
  @Test func runsOfOnePolicyTakeTurns() async throws {
    let scene = Scene()
    scene.cluster.put(Make.job("first") { $0.status?.ready = 1 })
    scene.clock.advance(1)
    scene.cluster.put(Make.job("second") { $0.status?.ready = 1 })
    scene.cluster.put(Make.job("other", policy: "etcd"))
    for name in ["first", "second"] {
      let job = try #require(scene.cluster.object(Job.self, name))
      scene.cluster.put(
        Make.pod("\(name)-pod", of: job) {
          $0.status = PodStatus(phase: "Running", containerStatuses: [Make.running])
        })
    }
    #expect(try await scene.reconcileJob("first") == .requeue(after: .seconds(60)))
    #expect(try await scene.reconcileJob("second") == .requeue(after: .seconds(10)))
    _ = try await scene.reconcileJob("other")
    #expect(scene.cluster.all(Job.self).allSatisfy { $0.spec.suspend == nil })
    let waiting = scene.cluster.object(Backup.self, "second")?.status
    #expect(waiting?.phase == .pending && waiting?.conditions["Completed"]?.message.contains("Job first") == true)
    #expect(scene.cluster.object(Backup.self, "first")?.status?.phase == .running)
    scene.cluster.complete("first", with: Make.result())
    _ = try await scene.reconcileJob("first")
    _ = try await scene.reconcileJob("second")
    #expect(scene.cluster.object(Backup.self, "second")?.status?.phase == .running)
  }

  @Test func aJobThatAPersonSuspendedNeitherBlocksNorIsLetGo() async throws {
    let scene = Scene()
    scene.cluster.put(Make.job("first") { $0.spec.suspend = true })
    scene.clock.advance(1)
    scene.cluster.put(Make.job("second"))
    _ = try await scene.reconcileJob("second")
    _ = try await scene.reconcileJob("first")
    #expect(scene.cluster.object(Job.self, "second")?.spec.suspend == nil)
    #expect(scene.cluster.object(Job.self, "first")?.spec.suspend == true)
  }
}

@Suite struct BackupReconcilerTests {
  private func job(of backup: String, _ scene: Scene) -> Job? {
    scene.cluster.runJobs.first { $0.metadata.labels?[HoldfastAPI.backupLabel] == backup }
  }

  @Test func aBackupWithoutAJobStartsOne() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy { $0.schedule = nil })
    scene.cluster.put(Make.backup("now"))
    _ = try await scene.reconcileBackup("now")
    let made = try #require(job(of: "now", scene))
    #expect(scene.cluster.object(ConfigMap.self, "bao-plan") != nil)
    #expect(scene.cluster.object(Backup.self, "now")?.status?.job == made.key.name)
    scene.cluster.clearWrites()
    _ = try await scene.reconcileBackup("now")
    #expect(scene.cluster.writes == [])
    scene.cluster.complete(made.key.name, with: Make.result())
    _ = try await scene.reconcileJob(made.key.name)
    let status = scene.cluster.object(Backup.self, "now")?.status
    #expect(status?.phase == .completed && status?.trigger == .manual)
    #expect(scene.cluster.all(Backup.self).count == 1)
  }

  /// Its Job is there at once, so that it has its place, and waits.
  @Test func aRunWaitsForTheOtherOfItsPolicy() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    scene.cluster.put(Make.job("running"))
    scene.clock.advance(1)
    for name in ["now", "then"] {
      scene.cluster.put(Make.backup(name))
      _ = try await scene.reconcileBackup(name)
      scene.clock.advance(1)
    }
    let now = try #require(job(of: "now", scene))
    #expect(now.isQueued && job(of: "then", scene)?.isQueued == true)
    for (name, other) in [("now", "running"), ("then", now.key.name)] {
      let message = scene.cluster.object(Backup.self, name)?.status?.conditions["Completed"]?.message
      #expect(message?.contains("waits until Job \(other)") == true, "\(message ?? "")")
    }
    scene.clock.advance(60)
    scene.cluster.put(Make.job("younger"))
    scene.cluster.complete("running", with: nil)
    for _ in 0..<2 { for job in scene.cluster.runJobs { _ = try await scene.reconcileJob(job.key.name) } }
    #expect(job(of: "now", scene)?.state == .active)
    #expect(job(of: "then", scene)?.metadata.annotations?[HoldfastAPI.waitsForAnnotation] == now.key.name)
    let message = scene.cluster.object(Backup.self, "then")?.status?.conditions["Completed"]?.message
    #expect(message?.contains(now.key.name) == true)
  }

  /// The one before it in the line is gone: it waits for the one before that.
  @Test func aRunWhosePredecessorIsDeletedMovesUp() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    scene.cluster.put(Make.job("running"))
    for name in ["now", "then"] {
      scene.clock.advance(1)
      scene.cluster.put(Make.backup(name))
      _ = try await scene.reconcileBackup(name)
    }
    let (now, then) = (try #require(job(of: "now", scene)), try #require(job(of: "then", scene)))
    scene.cluster.remove(Job.self, now.key.name)
    _ = try await scene.reconcileJob(then.key.name)
    #expect(job(of: "then", scene)?.metadata.annotations?[HoldfastAPI.waitsForAnnotation] == "running")
    #expect(job(of: "then", scene)?.isQueued == true)
    scene.cluster.complete("running", with: nil)
    _ = try await scene.reconcileJob(then.key.name)
    #expect(job(of: "then", scene)?.state == .active)
  }

  @Test func aPolicyThatIsNotThereGetsAMinute() async throws {
    let scene = Scene()
    scene.cluster.put(Make.backup("now"))
    #expect(try await scene.reconcileBackup("now") == .requeue(after: .seconds(5)))
    scene.clock.advance(61)
    _ = try await scene.reconcileBackup("now")
    #expect(scene.cluster.object(Backup.self, "now")?.status?.failure?.reason == "PolicyNotFound")
  }

  @Test func anInvalidPolicyFailsTheRunAndNamesTheField() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy { $0.sources = [] })
    scene.cluster.put(Make.backup("now"))
    _ = try await scene.reconcileBackup("now")
    let failure = scene.cluster.object(Backup.self, "now")?.status?.failure
    #expect(failure?.reason == "InvalidSpec" && failure?.message.contains("spec.sources") == true)
  }

  @Test(arguments: [true, false])
  func aJobDeletedMidwayIsAFailure(isMirror: Bool) async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    if isMirror {
      scene.cluster.put(Make.job("now"))
      _ = try await scene.reconcileJob("now")
      scene.cluster.remove(Job.self, "now")
    } else {
      scene.cluster.put(Make.backup("now"))
      _ = try await scene.reconcileBackup("now")
      let made = try #require(job(of: "now", scene))
      scene.cluster.remove(Job.self, made.key.name)
    }
    _ = try await scene.reconcileBackup("now")
    #expect(scene.cluster.object(Backup.self, "now")?.status?.failure?.reason == "JobDeleted")
    #expect(scene.cluster.runJobs.isEmpty)
  }

  @Test func deletionPolicyDeleteRemovesTheArtifactsFirst() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    scene.cluster.put(Make.done("old") { $0.spec.deletionPolicy = .delete })
    _ = try await scene.reconcileBackup("old")
    #expect(scene.cluster.object(Backup.self, "old")?.metadata.finalizers == [HoldfastAPI.artifactsFinalizer])
    try await scene.context.client.delete(Backup.self, name: "old", namespace: "ns")
    _ = try await scene.reconcileBackup("old")
    let made = try #require(scene.cluster.runJobs.first)
    #expect(made.operation == .delete)
    let plan = scene.cluster.object(ConfigMap.self, made.key.name)?.data?["plan.json"]
    #expect(plan?.contains(Make.id) == true)
    #expect(scene.cluster.object(Backup.self, "old")?.status?.phase == .deleting)
    _ = try await scene.reconcileBackup("old")
    scene.cluster.complete(made.key.name, with: Make.result(.delete))
    _ = try await scene.reconcileBackup("old")
    #expect(scene.cluster.object(Backup.self, "old") == nil)
  }

  @Test func aDeletionThatFailsIsToldAndTriedAgain() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    scene.cluster.put(
      Make.done("old") {
        $0.spec.deletionPolicy = .delete
        $0.metadata.finalizers = [HoldfastAPI.artifactsFinalizer]
        $0.metadata.deletionTimestamp = Timestamp(Scene.start)
      })
    _ = try await scene.reconcileBackup("old")
    let made = try #require(scene.cluster.runJobs.first)
    scene.cluster.complete(
      made.key.name,
      with: Make.result(.delete, .failed) {
        $0.failure = Backup.Failure(step: "delete", reason: "AccessDenied", message: "403")
      }, code: 1)
    #expect(try await scene.reconcileBackup("old") == .requeue(after: .seconds(120)))
    #expect(scene.events.message("BackupDeletionFailed")?.contains("403") == true)
    scene.cluster.remove(Pod.self, "\(made.key.name)-pod")
    _ = try await scene.reconcileBackup("old")
    #expect(scene.cluster.runJobs.first?.state == .active)
  }

  @Test func heldBackupsAndThoseInUseAreNotDeleted() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    scene.cluster.put(
      Make.done("held") {
        $0.spec.deletionPolicy = .delete
        $0.metadata.finalizers = [HoldfastAPI.artifactsFinalizer]
        $0.metadata.deletionTimestamp = Timestamp(Scene.start)
        $0.metadata.annotations = [HoldfastAPI.holdAnnotation: "audit"]
      })
    _ = try await scene.reconcileBackup("held")
    #expect(scene.cluster.runJobs.isEmpty && scene.cluster.object(Backup.self, "held") != nil)
    scene.cluster.change(Backup.self, "held") { $0.metadata.annotations = nil }
    scene.cluster.put(
      RestoreRequest(metadata: ObjectMeta(name: "back", namespace: "ns"), spec: .init(from: .init(backup: "held"))))
    _ = try await scene.reconcileBackup("held")
    #expect(scene.cluster.runJobs.isEmpty)
  }

  @Test func withoutItsPolicyABackupIsLetGoOnlyWithItsArtifactsKept() async throws {
    let scene = Scene()
    scene.cluster.put(
      Make.done("old") {
        $0.spec.deletionPolicy = .delete
        $0.metadata.finalizers = [HoldfastAPI.artifactsFinalizer]
        $0.metadata.deletionTimestamp = Timestamp(Scene.start)
      })
    _ = try await scene.reconcileBackup("old")
    #expect(scene.cluster.object(Backup.self, "old")?.status?.conditions["Deleted"]?.reason == "PolicyNotFound")
    scene.cluster.change(Backup.self, "old") { $0.spec.deletionPolicy = .retain }
    _ = try await scene.reconcileBackup("old")
    #expect(scene.cluster.object(Backup.self, "old") == nil)
  }
}
