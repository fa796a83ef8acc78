import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import KubernetesRuntime
import Logging

/// Starts the runs that Backup objects ask for, ends those whose Job is gone, and removes artifacts where a Backup says so.
///
/// Flow: read, deletion, metadata, then by the Job: none yet (start one when it is its turn), gone (failed), there
/// (``JobReconciler`` reports). The Job's name follows from the Backup's uid, so that a crash after it was made finds it
/// again. One worker: that two Backups of one policy see each other's Job is by order, not by luck.
struct BackupReconciler: Reconciler {
  /// How long a Backup waits for a policy that is not there: both may come from one `kubectl apply`.
  static let policyPatience: TimeInterval = 60

  let context: OperatorContext
  var client: KubernetesClient { context.client }

  func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
    guard let namespace = key.namespace, var backup = try await client.find(Backup.self, key.name, in: namespace) else {
      return .done
    }
    if backup.metadata.deletionTimestamp != nil { return try await finalize(backup) }
    backup = try await completeMetadata(backup)
    backup = try await reportVerification(of: backup)
    if backup.status?.phase?.isTerminal ?? false { return try await verifyNow(backup) }
    // Whoever makes it from a manifest has yet to write what it stands for; it asks for no run.
    if backup.metadata.annotations?[HoldfastAPI.catalogIDAnnotation] != nil { return .done }
    if let mirrored = backup.mirroredJob {
      let job = try await client.find(Job.self, mirrored.name, in: namespace)
      return job?.metadata.uid == mirrored.uid ? .done : try await failJobDeleted(backup, job: mirrored.name)
    }
    let jobName = ObjectNames.job(backup: key.name, uid: backup.metadata.uid ?? "")
    if try await client.find(Job.self, jobName, in: namespace) != nil { return .done }
    if backup.status?.job != nil { return try await failJobDeleted(backup, job: jobName) }
    return try await start(backup, jobName: jobName)
  }

  private func completeMetadata(_ backup: Backup) async throws -> Backup {
    guard let change = backup.missingMetadata else { return backup }
    return try await client.patchMetadata(of: backup, change)
  }

  private func failJobDeleted(_ backup: Backup, job: String) async throws -> ReconcileResult {
    let now = Timestamp(context.now())
    var status = backup.status ?? Backup.Status()
    status.job = job
    status.fail(
      Backup.Failure(
        step: "job", reason: Reason.jobDeleted.rawValue,
        message: "Job \(job) was deleted before its end was seen; if it had completed, holdfast list shows its backup"),
      now: now)
    try await write(status, to: backup)
    return .done
  }

  func write(_ status: Backup.Status, to backup: Backup) async throws {
    try await client.writeStatus(of: backup, from: backup.status, to: status)
    RunReport(context: context).tell(backup, from: backup.status, to: status)
  }
}

extension Backup {
  /// Whether ``BackupReconciler`` has done all that it ever does for this one, as it is now.
  var isSettled: Bool {
    metadata.deletionTimestamp == nil && missingMetadata == nil && status?.phase?.isTerminal ?? false
      && unreportedVerification == nil && (verifyRequest == nil || verifyRequest == status?.verification?.request)
  }

  /// The policy's label, by which its Backups are found, and the finalizer where the artifacts go with the object.
  fileprivate var missingMetadata: JSONValue? {
    var change: JSONValue = [:]
    let policy = ObjectLabels.value(spec.policyRef.name)
    if metadata.labels?[HoldfastAPI.policyLabel] != policy {
      change["labels"] = [HoldfastAPI.policyLabel: .string(policy)]
    }
    let finalizers = metadata.finalizers ?? []
    let wants = spec.deletionPolicy == .delete
    if wants != finalizers.contains(HoldfastAPI.artifactsFinalizer) {
      let others = finalizers.filter { $0 != HoldfastAPI.artifactsFinalizer }
      change["finalizers"] = .array((others + (wants ? [HoldfastAPI.artifactsFinalizer] : [])).map { .string($0) })
    }
    return change == [:] ? nil : change
  }
}
