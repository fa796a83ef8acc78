/// The gauges of one policy, in the order of the documentation.
enum PolicyMetric: String, CaseIterable {
  case protected
  case recoveryPoint = "recovery_point_timestamp_seconds"
  case recoveryObjective = "recovery_objective_seconds"
  case suspicious
  case suspended
  case targetReachable = "target_reachable"
  case lastSuccessTime = "last_success_timestamp_seconds"
  case lastSuccessDuration = "last_success_duration_seconds"
  case lastSuccessSize = "last_success_size_bytes"
  case lastSuccessPlainSize = "last_success_plain_size_bytes"
  case lastRunTime = "last_run_timestamp_seconds"
  case lastRunSucceeded = "last_run_succeeded"
  case lastRunDuration = "last_run_duration_seconds"
  case consecutiveFailures = "consecutive_failures"
  case expectedInterval = "expected_interval_seconds"
  case nextRun = "next_run_timestamp_seconds"
  case missedRuns = "missed_runs"
  case lastVerifiedTime = "last_verified_timestamp_seconds"
  case verificationFailed = "verification_failed"
  case storedBackups = "stored_backups"
  case storedBytes = "stored_bytes"
  case oldestStored = "oldest_stored_timestamp_seconds"

  var name: String { "holdfast_policy_\(rawValue)" }

  var help: String {
    switch self {
    case .protected: "1, or 0 while the last good backup is older than its objective or schedule allows, or is damaged."
    case .recoveryPoint:
      "When the newest good, undamaged backup of this cluster was begun: to then the data can be brought back, as seconds since 1970."
    case .recoveryObjective:
      "How old that may become: spec.objective.maxAge, or what the schedule allows; none without both."
    case .suspicious: "1 while the newest good backup is suspiciously small and nobody has accepted that, 0 otherwise."
    case .suspended: "1 while spec.suspend keeps the schedule from starting runs."
    case .targetReachable: "1, or 0 where the last preflight or backup could not write to the target."
    case .lastSuccessTime: "When the last good backup ended, as seconds since 1970."
    case .lastSuccessDuration: "How long the last good backup took."
    case .lastSuccessSize: "Bytes that the last good backup takes in the bucket, compressed and encrypted."
    case .lastSuccessPlainSize: "Bytes that the sources gave for the last good backup."
    case .lastRunTime: "When the newest run that has ended did so, good or not, as seconds since 1970."
    case .lastRunSucceeded: "1 where the newest run that has ended left a backup, 0 where it failed."
    case .lastRunDuration: "How long the newest run that has ended took, good or not."
    case .consecutiveFailures: "Failed runs since the last good one."
    case .expectedInterval: "The longest time between two runs that the schedule has; none without a schedule."
    case .nextRun: "When the schedule starts the next run, as seconds since 1970; none while suspended."
    case .missedRuns: "Scheduled runs since the last one whose starting deadline passed without a run, at most 100."
    case .lastVerifiedTime: "When a backup was last read back and found good, as seconds since 1970."
    case .verificationFailed:
      "1 where the newest backup that was read back was found damaged, 0 where it was found good."
    case .storedBackups: "Backups in the bucket, as the last good run counted them."
    case .storedBytes: "Bytes of these backups in the bucket."
    case .oldestStored: "When the oldest of these backups was taken, as seconds since 1970."
    }
  }
}
