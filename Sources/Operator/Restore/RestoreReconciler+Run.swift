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
      status.take(observation.results(of: .restore).last)
      status.take(try await result(of: job))
      if job.state == .complete, observation.results(of: .restore).last?.outcome == .succeeded {
        status.end(.planned, failure: nil, now: Timestamp(context.now()))
      } else {
        status.end(.failed, failure: observation.restoreFailure, now: Timestamp(context.now()))
      }
      try await write(status, to: request)
      return .done
    }
  }

  // MARK: Claim

  /// Makes the Job, which waits, then claims the step for it and lets it go.
  func claim(_ request: RestoreRequest, _ objects: RestoreObjects) async throws -> ReconcileResult {
    let job = try await job(of: request, objects, isDryRun: false)
    guard job.spec.suspend == true, job.metadata.annotations?[RestoreObjects.releasedAnnotation] == nil else {
      // Somebody let the Job go by hand: whether it has done something is not for us to guess.
      return try await end(request, .unknown, Self.unknown("Job \(job.key.name) was started without a claim", job))
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

  /// Everything from the claim on. Never makes a Job.
  func follow(_ request: RestoreRequest) async throws -> ReconcileResult {
    guard let claim = request.status?.claim else { return .done }
    guard let job = try await client.find(Job.self, claim.job, in: request.metadata.namespace ?? "") else {
      return try await end(request, .unknown, Self.unknown("Job \(claim.job) is gone and left no result", nil))
    }
    let isReleased = job.metadata.annotations?[RestoreObjects.releasedAnnotation] != nil
    switch job.state {
    case .suspended where !isReleased:
      try await release(job)
      return .requeue(after: .seconds(30))
    case .active, .suspended:
      return try await showProgress(request, job)
    case .complete, .failed:
      return try await conclude(request, job)
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

  // MARK: Outcome

  private func conclude(_ request: RestoreRequest, _ job: Job) async throws -> ReconcileResult {
    let observation = RunObservation(job: job, pods: try await client.pods(of: job))
    let result = observation.results(of: .restore).last
    switch result?.outcome {
    case .succeeded?: return try await end(request, .completed, nil, result)
    case .failed?: return try await end(request, .failed, observation.restoreFailure, result)
    case .unknown?:
      let failure = result?.failure ?? Self.unknown("the executor does not know how the restore ended", job)
      return try await end(request, .unknown, failure, result)
    case nil:
      // A pod that never started has touched nothing: that much is certain.
      if job.state != .complete, observation.neverStarted {
        return try await end(request, .failed, observation.restoreFailure)
      }
      return try await end(
        request, .unknown,
        Self.unknown("Job \(job.key.name) ended without a result: \(observation.restoreFailure.message)", job))
    }
  }

  private func end(
    _ request: RestoreRequest, _ phase: RestoreRequest.Phase, _ failure: Backup.Failure?,
    _ result: ExecutorResult? = nil
  ) async throws -> ReconcileResult {
    let now = Timestamp(context.now())
    var status = request.status ?? RestoreRequest.Status()
    status.take(result)
    if let name = status.claim?.job { status.take(try await self.result(ofJob: name, in: request)) }
    if var step = status.steps?.first(where: { $0.name == "restore" }) {
      step.state = phase == .completed ? .completed : phase == .unknown ? .unknown : .failed
      step.completionTime = now
      status.setStep(step)
    }
    status.end(phase, failure: failure, now: now)
    try await write(status, to: request)
    return .done
  }

  static func unknown(_ what: String, _ job: Job?) -> Backup.Failure {
    Backup.Failure(
      step: "restore", reason: Reason.outcomeUnknown.rawValue,
      message:
        "\(what). The restore may or may not have been done, in whole or in part, and it is not tried again. Look "
        + "at the destination itself"
        + (job.map { " and at the log of Job \($0.key.name)" } ?? "")
        + "; if it is not as it should be, create a new RestoreRequest")
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
    try await report(request, message: message, progress: try await result(of: job)?.progress)
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
      return try await client.create(try objects.job(isDryRun: isDryRun))
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

extension RunObservation {
  var restoreFailure: Backup.Failure {
    if case .failed(let reason, let message) = job.state {
      return failure(of: .restore, reason: reason, message: message)
    }
    return results(of: .restore).last?.failure
      ?? Backup.Failure(
        step: "restore", reason: Reason.restoreFailed.rawValue, message: "the Job completed and left no result")
  }

  /// Every pod that is known tells that its executor never ran; with no pod at all, nothing is certain.
  var neverStarted: Bool { !pods.isEmpty && pods.allSatisfy { $0.cause?.neverStarted ?? false } }
}

extension RestoreRequest.Status {
  /// Takes over what the executor told.
  mutating func take(_ result: ExecutorResult?) {
    guard let result else { return }
    plan = result.plan ?? plan
    backupID = result.id ?? backupID
    location = result.location ?? location
    for step in result.steps ?? [] { setStep(step) }
  }
}
