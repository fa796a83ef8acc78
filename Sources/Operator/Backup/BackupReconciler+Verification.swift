import HoldfastAPI
import KubernetesModel
import Logging

/// The condition `Verified` of a Backup, and its Event, made from what an executor has written into the status.
extension BackupReconciler {
  /// - Returns: The Backup as it is then.
  func reportVerification(of backup: Backup) async throws -> Backup {
    guard let (found, isGood, reason, message) = backup.unreportedVerification else { return backup }
    let before = backup.status?.conditions["Verified"]
    var status = backup.status ?? Backup.Status()
    status.conditions.set("Verified", isGood ? .true : .false, reason, message, now: found.time)
    let written = try await client.writeStatus(of: backup, from: backup.status, to: status) ?? backup
    // Each look is in the status; people are told of news.
    guard before?.status != (isGood ? .true : .false) else { return written }
    if isGood {
      let warnings = (found.warnings ?? []).map { "; \($0)" }.joined()
      context.events.normal(.verified, message + warnings, about: backup)
    } else {
      context.events.warning(.verificationFailed, "\(reason): \(message)", about: backup)
      context.logger.error(
        "A backup is damaged.",
        metadata: ["backup": "\(backup.key)", "id": "\(backup.status?.id ?? "")", "message": "\(message)"])
    }
    return written
  }
}

extension Backup {
  /// What an executor has found, where the condition does not say it yet.
  var unreportedVerification: (found: Verification, isGood: Bool, reason: Reason, message: String)? {
    guard let found = status?.verification, let isGood = status?.verified else { return nil }
    let reason = isGood ? Reason.verified : found.failure.map { Reason(rawValue: $0.reason) } ?? .backupDamaged
    let depth = found.depth.map { " (depth \($0.rawValue))" } ?? ""
    let message = "read back at \(found.time)\(depth): \(found.message ?? "no more is known")"
    guard status?.conditions["Verified"]?.message != String(message.prefix(2_048)) else { return nil }
    return (found, isGood, reason, message)
  }
}
