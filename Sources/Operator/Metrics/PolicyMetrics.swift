import Foundation
import HoldfastAPI
import KubernetesModel
import Metrics

/// What is known of a policy, as metrics: ``PolicyMetric`` lists them.
struct PolicyMetrics {
  /// What ``RunReport`` counts, by its values of the label `result`.
  static let results = ["completed", "failed"]

  private let dimensions: [(String, String)]
  private let factory: any MetricsFactory

  init(_ policy: ObjectKey, factory: any MetricsFactory = MetricsSystem.factory) {
    dimensions = [("namespace", policy.namespace ?? ""), ("policy", policy.name)]
    self.factory = factory
  }

  /// What has no value any more loses its series: a schedule that was taken out has no next run.
  func record(_ figures: [PolicyMetric: Double]) {
    set(figures)
    // A rise from nothing to 1 is no rise to Prometheus: every counter begins at 0.
    for counter in counters { counter.increment(by: Int64(0)) }
  }

  private func set(_ figures: [PolicyMetric: Double]) {
    for metric in PolicyMetric.allCases {
      let gauge = Gauge(label: metric.name, dimensions: dimensions, factory: factory)
      if let value = figures[metric] { gauge.record(value) } else { gauge.destroy() }
    }
  }

  /// Ends every series of a policy that is gone, so that no alert stays on.
  func remove() {
    set([:])
    for counter in counters { counter.destroy() }
  }

  private var counters: [Counter] {
    ["holdfast_backups_total", "holdfast_prunes_total"].flatMap { name in
      Self.results.map { counter(name, result: $0) }
    } + [counter("holdfast_pruned_backups_total")]
  }

  /// A run that ended.
  func count(_ status: Backup.Status) {
    switch status.phase {
    case .completed:
      counter("holdfast_backups_total", result: "completed").increment()
      let isApplied = !(status.warnings ?? []).contains { $0.hasPrefix(RunObservation.retentionWarning) }
      // A run that lost its result, or that was not to prune, tells nothing of retention.
      if !isApplied || status.storage != nil {
        counter("holdfast_prunes_total", result: isApplied ? "completed" : "failed").increment()
      }
      counter("holdfast_pruned_backups_total").increment(by: Int64(status.pruned?.count ?? 0))
    case .failed: counter("holdfast_backups_total", result: "failed").increment()
    case .pending, .running, .deleting, nil: return
    }
  }

  private func counter(_ name: String, result: String? = nil) -> Counter {
    Counter(label: name, dimensions: dimensions + (result.map { [("result", $0)] } ?? []), factory: factory)
  }
}

extension PolicyMetric {
  /// The figures of a policy. Pure: equal input gives equal figures.
  /// - Parameter missed: From ``MissedRuns``.
  static func figures(
    of policy: BackupPolicy, _ status: BackupPolicyStatus, _ history: PolicyHistory, missed: Int?
  ) -> [PolicyMetric: Double] {
    var figures: [PolicyMetric: Double] = [:]
    figures[.protected] = status.conditions["Protected"]?.status == .true ? 1 : 0
    figures[.recoveryPoint] = status.recoveryPoint?.time.seconds
    figures[.recoveryObjective] = policy.recoveryObjective
    figures[.suspicious] = status.conditions["Suspicious"]?.status == .true ? 1 : 0
    figures[.suspended] = policy.spec.suspend == true ? 1 : 0
    if let target = status.conditions["TargetReachable"], target.status != .unknown {
      figures[.targetReachable] = target.status == .true ? 1 : 0
    }
    figures[.lastSuccessTime] = status.lastSuccessfulBackup?.time.seconds
    figures[.lastSuccessDuration] = status.lastSuccessfulBackup?.durationSeconds.map(Double.init)
    figures[.lastSuccessSize] = status.lastSuccessfulBackup?.size.map(Double.init)
    figures[.lastSuccessPlainSize] = history.lastGood?.plainSize.map(Double.init)
    if let last = history.lastEndedRun {
      figures[.lastRunTime] = last.time.seconds
      figures[.lastRunSucceeded] = last.phase == .completed ? 1 : 0
      figures[.lastRunDuration] = last.durationSeconds.map(Double.init)
    }
    figures[.consecutiveFailures] = Double(status.consecutiveFailures ?? 0)
    figures[.expectedInterval] = policy.expectedInterval
    figures[.nextRun] = status.nextScheduledTime?.seconds
    figures[.missedRuns] = missed.map(Double.init)
    figures[.lastVerifiedTime] = history.lastVerifiedTime?.seconds
    figures[.verificationFailed] = history.lastLookedAt?.status?.verified.map { $0 ? 0 : 1 }
    figures[.storedBackups] = status.storage.map { Double($0.count) }
    figures[.storedBytes] = status.storage.map { Double($0.bytes) }
    figures[.oldestStored] = status.storage?.oldest?.seconds
    return figures
  }
}

extension Timestamp {
  fileprivate var seconds: Double { date.timeIntervalSince1970 }
}

extension Backup {
  /// Bytes that the sources gave; nil where one artifact does not say.
  fileprivate var plainSize: Int64? {
    guard let artifacts = status?.artifacts, artifacts.allSatisfy({ $0.plainSize != nil }) else { return nil }
    return artifacts.reduce(0) { $0 + ($1.plainSize ?? 0) }
  }
}

extension BackupPolicy {
  /// Seconds.
  fileprivate var recoveryObjective: Double? {
    let schedule = spec.schedule.flatMap { try? CronSchedule($0, seed: "\(key)") }
    return spec.recoveryObjective(schedule).map { Double($0.components.seconds) }
  }

  /// Seconds.
  fileprivate var expectedInterval: Double? {
    let schedule = spec.schedule.flatMap { try? CronSchedule($0, seed: "\(key)") }
    return schedule?.expectedInterval.map { Double($0.components.seconds) }
  }
}
