import Foundation
import HoldfastAPI
import KubernetesModel

/// Whether a policy's last good backup is as young as its objective or its schedule asks for: what an operator on call looks at first.
struct Protection: Sendable, Hashable {
  var status: Condition.Status
  var reason: Reason
  var message: String
  /// When the verdict changes by time alone.
  var changesAt: Date?

  /// A run may start late and take a while: half an interval, but 10 minutes at least and 6 hours at most.
  static func margin(interval: Duration) -> TimeInterval {
    min(max(Double(interval.components.seconds) / 2, 600), 21_600)
  }

  /// - Parameters:
  ///   - schedule: nil for manual runs only.
  ///   - lastGood: When the last good run began, and its name.
  ///   - objective: How old it may become, where the policy says so; the schedule is not asked then.
  ///   - lastFailure: The failure of a later run.
  ///   - damage: What is wrong with the last good run's backup, where it was read back and found damaged.
  static func of(
    schedule: CronSchedule?, timeZone: TimeZone, objective: Duration? = nil,
    lastGood: (start: Date, name: String)?, lastFailure: Backup.Failure?, damage: String? = nil, now: Date
  ) -> Protection {
    let failure = lastFailure.map { "; the last run failed: \($0.reason), step \($0.step): \($0.message)" } ?? ""
    guard let lastGood else {
      return Protection(
        status: .false, reason: lastFailure == nil ? .noBackupYet : .lastBackupFailed,
        message: "there is no good backup yet\(failure)")
    }
    let last = "the last good backup is \(lastGood.name) of \(Timestamp(lastGood.start))"
    if let damage {
      return Protection(
        status: .false, reason: .backupDamaged, message: "\(last), and it is not as it was made: \(damage)\(failure)")
    }
    if let objective {
      let due = lastGood.start.addingTimeInterval(Double(objective.components.seconds))
      if now < due { return Protection(status: .true, reason: .recentBackup, message: last + failure, changesAt: due) }
      return Protection(
        status: .false, reason: lastFailure == nil ? .backupOverdue : .lastBackupFailed,
        message: "\(last), which is longer ago than \(DurationText.format(objective)) (spec.objective.maxAge)\(failure)"
      )
    }
    guard let schedule, let next = schedule.next(after: lastGood.start, timeZone: timeZone),
      let interval = schedule.expectedInterval
    else {
      return Protection(status: .true, reason: .recentBackup, message: "\(last); runs are made by hand\(failure)")
    }
    let due = next.addingTimeInterval(margin(interval: interval))
    if now < due {
      return Protection(status: .true, reason: .recentBackup, message: last + failure, changesAt: due)
    }
    return Protection(
      status: .false, reason: lastFailure == nil ? .backupOverdue : .lastBackupFailed,
      message: "\(last), and the next was due by \(Timestamp(due))\(failure)")
  }
}
