import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import KubernetesRuntime
import Logging

/// Reads a Backup back because its annotation `holdfast.dev/verify-now` has a new value.
///
/// Flow: a Job that runs (let it go, wait), one that has ended (take its right back, answer), none (make it). The answer is the
/// value in `status.verification.request`; what was found has the executor written before. The Job's name follows from the
/// Backup's uid and the value, so that a crash anywhere finds it again, and with one worker no second one is made beside it.
extension BackupReconciler {
  /// Seconds between two looks at a Job that runs; its end is told of by the watch.
  private static let verifyPatience = Duration.seconds(60)

  /// - Parameter backup: Of a run that has ended.
  func verifyNow(_ backup: Backup) async throws -> ReconcileResult {
    guard let request = backup.verifyRequest, request != backup.status?.verification?.request else { return .done }
    let jobs = try await verificationJobs(of: backup)
    if let running = jobs.first(where: { !$0.state.isFinished }) { return try await letRun(running, backup) }
    let name = ObjectNames.verifyJob(backup: backup.key.name, uid: backup.metadata.uid ?? "", request: request)
    if let own = jobs.first(where: { $0.key.name == name }) {
      if try await isOfEarlierRequest(own, request, backup) {
        // The name is taken until it is gone.
        try await removeVerification(own)
        return .requeue(after: .seconds(1))
      }
      try await conclude(own, request, backup)
      return .done
    }
    if let last = jobs.last, let before = last.metadata.annotations?[HoldfastAPI.verifyNowAnnotation],
      before != backup.status?.verification?.request
    {
      // Somebody else waits for that one. The write brings this Backup back for the next.
      try await conclude(last, before, backup)
      return .done
    }
    return try await startVerification(backup, request)
  }

  /// Those of single requests, oldest first.
  private func verificationJobs(of backup: Backup) async throws -> [Job] {
    try await client.all(
      Job.self, in: backup.metadata.namespace ?? "",
      labels: [
        HoldfastAPI.operationLabel: JobOperation.verify.rawValue,
        HoldfastAPI.backupLabel: ObjectLabels.value(backup.key.name),
      ]
    )
    .filter { $0.metadata.controllerReference.map { $0.uid == backup.metadata.uid } ?? false }
    .sorted { ($0.metadata.created, $0.key) < ($1.metadata.created, $1.key) }
  }

  /// A value that comes again, after another one, asks for another look: what the Job found the first time is no answer.
  ///
  /// An answered Job has its right no more (``conclude(_:_:_:)``). Where the operator died between the two, the backup is read
  /// once more than needed.
  private func isOfEarlierRequest(_ job: Job, _ request: String, _ backup: Backup) async throws -> Bool {
    guard let answered = backup.status?.verification?.request, answered != request else { return false }
    return try await binding(of: job) == nil
  }

  private func binding(of job: Job) async throws -> RoleBinding? {
    let found = try await client.find(RoleBinding.self, job.key.name, in: job.metadata.namespace ?? "")
    return found?.metadata.controllerReference?.uid == job.metadata.uid ? found : nil
  }

  private func startVerification(_ backup: Backup, _ request: String) async throws -> ReconcileResult {
    guard backup.status?.phase == .completed, let id = backup.status?.id else {
      let why =
        backup.status?.phase == .failed
        ? "the run failed, so that there is nothing to read back" : "its id is not known, so that it cannot be found"
      return try await refuse(backup, request, .backupNotFound, why)
    }
    let policyName = backup.spec.policyRef.name
    let policy: BackupPolicy
    switch try await context.policy(policyName, in: backup.metadata.namespace ?? "", needsTrust: false) {
    case .missing:
      return try await refuse(
        backup, request, .policyNotFound,
        "there is no BackupPolicy \(policyName), so that the bucket is not known; create it again and ask once more")
    case .invalid(let message): return try await refuse(backup, request, .invalidSpec, message)
    case .valid(let found): policy = found
    }
    // Its plan would take the place of the one that was trusted, for every run that mounts it.
    let untrusted = context.trustIssues(of: policy)
    guard untrusted.isEmpty else {
      return try await refuse(
        backup, request, .notTrusted,
        "policy \(policyName) is not trusted: \(untrusted.summary()); mend that and ask once more")
    }
    do {
      let objects = try await PolicyApplier.objects(for: policy, in: context)
      try await PolicyApplier(context: context).applyMounts(objects)
      if let account = objects.account { _ = try await OwnedObjects(client: client).ensureExists(account) }
      let job = try await client.create(try objects.verification(of: backup, id: id, request: request))
      context.logger.info("A backup is read back on request.", metadata: ["backup": "\(backup.key)"])
      return try await letRun(job, backup, objects)
    } catch let error as JobPlanError {
      return try await refuse(backup, request, .invalidSpec, "policy \(policyName) is not valid: \(error)")
    } catch let error as OwnedObjects.NameConflict {
      return try await refuse(backup, request, .nameConflict, "\(error)")
    } catch let error as KubernetesError where [.forbidden, .invalid, .badRequest].contains(error.code) {
      return try await refuse(backup, request, .applyFailed, "the Job that reads it back cannot be made: \(error)")
    }
  }

  /// Gives the Job its right and lets it go; one that has gone already is waited for.
  private func letRun(_ job: Job, _ backup: Backup, _ objects: PolicyObjects? = nil) async throws -> ReconcileResult {
    guard job.state == .suspended else {
      tellWhatItWaitsFor(try await client.pods(of: job), backup)
      return .requeue(after: Self.verifyPatience)
    }
    let found: PolicyObjects?
    if let objects {
      found = objects
    } else if case .valid(let policy) = try await context.policy(
      backup.spec.policyRef.name, in: backup.metadata.namespace ?? "", needsTrust: true)
    {
      found = try await PolicyApplier.objects(for: policy, in: context)
    } else {
      found = nil
    }
    guard let found else {
      // Made before the policy went, or lost its trust. Without the Job, the next turn says what is missing.
      try await removeVerification(job)
      return .requeue(after: .seconds(1))
    }
    _ = try await OwnedObjects(client: client).ensure(try found.verificationBinding(of: job))
    var metadata: JSONValue = [:]
    metadata["resourceVersion"] = job.metadata.resourceVersion.map { .string($0) }
    _ = try await client.patch(
      Job.self, name: job.key.name, namespace: job.metadata.namespace,
      .merge(["metadata": metadata, "spec": ["suspend": false]]))
    return .requeue(after: Self.verifyPatience)
  }

  /// A pod that cannot start is worth a word before the deadline ends it, hours later.
  private func tellWhatItWaitsFor(_ pods: [Pod], _ backup: Backup) {
    let newest = pods.max { $0.metadata.created < $1.metadata.created }
    guard let newest, newest.terminated == nil, !newest.isRunning, let cause = newest.cause else { return }
    context.events.warning(
      .verificationFailed, "\(cause.reason): pod \(newest.key.name) cannot start: \(cause.message)", about: backup)
  }

  private func removeVerification(_ job: Job) async throws {
    _ = try await absentIfNotFound {
      try await client.delete(
        Job.self, name: job.key.name, namespace: job.metadata.namespace,
        options: DeleteOptions(uid: job.metadata.uid, propagationPolicy: .background))
    }
  }

  private func conclude(_ job: Job, _ request: String, _ backup: Backup) async throws {
    // Before the answer: who dies in between does it again.
    if let binding = try await binding(of: job) {
      _ = try await absentIfNotFound {
        try await client.delete(
          RoleBinding.self, name: binding.key.name, namespace: binding.metadata.namespace,
          options: DeleteOptions(uid: binding.metadata.uid))
      }
    }
    let observation = RunObservation(job: job, pods: try await client.pods(of: job))
    try await answer(backup, request, observation.verificationFailure(of: backup))
  }

  private func refuse(
    _ backup: Backup, _ request: String, _ reason: Reason, _ message: String
  ) async throws -> ReconcileResult {
    try await answer(backup, request, Backup.Failure(step: "start", reason: reason.rawValue, message: message))
    return .done
  }

  private func answer(_ backup: Backup, _ request: String, _ failure: Backup.Failure?) async throws {
    var status = backup.status ?? Backup.Status()
    var verification = status.verification ?? Backup.Verification(time: Timestamp(context.now()))
    verification.request = request
    verification.requestFailure = failure
    status.verification = verification
    try await client.writeStatus(of: backup, from: backup.status, to: status)
    guard let failure else { return }
    context.events.warning(
      .verificationFailed, "\(failure.reason): the backup could not be read back: \(failure.message)", about: backup)
  }
}

extension Backup {
  /// What its annotation asks for; nil where it asks for nothing.
  var verifyRequest: String? {
    metadata.annotations?[HoldfastAPI.verifyNowAnnotation].flatMap { $0.isEmpty ? nil : $0 }
  }
}

extension RunObservation {
  /// Why the Job of a request could not tell of its one backup; nil where it has told, good or damaged.
  func verificationFailure(of backup: Backup) -> Backup.Failure? {
    switch job.state {
    case .failed(let reason, let message): return failure(of: .verify, reason: reason, message: message)
    case .active, .suspended: return nil
    case .complete: break
    }
    guard let tally = results(of: .verify).last?.verification else {
      let isWritten = (backup.status?.verification?.time.date ?? .distantPast) >= job.metadata.created
      if isWritten { return nil }
      return Backup.Failure(
        step: "verify", reason: Reason.executorCrashed.rawValue,
        message: "Job \(job.key.name) completed, and its result is lost; ask once more")
    }
    guard tally.good + tally.damaged == 0 else { return nil }
    return Backup.Failure(
      step: "verify", reason: Reason.objectNotFound.rawValue,
      message: "the backup was removed from the bucket while it was to be read back")
  }
}
