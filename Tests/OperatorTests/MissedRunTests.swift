import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel
import KubernetesRuntime
import Testing

@testable import Operator

/// Scheduled runs that do not come are told of, whoever was down meanwhile.
@Suite struct MissedRunTests {
  private func count(
    _ policy: BackupPolicy, _ backups: [Backup] = [], since: Date, scheduledAt: Date? = nil, now: Date = Scene.start
  ) -> Int? {
    var status = BackupPolicyStatus()
    status.conditions.set("Scheduled", .true, .scheduled, "runs", now: Timestamp(since))
    let cronJob = scheduledAt.map { date in
      CronJob(
        metadata: ObjectMeta(name: "bao-backup"),
        spec: CronJobSpec(schedule: "0 3 * * *", jobTemplate: JobTemplateSpec(spec: Make.job().spec)),
        status: CronJobStatus(lastScheduleTime: Timestamp(date)))
    }
    return ScheduleRecord(policy, status, PolicyHistory(backups), cronJob: cronJob, now: now)?.missed(now: now).count
  }

  private func missed(since: String, now: String, schedule: String = "0 3 * * *") throws -> MissedRuns {
    MissedRuns(
      schedule: try CronSchedule(schedule, seed: ""), timeZone: .gmt, since: try #require(RFC3339.parse(since)),
      deadline: 3_600, now: try #require(RFC3339.parse(now)))
  }

  @Test func aRunIsMissedWhenItsDeadlinePassed() throws {
    let before = try missed(since: "2026-11-20T03:00:05Z", now: "2026-11-21T03:59:59Z")
    #expect(before.count == 0 && before.changesAt == RFC3339.parse("2026-11-21T04:00:00Z") && before.last == nil)
    let after = try missed(since: "2026-11-20T03:00:05Z", now: "2026-11-21T04:00:00Z")
    #expect(after.count == 1 && after.changesAt == RFC3339.parse("2026-11-22T04:00:00Z"))
    #expect(after.last == RFC3339.parse("2026-11-21T03:00:00Z"))
    #expect(try missed(since: "2026-11-20T03:00:05Z", now: "2026-11-24T12:00:00Z").count == 4)
    let long = try missed(since: "2020-01-01T00:00:00Z", now: "2026-11-24T12:00:00Z", schedule: "* * * * *")
    #expect(long.count == MissedRuns.limit && long.changesAt == nil)
    #expect(try missed(since: "2026-11-20T03:00:05Z", now: "2026-11-24T12:00:00Z", schedule: "0 0 30 2 *").count == 0)
  }

  @Test func onlyRunsOfTheScheduleEndTheCount() {
    var policy = Make.policy()
    let since = Scene.start - 3 * 86_400
    #expect(count(policy, since: since) == 3)
    #expect(count(policy, [Make.done("manual") { $0.status?.trigger = .manual }], since: since) == 3)
    let run = Make.done("run", at: Scene.start - 32_000, phase: .failed) { $0.status?.trigger = .scheduled }
    #expect(count(policy, [run], since: since) == 0)
    let theirs = Make.done("theirs", at: Scene.start - 32_000) {
      $0.status?.trigger = .scheduled
      $0.status?.clusterID = "another"
    }
    #expect(count(policy, [theirs], since: since) == 3, "another cluster's run is none of this one")
    // Backups may be gone; the CronJob controller knows.
    #expect(count(policy, since: since, scheduledAt: Scene.start - 32_400) == 0)
    policy.spec.suspend = true
    #expect(count(policy, since: since) == nil)
  }

  private func started(_ modify: (inout BackupPolicySpec) -> Void = { _ in }) async throws -> Scene {
    let scene = Scene()
    scene.cluster.put(Make.policy("bao", modify))
    _ = try await scene.reconcilePolicy()
    return scene
  }

  private func scheduled(_ scene: Scene) throws -> Condition {
    try #require(scene.cluster.object(BackupPolicy.self, "bao")?.status?.conditions["Scheduled"])
  }

  private func missedEvents(_ scene: Scene) -> Int { scene.events.reasons.filter { $0 == "RunMissed" }.count }

  @Test func aNewScheduleHasMissedNothingThatWasDueBeforeItAlsoAfterARestart() async throws {
    let scene = try await started { $0.schedule = "@monthly" }
    scene.clock.advance(5 * 86_400)
    scene.cluster.change(BackupPolicy.self, "bao") { $0.spec.schedule = "@hourly" }
    // Each turn is a new process, which remembers nothing.
    for _ in 0..<2 { _ = try await scene.reconcilePolicy() }
    #expect(try scheduled(scene).reason == "Scheduled" && missedEvents(scene) == 0)
    scene.clock.advance(3 * 3_600)
    _ = try await scene.reconcilePolicy()
    #expect(try scheduled(scene).message.contains("2 run(s) in a row"))
  }

  @Test func itIsToldOnceAndThenWheneverItDoubles() async throws {
    let scene = try await started { $0.startingDeadlineSeconds = 600 }
    scene.clock.advance(16 * 3_600)  // 04:00, an hour after the run that did not come.
    for _ in 0..<3 { _ = try await scene.reconcilePolicy() }
    let condition = try scheduled(scene)
    #expect(condition.status == .true && condition.reason == "RunMissed")
    #expect(condition.message.hasSuffix("1 run(s) in a row did not start, the last was due at 2026-11-22T03:00:00Z"))
    #expect(missedEvents(scene) == 1)
    #expect(scene.events.message("RunMissed")?.contains("CronJob bao-backup") == true)
    for _ in 2...8 {
      scene.clock.advance(86_400)
      for _ in 0..<2 { _ = try await scene.reconcilePolicy() }
    }
    #expect(try scheduled(scene).message.contains("8 run(s)") && missedEvents(scene) == 4, "of 1, 2, 4 and 8")
    // A run ends it.
    scene.cluster.change(CronJob.self, "bao-backup") {
      $0.status = CronJobStatus(lastScheduleTime: Timestamp(scene.clock.now - 60))
    }
    _ = try await scene.reconcilePolicy()
    #expect(try scheduled(scene).reason == "Scheduled")
  }

  /// The last good schedule goes on, and so does what is told of it: once, and until runs come again.
  @Test func ofAnInvalidPolicyMissedRunsAreToldOnceToo() async throws {
    let scene = try await started { $0.startingDeadlineSeconds = 600 }
    let plain = try scheduled(scene).message
    scene.clock.advance(16 * 3_600)  // 04:00, an hour after the run that did not come.
    scene.cluster.change(BackupPolicy.self, "bao") { $0.spec.target.partSize = 1 }
    _ = try await scene.reconcilePolicy()
    scene.cluster.clearWrites()
    for _ in 0..<3 { _ = try await scene.reconcilePolicy() }
    #expect(scene.cluster.writes == [])
    var condition = try scheduled(scene)
    let told = "1 run(s) in a row did not start, the last was due at 2026-11-22T03:00:00Z"
    #expect(condition.reason == "RunMissed" && condition.message == "\(plain); \(told)" && missedEvents(scene) == 1)
    // What an earlier version had piled up goes too.
    scene.cluster.change(BackupPolicy.self, "bao") { policy in
      var conditions = policy.status?.conditions ?? []
      for index in conditions.indices where conditions[index].type == "Scheduled" {
        conditions[index].message += "; \(told)"
      }
      policy.status?.conditions = conditions
    }
    _ = try await scene.reconcilePolicy()
    #expect(try scheduled(scene).message == "\(plain); \(told)")
    // Runs come again, and the policy is still invalid.
    scene.cluster.change(CronJob.self, "bao-backup") {
      $0.status = CronJobStatus(lastScheduleTime: Timestamp(scene.clock.now - 60))
    }
    _ = try await scene.reconcilePolicy()
    condition = try scheduled(scene)
    #expect(condition.reason == "Scheduled" && condition.message == plain && condition.status == .true)
    scene.cluster.clearWrites()
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.writes == [])
  }

  @Test func aSuspendedScheduleMissesNothing() async throws {
    let scene = try await started { $0.suspend = true }
    scene.clock.advance(5 * 86_400)
    _ = try await scene.reconcilePolicy()
    scene.cluster.change(BackupPolicy.self, "bao") { $0.spec.suspend = false }
    for _ in 0..<2 { _ = try await scene.reconcilePolicy() }
    #expect(try scheduled(scene).reason == "Scheduled" && missedEvents(scene) == 0)
  }

  /// The operator was down, as the rest of the cluster was, and by the time it is back a later run has come.
  @Test func whatWasMissedWhileNobodyLookedIsToldOf() async throws {
    let scene = try await started()
    scene.clock.advance(3 * 86_400 - 7_200)  // The 24th at 10:00: runs of the 22nd, 23rd, 24th were due.
    func ran(_ day: Int) {
      let time = RFC3339.parse("2026-11-\(day)T03:00:02Z")!
      scene.cluster.put(
        Make.job("bao-backup-\(day)") {
          $0.metadata.creationTimestamp = Timestamp(time)
          $0.end("Complete")
        })
    }
    ran(24)
    scene.cluster.change(CronJob.self, "bao-backup") {
      $0.status = CronJobStatus(lastScheduleTime: Timestamp("2026-11-24T03:00:00Z"))
    }
    for _ in 0..<2 { _ = try await scene.reconcilePolicy() }
    #expect(missedEvents(scene) == 1)
    #expect(
      scene.events.message("RunMissed")?.hasPrefix(
        "2 scheduled run(s) did not start, the last was due at 2026-11-23T03:00:00Z") == true)
    #expect(try scheduled(scene).reason == "Scheduled", "runs come again")
  }

  @Test func runsThatCameWhileNobodyLookedAreNotMissedThoughTheirJobsAreGone() async throws {
    let scene = try await started()
    scene.clock.advance(6 * 86_400 - 7_200)
    // The history keeps three.
    for day in 25...27 {
      scene.cluster.put(
        Make.job("bao-backup-\(day)") {
          $0.metadata.creationTimestamp = Timestamp(RFC3339.parse("2026-11-\(day)T03:00:02Z")!)
          $0.end("Complete")
        })
    }
    scene.cluster.change(CronJob.self, "bao-backup") {
      $0.status = CronJobStatus(lastScheduleTime: Timestamp("2026-11-27T03:00:00Z"))
    }
    _ = try await scene.reconcilePolicy()
    #expect(missedEvents(scene) == 0)
  }

  @Test func thePolicyIsLookedAtAgainWhenARunWouldBeMissed() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy { $0.startingDeadlineSeconds = 600 })
    scene.clock.advance(16 * 3_600)  // 04:00, an hour after the run that did not come.
    _ = try await scene.reconcilePolicy()
    scene.clock.advance(23 * 3_600 + 60)  // 03:01: the run is due, and missed in nine minutes.
    let result = try await scene.reconcilePolicy()
    guard case .requeue(after: let delay) = result else {
      Issue.record("nothing looks again")
      return
    }
    #expect(delay <= .seconds(9 * 60 + 1))
  }
}
