import Foundation
import HoldfastAPI
import KubernetesModel
import Metrics

/// What a policy's status says, as metrics:
/// `holdfast_policy_protected` and `holdfast_policy_target_reachable` (1 or 0), `holdfast_policy_last_success_timestamp_seconds`,
/// `holdfast_policy_last_success_size_bytes`, `holdfast_policy_last_success_duration_seconds`,
/// `holdfast_policy_consecutive_failures`, `holdfast_policy_stored_backups`, `holdfast_policy_stored_bytes`.
struct PolicyMetrics {
  private static let names = [
    "protected", "target_reachable", "last_success_timestamp_seconds", "last_success_size_bytes",
    "last_success_duration_seconds",
    "consecutive_failures", "stored_backups", "stored_bytes",
  ]

  private let dimensions: [(String, String)]

  init(_ policy: ObjectKey) { dimensions = [("namespace", policy.namespace ?? ""), ("policy", policy.name)] }

  func record(_ status: BackupPolicyStatus) {
    set("protected", status.conditions["Protected"]?.status == .true ? 1 : 0)
    if let target = status.conditions["TargetReachable"], target.status != .unknown {
      set("target_reachable", target.status == .true ? 1 : 0)
    }
    set("last_success_timestamp_seconds", status.lastSuccessfulBackup?.time.date.timeIntervalSince1970)
    set("last_success_size_bytes", status.lastSuccessfulBackup?.size.map(Double.init))
    set("last_success_duration_seconds", status.lastSuccessfulBackup?.durationSeconds.map(Double.init))
    set("consecutive_failures", Double(status.consecutiveFailures ?? 0))
    set("stored_backups", status.storage.map { Double($0.count) })
    set("stored_bytes", status.storage.map { Double($0.bytes) })
  }

  /// Ends the series of a policy that is gone, so that no alert stays on.
  func remove() {
    for name in Self.names { gauge(name).destroy() }
  }

  private func set(_ name: String, _ value: Double?) {
    if let value { gauge(name).record(value) }
  }

  private func gauge(_ name: String) -> Gauge { Gauge(label: "holdfast_policy_\(name)", dimensions: dimensions) }
}
