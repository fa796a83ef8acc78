import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel

/// Scheduled runs that did not come: their starting deadline passed, and no run began since.
struct MissedRuns: Sendable, Hashable {
  /// A policy that nothing ran for months is not counted to the end.
  static let limit = 100

  var count: Int
  /// When the last of them was due.
  var last: Date?
  /// When the count changes by time alone.
  var changesAt: Date?

  /// - Parameters:
  ///   - since: When the last scheduled run began, or since when the schedule is in force, whichever is later.
  ///   - deadline: Seconds after its time at which a run that could not start is skipped.
  init(schedule: CronSchedule, timeZone: TimeZone, since: Date, deadline: TimeInterval, now: Date) {
    count = 0
    var due = since
    while count < Self.limit, let run = schedule.next(after: due, timeZone: timeZone) {
      guard run.addingTimeInterval(deadline) <= now else {
        changesAt = run.addingTimeInterval(deadline)
        return
      }
      count += 1
      last = run
      due = run
    }
  }
}

/// What tells whether scheduled runs came. Nothing of it is remembered by this process: a restart changes no verdict.
struct ScheduleRecord: Sendable {
  var schedule: CronSchedule
  var timeZone: TimeZone
  /// Seconds.
  var deadline: TimeInterval
  /// When the last scheduled run began, or since when the schedule is in force, whichever is later.
  var since: Date

  /// - Parameters:
  ///   - status: With the condition `Scheduled` as it is now.
  ///   - cronJob: As it is; its controller writes down when it last began a run.
  /// - Returns: nil where nothing is due: no schedule, or a suspended one.
  init?(
    _ policy: BackupPolicy, _ status: BackupPolicyStatus, _ history: PolicyHistory, cronJob: CronJob?, now: Date
  ) {
    // Of an invalid policy the last good schedule is in force, which the CronJob has.
    guard policy.spec.suspend != true, cronJob?.spec.suspend != true,
      let text = cronJob?.spec.schedule ?? policy.spec.schedule,
      let schedule = try? CronSchedule(text, seed: "\(policy.key)"),
      let scheduled = status.conditions["Scheduled"], scheduled.status == .true
    else { return nil }
    self.schedule = schedule
    timeZone = cronJob?.spec.timeZone.flatMap { TimeZone(identifier: $0) } ?? policy.spec.resolvedTimeZone ?? .gmt
    deadline = TimeInterval(
      cronJob?.spec.startingDeadlineSeconds ?? policy.spec.startingDeadlineSeconds
        ?? PolicyObjects.defaultStartingDeadline)
    since =
      [
        policy.metadata.creationTimestamp?.date,
        // Resuming a schedule, giving one or changing it begins anew.
        scheduled.lastTransitionTime.date,
        cronJob?.status?.lastScheduleTime?.date,
        history.counted.first { $0.status?.trigger == .scheduled }?.runTime,
      ].compactMap(\.self).max() ?? now
  }

  func missed(now: Date) -> MissedRuns {
    MissedRuns(schedule: schedule, timeZone: timeZone, since: since, deadline: deadline, now: now)
  }

  /// Runs that did not come while nobody looked, although later ones did.
  /// - Parameters:
  ///   - from: When the next run was due, as of the last look.
  ///   - jobs: Of the CronJob, as many as its history keeps.
  ///   - began: When scheduled runs began that are known otherwise.
  func gaps(from: Date, jobs: [Job], began: [Date]) -> [Date] {
    let horizon = Self.horizon(of: jobs)
    let runs = (jobs.map(\.metadata.created) + began).sorted()
    var gaps: [Date] = []
    var due = from.addingTimeInterval(-1)
    while gaps.count < MissedRuns.limit, let run = schedule.next(after: due, timeZone: timeZone), run < since {
      due = run
      guard run > horizon else { continue }
      let end = schedule.next(after: run, timeZone: timeZone) ?? .distantFuture
      if !runs.contains(where: { $0 >= run && $0 < end }) { gaps.append(run) }
    }
    return gaps
  }

  /// Before this, Jobs may have been removed since there were newer ones.
  private static func horizon(of jobs: [Job]) -> Date {
    let complete = jobs.filter { $0.state == .complete }
    let failed = jobs.filter { $0.state.isFinished && $0.state != .complete }
    return [complete, failed].compactMap { ended in
      ended.count >= Int(PolicyObjects.historyLimit) ? ended.map(\.metadata.created).min() : nil
    }.max() ?? .distantPast
  }
}
