import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel
import KubernetesRuntime
import Testing

@testable import Operator

/// What a person on call reads first: to when the data can be brought back, and what went wrong last.
@Suite struct RecoveryPointTests {
  /// With a target that has been tried, so that nothing but time passes.
  private func settled(_ backups: [Backup], _ modify: (inout BackupPolicySpec) -> Void = { _ in }) async throws -> Scene
  {
    let scene = Scene()
    scene.cluster.put(Make.policy("bao", modify))
    for backup in backups { scene.cluster.put(backup) }
    _ = try await scene.reconcilePolicy()
    let preflight = try #require(scene.cluster.preflightJobs.first)
    scene.cluster.complete(
      preflight.key.name, with: Make.result(.preflight) { $0.capabilities = ["olderBackups": false] })
    for _ in 0..<3 { _ = try await scene.reconcilePolicy() }
    return scene
  }

  private func status(_ scene: Scene) throws -> BackupPolicyStatus {
    try #require(scene.cluster.object(BackupPolicy.self, "bao")?.status)
  }

  @Test func itIsTheStartOfTheNewestRunThatIsGoodAndUndamaged() async throws {
    let good = Make.done("good", at: Scene.start - 7_200) { $0.status?.verified = true }
    let damaged = Make.done("damaged", at: Scene.start - 3_600, id: "20261121T110000Z-aaaaaa") {
      $0.status?.verified = false
    }
    let theirs = Make.done("theirs", at: Scene.start - 60, id: "20261121T115900Z-aaaaaa") {
      $0.status?.clusterID = "another"
    }
    let failed = Make.done("failed", at: Scene.start - 600, phase: .failed)
    let scene = try await settled([good, damaged, theirs, failed])
    let point = try #require(try status(scene).recoveryPoint)
    #expect(point.backup == "good" && point.time == Timestamp(Scene.start - 7_200))
    #expect(point.age == "2h" && point.observedTime == Timestamp(Scene.start))
    // Daily: a day, and half of one for a run that is late, but six hours at most.
    #expect(point.objective == "1d6h")
    #expect(try status(scene).conditions["Protected"]?.reason == "BackupDamaged")
  }

  @Test func withoutAGoodBackupThereIsNone() async throws {
    let scene = try await settled([Make.done("failed", phase: .failed)])
    #expect(try status(scene).recoveryPoint == nil)
  }

  /// Must hold: a steady state makes no write, however much time passes.
  @Test func timeAloneWritesNothing() async throws {
    let scene = try await settled([Make.done("good", at: Scene.start - 3_600)])
    scene.cluster.clearWrites()
    // Until just before the next run.
    for _ in 0..<14 {
      scene.clock.advance(3_600)
      _ = try await scene.reconcilePolicy()
    }
    #expect(scene.cluster.writes == [])
    #expect(try status(scene).recoveryPoint?.age == "1h")
    // The age goes along with another change.
    scene.clock.advance(3_600 + 60)
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.writes.count == 1, "the next run is another one: \(scene.cluster.writes)")
    #expect(try status(scene).recoveryPoint?.age == "16h1m")
    #expect(try status(scene).recoveryPoint?.observedTime == Timestamp(scene.clock.now))
    scene.cluster.clearWrites()
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.writes == [])
  }

  @Test func theObjectiveJudgesAlsoWhereRunsAreMadeByHand() async throws {
    let scene = try await settled([Make.done("good", at: Scene.start - 3_600)]) {
      $0.schedule = nil
      $0.objective = Objective(maxAge: "3h")
    }
    #expect(try status(scene).recoveryPoint?.objective == "3h")
    #expect(try status(scene).conditions["Protected"]?.status == .true)
    #expect(try await scene.reconcilePolicy() == .requeue(after: .seconds(7_201)))
    scene.clock.advance(7_200)
    _ = try await scene.reconcilePolicy()
    let protected = try #require(try status(scene).conditions["Protected"])
    #expect(protected.status == .false && protected.reason == "BackupOverdue")
    #expect(protected.message.contains("longer ago than 3h (spec.objective.maxAge)"))
    #expect(scene.events.reasons.last == "Unprotected")
  }

  @Test func anObjectiveIsStricterOrLaxerThanTheSchedule() {
    func protection(_ objective: Duration?, hours: Double) -> Condition.Status {
      Protection.of(
        schedule: try? CronSchedule("0 * * * *", seed: ""), timeZone: .gmt, objective: objective,
        lastGood: (Scene.start, "x"), lastFailure: nil, now: Scene.start + hours * 3_600
      ).status
    }
    #expect(protection(nil, hours: 1) == .true && protection(nil, hours: 2) == .false)
    #expect(protection(.seconds(1_800), hours: 1) == .false)
    #expect(protection(.seconds(86_400), hours: 5) == .true)
  }

  // MARK: The last failure

  @Test func theLastFailureStaysToldOfAfterASuccess() async throws {
    let failed = Make.done("failed", at: Scene.start - 7_200, phase: .failed) {
      $0.status?.job = "bao-backup-7"
      $0.status?.failure?.source = "raft"
      $0.status?.failure?.pod = "bao-backup-7-x"
    }
    let older = Make.done("older", at: Scene.start - 9_000, phase: .failed)
    let scene = try await settled([failed, older, Make.done("good", at: Scene.start - 3_600)])
    let failure = try #require(try status(scene).lastFailure)
    #expect(
      failure
        == BackupPolicyStatus.LastFailure(
          time: Timestamp(Scene.start - 7_170), step: "upload", reason: "UploadFailed", message: "no", source: "raft",
          backup: "failed", job: "bao-backup-7", pod: "bao-backup-7-x"))
    #expect(try status(scene).conditions["Protected"]?.status == .true)
    // Who has read it deletes the Backup.
    for name in ["failed", "older"] { scene.cluster.remove(Backup.self, name) }
    _ = try await scene.reconcilePolicy()
    #expect(try status(scene).lastFailure == nil)
  }

  @Test func aFailureNamesItsPod() {
    let job = Make.job { $0.end("Failed", reason: "BackoffLimitExceeded") }
    func failure(_ pods: [Pod], previous: Backup.Status? = nil, _ job: Job = job) -> Backup.Failure? {
      RunObservation(job: job, pods: pods, previous: previous).backupStatus(now: Timestamp(Scene.start)).failure
    }
    func pod(_ name: String, _ status: ContainerStatus) -> Pod {
      Make.pod(name, of: job) { $0.status = PodStatus(phase: "Failed", containerStatuses: [status]) }
    }
    let told = Make.result(.backup, .failed) {
      $0.failure = Backup.Failure(step: "source", reason: "SourceTruncated", message: "x")
    }
    let first = pod("first", Make.state(terminated: 1, message: Make.text(told), at: 10))
    let second = pod("second", Make.state(terminated: 1, message: Make.text(told), at: 50))
    #expect(failure([second, first])?.pod == "second")
    #expect(failure([pod("killed", Make.state(terminated: 137, reason: "OOMKilled"))])?.pod == "killed")
    #expect(failure([])?.pod == nil, "there was none")
    // The deadline has removed the pod that could not start.
    var waiting = Backup.Status(phase: .pending)
    waiting.conditions.set(
      "Completed", .false, .imagePullFailed, "waits for pod slow-x: the image cannot be pulled: no",
      now: .init(Scene.start))
    let late = failure([], previous: waiting, Make.job { $0.end("Failed", reason: "DeadlineExceeded") })
    #expect(late?.pod == "slow-x" && late?.reason == "ImagePullFailed")
    // Of a run that goes on, the last attempt's.
    let running = RunObservation(job: Make.job(), pods: [first], previous: nil).backupStatus(now: .init(Scene.start))
    #expect(running.phase == .running && running.failure?.pod == "first")
  }
}
