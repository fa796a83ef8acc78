import Foundation
import HoldfastAPI
import KubernetesModel

extension PolicyHistory {
  /// The newest run of this cluster that is good and that nobody has found damaged: to here the data can be brought back.
  var recoveryPoint: Backup? {
    counted.first { $0.status?.phase == .completed && $0.status?.verified != false }
  }

  /// The newest failed run of this cluster. One is always kept, however few of them are, so that it stays told of after a later
  /// success; who has read it deletes its Backup.
  var lastFailure: BackupPolicyStatus.LastFailure? {
    let failed = counted.filter { $0.status?.phase == .failed }
    func ended(_ backup: Backup) -> Date { backup.status?.completionTime?.date ?? backup.runTime }
    guard let backup = failed.max(by: { (ended($0), $1.key) < (ended($1), $0.key) }), let status = backup.status,
      let failure = status.failure
    else { return nil }
    return BackupPolicyStatus.LastFailure(
      time: Timestamp(ended(backup)), step: failure.step, reason: failure.reason, message: failure.message,
      source: failure.source, backup: backup.key.name, job: status.job, pod: failure.pod)
  }
}

extension BackupPolicySpec {
  /// How old the last good backup may become: what the policy says, else what its schedule allows; nil where neither does.
  func recoveryObjective(_ schedule: CronSchedule?) -> Duration? {
    if let stated = objective?.maxAgeDuration { return stated }
    return schedule?.expectedInterval.map { $0 + .seconds(Int64(Protection.margin(interval: $0))) }
  }
}

extension BackupPolicyReconciler {
  static func setRecoveryPoint(
    _ status: inout BackupPolicyStatus, of spec: BackupPolicySpec, _ schedule: CronSchedule?, _ history: PolicyHistory
  ) {
    let before = status.recoveryPoint
    status.recoveryPoint = history.recoveryPoint.map { backup in
      BackupPolicyStatus.RecoveryPoint(
        time: Timestamp(backup.runTime), backup: backup.key.name, age: before?.age, observedTime: before?.observedTime,
        objective: spec.recoveryObjective(schedule).map(DurationText.format))
    }
    status.lastFailure = history.lastFailure
  }

  /// An age is old as soon as it is written. So it is renewed where the status is written anyway, and is never why it is.
  static func renewAge(_ status: inout BackupPolicyStatus, from old: BackupPolicyStatus?, now: Date) throws {
    // As the writer compares, so that nothing that only looks different here begins a write.
    guard let point = status.recoveryPoint,
      JSONValue.mergePatch(
        from: try old.map { try JSONValue(encoding: $0) } ?? [:], to: try JSONValue(encoding: status))
        != nil
    else { return }
    let minutes = max(0, Int64(now.timeIntervalSince(point.time.date))) / 60
    status.recoveryPoint?.age = DurationText.format(.seconds(minutes * 60))
    status.recoveryPoint?.observedTime = Timestamp(now)
  }
}
