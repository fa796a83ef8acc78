import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel
import KubernetesRuntime
import Testing

@testable import Operator

@Suite struct BackupPolicyReconcilerTests {
  private func condition(_ scene: Scene, _ type: String, _ policy: String = "bao") -> Condition? {
    scene.cluster.object(BackupPolicy.self, policy)?.status?.conditions[type]
  }

  @Test func aValidPolicyGetsItsPlanAndCronJob() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy { $0.schedule = "@daily" })
    _ = try await scene.reconcilePolicy()
    let preflight = try #require(scene.cluster.preflightJobs.first)
    scene.cluster.complete(
      preflight.key.name, with: Make.result(.preflight) { $0.capabilities = ["olderBackups": false] })
    let result = try await scene.reconcilePolicy()
    #expect(scene.cluster.object(CronJob.self, "bao-backup")?.spec.schedule == "0 0 * * *")
    #expect(scene.cluster.object(ConfigMap.self, "bao-plan")?.data?["plan.json"]?.contains("cluster-1") == true)
    let status = scene.cluster.object(BackupPolicy.self, "bao")?.status
    #expect(condition(scene, "Ready")?.status == .true && condition(scene, "Scheduled")?.status == .true)
    #expect(condition(scene, "Protected")?.reason == "NoBackupYet")
    #expect(status?.nextScheduledTime == Timestamp("2026-11-22T00:00:00Z") && status?.observedGeneration == 1)
    #expect(result == .requeue(after: .seconds(12 * 3_600 + 1)))
  }

  @Test func aSecondReconcileWritesNothing() async throws {
    let scene = Scene()
    scene.cluster.put(
      Make.policy {
        $0.sources[0].openBao?.tokenSecretRef = nil
        $0.sources[0].openBao?.jwtAuthRole = "backup"
        // The server gives quantities back in another form.
        $0.executor = ExecutorTemplate(resources: ["limits": ["cpu": "0.5"]], tolerations: [])
      })
    _ = try await scene.reconcilePolicy()
    scene.cluster.change(CronJob.self, "bao-backup") {
      $0.spec.jobTemplate.spec.template.spec.containers[0].resources?.limits?["cpu"] = try! KubernetesModel.Quantity(
        "500m")
      $0.spec.jobTemplate.spec.template.spec.dnsPolicy = "ClusterFirst"
      $0.spec.jobTemplate.spec.template.spec.tolerations = nil
      $0.metadata.labels?["somebody.example/else"] = "yes"
    }
    scene.cluster.clearWrites()
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.writes == [])
    #expect(scene.cluster.object(ServiceAccount.self, "bao-backup") != nil)
  }

  @Test func whatSomebodyChangedIsRepairedOnce() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    _ = try await scene.reconcilePolicy()
    scene.cluster.change(CronJob.self, "bao-backup") {
      $0.spec.schedule = "* * * * *"
      $0.metadata.labels?["somebody.example/else"] = "yes"
      $0.status = CronJobStatus(lastScheduleTime: Timestamp(Scene.start))
    }
    scene.cluster.change(ConfigMap.self, "bao-plan") { $0.data = [:] }
    _ = try await scene.reconcilePolicy()
    let cronJob = scene.cluster.object(CronJob.self, "bao-backup")
    #expect(cronJob?.spec.schedule == "0 3 * * *" && cronJob?.status?.lastScheduleTime != nil)
    #expect(cronJob?.metadata.labels?["somebody.example/else"] == "yes")
    #expect(scene.cluster.object(ConfigMap.self, "bao-plan")?.data?["plan.json"]?.isEmpty == false)
    #expect(scene.events.reasons.filter { $0 == "DriftRepaired" }.count == 2)
    #expect(scene.events.message("DriftRepaired")?.contains("spec.schedule") == true)
    scene.cluster.clearWrites()
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.writes == [])
  }

  @Test func whatSomebodyDeletedComesBack() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    _ = try await scene.reconcilePolicy()
    scene.cluster.remove(CronJob.self, "bao-backup")
    scene.cluster.remove(ConfigMap.self, "bao-plan")
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.object(CronJob.self, "bao-backup") != nil)
    #expect(scene.cluster.object(ConfigMap.self, "bao-plan") != nil)
  }

  @Test func anOwnerReferenceThatWasTakenOffIsPutBack() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    _ = try await scene.reconcilePolicy()
    scene.cluster.change(CronJob.self, "bao-backup") { $0.metadata.ownerReferences = nil }
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.object(CronJob.self, "bao-backup")?.metadata.controllerReference?.uid == "uid-bao")
  }

  @Test func aFieldThatIsNoLongerWantedGoes() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy { $0.executor = ExecutorTemplate(nodeSelector: ["disk": "ssd"]) })
    _ = try await scene.reconcilePolicy()
    scene.cluster.change(BackupPolicy.self, "bao") { $0.spec.executor = nil }
    _ = try await scene.reconcilePolicy()
    let pod = scene.cluster.object(CronJob.self, "bao-backup")?.spec.jobTemplate.spec.template.spec
    #expect(pod != nil && pod?.nodeSelector == nil)
    #expect(!scene.events.reasons.contains("DriftRepaired"))
  }

  @Test func anObjectOfSomebodyElseIsLeftAlone() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    scene.cluster.put(ConfigMap(metadata: ObjectMeta(name: "bao-plan", namespace: "ns"), data: ["theirs": "1"]))
    _ = try await scene.reconcilePolicy()
    #expect(condition(scene, "Ready")?.reason == "NameConflict")
    #expect(condition(scene, "Ready")?.message.contains("ConfigMap bao-plan") == true)
    #expect(scene.cluster.object(ConfigMap.self, "bao-plan")?.data == ["theirs": "1"])
  }

  @Test func anInvalidPolicyNamesItsFieldAndKeepsItsLastGoodSchedule() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    _ = try await scene.reconcilePolicy()
    scene.cluster.change(BackupPolicy.self, "bao") { $0.spec.target.partSize = 1 }
    _ = try await scene.reconcilePolicy()
    #expect(condition(scene, "Ready")?.reason == "InvalidSpec")
    #expect(condition(scene, "Ready")?.message.contains("spec.target.partSize") == true)
    #expect(scene.cluster.object(CronJob.self, "bao-backup") != nil)
    #expect(scene.events.reasons.contains("PolicyInvalid"))
  }

  @Test func aPolicyThatCannotBeReadNamesItsField() async throws {
    let scene = Scene()
    scene.cluster.putRaw(
      BackupPolicy.resource,
      [
        "apiVersion": "holdfast.dev/v1alpha1", "kind": "BackupPolicy",
        "metadata": ["name": "bao", "namespace": "ns", "generation": 4],
        "spec": ["sources": "all", "target": ["bucket": "b"]],
      ])
    await #expect(throws: TerminalError.self) { try await scene.reconcilePolicy() }
    let status = scene.cluster.raw(BackupPolicy.resource, "bao")?["status"]
    let ready = status?["conditions"]?.arrayValue?.first
    #expect(ready?["reason"]?.stringValue == "InvalidSpec")
    #expect(ready?["message"]?.stringValue?.contains("spec.sources") == true)
    scene.cluster.clearWrites()
    await #expect(throws: TerminalError.self) { try await scene.reconcilePolicy() }
    #expect(scene.cluster.writes == [])
  }

  @Test func aRefusalOfTheServerIsAReason() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    scene.cluster.forbid("create cronjobs")
    let result = try await scene.reconcilePolicy()
    #expect(condition(scene, "Ready")?.reason == "ApplyFailed" && result == .requeue(after: .seconds(60)))
  }

  @Test func withoutAScheduleTheCronJobGoesOnceItsRunHasEnded() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    _ = try await scene.reconcilePolicy()
    let cronJob = try #require(scene.cluster.object(CronJob.self, "bao-backup"))
    scene.cluster.put(Make.job { $0.metadata.ownerReferences = cronJob.ownerReference().map { [$0] } })
    scene.cluster.change(BackupPolicy.self, "bao") { $0.spec.schedule = nil }
    #expect(try await scene.reconcilePolicy() == .requeue(after: .seconds(15)))
    #expect(scene.cluster.object(CronJob.self, "bao-backup") != nil)
    scene.cluster.change(Job.self, "bao-backup-1") { $0.end("Complete") }
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.object(CronJob.self, "bao-backup") == nil)
    #expect(condition(scene, "Scheduled")?.reason == "NoSchedule")
  }

  @Test func protectedFollowsTheScheduleAndTheClock() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    scene.cluster.put(Make.done("one", at: Scene.start - 9 * 3_600))
    #expect(try await scene.reconcilePolicy() != .done)
    #expect(condition(scene, "Protected")?.status == .true)
    // Due at 3:00 the next day; six hours later it is overdue.
    scene.clock.advance(21 * 3_600 + 1)
    _ = try await scene.reconcilePolicy()
    #expect(condition(scene, "Protected")?.reason == "BackupOverdue")
    #expect(scene.events.reasons.contains("Unprotected"))
    scene.cluster.put(Make.done("two", at: scene.clock.now - 60, phase: .failed))
    _ = try await scene.reconcilePolicy()
    #expect(condition(scene, "Protected")?.reason == "LastBackupFailed")
    #expect(scene.cluster.object(BackupPolicy.self, "bao")?.status?.consecutiveFailures == 1)
    scene.cluster.put(Make.done("three", at: scene.clock.now))
    _ = try await scene.reconcilePolicy()
    let status = scene.cluster.object(BackupPolicy.self, "bao")?.status
    #expect(status?.lastSuccessfulBackup?.name == "three" && status?.consecutiveFailures == 0)
    #expect(scene.events.reasons.contains("Protected"))
  }

  @Test func backupsThatRetentionRemovedGoWithTheirArtifacts() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    scene.cluster.put(
      Make.done("old", at: Scene.start - 200, id: "id-old") {
        $0.metadata.finalizers = [HoldfastAPI.artifactsFinalizer]
      })
    scene.cluster.put(Make.done("kept", at: Scene.start - 100, id: "id-kept"))
    scene.cluster.put(Make.done("new", id: "id-new") { $0.status?.pruned = ["id-old"] })
    for index in 0..<5 {
      scene.cluster.put(Make.done("failed-\(index)", at: Scene.start - Double(index), phase: .failed))
    }
    _ = try await scene.reconcilePolicy()
    let names = scene.cluster.all(Backup.self).map(\.key.name)
    #expect(names == ["failed-0", "failed-1", "failed-2", "kept", "new"])
  }

  /// Promise 6.
  @Test func heldBackupsAndThoseOfOpenRestoresAreInThePlan() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    scene.cluster.put(
      Make.done("held", id: "id-held") { $0.metadata.annotations = [HoldfastAPI.holdAnnotation: "audit"] })
    scene.cluster.put(Make.done("used", id: "id-used"))
    scene.cluster.put(Make.done("free", id: "id-free"))
    scene.cluster.put(
      RestoreRequest(metadata: ObjectMeta(name: "back", namespace: "ns"), spec: .init(from: .init(backup: "used"))))
    _ = try await scene.reconcilePolicy()
    let plan = scene.cluster.object(ConfigMap.self, "bao-plan")?.data?["plan.json"] ?? ""
    #expect(plan.contains("id-held") && plan.contains("id-used") && !plan.contains("id-free"))
  }

  @Test func deletingAPolicySaysThatItsBackupsStay() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    scene.cluster.put(Make.done("one"))
    let reconciler = BackupPolicyReconciler(context: scene.context)
    _ = try await reconciler.reconcile(Scene.key("bao"))
    scene.cluster.remove(BackupPolicy.self, "bao")
    _ = try await reconciler.reconcile(Scene.key("bao"))
    #expect(scene.events.message("PolicyDeleted")?.contains("stay in the bucket (1 Backup") == true)
    #expect(scene.cluster.object(Backup.self, "one") != nil)
    #expect(scene.cluster.object(CronJob.self, "bao-backup")?.metadata.ownerReferences?.count == 1)
  }
}
