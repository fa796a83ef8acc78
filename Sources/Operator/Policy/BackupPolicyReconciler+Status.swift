import Foundation
import HoldfastAPI
import KubernetesClient
import KubernetesModel
import KubernetesRuntime
import Logging

extension BackupPolicyReconciler {
  /// Writes the status, where it changed, and tells of changes that matter.
  /// - Returns: After which time the status changes by itself.
  func report(
    _ policy: BackupPolicy, _ applied: Applied, _ history: PolicyHistory, _ target: TargetPreflight.Outcome?,
    _ catalog: CatalogSync.Outcome?, _ verification: VerificationTracking, _ backupNow: BackupNow.Outcome
  ) async throws -> Duration? {
    let now = context.now()
    var (status, next) = Self.status(of: policy, applied: applied, history: history, now: now)
    // Of an invalid policy the last good target is still in use.
    if let target {
      Self.setTarget(&status, of: policy, target.tracking, now: Timestamp(now))
      next = [next, target.next].compactMap(\.self).min()
    }
    if let catalog {
      Self.setCatalog(&status, catalog, now: Timestamp(now))
      next = [next, catalog.next].compactMap(\.self).min()
    }
    status.storage = history.storage(besides: status.catalog) ?? status.storage
    Self.setVerification(&status, verification, now: Timestamp(now))
    status.backupNow = backupNow.echo ?? status.backupNow
    next = [next, try await setPreUpgrade(&status, of: policy, applied, history, now: now)].compactMap(\.self).min()
    let gate = UpgradeGate(context: context)
    let glass = try await gate.breakGlass(of: policy, now: now)
    if let glass { status.breakGlass = glass.all.isEmpty ? nil : glass.all }
    let sizes = SizeTracking(history, minRatio: policy.spec.resolvedMinSizeRatio, now: now)
    try await markSizes(history, sizes)
    Self.setSize(&status, sizes, now: Timestamp(now))
    let missed = try await missed(policy, status, history, now: now)
    Self.setMissed(&status, missed, now: Timestamp(now))
    // The last change: everything else decides whether there is one.
    try Self.renewAge(&status, from: policy.status, now: now)
    try await context.client.writeStatus(of: policy, from: policy.status, to: status)
    gate.tell(policy, glass?.news ?? [])
    tell(policy, from: policy.status, to: status)
    tellTarget(policy, from: policy.status, to: status)
    if let catalog { tellCatalog(policy, catalog) }
    tellVerification(policy, from: policy.status, to: status)
    tellSize(policy, from: policy.status, to: status)
    tellMissed(policy, missed, from: policy.status, to: status)
    next = [next, missed?.runs.changesAt].compactMap(\.self).min()
    PolicyMetrics(policy.key).record(PolicyMetric.figures(of: policy, status, history, missed: missed?.runs.count))
    tellBackupNow(policy, backupNow)
    return next.map { .milliseconds(Int64(max(1, $0.timeIntervalSince(now) + 1) * 1_000)) }
  }

  /// Pure: equal input gives an equal status.
  static func status(
    of policy: BackupPolicy, applied: Applied, history: PolicyHistory, now: Date
  ) -> (status: BackupPolicyStatus, next: Date?) {
    let spec = policy.spec
    let timeZone = spec.resolvedTimeZone ?? .gmt
    let schedule = spec.schedule.flatMap { try? CronSchedule($0, seed: "\(policy.key)") }
    let generation = policy.metadata.generation
    let time = Timestamp(now)
    let protection = Protection.of(
      schedule: schedule, timeZone: timeZone, objective: spec.objective?.maxAgeDuration,
      lastGood: history.lastGood.map { ($0.runTime, $0.key.name) },
      lastFailure: history.failuresInRow.first?.status?.failure, damage: history.newestDamage, now: now)

    var status = policy.status ?? BackupPolicyStatus()
    status.observedGeneration = generation
    status.conditions.set("Ready", applied.status, applied.reason, applied.message, generation: generation, now: time)
    // Of an invalid policy the last good schedule is still in force.
    if applied.isScheduleApplied {
      let (condition, reason, message) = scheduledCondition(spec, schedule)
      // Another schedule has missed nothing of what the old one did: the time of the condition is since when it is in force.
      if let old = status.conditions["Scheduled"], old.status == .true, !old.message.hasPrefix(message) {
        status.conditions?.removeAll { $0.type == "Scheduled" }
      }
      status.conditions.set("Scheduled", condition, reason, message, generation: generation, now: time)
    }
    status.conditions.set(
      "Protected", protection.status, protection.reason, protection.message, generation: generation, now: time)
    status.lastBackup = history.lastRun
    status.lastSuccessfulBackup = history.lastSuccessfulRun
    status.consecutiveFailures = history.failuresInRow.count
    status.storage = history.storage ?? status.storage
    setRecoveryPoint(&status, of: spec, schedule, history)
    let nextRun = spec.suspend == true ? nil : schedule?.next(after: now, timeZone: timeZone)
    status.nextScheduledTime = nextRun.map { Timestamp($0) }
    return (status, [nextRun, protection.changesAt].compactMap(\.self).min())
  }

  private static func scheduledCondition(
    _ spec: BackupPolicySpec, _ schedule: CronSchedule?
  ) -> (Condition.Status, Reason, String) {
    guard let schedule else {
      return (.false, .noSchedule, "the policy has no schedule; create a Backup that names it to run it")
    }
    if spec.suspend == true { return (.false, .suspended, "spec.suspend is true; no run starts by itself") }
    return (.true, .scheduled, "runs at '\(schedule.plain)' (\(spec.timeZone ?? "UTC"))")
  }

  private func tell(_ policy: BackupPolicy, from old: BackupPolicyStatus?, to new: BackupPolicyStatus) {
    let ready = new.conditions["Ready"]
    if let ready, ready.status == .false, !Self.isSame(ready, old?.conditions["Ready"]) {
      let isSpec = [Reason.invalidSpec, .notTrusted].contains { $0.rawValue == ready.reason }
      let reason = isSpec ? EventReason.policyInvalid : .applyFailed
      context.events.warning(reason, "\(ready.reason): \(ready.message)", about: policy)
    }
    guard let protected = new.conditions["Protected"], let before = old?.conditions["Protected"],
      protected.status != before.status
    else { return }
    if protected.status == .false {
      context.events.warning(.unprotected, "\(protected.reason): \(protected.message)", about: policy)
    } else {
      context.events.normal(.protected, protected.message, about: policy)
    }
  }

  private static func isSame(_ left: Condition, _ right: Condition?) -> Bool {
    left.status == right?.status && left.reason == right?.reason && left.message == right?.message
  }
}

extension KubernetesClient {
  /// As ``writeStatus(of:from:to:)``, for an object whose stored status may have another shape.
  /// - Returns: Whether something was written.
  func writeStatusJSON<Object: KubernetesObject>(
    of object: Object, from old: JSONValue?, to new: some Encodable
  ) async throws -> Bool {
    let old = old?.objectValue.map { JSONValue.object($0) } ?? [:]
    guard let change = JSONValue.mergePatch(from: old, to: try JSONValue(encoding: new)) else { return false }
    _ = try await patch(
      Object.resource, name: object.key.name, namespace: object.metadata.namespace, .merge(["status": change]),
      subresource: .status, options: WriteOptions(fieldManager: HoldfastAPI.fieldManager))
    return true
  }
}
