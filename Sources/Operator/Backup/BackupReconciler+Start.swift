import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import KubernetesRuntime

extension BackupReconciler {
  /// Makes the Job of a Backup when the policy is there and is valid: suspended where another run has the turn, so that it has
  /// its place among those that wait (``RunTurn``).
  func start(_ backup: Backup, jobName: String) async throws -> ReconcileResult {
    let namespace = backup.metadata.namespace ?? ""
    let policyName = backup.spec.policyRef.name
    let policy: BackupPolicy
    switch try await context.policy(policyName, in: namespace, needsTrust: true) {
    case .missing: return try await waitForPolicy(backup)
    case .invalid(let message): return try await fail(backup, .invalidSpec, message)
    case .valid(let found): policy = found
    }
    var job: Job
    let trigger = Self.trigger(of: backup)
    do {
      let objects = try await PolicyApplier.objects(for: policy, in: context)
      try await PolicyApplier(context: context).applyPlan(objects)
      job = try objects.job(for: backup, trigger: trigger)
    } catch let error as JobPlanError {
      return try await fail(backup, .invalidSpec, "policy \(policyName) is not valid: \(error)")
    } catch let error as OwnedObjects.NameConflict {
      return try await fail(backup, .nameConflict, "\(error)")
    }
    let last = try await RunTurn(client: client).last(of: policyName, in: namespace)
    if let last { job.queue(behind: last) }
    do {
      try await client.create(job)
    } catch let error as KubernetesError where error.code == .alreadyExists {
      // The answer to an earlier try was lost. The name belongs to this Backup alone.
    } catch let error as KubernetesError where [.forbidden, .invalid, .badRequest].contains(error.code) {
      return try await fail(backup, .applyFailed, "the Job cannot be made: \(error)")
    }
    var status = backup.status ?? Backup.Status()
    status.phase = .pending
    status.trigger = trigger
    status.job = jobName
    status.conditions.set(
      "Completed", .false, .waitingForJob, last.map(RunObservation.waits) ?? "Job \(jobName) is made",
      now: Timestamp(context.now()))
    try await write(status, to: backup)
    return .done
  }

  static func trigger(of backup: Backup) -> BackupTrigger {
    backup.metadata.annotations?[HoldfastAPI.triggerAnnotation].flatMap(BackupTrigger.init(rawValue:)) ?? .manual
  }

  private func waitForPolicy(_ backup: Backup) async throws -> ReconcileResult {
    let name = backup.spec.policyRef.name
    let message = "there is no BackupPolicy \(name) in this namespace (spec.policyRef.name)"
    let age = context.now().timeIntervalSince(backup.metadata.created)
    guard age < Self.policyPatience else { return try await fail(backup, .policyNotFound, message) }
    return try await wait(backup, .policyNotFound, message)
  }

  private func wait(_ backup: Backup, _ reason: Reason, _ message: String) async throws -> ReconcileResult {
    var status = backup.status ?? Backup.Status()
    status.phase = .pending
    status.trigger = Self.trigger(of: backup)
    status.conditions.set("Completed", .false, reason, message, now: Timestamp(context.now()))
    try await client.writeStatus(of: backup, from: backup.status, to: status)
    return .requeue(after: .seconds(5))
  }

  private func fail(_ backup: Backup, _ reason: Reason, _ message: String) async throws -> ReconcileResult {
    var status = backup.status ?? Backup.Status()
    status.trigger = Self.trigger(of: backup)
    status.fail(
      Backup.Failure(step: "start", reason: reason.rawValue, message: message), now: Timestamp(context.now()))
    try await write(status, to: backup)
    return .done
  }
}
