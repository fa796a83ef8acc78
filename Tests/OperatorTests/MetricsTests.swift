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
    #expect(figures[.recoveryObjective] == 108_000)
    #expect(figures[.nextRun] == RFC3339.parse("2026-11-22T03:00:00Z")?.timeIntervalSince1970)
    for metric in [
      PolicyMetric.lastSuccessTime, .recoveryPoint, .lastRunTime, .lastRunSucceeded, .storedBackups,
      .verificationFailed,
    ] {
      #expect(figures[metric] == nil, "\(metric)")
    }
  }

  @Test func figuresAreThoseOfTheLastGoodRunAndOfTheLastOne() throws {
    let good = Make.done("good", at: Scene.start - 3_600) {
      $0.status?.size = 100
      $0.status?.artifacts = Make.result().artifacts
      $0.status?.verified = true
      $0.status?.verification = Backup.Verification(time: Timestamp(Scene.start - 100))
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
    #expect(figures[.lastVerifiedTime] == start - 100, "when it was read back, not when it was made")
    #expect(figures[.recoveryPoint] == start - 3_600 && figures[.suspicious] == 0)
    #expect(figures[.recoveryObjective] == nil, "neither a schedule nor an objective")
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
}
