import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel
import Testing

@testable import Operator

/// What reading backups back has shown reaches the people who count on them.
@Suite struct VerificationTests {
  private func scene(_ verification: Verification? = Verification(schedule: "0 5 * * 0")) -> Scene {
    let scene = Scene()
    scene.cluster.put(Make.policy { $0.verification = verification })
    return scene
  }

  private func condition(_ scene: Scene, _ type: String) -> Condition? {
    scene.cluster.object(BackupPolicy.self, "bao")?.status?.conditions[type]
  }

  private func found(
    _ scene: Scene, _ name: String, good: Bool, depth: Backup.VerificationDepth? = .content,
    at time: Date = Scene.start + 60
  ) {
    scene.cluster.change(Backup.self, name) {
      $0.status?.verified = good
      $0.status?.verification = .init(
        time: Timestamp(time), depth: good ? depth : nil, message: good ? "sound" : "source raft: raft.snap differs",
        failure: good
          ? nil : .init(step: "verify", reason: "DigestMismatch", message: "raft.snap differs", source: "raft"))
    }
  }

  private func endVerification(_ scene: Scene, _ name: String, _ result: ExecutorResult?, code: Int32 = 0) {
    scene.cluster.put(Make.job(name, operation: .verify))
    scene.cluster.complete(name, with: result, code: code)
  }

  @Test func aCronJobOfItsOwnReadsBackups() async throws {
    let scene = scene()
    _ = try await scene.reconcilePolicy()
    let cronJob = try #require(scene.cluster.object(CronJob.self, "bao-verify"))
    #expect(cronJob.spec.schedule == "0 5 * * 0" && cronJob.spec.concurrencyPolicy == "Forbid")
    let job = cronJob.spec.jobTemplate
    #expect(job.metadata?.labels?[HoldfastAPI.operationLabel] == "verify")
    #expect(job.spec.template.spec.containers[0].args?.prefix(2) == ["verify", "--scheduled"])
    #expect(scene.cluster.all(RoleBinding.self).map(\.roleRef.name) == ["holdfast-executor-verification"])
    #expect(scene.cluster.refused == [], "the installed roles are not enough")
    scene.cluster.clearWrites()
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.writes == [])

    scene.cluster.change(BackupPolicy.self, "bao") { $0.spec.verification = nil }
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.object(CronJob.self, "bao-verify") == nil)
    #expect(scene.cluster.object(CronJob.self, "bao-backup") != nil)
    #expect(scene.cluster.all(RoleBinding.self).isEmpty)
  }

  @Test func aDamagedNewestBackupTakesTheProtectionAway() async throws {
    let scene = scene()
    scene.cluster.put(Make.done("one", at: Scene.start - 600))
    _ = try await scene.reconcilePolicy()
    #expect(condition(scene, "Protected")?.status == .true)
    found(scene, "one", good: false)
    _ = try await scene.reconcileBackup("one")
    endVerification(scene, "bao-verify-1", Make.result(.verify) { $0.verification = .init(damaged: 1) })
    _ = try await scene.reconcilePolicy()
    let protected = try #require(condition(scene, "Protected"))
    #expect(protected.status == .false && protected.reason == "BackupDamaged")
    #expect(protected.message.contains("raft.snap differs"))
    #expect(condition(scene, "Verified")?.status == .false)
    #expect(scene.events.message("VerificationFailed")?.contains("raft.snap differs") == true)
    let backup = try #require(scene.cluster.object(Backup.self, "one"))
    #expect(backup.status?.conditions["Verified"]?.status == .false)
    #expect(backup.status?.phase == .completed)

    // A newer good run is what counts.
    scene.cluster.put(Make.done("two", at: Scene.start + 300, id: "20261121T120500Z-bbbbbb"))
    scene.clock.advance(600)
    _ = try await scene.reconcilePolicy()
    #expect(condition(scene, "Protected")?.status == .true)
    #expect(condition(scene, "Verified")?.status == .false, "the old one is damaged all the same")
  }

  @Test func aGoodOneIsToldOnce() async throws {
    let scene = scene()
    scene.cluster.put(Make.done("one"))
    found(scene, "one", good: true)
    _ = try await scene.reconcileBackup("one")
    endVerification(scene, "bao-verify-1", Make.result(.verify) { $0.verification = .init(good: 1) })
    _ = try await scene.reconcilePolicy()
    let verified = try #require(condition(scene, "Verified"))
    #expect(verified.status == .true && verified.message.contains("depth Content"))
    let run = try #require(scene.cluster.object(BackupPolicy.self, "bao")?.status?.verification)
    #expect(run.job == "bao-verify-1" && run.good == 1)
    #expect(scene.events.reasons.count { $0 == "Verified" } == 1)
    scene.cluster.clearWrites()
    _ = try await scene.reconcileBackup("one")
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.writes == [])
    #expect(scene.events.reasons.count { $0 == "Verified" } == 1)
    _ = try await scene.reconcileJob("bao-verify-1")
    #expect(scene.cluster.all(Backup.self).count == 1, "the Job is no backup")

    // The same found again is in the status, and no news; another verdict is.
    found(scene, "one", good: true, at: Scene.start + 700)
    _ = try await scene.reconcileBackup("one")
    let again = scene.cluster.object(Backup.self, "one")?.status?.conditions["Verified"]
    #expect(again?.message.contains("12:11:40") == true)
    #expect(scene.events.reasons.count { $0 == "Verified" } == 1)
    for time in [800.0, 900] {
      found(scene, "one", good: false, at: Scene.start + time)
      _ = try await scene.reconcileBackup("one")
    }
    #expect(scene.events.reasons.count { $0 == "VerificationFailed" } == 1)
  }

  @Test func aRunThatToldOfNoneIsNoVerdict() async throws {
    let scene = scene()
    scene.cluster.put(Make.done("one"))
    found(scene, "one", good: true)
    for (number, tally) in [ExecutorResult.Verification(good: 1), .init(unknown: 2), .init(good: 1, unknown: 2)]
      .enumerated()
    {
      endVerification(scene, "bao-verify-\(number)", Make.result(.verify) { $0.verification = tally })
      _ = try await scene.reconcilePolicy()
      let verified = try #require(condition(scene, "Verified"))
      #expect(verified.status == (tally.good == 0 ? .unknown : .true), "\(verified)")
      #expect(verified.message.contains("2 ") == (tally.unknown > 0) || tally.unknown == 0, "\(verified)")
      scene.cluster.clearWrites()
      _ = try await scene.reconcilePolicy()
      #expect(scene.cluster.writes == [], "it stays so")
    }
  }

  @Test func aCronJobOfSomebodyElseForVerificationStopsNoBackup() async throws {
    let scene = scene()
    var theirs = CronJob(
      metadata: ObjectMeta(name: "bao-verify", namespace: "ns"),
      spec: CronJobSpec(
        schedule: "1 1 1 1 *",
        jobTemplate: JobTemplateSpec(spec: JobSpec(template: PodTemplateSpec(spec: PodSpec(containers: []))))))
    theirs.metadata.uid = "uid-theirs"
    scene.cluster.put(theirs)
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.object(CronJob.self, "bao-backup") != nil)
    #expect(scene.cluster.object(CronJob.self, "bao-verify")?.spec.schedule == "1 1 1 1 *")
    #expect(condition(scene, "Scheduled")?.status == .true)
    let ready = try #require(condition(scene, "Ready"))
    #expect(ready.status == .false && ready.reason == "NameConflict" && ready.message.contains("spec.verification"))
  }

  @Test func aRunThatCouldNotReadIsNoVerdict() async throws {
    let scene = scene()
    scene.cluster.put(Make.done("one"))
    endVerification(
      scene, "bao-verify-1",
      Make.result(.verify, .failed) {
        $0.failure = .init(step: "verify", reason: "AccessDenied", message: "the store refuses")
      }, code: 1)
    _ = try await scene.reconcilePolicy()
    let verified = try #require(condition(scene, "Verified"))
    #expect(verified.status == .unknown && verified.reason == "AccessDenied")
    #expect(condition(scene, "Protected")?.status == .true)
    #expect(scene.events.message("VerificationFailed")?.contains("the store refuses") == true)
  }

  private func newest(_ marks: [Bool?], requireVerified: Bool? = nil) -> String? {
    let backups = marks.enumerated().map { index, mark in
      Make.done("b\(index)", id: "202611\(10 + index)T120000Z-aaaaaa") { $0.status?.verified = mark }
    }
    return RestoreResolver.newest(
      of: backups, .init(policyRef: .init(name: "bao"), requireVerified: requireVerified), now: Scene.start)?.key.name
  }

  /// Oldest first: what was found of each.
  @Test func latestIsTheNewestThatNobodyFoundDamaged() {
    #expect(newest([true, nil]) == "b1")
    #expect(newest([true, nil, false]) == "b1")
    #expect(newest([nil, true, false]) == "b1")
    #expect(newest([false, false]) == nil)
    #expect(newest([true, nil, false], requireVerified: true) == "b0")
    #expect(newest([nil, nil], requireVerified: true) == nil)
    #expect(newest([true, nil], requireVerified: false) == "b1")
  }

  @Test func whereAllAreDamagedTheyAreNamed() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    scene.cluster.put(Make.done("one") { $0.status?.verified = false })
    scene.cluster.put(
      RestoreRequest(
        metadata: ObjectMeta(name: "back", namespace: "ns", uid: "uid-back"),
        spec: .init(from: .init(latest: .init(policyRef: .init(name: "bao"))), safetyBackup: false)))
    _ = try await scene.reconcileRestore()
    let failure = try #require(scene.cluster.object(RestoreRequest.self, "back")?.status?.failure)
    #expect(failure.reason == "BackupNotFound" && failure.message.contains("(one are; spec.from.backup"))
  }
}
