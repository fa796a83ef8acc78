import Foundation
import HealthServer
import HoldfastAPI
import JobPlan
import KubernetesModel
import KubernetesRuntime
import Metrics
import Testing

@testable import Operator

@Suite struct MetricsTests {
  private static let key = Scene.key("bao")

  // MARK: Figures

  @Test func aPolicyThatNeverRanHasNoFiguresThatWouldLie() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    _ = try await scene.reconcilePolicy()
    let policy = try #require(scene.cluster.object(BackupPolicy.self, "bao"))
    let status = try #require(policy.status)
    let figures = PolicyMetric.figures(of: policy, status, PolicyHistory([]), missed: 0)
    #expect(figures[.protected] == 0 && figures[.suspended] == 0 && figures[.consecutiveFailures] == 0)
    #expect(figures[.expectedInterval] == 86_400 && figures[.missedRuns] == 0)
    #expect(figures[.nextRun] == RFC3339.parse("2026-11-22T03:00:00Z")?.timeIntervalSince1970)
    for metric in [PolicyMetric.lastSuccessTime, .lastRunTime, .lastRunSucceeded, .storedBackups, .verificationFailed] {
      #expect(figures[metric] == nil, "\(metric)")
    }
  }

  @Test func figuresAreThoseOfTheLastGoodRunAndOfTheLastOne() throws {
    let good = Make.done("good", at: Scene.start - 3_600) {
      $0.status?.size = 100
      $0.status?.artifacts = Make.result().artifacts
      $0.status?.verified = true
      $0.status?.storage = .init(count: 3, bytes: 900, oldest: Timestamp(Scene.start - 90_000))
    }
    let failed = Make.done("failed", at: Scene.start - 600, phase: .failed)
    let running = Make.done("running", at: Scene.start, phase: .running) { $0.status?.completionTime = nil }
    let history = PolicyHistory([good, failed, running])
    var policy = Make.policy { $0.schedule = nil }
    policy.status = nil
    let (status, _) = BackupPolicyReconciler.status(
      of: policy, applied: .init(), history: history, now: Scene.start + 60)
    let figures = PolicyMetric.figures(of: policy, status, history, missed: nil)
    let start = Scene.start.timeIntervalSince1970
    #expect(figures[.lastSuccessTime] == start - 3_570 && figures[.lastSuccessDuration] == 30)
    #expect(figures[.lastSuccessSize] == 100 && figures[.lastSuccessPlainSize] == 200)
    #expect(figures[.lastRunTime] == start - 570 && figures[.lastRunSucceeded] == 0)
    #expect(figures[.consecutiveFailures] == 1 && figures[.verificationFailed] == 0)
    #expect(figures[.lastVerifiedTime] == start - 3_570)
    #expect(figures[.storedBackups] == 3 && figures[.storedBytes] == 900 && figures[.oldestStored] == start - 90_000)
    // Without a schedule nothing is due.
    #expect(figures[.expectedInterval] == nil && figures[.nextRun] == nil && figures[.missedRuns] == nil)
  }

  // MARK: Series

  @Test func seriesOfAPolicyThatIsGoneEnd() {
    let metrics = PrometheusMetrics(help: OperatorMetrics.help)
    let all = Dictionary(uniqueKeysWithValues: PolicyMetric.allCases.map { ($0, 1.0) })
    let bao = PolicyMetrics(Self.key, factory: metrics)
    bao.record(all)
    PolicyMetrics(Scene.key("pki"), factory: metrics).record(all)
    bao.count(Make.done("a").status ?? .init())
    #expect(metrics.text.contains("holdfast_backups_total{namespace=\"ns\",policy=\"bao\",result=\"completed\"} 1\n"))
    #expect(metrics.text.contains("holdfast_prunes_total{namespace=\"ns\",policy=\"bao\",result=\"failed\"} 0\n"))
    bao.remove()
    #expect(!metrics.text.contains("\"bao\""), "\(metrics.text)")
    for metric in PolicyMetric.allCases {
      #expect(metrics.text.contains("\(metric.name){namespace=\"ns\",policy=\"pki\"} 1\n"))
    }
  }

  @Test func aFigureThatIsGoneLosesItsSeries() {
    let metrics = PrometheusMetrics()
    let bao = PolicyMetrics(Self.key, factory: metrics)
    bao.record([.protected: 1, .nextRun: 7])
    bao.record([.protected: 0])
    #expect(!metrics.text.contains("next_run") && metrics.text.contains("holdfast_policy_protected"))
  }

  @Test func runsAndRetentionAreCounted() {
    let metrics = PrometheusMetrics()
    let bao = PolicyMetrics(Self.key, factory: metrics)
    var status = Backup.Status(phase: .completed)
    bao.count(status)  // Its result was lost: nothing is known of retention.
    status.storage = .init(count: 2, bytes: 9)
    status.pruned = ["a", "b"]
    bao.count(status)
    status.pruned = nil
    status.warnings = ["x", RunObservation.retentionWarning + "403"]
    bao.count(status)
    bao.count(Backup.Status(phase: .failed))
    bao.count(Backup.Status(phase: .running))
    func has(_ line: String) -> Bool { metrics.text.contains(line + "\n") }
    #expect(has("holdfast_backups_total{namespace=\"ns\",policy=\"bao\",result=\"completed\"} 3"))
    #expect(has("holdfast_backups_total{namespace=\"ns\",policy=\"bao\",result=\"failed\"} 1"))
    #expect(has("holdfast_prunes_total{namespace=\"ns\",policy=\"bao\",result=\"completed\"} 1"))
    #expect(has("holdfast_prunes_total{namespace=\"ns\",policy=\"bao\",result=\"failed\"} 1"))
    #expect(has("holdfast_pruned_backups_total{namespace=\"ns\",policy=\"bao\"} 2"))
  }

  @Test func aFailedRetentionSaysSoInTheWordsThatAreCounted() throws {
    let job = Make.job { $0.end("Complete") }
    let result = Make.result { $0.prune = .init(deleted: [], count: 1, bytes: 1, message: "403") }
    let pod = Make.pod(of: job) {
      $0.status = PodStatus(
        phase: "Succeeded", containerStatuses: [Make.state(terminated: 0, message: Make.text(result))])
    }
    let status = RunObservation(job: job, pods: [pod], previous: nil).backupStatus(now: Timestamp(Scene.start))
    #expect(status.warnings?.contains { $0.hasPrefix(RunObservation.retentionWarning) } == true)
  }

  @Test func aRestoreHasTheSeriesOfItsPhaseOnly() {
    let metrics = PrometheusMetrics()
    let request = RestoreMetrics(Scene.key("back"), factory: metrics)
    for phase in RestoreRequest.Phase.allCases {
      request.record(phase)
      let lines = metrics.text.split(separator: "\n").filter { !$0.hasPrefix("#") }
      #expect(
        lines == ["holdfast_restore_phase{namespace=\"ns\",phase=\"\(phase.rawValue)\",restorerequest=\"back\"} 1"])
    }
    request.remove()
    #expect(metrics.text.isEmpty)
  }

  // MARK: Missed runs

  private func missed(since: String, now: String, schedule: String = "0 3 * * *") throws -> MissedRuns {
    MissedRuns(
      schedule: try CronSchedule(schedule, seed: ""), timeZone: .gmt, since: try #require(RFC3339.parse(since)),
      deadline: 3_600, now: try #require(RFC3339.parse(now)))
  }

  @Test func aRunIsMissedWhenItsDeadlinePassed() throws {
    let before = try missed(since: "2026-11-20T03:00:05Z", now: "2026-11-21T03:59:59Z")
    #expect(before.count == 0 && before.changesAt == RFC3339.parse("2026-11-21T04:00:00Z"))
    let after = try missed(since: "2026-11-20T03:00:05Z", now: "2026-11-21T04:00:00Z")
    #expect(after.count == 1 && after.changesAt == RFC3339.parse("2026-11-22T04:00:00Z"))
    #expect(try missed(since: "2026-11-20T03:00:05Z", now: "2026-11-24T12:00:00Z").count == 4)
    let long = try missed(since: "2020-01-01T00:00:00Z", now: "2026-11-24T12:00:00Z", schedule: "* * * * *")
    #expect(long.count == MissedRuns.limit && long.changesAt == nil)
    #expect(try missed(since: "2026-11-20T03:00:05Z", now: "2026-11-24T12:00:00Z", schedule: "0 0 30 2 *").count == 0)
  }

  @Test func onlyRunsOfTheScheduleEndTheCount() throws {
    let memory = ScheduleMemory()
    var policy = Make.policy()
    policy.metadata.creationTimestamp = Timestamp(Scene.start - 3 * 86_400)
    let now = Scene.start
    func count(_ backups: [Backup]) -> Int? {
      memory.missed(of: policy, BackupPolicyStatus(), PolicyHistory(backups), now: now)?.count
    }
    #expect(count([]) == 3)
    #expect(count([Make.done("manual") { $0.status?.trigger = .manual }]) == 3)
    #expect(
      count([Make.done("run", at: Scene.start - 32_000, phase: .failed) { $0.status?.trigger = .scheduled }]) == 0)
    policy.spec.suspend = true
    #expect(count([]) == nil)
  }

  @Test func aNewScheduleHasMissedNothingThatWasDueBeforeIt() {
    let memory = ScheduleMemory()
    var policy = Make.policy()
    policy.metadata.creationTimestamp = Timestamp(Scene.start - 30 * 86_400)
    let run = Make.done("run", at: Scene.start - 6 * 86_400) { $0.status?.trigger = .scheduled }
    func count(_ now: Date) -> Int? {
      memory.missed(of: policy, BackupPolicyStatus(), PolicyHistory([run]), now: now)?.count
    }
    policy.spec.schedule = "@weekly"
    _ = count(Scene.start)
    policy.spec.schedule = "@hourly"
    #expect(count(Scene.start + 5) == 0)
    #expect(count(Scene.start + 3 * 3_600) == 2)
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
