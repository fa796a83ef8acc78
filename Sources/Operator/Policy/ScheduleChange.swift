import Foundation
import HoldfastAPI
import KubernetesClient
import KubernetesModel
import Logging

/// Keeps a changed schedule from starting a run by itself.
///
/// The CronJob controller starts a run for the latest time of the schedule that has passed since `status.lastScheduleTime`
/// (or the CronJob's creation), as long as the starting deadline has not. It does not know that at that time another schedule
/// was in force, or none: a change from 3:00 to 2:50 at 3:20 would start a run at once, and so would the end of a suspension.
/// So before such a change the time that must not count is written where the controller notes the times that it has dealt
/// with. Times to come are not touched, nor is one that was missed under the schedule that stays.
///
/// Crash-safe: the mark comes first. An operator that dies after it compares anew, and what it had marked is not due again.
struct ScheduleChange: Sendable {
  let client: KubernetesClient
  let now: Date

  /// To be called before `wanted` takes the place of `live`.
  /// - Returns: What is there then.
  func prepare(_ live: JSONValue, wanted: CronJob) async throws -> JSONValue {
    guard let cronJob = try? CronJob(json: live),
      let due = Self.falselyDue(live: cronJob, wanted: wanted, now: now)
    else { return live }
    return try await client.patch(
      CronJob.resource, name: cronJob.key.name, namespace: cronJob.metadata.namespace,
      .merge([
        "metadata": ["resourceVersion": live.resourceVersion.map { .string($0) } ?? .null],
        "status": ["lastScheduleTime": .string(Timestamp(due).description)],
      ]), subresource: .status, options: WriteOptions(fieldManager: HoldfastAPI.fieldManager))
  }

  /// The time for which the controller would start a run once `wanted` is in place of `live`; nil where there is none, or
  /// where it would have started it without the change as well. Pure.
  static func falselyDue(live: CronJob, wanted: CronJob, now: Date) -> Date? {
    let hash = HoldfastAPI.specHashAnnotation
    // Somebody else's change is undone: what was missed meanwhile was missed.
    guard live.metadata.annotations?[hash] != wanted.metadata.annotations?[hash], wanted.spec.suspend != true,
      let due = lastDue(wanted.spec, live, now: now)
    else { return nil }
    return live.spec.suspend != true && lastDue(live.spec, live, now: now) == due ? nil : due
  }

  /// As the controller finds it (`mostRecentScheduleTime` in Kubernetes' `pkg/controller/cronjob/utils.go`).
  private static func lastDue(_ spec: CronJobSpec, _ live: CronJob, now: Date) -> Date? {
    guard let schedule = try? CronSchedule(spec.schedule, seed: ""),
      let timeZone = TimeZone(identifier: spec.timeZone ?? "UTC")
    else { return nil }
    var earliest = live.status?.lastScheduleTime?.date ?? live.metadata.created
    if let deadline = spec.startingDeadlineSeconds { earliest = max(earliest, now - TimeInterval(deadline)) }
    var last: Date?
    while let next = schedule.next(after: last ?? earliest, timeZone: timeZone), next <= now { last = next }
    return last
  }
}
