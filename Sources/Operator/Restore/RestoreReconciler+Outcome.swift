import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import KubernetesRuntime

/// How a restore ended, as its result tells, or else its journal.
extension RestoreReconciler {
  /// A Job that runs no more.
  struct Ended {
    /// nil where it is gone, its pods perhaps not yet.
    var job: Job?
    var observation: RunObservation?

    var failure: Backup.Failure {
      observation?.restoreFailure
        ?? Backup.Failure(
          step: "restore", reason: Reason.jobDeleted.rawValue, message: "the Job was deleted before its end was seen")
    }
  }

  func conclude(_ request: RestoreRequest, _ ended: Ended) async throws -> ReconcileResult {
    let name = request.status?.claim?.job ?? ""
    if let told = ended.observation?.results(of: .restore).last {
      // A termination message is cut, and the journal's result is whole; how it ended, the pod's last word tells.
      let journal = try await journal(ofJob: name, in: request)
      var result = told
      if let whole = journal?.result, whole.outcome == told.outcome {
        result.steps = whole.steps ?? told.steps
        result.facts = whole.facts ?? told.facts
      }
      return try await end(request, result, ended, journal)
    }
    // From here on no pod of this Job can begin anything.
    let journal = try await closedJournal(ofJob: name, in: request)
    if let result = journal?.result { return try await end(request, result, ended, journal) }
    let (phase, failure) = Self.verdict(job: name, ended, journal)
    return try await end(request, phase, failure, nil, journal)
  }

  private func end(
    _ request: RestoreRequest, _ result: ExecutorResult, _ ended: Ended, _ journal: RestoreJournal?
  ) async throws -> ReconcileResult {
    switch result.outcome {
    case .succeeded: return try await end(request, .completed, nil, result, journal)
    case .failed: return try await end(request, .failed, result.failure ?? ended.failure, result, journal)
    case .unknown:
      let failure =
        result.failure
        ?? Self.unknown("the executor does not know how the restore ended", request.status?.claim?.job)
      return try await end(request, .unknown, failure, result, journal)
    }
  }

  /// What is certain of a Job that left no result.
  private static func verdict(
    job: String, _ ended: Ended, _ journal: RestoreJournal?
  ) -> (RestoreRequest.Phase, Backup.Failure) {
    var failure = ended.failure
    // A pod that never started has touched nothing: that much is certain without a journal.
    let neverStarted = ended.observation.map { $0.neverStarted && $0.job.state != .complete } ?? false
    guard let journal else {
      if neverStarted { return (.failed, failure) }
      return (.unknown, unknown("Job \(job) ended without a result: \(failure.message); its journal is gone", job))
    }
    if let begun = journal.begun.first(where: { !$0.isRepeatable && $0.doneTime == nil }) {
      return (
        .unknown,
        unknown(
          "pod \(begun.pod) began to restore \(begun.source) at \(begun.time) and left no result: \(failure.message)",
          job)
      )
    }
    let done = journal.doneSources
    let after =
      journal.begun.isEmpty
      ? "nothing was changed"
      : (done.isEmpty ? "" : "\(done.joined(separator: ", ")): restored; ")
        + "what was written until then stays, and a new request goes on from there"
    failure.message += "; \(after)"
    return (.failed, failure)
  }

  func end(
    _ request: RestoreRequest, _ phase: RestoreRequest.Phase, _ failure: Backup.Failure?,
    _ result: ExecutorResult? = nil, _ journal: RestoreJournal? = nil
  ) async throws -> ReconcileResult {
    var failure = failure
    switch try await putBackControllers(of: request, after: phase) {
    case .waiting: return .requeue(after: .seconds(5))
    case .done(let note): if let note { failure?.message += "; \(note)" }
    }
    let now = Timestamp(context.now())
    var status = request.status ?? RestoreRequest.Status()
    status.take(result)
    status.take(journal)
    // Where the executor told how its steps ended, that stands.
    if var step = status.steps?.first(where: { $0.name == "restore" && [.running, .pending].contains($0.state) }) {
      step.state = phase == .completed ? .completed : phase == .unknown ? .unknown : .failed
      step.completionTime = now
      status.setStep(step)
    }
    status.end(phase, failure: failure, now: now)
    try await write(status, to: request)
    return .done
  }

  static func unknown(_ what: String, _ job: String?) -> Backup.Failure {
    Backup.Failure(
      step: "restore", reason: Reason.outcomeUnknown.rawValue,
      message:
        "\(what). The restore may or may not have been done, in whole or in part, and it is not tried again. Look "
        + "at the destination itself" + (job.map { " and at the log of Job \($0)" } ?? "")
        + "; then decide: holdfast restore resume, or holdfast restore abandon")
  }

  // MARK: Journal

  /// nil where there is none, or none that can be read.
  func journal(ofJob job: String, in request: RestoreRequest) async throws -> RestoreJournal? {
    let map = try await client.find(
      ConfigMap.self, ObjectNames.result(job: job), in: request.metadata.namespace ?? "")
    return map.flatMap { RestoreJournal(data: $0.data ?? [:]) }
  }

  /// Ends all claiming, and gives what was claimed until then.
  /// - Throws: ``KubernetesError`` of code `conflict` where a pod wrote meanwhile: look again.
  func closedJournal(ofJob job: String, in request: RestoreRequest) async throws -> RestoreJournal? {
    let found = try await client.find(
      ConfigMap.self, ObjectNames.result(job: job), in: request.metadata.namespace ?? "")
    guard var map = found, var journal = RestoreJournal(data: map.data ?? [:]) else { return nil }
    guard !journal.isClosed else { return journal }
    journal.isClosed = true
    map.data = journal.data
    _ = try await client.update(map)
    return journal
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

  /// Takes over what does not fit a result.
  mutating func take(_ journal: RestoreJournal?) {
    guard let journal else { return }
    plan = journal.plan ?? plan
    take(journal.progress)
  }

  mutating func take(_ progress: RestoreJournal.Progress?) {
    guard let progress, var step = steps?.first(where: { $0.name == "restore" }) else { return }
    step.done = progress.done
    step.total = progress.total
    setStep(step)
  }
}
