import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import KubernetesRuntime

extension RestoreReconciler {
  // MARK: Dry run

  /// Runs the Job that only looks. It touches nothing, so that making it twice would do no harm.
  func dryRun(_ request: RestoreRequest, _ objects: RestoreObjects) async throws -> ReconcileResult {
    let job = try await job(of: request, objects, isDryRun: true)
    switch job.state {
    case .active, .suspended:
      return try await showProgress(request, job)
    case .complete, .failed:
      let observation = RunObservation(job: job, pods: try await client.pods(of: job))
      var status = request.status ?? RestoreRequest.Status()
      let journal = try await journal(ofJob: job.key.name, in: request)
      let result = observation.results(of: .restore).last ?? journal?.result
      status.take(result)
      status.take(journal)
      if job.state == .complete, result?.outcome == .succeeded {
        status.end(.planned, failure: nil, now: Timestamp(context.now()))
      } else {
        status.end(.failed, failure: result?.failure ?? observation.restoreFailure, now: Timestamp(context.now()))
      }
      try await write(status, to: request)
      return .done
    }
  }

  // MARK: Turns

  /// The Job of another restore of the same policy that has the turn: one that was let go, or an older one that waits.
  ///
  /// Both Jobs are there before either looks, so that at least one sees the other.
  private func restore(before job: Job) async throws -> String? {
    let namespace = job.metadata.namespace ?? ""
    let jobs = try await client.restoreJobs(of: job.policyName ?? "", in: namespace)
      .filter { $0.metadata.uid != job.metadata.uid && !$0.state.isFinished }
    if let begun = jobs.first(where: \.isReleased) { return begun.key.name }
    for other in jobs where (other.metadata.created, other.key) < (job.metadata.created, job.key) {
      guard other.state == .suspended, let owner = other.metadata.controllerReference?.name,
        let request = try await client.find(RestoreRequest.self, owner, in: namespace),
        !(request.status?.phase?.isTerminal ?? false)
      else { continue }
      return other.key.name
    }
    return nil
  }

  /// The Job of a backup of the same policy that has the turn: an older one, or one that runs. Younger ones that could wait
  /// do so, since this Job is there before it is looked for them: see ``RunTurn``.
  private func backup(before job: Job) async throws -> String? {
    guard let policy = job.policyName else { return nil }
    let jobs = try await client.backupJobs(of: policy, in: job.metadata.namespace ?? "")
    return jobs.first { $0.isAtWork || ($0.isInTheWay && $0.turn < job.turn) }?.key.name
  }

  /// Of a Job that is gone.
  private func runningPod(ofJob job: String, in request: RestoreRequest) async throws -> String? {
    let pods = try await client.all(
      Pod.self, in: request.metadata.namespace ?? "", labels: ["batch.kubernetes.io/job-name": job])
    return pods.first { !["Succeeded", "Failed"].contains($0.status?.phase ?? "") }?.key.name
  }

  // MARK: Claim

  /// Makes the Job, which waits, then claims the step for it and lets it go.
  func claim(_ request: RestoreRequest, _ objects: RestoreObjects) async throws -> ReconcileResult {
    let job = try await job(of: request, objects, isDryRun: false)
    guard job.spec.suspend == true, !job.isReleased else {
      return try await adopt(job, for: request)
    }
    if let other = try await restore(before: job) {
      try await report(request, message: "waits until Job \(other), of another restore of the same policy, has ended")
      return .requeue(after: .seconds(5))
    }
    if let other = try await backup(before: job) {
      try await report(request, message: RunObservation.waits(for: other))
      return .requeue(after: .seconds(5))
    }
    let now = Timestamp(context.now())
    var status = request.status ?? RestoreRequest.Status()
    status.phase = .restoring
    status.claim = RestoreRequest.Claim(time: now, job: job.key.name)
    status.setStep(
      RestoreRequest.Step(name: "restore", state: .running, startTime: now, message: "Job \(job.key.name)"))
    status.conditions.set("Completed", .false, .waitingForJob, "Job \(job.key.name) restores", now: now)
    // With the resource version that was read: of two operators one wins, and the other starts anew.
    let claimed = try await write(status, to: request)
    return try await follow(claimed)
  }

  /// Somebody let the Job go by hand. What it has begun is waited for, and nothing more may begin.
  private func adopt(_ job: Job, for request: RestoreRequest) async throws -> ReconcileResult {
    _ = try await closedJournal(ofJob: job.key.name, in: request)
    let now = Timestamp(context.now())
    var status = request.status ?? RestoreRequest.Status()
    status.phase = .restoring
    status.claim = RestoreRequest.Claim(time: now, job: job.key.name)
    status.setStep(
      RestoreRequest.Step(
        name: "restore", state: .running, startTime: now,
        message: "Job \(job.key.name) was started by hand, without a claim; nothing more may begin"))
    return try await follow(try await write(status, to: request))
  }

  /// Everything from the claim on. Never makes a Job.
  func follow(_ request: RestoreRequest) async throws -> ReconcileResult {
    guard let claim = request.status?.claim else { return .done }
    guard let job = try await client.find(Job.self, claim.job, in: request.metadata.namespace ?? "") else {
      if let pod = try await runningPod(ofJob: claim.job, in: request) {
        try await report(request, message: "Job \(claim.job) is gone; waits until pod \(pod) has ended")
        return .requeue(after: .seconds(5))
      }
      return try await conclude(request, Ended(job: nil, observation: nil))
    }
    switch job.state {
    case .suspended where !job.isReleased:
      try await release(job)
      return .requeue(after: .seconds(30))
    case .active, .suspended:
      return try await showProgress(request, job)
    case .complete, .failed:
      let observation = RunObservation(job: job, pods: try await client.pods(of: job))
      return try await conclude(request, Ended(job: job, observation: observation))
    }
  }

  /// One write lets the Job go and says so, guarded by the version in which it was seen waiting.
  private func release(_ job: Job) async throws {
    var metadata: JSONValue = [
      "annotations": [RestoreObjects.releasedAnnotation: .string(Timestamp(context.now()).description)]
    ]
    metadata["resourceVersion"] = job.metadata.resourceVersion.map { .string($0) }
    _ = try await client.patch(
      Job.self, name: job.key.name, namespace: job.metadata.namespace,
      .merge(["metadata": metadata, "spec": ["suspend": false]]))
  }

  private func showProgress(_ request: RestoreRequest, _ job: Job) async throws -> ReconcileResult {
    let observation = RunObservation(job: job, pods: try await client.pods(of: job))
    let pod = observation.newestPod
    let message: String
    if let pod {
      message =
        pod.waitingFor.map { "waits for pod \(pod.key.name): \($0)" } ?? "pod \(pod.key.name) works"
    } else {
      message = job.state == .suspended ? "Job \(job.key.name) was suspended by somebody" : "waits for a pod"
    }
    try await report(request, message: message, progress: try await journal(ofJob: job.key.name, in: request)?.progress)
    return .requeue(after: .seconds(objectsAreWritten(request) ? 5 : 30))
  }

  private func job(of request: RestoreRequest, _ objects: RestoreObjects, isDryRun: Bool) async throws -> Job {
    let name = objects.objectName(isDryRun: isDryRun)
    let namespace = request.metadata.namespace ?? ""
    do {
      if let job = try await client.find(Job.self, name, in: namespace) { return try Self.own(job, request) }
      let owned = OwnedObjects(client: client)
      _ = try await owned.ensure(try objects.plan(isDryRun: isDryRun))
      if let account = objects.serviceAccount { _ = try await owned.ensureExists(account) }
      try await RestorePermissionGrant(context: context).give(try objects.bindings(isDryRun: isDryRun))
      _ = try await owned.ensureExists(objects.journal(isDryRun: isDryRun))
      let claims = try await DatabaseClaims(client: client).prepare(objects, isDryRun: isDryRun)
      return try await client.create(
        try objects.job(
          isDryRun: isDryRun, absentClaims: claims.absent, on: claims.holders.first?.spec.nodeName))
    } catch let error as JobPlanError {
      throw RestoreStop("start", .invalidSpec, "\(error)")
    } catch let error as OwnedObjects.NameConflict {
      throw RestoreStop("start", .nameConflict, "\(error)")
    } catch let error as KubernetesError where [.forbidden, .invalid, .badRequest].contains(error.code) {
      throw RestoreStop("start", .applyFailed, "\(error)")
    }
  }

  private static func own(_ job: Job, _ request: RestoreRequest) throws -> Job {
    guard job.metadata.controllerReference?.uid == request.metadata.uid else {
      throw OwnedObjects.NameConflict(kind: "Job", name: job.key.name, owner: "it is not this request's")
    }
    return job
  }
}
