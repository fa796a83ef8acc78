import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import KubernetesRuntime
import Logging
import Synchronization

/// Keeps what a policy owns in place, and its status true.
///
/// Flow: read, validate, apply, tidy up, try the target, report. A second call with nothing changed in between writes nothing.
///
/// There is no finalizer: the garbage collector removes what the policy owns, ``PolicyPermissions`` what is in other
/// namespaces, and the Backups, which nobody owns, stay as the bucket's mirror.
struct BackupPolicyReconciler: Reconciler {
  /// How applying ended: the `Ready` condition, and when to try again.
  struct Applied: Sendable {
    var status = Condition.Status.true
    var reason = Reason.reconciled
    var message = "the plan is in place"
    var retry: Duration?
    /// Whether what the policy says about its schedule holds.
    var isScheduleApplied = true
    /// What is in place; nil where not all of it is.
    var objects: PolicyObjects?
  }

  let context: OperatorContext
  private var client: KubernetesClient { context.client }
  private let known = KnownPolicies()

  init(context: OperatorContext) { self.context = context }

  func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
    let namespace = key.namespace ?? ""
    let json = try await absentIfNotFound {
      try await client.get(BackupPolicy.resource, name: key.name, namespace: namespace)
    }
    guard let json else {
      try await PolicyPermissions(context: context).revokeBeyond(key)
      try await CatalogSync(context: context).takeBackUnlessRunning(key)
      try await UpgradeGate(context: context).tellOfMissingPolicy(key)
      try await reportDeletion(key)
      return .done
    }
    guard json.objectMeta.deletionTimestamp == nil else {
      try await CatalogSync(context: context).takeBackUnlessRunning(key)
      try await closePreUpgrade(ofDeleted: json)
      return .done
    }
    known.remember(key, uid: json.uid)
    let policy: BackupPolicy
    do {
      policy = try BackupPolicy(json: json)
    } catch {
      try await CatalogSync(context: context).takeBackUnlessRunning(key)
      throw try await reportUnreadable(json, error)
    }
    var applied = try await apply(policy)
    let backupNow = try await BackupNow(context: context).answer(policy, json)
    if backupNow.failure != nil { applied.retry = min(applied.retry ?? BackupNow.retry, BackupNow.retry) }
    let history = PolicyHistory(
      try await client.backups(of: key.name, in: namespace), clusterID: try await context.clusterID.value(),
      now: context.now())
    try await tidyUp(policy, history)
    let target: TargetPreflight.Outcome?
    if let objects = applied.objects {
      target = try await TargetPreflight(context: context).outcome(for: policy, objects, history)
    } else {
      target = nil
    }
    let catalog: CatalogSync.Outcome?
    if let objects = applied.objects, let target {
      catalog = try await CatalogSync(context: context).outcome(for: policy, objects, target.tracking)
    } else {
      catalog = nil
    }
    try await CatalogSync(context: context).takeBackUnlessRunning(key)
    let verification = try await verification(of: policy, history)
    let next = try await report(policy, applied, history, target, catalog, verification, backupNow)
    return [applied.retry, next].compactMap(\.self).min().map { .requeue(after: $0) } ?? .done
  }

  // MARK: Spec

  private func apply(_ policy: BackupPolicy) async throws -> Applied {
    let issues = policy.validate()
    guard issues.isEmpty else {
      return Applied(status: .false, reason: .invalidSpec, message: issues.summary(), isScheduleApplied: false)
    }
    let untrusted = context.trustIssues(of: policy)
    do {
      guard untrusted.isEmpty else {
        // What an earlier configuration of the operator allowed is taken back at once.
        try await PolicyPermissions(context: context).revokeBeyond(policy.key)
        return Applied(status: .false, reason: .notTrusted, message: untrusted.summary(), isScheduleApplied: false)
      }
      let applier = PolicyApplier(context: context)
      let objects = try await PolicyApplier.objects(for: policy, in: context)
      try await applier.applyPlan(objects)
      var applied = Applied(retry: try await applier.applySchedule(objects), objects: objects)
      do {
        try await applier.applyVerification(objects)
      } catch let error as OwnedObjects.NameConflict {
        // Backups run all the same.
        applied.status = .false
        applied.reason = .nameConflict
        applied.message = "the plan is in place, but spec.verification has no effect: \(error)"
        applied.retry = min(applied.retry ?? .seconds(60), .seconds(60))
      }
      applied.message += try await UpgradeGate(context: context).note(on: policy)
      return applied
    } catch let error as JobPlanError {
      return Applied(status: .false, reason: .invalidSpec, message: "\(error)", isScheduleApplied: false)
    } catch let error as OwnedObjects.NameConflict {
      return Applied(
        status: .false, reason: .nameConflict, message: "\(error)", retry: .seconds(60), isScheduleApplied: false)
    } catch let error as KubernetesError where [.forbidden, .invalid, .badRequest].contains(error.code) {
      return Applied(
        status: .false, reason: .applyFailed, message: "\(error)", retry: .seconds(60), isScheduleApplied: false)
    }
  }

  // MARK: Deletion and unreadable objects

  private func reportDeletion(_ key: ObjectKey) async throws {
    guard let uid = known.forget(key), let namespace = key.namespace else { return }
    PolicyMetrics(key).remove()
    let count = try await client.backups(of: key.name, in: namespace).filter { $0.status?.phase == .completed }.count
    let message =
      "The policy is deleted, with its CronJob and plan. Its backups stay in the bucket"
      + " (\(count) Backup object(s) remain to tell of them); nothing prunes them any more."
    context.logger.notice(
      "A policy was deleted; its backups stay.", metadata: ["policy": "\(key)", "backups": "\(count)"])
    context.events.record(
      .normal, reason: EventReason.policyDeleted.rawValue, message: message,
      about: ObjectReference(
        apiVersion: HoldfastAPI.apiVersion, kind: BackupPolicy.resource.kind, namespace: namespace, name: key.name,
        uid: uid))
  }

  private func reportUnreadable(_ json: JSONValue, _ error: any Error) async throws -> TerminalError {
    let issue = ValidationIssue(decodingError: error)
    let old = try? json["status"]?.decoded(as: BackupPolicyStatus.self)
    var status = old ?? BackupPolicyStatus()
    status.observedGeneration = json.objectMeta.generation
    status.conditions.set(
      "Ready", .false, .invalidSpec, issue.description, generation: json.objectMeta.generation,
      now: Timestamp(context.now()))
    if let token = BackupNow.ignoredToken(ofUnreadable: json) {
      status.backupNow = .init(token: token, time: Timestamp(context.now()), message: BackupNow.ignored)
    }
    Self.closePreUpgrade(&status, "the policy cannot be read: \(issue)")
    // A policy of the right shape but for its spec, which is not written.
    let stand = BackupPolicy(
      metadata: json.objectMeta, spec: BackupPolicySpec(sources: [], target: Target()), status: old)
    if try await client.writeStatusJSON(of: stand, from: json["status"], to: status) {
      context.events.warning(.policyInvalid, issue.description, about: stand)
    }
    return TerminalError("policy \(json.key) cannot be read: \(issue)", cause: error)
  }
}

/// The policies that this process has seen, so that it can tell of one that is gone.
private final class KnownPolicies: Sendable {
  private let uids = Mutex<[ObjectKey: String?]>([:])

  func remember(_ key: ObjectKey, uid: String?) { uids.withLock { $0[key] = .some(uid) } }

  /// - Returns: nil where the policy was not known.
  func forget(_ key: ObjectKey) -> String?? { uids.withLock { $0.removeValue(forKey: key) } }
}
