import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import KubernetesRuntime
import Logging

/// Deleting a Backup with `deletionPolicy: Delete` removes what it stands for.
///
/// Flow: its own run ends first, then a Job removes manifest and artifacts, then the finalizer goes. Held backups, and
/// those that a restore uses, wait. Where the policy is gone nobody knows the bucket: the object stays until a person
/// brings the policy back or sets `deletionPolicy: Retain`.
extension BackupReconciler {
  private enum Step {
    case letGo
    case wait(Reason, String, Duration)
    case deleteArtifacts(id: String)
  }

  func finalize(_ backup: Backup) async throws -> ReconcileResult {
    guard backup.metadata.finalizers?.contains(HoldfastAPI.artifactsFinalizer) ?? false else { return .done }
    switch try await nextStep(backup) {
    case .letGo:
      try await removeFinalizer(backup)
      return .done
    case .wait(let reason, let message, let delay):
      try await report(backup, reason, message)
      return .requeue(after: delay)
    case .deleteArtifacts(let id):
      return try await deleteArtifacts(of: backup, id: id)
    }
  }

  private func nextStep(_ backup: Backup) async throws -> Step {
    let namespace = backup.metadata.namespace ?? ""
    guard backup.spec.deletionPolicy == .delete else { return .letGo }
    let jobName = ObjectNames.job(backup: backup.key.name, uid: backup.metadata.uid ?? "")
    if backup.status?.id == nil, let job = try await client.find(Job.self, jobName, in: namespace),
      !job.state.isFinished
    {
      if job.metadata.deletionTimestamp == nil { try await delete(job) }
      return .wait(.waitingForJob, "stops the run of Job \(jobName)", .seconds(5))
    }
    guard let id = backup.status?.id else { return .letGo }
    if backup.isHeld {
      return .wait(
        .waitingForJob, "the backup is held; remove the annotation \(HoldfastAPI.holdAnnotation) to let it go",
        .seconds(60))
    }
    if let request = try await openRestore(of: backup, id: id) {
      return .wait(.waitingForJob, "RestoreRequest \(request) uses the backup", .seconds(30))
    }
    return .deleteArtifacts(id: id)
  }

  private func openRestore(of backup: Backup, id: String) async throws -> String? {
    let requests = try await client.all(RestoreRequest.self, in: backup.metadata.namespace ?? "")
    return requests.first { request in
      return request.mayStillRestore && (request.status?.backupID == id || request.spec.from.backup == backup.key.name)
    }?.key.name
  }

  private func deleteArtifacts(of backup: Backup, id: String) async throws -> ReconcileResult {
    let namespace = backup.metadata.namespace ?? ""
    let policy: BackupPolicy
    switch try await context.policy(backup.spec.policyRef.name, in: namespace, needsTrust: false) {
    case .missing:
      return try await trouble(
        backup, .policyNotFound,
        "there is no BackupPolicy \(backup.spec.policyRef.name), so that the bucket is not known; create it again, or set "
          + "spec.deletionPolicy to Retain to leave the artifacts where they are")
    case .invalid(let message): return try await trouble(backup, .invalidSpec, message)
    case .valid(let found): policy = found
    }
    let objects = try await PolicyApplier.objects(for: policy, in: context)
    let (plan, job) = try objects.deletion(of: backup, id: id)
    guard let live = try await client.find(Job.self, job.key.name, in: namespace) else {
      _ = try await OwnedObjects(client: client).ensure(plan)
      if let account = objects.serviceAccount { _ = try await OwnedObjects(client: client).ensureExists(account) }
      try await client.create(job)
      try await report(backup, .waitingForJob, "Job \(job.key.name) removes the artifacts")
      return .requeue(after: .seconds(30))
    }
    switch live.state {
    case .active, .suspended: return .requeue(after: .seconds(30))
    case .complete:
      context.events.normal(.backupDeleted, "The artifacts of \(id) are removed.", about: backup)
      try await removeFinalizer(backup)
      return .done
    case .failed(let reason, let message):
      let observation = RunObservation(job: live, pods: try await client.pods(of: live))
      let failure = observation.failure(of: .delete, reason: reason, message: message)
      // A new Job is made in the next turn.
      try await delete(live)
      return try await trouble(
        backup, Reason(rawValue: failure.reason), "the artifacts are not removed: \(failure.message)")
    }
  }

  private func trouble(_ backup: Backup, _ reason: Reason, _ message: String) async throws -> ReconcileResult {
    if try await report(backup, reason, message) {
      context.events.warning(.backupDeletionFailed, message, about: backup)
    }
    return .requeue(after: .seconds(120))
  }

  /// - Returns: Whether that was news.
  @discardableResult
  private func report(_ backup: Backup, _ reason: Reason, _ message: String) async throws -> Bool {
    var status = backup.status ?? Backup.Status()
    status.phase = .deleting
    status.conditions.set("Deleted", .false, reason, message, now: Timestamp(context.now()))
    return try await client.writeStatus(of: backup, from: backup.status, to: status) != nil
  }

  private func delete(_ job: Job) async throws {
    _ = try await absentIfNotFound {
      try await client.delete(
        Job.self, name: job.key.name, namespace: job.metadata.namespace,
        options: DeleteOptions(uid: job.metadata.uid, propagationPolicy: .background))
    }
  }

  private func removeFinalizer(_ backup: Backup) async throws {
    let others = (backup.metadata.finalizers ?? []).filter { $0 != HoldfastAPI.artifactsFinalizer }
    try await client.patchMetadata(of: backup, ["finalizers": .array(others.map { .string($0) })])
  }
}
