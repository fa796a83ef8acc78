import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import KubernetesRuntime
import Logging

/// Puts what a valid policy owns in place.
///
/// Flow: plan, ServiceAccount, role bindings, CronJob, in this order, so that no Job starts before what it mounts is there. A policy that
/// has become invalid keeps what it has: backups go on with the last good plan.
struct PolicyApplier: Sendable {
  let context: OperatorContext
  private var owned: OwnedObjects { OwnedObjects(client: context.client) }

  /// A policy as it is run: validated, with its defaults.
  static func objects(for policy: BackupPolicy, in context: OperatorContext) async throws -> PolicyObjects {
    PolicyObjects(
      policy: policy,
      spec: policy.spec.defaulted(
        namespace: policy.metadata.namespace ?? "", name: policy.metadata.name ?? "",
        isTrusted: context.isTrusted(policy.metadata.namespace)),
      defaults: context.configuration.executor, clusterID: try await context.clusterID.value())
  }

  /// What a Job of this policy mounts and runs as.
  func applyPlan(_ objects: PolicyObjects) async throws {
    try await applyMounts(objects)
    let permissions = PolicyPermissions(context: context)
    for (what, outcome) in try await permissions.apply(try objects.bindings(), for: objects.policy) {
      tell(objects.policy, what, outcome)
    }
  }

  /// The plan and the account, and no rights: for a Job that reads no source.
  func applyMounts(_ objects: PolicyObjects) async throws {
    let policy = objects.policy
    let wishes = try await ProtectedBackups(client: context.client).wishes(for: policy, now: context.now())
    let plan = try objects.plan(protectedIDs: wishes.protected, acceptedIDs: wishes.accepted)
    tell(policy, "ConfigMap \(plan.key.name)", try await owned.ensure(plan))
    if let account = objects.serviceAccount {
      tell(policy, "ServiceAccount \(account.key.name)", try await owned.ensureExists(account))
    }
  }

  /// The CronJob, or none where there is no schedule.
  /// - Returns: When to look again because something of the old is still in use.
  func applySchedule(_ objects: PolicyObjects) async throws -> Duration? {
    guard let schedule = objects.spec.schedule else { return try await removeCronJob(of: objects.policy) }
    let cronJob = try objects.cronJob(schedule: schedule)
    tell(objects.policy, "CronJob \(cronJob.key.name)", try await ensure(cronJob))
    return nil
  }

  /// The CronJob that reads backups back, or none. After ``applySchedule(_:)``, so that it never stands in a backup's way.
  func applyVerification(_ objects: PolicyObjects) async throws {
    let policy = objects.policy
    if let verification = try objects.verificationCronJob() {
      tell(policy, "CronJob \(verification.key.name)", try await ensure(verification))
    } else {
      // A run that is stopped has only read.
      try await remove(ObjectNames.verificationCronJob(policy: policy.key.name), of: policy)
    }
  }

  private func ensure(_ cronJob: CronJob) async throws -> OwnedObjects.Outcome {
    let change = ScheduleChange(client: context.client, now: context.now())
    return try await owned.ensure(cronJob) { try await change.prepare($0, wanted: cronJob) }
  }

  private func removeCronJob(of policy: BackupPolicy) async throws -> Duration? {
    let name = ObjectNames.cronJob(policy: policy.key.name)
    let namespace = policy.metadata.namespace ?? ""
    guard let cronJob = try await context.client.find(CronJob.self, name, in: namespace),
      cronJob.metadata.controllerReference?.uid == policy.metadata.uid, cronJob.metadata.deletionTimestamp == nil
    else { return nil }
    // Its Jobs go with it: one that runs may end first.
    let isRunning = try await context.client.backupJobs(of: policy.key.name, in: namespace).contains {
      !$0.state.isFinished && $0.metadata.controllerReference?.uid == cronJob.metadata.uid
    }
    if isRunning { return .seconds(15) }
    do {
      try await context.client.delete(
        CronJob.self, name: name, namespace: namespace,
        options: DeleteOptions(uid: cronJob.metadata.uid, propagationPolicy: .background))
    } catch let error as KubernetesError where error.code == .notFound {
      return nil
    }
    context.logger.info(
      "A policy has no schedule any more; its CronJob is removed.", metadata: ["policy": "\(policy.key)"])
    return nil
  }

  private func remove(_ name: String, of policy: BackupPolicy) async throws {
    let namespace = policy.metadata.namespace ?? ""
    guard let cronJob = try await context.client.find(CronJob.self, name, in: namespace),
      cronJob.metadata.controllerReference?.uid == policy.metadata.uid, cronJob.metadata.deletionTimestamp == nil
    else { return }
    _ = try await absentIfNotFound {
      try await context.client.delete(
        CronJob.self, name: name, namespace: namespace,
        options: DeleteOptions(uid: cronJob.metadata.uid, propagationPolicy: .background))
    }
  }

  private func tell(_ policy: BackupPolicy, _ what: String, _ outcome: OwnedObjects.Outcome) {
    switch outcome {
    case .unchanged: return
    case .repaired(let path):
      context.events.normal(
        .driftRepaired, "\(what) had been changed at \(path); it is as the policy says again.", about: policy)
    case .created, .updated: break
    }
    context.logger.info(
      "An owned object was written.",
      metadata: ["policy": "\(policy.key)", "object": "\(what)", "outcome": "\(outcome)"])
  }
}
