import HoldfastAPI
import KubernetesModel
import Logging

/// Tells people and metrics how runs go: once for each change of phase.
struct RunReport: Sendable {
  let context: OperatorContext

  func tell(_ backup: Backup, from old: Backup.Status?, to new: Backup.Status) {
    tellTrouble(backup, from: old, to: new)
    guard new.phase != old?.phase, let phase = new.phase else { return }
    switch phase {
    case .pending, .deleting: return
    case .running:
      context.events.normal(.backupStarted, "Job \(new.job ?? "?") runs.", about: backup)
    case .completed:
      let size = new.size.map { " \($0) bytes" } ?? ""
      let doubt = new.anomaly.map { " It is suspicious: \($0.message ?? "it is much smaller than those before it")." }
      context.events.normal(
        .backupCompleted, "The backup is complete:\(size) at \(new.location ?? "the policy's target").\(doubt ?? "")",
        about: backup)
      count(backup, new)
    case .failed:
      let failure = new.failure
      let text =
        "\(failure?.reason ?? "Unknown"), step \(failure?.step ?? "?")"
        + "\(failure?.source.map { " of source \($0)" } ?? ""): \(failure?.message ?? "")"
      context.events.warning(.backupFailed, text, about: backup)
      context.logger.warning(
        "A backup failed.",
        metadata: [
          "backup": "\(backup.key)", "step": "\(failure?.step ?? "")", "reason": "\(failure?.reason ?? "")",
          "message": "\(failure?.message ?? "")",
        ])
      count(backup, new)
    }
  }

  /// A pod that cannot start is worth a word before the deadline ends it, hours later.
  private func tellTrouble(_ backup: Backup, from old: Backup.Status?, to new: Backup.Status) {
    guard new.phase == .pending || new.phase == .running, let condition = new.conditions["Completed"],
      condition.reason != Reason.waitingForJob.rawValue, condition.reason != old?.conditions["Completed"]?.reason
    else { return }
    context.events.warning(.backupWaiting, "\(condition.reason): \(condition.message)", about: backup)
  }

  private func count(_ backup: Backup, _ status: Backup.Status) {
    PolicyMetrics(ObjectKey(namespace: backup.metadata.namespace, name: backup.spec.policyRef.name)).count(status)
  }
}
