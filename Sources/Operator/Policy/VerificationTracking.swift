import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel

/// What the runs that read backups back have left: in the Backups, which they write themselves, and on their own end. Pure.
struct VerificationTracking: Sendable {
  /// nil where none has ended yet.
  var run: BackupPolicyStatus.VerificationRun?
  var condition: (status: Condition.Status, reason: Reason, message: String)?

  /// - Parameters:
  ///   - last: The newest run that has ended, with its pods; nil where it is recorded already, or there is none.
  ///   - history: The Backups as they are.
  init(
    _ status: BackupPolicyStatus?, isWanted: Bool, last: RunObservation?, history: PolicyHistory
  ) {
    run = isWanted ? status?.verification : nil
    guard isWanted else { return }
    if let last { take(last) }
    let told = status?.conditions["Verified"].map { ($0.status, Reason(rawValue: $0.reason), $0.message) }
    // What was damaged is gone.
    condition = judge(last: last, history: history) ?? told.flatMap { $0.1 == .backupDamaged ? nil : $0 }
  }

  private mutating func take(_ last: RunObservation) {
    let tally = last.results(of: .verify).last?.verification
    run = BackupPolicyStatus.VerificationRun(
      job: last.job.key.name, time: last.job.endTime ?? Timestamp(.distantPast), good: tally?.good,
      damaged: tally?.damaged, unknown: tally?.unknown)
  }

  private func judge(
    last: RunObservation?, history: PolicyHistory
  ) -> (Condition.Status, Reason, String)? {
    let damaged = history.damaged
    if let first = damaged.first {
      return (
        .false, .backupDamaged,
        "\(damaged.count) backup(s) are not as they were made; the newest: \(first.key.name): "
          + (first.status?.verification?.message ?? "see its status")
      )
    }
    if let last, case .failed(let reason, let message) = last.job.state {
      let failure = last.failure(of: .verify, reason: reason, message: message)
      return (
        .unknown, Reason(rawValue: failure.reason),
        "Job \(last.job.key.name) could not read backups back: \(failure.message)"
      )
    }
    let unknown = run?.unknown ?? 0
    if let run, unknown > 0, (run.good ?? 0) == 0 {
      return (
        .unknown, .storeFailed,
        "Job \(run.job) could not tell of any of the \(unknown) backup(s) that it read; see its log"
      )
    }
    guard let newest = history.newestVerified, let found = newest.status?.verification else { return nil }
    // A failed run stays told of until one goes well.
    guard last != nil || run == nil || (run?.good ?? 0) > 0 else { return nil }
    return (
      .true, .verified,
      "Backup \(newest.key.name) was read back at \(found.time)\(found.depth.map { ", depth \($0.rawValue)" } ?? "")"
        + (unknown > 0 ? "; of \(unknown) other(s) the last run could tell nothing" : "")
    )
  }
}

extension PolicyHistory {
  /// Good runs whose backup was found damaged when it was last read back, newest first.
  var damaged: [Backup] {
    runs.filter { $0.status?.phase == .completed && $0.status?.verified == false }
  }

  /// The newest backup that was found good.
  var newestVerified: Backup? {
    runs.first { $0.status?.phase == .completed && $0.status?.verified == true }
  }
}

extension BackupPolicyReconciler {
  func verification(of policy: BackupPolicy, _ history: PolicyHistory) async throws -> VerificationTracking {
    guard policy.spec.verification != nil else {
      return VerificationTracking(policy.status, isWanted: false, last: nil, history: history)
    }
    let jobs = try await context.client.all(
      Job.self, in: policy.metadata.namespace ?? "",
      labels: [HoldfastAPI.policyLabel: policy.key.name, HoldfastAPI.operationLabel: JobOperation.verify.rawValue])
    // What single requests have left is in their Backups.
    let scheduled = jobs.filter { $0.metadata.controllerReference?.kind != Backup.resource.kind }
    let newest = scheduled.filter(\.state.isFinished).max {
      ($0.endTime?.date ?? .distantPast, $0.key.name) < ($1.endTime?.date ?? .distantPast, $1.key.name)
    }
    var last: RunObservation?
    if let newest, newest.key.name != policy.status?.verification?.job {
      last = RunObservation(job: newest, pods: try await context.client.pods(of: newest))
    }
    return VerificationTracking(policy.status, isWanted: true, last: last, history: history)
  }

  static func setVerification(
    _ status: inout BackupPolicyStatus, _ tracking: VerificationTracking, now: Timestamp
  ) {
    status.verification = tracking.run
    if let condition = tracking.condition {
      status.conditions.set(
        "Verified", condition.status, condition.reason, condition.message, generation: status.observedGeneration,
        now: now)
    } else if status.conditions["Verified"] != nil {
      status.conditions?.removeAll { $0.type == "Verified" }
    }
  }

  /// Of single backups their own Backups tell.
  func tellVerification(_ policy: BackupPolicy, from old: BackupPolicyStatus?, to new: BackupPolicyStatus) {
    guard let verified = new.conditions["Verified"] else { return }
    let before = old?.conditions["Verified"]
    guard verified.status == .unknown, (before?.status, before?.reason) != (.unknown, verified.reason) else { return }
    context.events.warning(.verificationFailed, "\(verified.reason): \(verified.message)", about: policy)
  }
}
