import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import Logging

/// Has the target of a policy listed where it may hold backups that this cluster knows nothing of: when the policy is new, when
/// its target changes, and when the annotation `holdfast.dev/catalog-sync` gets a new value.
///
/// A Job does it, which makes the Backup objects itself: it alone may read the bucket, and of thousands of manifests nothing
/// fits a termination message. It has the right to do so for as long as it runs. Its name follows from what is in the status, so
/// that an operator that dies in between finds it again.
struct CatalogSync: Sendable {
  struct Outcome: Sendable {
    /// nil where nothing is known, and nothing need be.
    var catalog: BackupPolicyStatus.Catalog?
    /// The condition `CatalogSynced`; nil leaves it as it is.
    var condition: (status: Condition.Status, reason: Reason, message: String)?
    /// A listing has ended since the last status.
    var isNews = false
    /// When to look again.
    var next: Date?
  }

  /// Seconds until the first try after a failure; doubles with each, up to ``longestDelay``.
  private static let firstDelay: TimeInterval = 60
  private static let longestDelay: TimeInterval = 3_600

  let context: OperatorContext
  private var client: KubernetesClient { context.client }

  /// - Parameter target: What is known of the target by now.
  func outcome(
    for policy: BackupPolicy, _ objects: PolicyObjects, _ target: TargetTracking
  ) async throws -> Outcome {
    let hash = try objects.targetHash()
    let request = policy.metadata.annotations?[HoldfastAPI.catalogSyncAnnotation].flatMap { $0.isEmpty ? nil : $0 }
    let known = policy.status?.catalog
    let isAsked = request != nil && request != known?.request
    if let known, known.hash == hash, !isAsked, (known.failures ?? 0) == 0 { return Outcome(catalog: known) }

    // A target that cannot be used is told of by another condition, and tried again there.
    if context.configuration.targetPreflight {
      guard target.finding.status == .true, target.check.checkedAt != nil else { return Outcome(catalog: known) }
      if !isAsked, target.check.capabilities?[PreflightCapability.olderBackups.rawValue] == false {
        return Outcome(catalog: BackupPolicyStatus.Catalog(hash: hash, request: known?.request, found: 0))
      }
      if !isAsked, target.check.capabilities?[PreflightCapability.list.rawValue] == false {
        return Outcome(
          catalog: known,
          condition: (
            .unknown, .accessDenied,
            "the credentials may not list the target, so that backups which it held before are not known here"
          ))
      }
    }
    // What another target, or an earlier request, has left is over.
    var catalog =
      known.flatMap { $0.hash == hash && $0.request == request ? $0 : nil }
      ?? BackupPolicyStatus.Catalog(hash: hash, request: request, time: known?.time)
    let due = Self.due(catalog)
    if let due, due > context.now() { return Outcome(catalog: known, next: due) }
    return try await attempt(policy, objects, &catalog, known)
  }

  private static func due(_ catalog: BackupPolicyStatus.Catalog) -> Date? {
    guard let failures = catalog.failures, failures > 0, let last = catalog.time?.date else { return nil }
    return last.addingTimeInterval(min(firstDelay * pow(2, Double(min(failures - 1, 16))), longestDelay))
  }

  private func attempt(
    _ policy: BackupPolicy, _ objects: PolicyObjects, _ catalog: inout BackupPolicyStatus.Catalog,
    _ known: BackupPolicyStatus.Catalog?
  ) async throws -> Outcome {
    let namespace = policy.metadata.namespace ?? ""
    let name = try objects.catalogName(request: catalog.request, after: catalog.time)
    let waiting = Outcome(catalog: known, next: context.now().addingTimeInterval(Job.lookInterval))
    guard let job = try await client.find(Job.self, name, in: namespace) else {
      return try await start(objects, catalog) ?? waiting
    }
    guard job.metadata.controllerReference?.uid == policy.metadata.uid else {
      return failed(&catalog, .nameConflict, "Job \(name) exists and is not this policy's")
    }
    guard job.state.isFinished else { return waiting }
    let observation = RunObservation(job: job, pods: try await client.pods(of: job))
    return conclude(observation, &catalog)
  }

  /// - Returns: nil where the Job is made.
  private func start(_ objects: PolicyObjects, _ catalog: BackupPolicyStatus.Catalog) async throws -> Outcome? {
    let owned = OwnedObjects(client: client)
    do {
      if let account = objects.account { _ = try await owned.ensureExists(account) }
      _ = try await owned.ensure(try objects.catalogBinding())
      try await client.create(try objects.catalog(request: catalog.request, after: catalog.time))
    } catch let error as KubernetesError where error.code == .alreadyExists {
      // Made by an operator whose last words were not heard.
    } catch let error as KubernetesError where [.forbidden, .invalid, .badRequest, .serverError].contains(error.code) {
      var catalog = catalog
      return failed(&catalog, .applyFailed, "the Job that lists the target cannot be made: \(error)")
    } catch let error as OwnedObjects.NameConflict {
      var catalog = catalog
      return failed(&catalog, .nameConflict, "\(error)")
    }
    context.logger.info("A target is listed.", metadata: ["policy": "\(objects.policy.key)"])
    return nil
  }

  /// Takes the right to make Backups back wherever no Job of the policy needs it, whatever has become of policy and target.
  func takeBackUnlessRunning(_ policy: ObjectKey) async throws {
    let namespace = policy.namespace ?? ""
    let name = ObjectNames.binding(policy: policy.name, role: .catalog)
    guard let live = try await client.find(RoleBinding.self, name, in: namespace),
      live.roleRef.name == ExecutorRole.catalog.name,
      live.metadata.labels?[HoldfastAPI.policyLabel] == ObjectLabels.value(policy.name)
    else { return }
    let jobs = try await client.all(
      Job.self, in: namespace,
      labels: [
        HoldfastAPI.policyLabel: ObjectLabels.value(policy.name),
        HoldfastAPI.operationLabel: JobOperation.catalog.rawValue,
      ])
    guard jobs.allSatisfy(\.state.isFinished) else { return }
    _ = try await absentIfNotFound {
      try await client.delete(
        RoleBinding.self, name: name, namespace: namespace, options: DeleteOptions(uid: live.metadata.uid))
    }
  }

  private func conclude(_ observation: RunObservation, _ catalog: inout BackupPolicyStatus.Catalog) -> Outcome {
    let time = observation.job.endTime ?? Timestamp(context.now())
    let result = observation.results(of: .catalog).last
    guard observation.job.state == .complete else {
      guard case .failed(let reason, let message) = observation.job.state else { return Outcome(catalog: catalog) }
      let failure = observation.failure(of: .catalog, reason: reason, message: message)
      return failed(&catalog, Reason(rawValue: failure.reason), failure.message, at: time)
    }
    catalog.time = time
    catalog.failures = nil
    catalog.found = result?.catalog?.found
    catalog.made = result?.catalog?.made
    catalog.unreadable = result?.catalog?.unreadable
    catalog.storage = result?.catalog?.storage
    let warnings = (result?.warnings ?? []).joined(separator: "; ")
    catalog.message = warnings.isEmpty ? nil : String(warnings.prefix(1_024))
    var outcome = Outcome(catalog: catalog, isNews: true)
    let what =
      "\(catalog.found.map(String.init) ?? "an unknown number of") backup(s) in the target, \(catalog.made ?? 0) of them new here"
    let unreadable = catalog.unreadable ?? 0
    outcome.condition =
      unreadable == 0
      ? (.true, .catalogSynced, warnings.isEmpty ? what : "\(what); \(warnings)")
      : (.false, .manifestsUnreadable, "\(what); \(unreadable) manifest(s) cannot be used: \(warnings)")
    return outcome
  }

  private func failed(
    _ catalog: inout BackupPolicyStatus.Catalog, _ reason: Reason, _ message: String, at time: Timestamp? = nil
  ) -> Outcome {
    catalog.time = time ?? Timestamp(context.now())
    catalog.failures = (catalog.failures ?? 0) + 1
    catalog.message = String(message.prefix(1_024))
    return Outcome(
      catalog: catalog,
      condition: (.unknown, reason, "the target could not be listed, and nothing was changed for it: \(message)"),
      isNews: true, next: Self.due(catalog))
  }
}

extension BackupPolicyReconciler {
  static func setCatalog(_ status: inout BackupPolicyStatus, _ outcome: CatalogSync.Outcome, now: Timestamp) {
    status.catalog = outcome.catalog
    guard let condition = outcome.condition else { return }
    status.conditions.set(
      "CatalogSynced", condition.status, condition.reason, condition.message,
      generation: status.observedGeneration, now: now)
  }

  func tellCatalog(_ policy: BackupPolicy, _ outcome: CatalogSync.Outcome) {
    guard outcome.isNews, let condition = outcome.condition else { return }
    if condition.status == .true {
      context.events.normal(.catalogSynced, condition.message, about: policy)
    } else {
      context.events.warning(.catalogIncomplete, "\(condition.reason): \(condition.message)", about: policy)
    }
  }
}
