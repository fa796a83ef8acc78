import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel
import Synchronization

/// Scheduled runs that did not come: their starting deadline passed, and no run began since.
struct MissedRuns: Sendable, Hashable {
  /// A policy that nothing ran for months is not counted to the end.
  static let limit = 100

  var count: Int
  /// When the count changes by time alone.
  var changesAt: Date?

  /// - Parameters:
  ///   - since: When the last scheduled run began, or since when the schedule is in force, whichever is later.
  ///   - deadline: Seconds after its time at which a run that could not start is skipped.
  init(schedule: CronSchedule, timeZone: TimeZone, since: Date, deadline: TimeInterval, now: Date) {
    count = 0
    var last = since
    while count < Self.limit, let run = schedule.next(after: last, timeZone: timeZone) {
      guard run.addingTimeInterval(deadline) <= now else {
        changesAt = run.addingTimeInterval(deadline)
        return
      }
      count += 1
      last = run
    }
  }
}

/// Since when the schedule that a policy has is known to be in force. A new schedule has missed nothing that was due before
/// it. What this process has not seen change is taken to be as old as the policy.
final class ScheduleMemory: Sendable {
  private struct Entry {
    var schedule: String
    var since: Date?
  }

  private let entries = Mutex<[ObjectKey: Entry]>([:])

  func since(_ key: ObjectKey, schedule: String, now: Date) -> Date? {
    entries.withLock { entries in
      if let known = entries[key], known.schedule == schedule { return known.since }
      let since = entries[key] == nil ? nil : now
      entries[key] = Entry(schedule: schedule, since: since)
      return since
    }
  }

  func forget(_ key: ObjectKey) { entries.withLock { $0[key] = nil } }

  /// - Returns: nil where nothing is due: no schedule, or a suspended one.
  func missed(of policy: BackupPolicy, _ status: BackupPolicyStatus, _ history: PolicyHistory, now: Date) -> MissedRuns?
  {
    guard let text = policy.spec.schedule, policy.spec.suspend != true,
      let schedule = try? CronSchedule(text, seed: "\(policy.key)")
    else {
      forget(policy.key)
      return nil
    }
    let timeZone = policy.spec.resolvedTimeZone ?? .gmt
    let known = [
      since(policy.key, schedule: "\(text) \(policy.spec.timeZone ?? "")", now: now),
      policy.metadata.creationTimestamp?.date,
      // Resuming a schedule, or giving one, begins anew.
      status.conditions["Scheduled"]?.lastTransitionTime.date,
      history.runs.first { $0.status?.trigger == .scheduled }?.runTime,
    ].compactMap(\.self).max()
    let deadline = TimeInterval(policy.spec.startingDeadlineSeconds ?? PolicyObjects.defaultStartingDeadline)
    return MissedRuns(schedule: schedule, timeZone: timeZone, since: known ?? now, deadline: deadline, now: now)
  }
}
