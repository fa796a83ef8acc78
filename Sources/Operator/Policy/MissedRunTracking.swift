import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel

/// Tells of scheduled runs that did not come: on the condition `Scheduled`, and by Events.
extension BackupPolicyReconciler {
  struct Missed: Sendable {
    var runs: MissedRuns
    /// Runs that did not come while no operator looked, although later ones did.
    var gaps: [Date]
  }

  /// - Returns: nil where nothing is due.
  func missed(
    _ policy: BackupPolicy, _ status: BackupPolicyStatus, _ history: PolicyHistory, now: Date
  ) async throws -> Missed? {
    guard policy.spec.schedule != nil, policy.spec.suspend != true else { return nil }
    let namespace = policy.metadata.namespace ?? ""
    let name = ObjectNames.cronJob(policy: policy.key.name)
    let cronJob = try await context.client.find(CronJob.self, name, in: namespace)
    guard let record = ScheduleRecord(policy, status, history, cronJob: cronJob, now: now) else { return nil }
    var missed = Missed(runs: record.missed(now: now), gaps: [])
    // The last look was before a run that later ones have come after. A schedule that is new has no gaps.
    guard let due = policy.status?.nextScheduledTime?.date, due < record.since,
      due.addingTimeInterval(record.deadline) <= now,
      let scheduled = status.conditions["Scheduled"], due > scheduled.lastTransitionTime.date
    else { return missed }
    let jobs = try await context.client.backupJobs(of: policy.key.name, in: namespace).filter {
      $0.trigger == .scheduled && $0.metadata.controllerReference?.name == name
    }
    let began = history.counted.filter { $0.status?.trigger == .scheduled }.map(\.runTime)
    missed.gaps = record.gaps(from: due, jobs: jobs, began: began)
    return missed
  }

  private static let notStarted = " run(s) in a row did not start"

  /// The condition stays True, since runs do start by schedule; its reason and message say that some did not.
  ///
  /// While the spec cannot be applied the condition is the one of the last look, so that what that look added comes off first.
  static func setMissed(_ status: inout BackupPolicyStatus, _ missed: Missed?, now: Timestamp) {
    guard let scheduled = status.conditions["Scheduled"], scheduled.status == .true else { return }
    var reason = Reason.scheduled
    var message = withoutMissed(scheduled.message)
    if let runs = missed?.runs, runs.count > 0, let last = runs.last {
      let count = runs.count < MissedRuns.limit ? "\(runs.count)" : "at least \(MissedRuns.limit)"
      reason = .runMissed
      message += "; \(count)\(notStarted), the last was due at \(Timestamp(last))"
    }
    guard scheduled.reason != reason.rawValue || scheduled.message != message else { return }
    status.conditions.set(
      "Scheduled", .true, reason, message, generation: scheduled.observedGeneration, now: now)
  }

  /// A schedule and a time zone have no semicolon.
  private static func withoutMissed(_ message: String) -> String {
    guard let told = message.range(of: notStarted),
      let begin = message.range(of: "; ", options: .backwards, range: message.startIndex..<told.lowerBound)
    else { return message }
    return String(message[..<begin.lowerBound])
  }

  /// Of runs in a row, of the first, and whenever there are twice as many.
  func tellMissed(
    _ policy: BackupPolicy, _ missed: Missed?, from old: BackupPolicyStatus?, to new: BackupPolicyStatus
  ) {
    let hint =
      "; look at CronJob \(ObjectNames.cronJob(policy: policy.key.name)), at quotas, and at a run that does not end"
    if let gaps = missed?.gaps, let last = gaps.last {
      context.events.warning(
        .runMissed, "\(gaps.count) scheduled run(s) did not start, the last was due at \(Timestamp(last))\(hint)",
        about: policy)
    }
    guard let now = new.conditions["Scheduled"], now.reason == Reason.runMissed.rawValue,
      let count = missed?.runs.count, let last = missed?.runs.last
    else { return }
    let before = old?.conditions["Scheduled"]
    let isFirst = before?.reason != now.reason
    guard isFirst || (before?.message != now.message && count.nonzeroBitCount == 1) else { return }
    context.events.warning(
      .runMissed, "\(count) scheduled run(s) in a row did not start, the last was due at \(Timestamp(last))\(hint)",
      about: policy)
  }
}
