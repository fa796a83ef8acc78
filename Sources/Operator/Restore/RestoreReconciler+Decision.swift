import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import KubernetesRuntime

/// What a person decides about a restore whose outcome is not known, by an annotation (`holdfast restore resume|abandon`).
enum RestoreDecision: String, Sendable, Hashable, CaseIterable {
  /// Another attempt, in a Job of its own; sources that are known to be restored are left out.
  case resume
  /// The request ends as Failed.
  case abandon

  /// - Parameter annotation: The word, or the word, `-` and anything: to say it again after another unknown outcome.
  init?(annotation: String) {
    self.init(rawValue: String(annotation.prefix { $0 != "-" }))
  }
}

extension RestoreReconciler {
  /// - Returns: The request to go on with; nil where there is nothing to do.
  func decide(_ request: RestoreRequest) async throws -> RestoreRequest? {
    guard request.status?.phase == .unknown, var status = request.status,
      let value = request.metadata.annotations?[HoldfastAPI.decisionAnnotation], value != status.decision
    else { return nil }
    status.decision = value
    let now = Timestamp(context.now())
    switch RestoreDecision(annotation: value) {
    case .resume?:
      if let active = try await activeJob(of: request) {
        status.decision = request.status?.decision
        status.conditions.set(
          "Completed", .unknown, .outcomeUnknown, "waits until Job \(active) has ended, then resumes", now: now)
        try await write(status, to: request)
        return request
      }
      return try await resume(request, status)
    case .abandon?:
      let earlier = status.failure.map { ": \($0.message)" } ?? ""
      status.end(
        .failed,
        failure: Backup.Failure(
          step: "restore", reason: Reason.abandoned.rawValue,
          message: "given up by a person at \(now), its outcome unknown\(earlier)"), now: now)
      try await write(status, to: request)
    case nil:
      context.events.warning(
        .restoreDecisionInvalid,
        "\(HoldfastAPI.decisionAnnotation) '\(value)' is no decision; set resume or abandon.", about: request)
      try await write(status, to: request)
    }
    return nil
  }

  /// The next attempt begins with this write; until its own claim nothing is touched.
  private func resume(_ request: RestoreRequest, _ old: RestoreRequest.Status) async throws -> RestoreRequest {
    var status = old
    if let job = status.claim?.job, let journal = try await closedJournal(ofJob: job, in: request) {
      let known = (status.restoredSources ?? []) + journal.doneSources
      status.restoredSources = known.isEmpty ? nil : Array(Set(known)).sorted()
    }
    status.attempt = (status.attempt ?? 1) + 1
    status.phase = .validating
    status.claim = nil
    status.failure = nil
    status.completionTime = nil
    let message = "resumed by a person, attempt \(status.attempt ?? 2)"
    status.conditions.set("Completed", .false, .waitingForJob, message, now: Timestamp(context.now()))
    status.conditions.set("Failed", .false, .waitingForJob, message, now: Timestamp(context.now()))
    let resumed = try await write(status, to: request)
    context.events.normal(.restoreResumed, "The restore was \(message).", about: request)
    return resumed
  }

  /// A Job of this request that is still at work, for example one that somebody let go by hand.
  private func activeJob(of request: RestoreRequest) async throws -> String? {
    let jobs = try await client.all(
      Job.self, in: request.metadata.namespace ?? "",
      labels: [HoldfastAPI.restoreLabel: ObjectLabels.value(request.key.name)])
    return jobs.first { job in
      job.operation == .restore && job.state == .active
        && job.metadata.controllerReference?.uid == request.metadata.uid
    }?.key.name
  }
}
