import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import KubernetesRuntime
import Logging

/// Carries out RestoreRequests. A destructive step runs at most once (promise 7).
///
/// Flow: resolve which backup, then for a dry run its Job and `Planned`; otherwise the safety backup, the Job (suspended),
/// the claim, the release, and the outcome.
///
/// Guarantees: the Job is made suspended, so that making it does nothing. The claim names it and is written with an
/// optimistic lock. Only then is it let go, by one write that also marks it as let go. Whatever happens in between, a later
/// reconcile finds one of these states and goes on from there:
/// - no claim: nothing has begun; a Job that is there still waits.
/// - claim, Job without the mark: it has not run yet; it is let go.
/// - claim, Job with the mark: it runs or has run; it is never let go again, nor made again.
/// - claim, Job that has ended or is gone, no result: the Job's journal is closed, and then tells. Nothing begun: `Failed`.
///   A destructive step begun and not done: the phase is `Unknown`, and a person decides.
///
/// Assumptions: nobody but the operator writes the mark, nobody but it and the Job's pods the journal, and the API server
/// keeps what it answered to have written.
struct RestoreReconciler: Reconciler {
  let context: OperatorContext
  var client: KubernetesClient { context.client }

  func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
    guard let namespace = key.namespace,
      let request = try await client.find(RestoreRequest.self, key.name, in: namespace),
      request.metadata.deletionTimestamp == nil
    else {
      if try await isEnding(key) { return .requeue(after: .seconds(5)) }
      try await takeBackRights(of: key)
      RestoreMetrics(key).remove()
      return .done
    }
    RestoreMetrics(key).record(request.status?.phase)
    do {
      return try await work(on: request)
    } catch let stop as RestoreStop {
      // Anew, since steps on the way may have been written.
      let current = try await client.find(RestoreRequest.self, key.name, in: namespace)
      if let current, current.metadata.uid == request.metadata.uid { try await fail(current, stop.failure) }
      return .done
    }
  }

  private func work(on request: RestoreRequest) async throws -> ReconcileResult {
    var request = request
    if let decided = try await decide(request) { request = decided }
    if request.status?.phase?.isTerminal ?? false { return .done }
    if request.status?.claim != nil { return try await follow(request) }
    return try await prepare(request)
  }

  /// Everything up to the claim: may be repeated any number of times.
  private func prepare(_ request: RestoreRequest) async throws -> ReconcileResult {
    let issues = request.validate()
    guard issues.isEmpty else { throw RestoreStop("validate", .invalidSpec, issues.summary()) }
    let resolved = try await RestoreResolver(context: context).resolve(request)
    var current = try await begin(request, resolved)
    let objects = resolved.objects(for: current, in: context, clusterID: try await context.clusterID.value())
    try checkReach(objects, of: request)
    if request.spec.dryRun ?? false { return try await dryRun(current, objects) }
    switch try await safetyBackup(for: current, resolved) {
    case .ready(let next): current = next
    case .waiting: return .requeue(after: .seconds(15))
    }
    return try await claim(current, objects)
  }

  /// Records which backup it is before anything is made, so that retention keeps it from here on.
  private func begin(_ request: RestoreRequest, _ resolved: ResolvedRestore) async throws -> RestoreRequest {
    guard request.status?.startTime == nil else { return request }
    let now = Timestamp(context.now())
    var status = request.status ?? RestoreRequest.Status()
    status.phase = .validating
    status.observedGeneration = request.metadata.generation
    status.startTime = now
    status.backupID = resolved.id
    status.location = resolved.location
    status.steps = [
      RestoreRequest.Step(
        name: "resolve", state: .completed, startTime: now, completionTime: now, message: resolved.summary)
    ]
    return try await write(status, to: request)
  }

  // MARK: Writing

  @discardableResult
  func write(_ status: RestoreRequest.Status, to request: RestoreRequest) async throws -> RestoreRequest {
    if status.phase?.isTerminal == true { try await takeBackRights(of: request.key) }
    let written = try await client.writeStatus(of: request, from: request.status, to: status)
    tell(request, from: request.status, to: status)
    RestoreMetrics(request.key).record(status.phase)
    guard let written else {
      var same = request
      same.status = status
      return same
    }
    return written
  }

  func report(
    _ request: RestoreRequest, message: String, progress: RestoreJournal.Progress? = nil
  ) async throws {
    var status = request.status ?? RestoreRequest.Status()
    status.take(progress)
    status.conditions.set("Completed", .false, .waitingForJob, message, now: Timestamp(context.now()))
    try await write(status, to: request)
  }

  func fail(_ request: RestoreRequest, _ failure: Backup.Failure) async throws {
    var status = request.status ?? RestoreRequest.Status()
    status.end(.failed, failure: failure, now: Timestamp(context.now()))
    try await write(status, to: request)
  }

  private func tell(_ request: RestoreRequest, from old: RestoreRequest.Status?, to new: RestoreRequest.Status) {
    guard new.phase != old?.phase, let phase = new.phase else { return }
    let why = new.failure.map { "\($0.reason), step \($0.step): \($0.message)" } ?? ""
    switch phase {
    case .restoring:
      context.events.normal(
        .restoreStarted, "Job \(new.claim?.job ?? "?") restores \(new.backupID ?? "the newest backup").", about: request
      )
    case .planned: context.events.normal(.restorePlanned, "The dry run is done; see status.plan.", about: request)
    case .completed: context.events.normal(.restoreCompleted, "The restore is complete.", about: request)
    case .failed: context.events.warning(.restoreFailed, why, about: request)
    case .unknown: context.events.warning(.restoreUnknown, why, about: request)
    default: return
    }
    context.logger.notice(
      "A restore changed its phase.",
      metadata: ["request": "\(request.key)", "phase": "\(phase.rawValue)", "failure": "\(why)"])
  }
}

/// Ends a request that has touched nothing.
struct RestoreStop: Error {
  let failure: Backup.Failure

  init(_ step: String, _ reason: Reason, _ message: String) {
    failure = Backup.Failure(step: step, reason: reason.rawValue, message: message)
  }
}

extension RestoreRequest.Status {
  mutating func end(_ phase: RestoreRequest.Phase, failure: Backup.Failure?, now: Timestamp) {
    self.phase = phase
    self.failure = failure
    completionTime = completionTime ?? now
    let reason = failure.map { Reason(rawValue: $0.reason) } ?? (phase == .planned ? .planned : .completed)
    let message = failure.map { "step \($0.step): \($0.message)" } ?? "the restore is \(phase.rawValue.lowercased())"
    let completed: Condition.Status =
      phase == .completed || phase == .planned ? .true : phase == .unknown ? .unknown : .false
    let failed: Condition.Status = phase == .failed ? .true : phase == .unknown ? .unknown : .false
    conditions.set("Completed", completed, reason, message, now: now)
    conditions.set("Failed", failed, reason, message, now: now)
  }

  mutating func setStep(_ step: RestoreRequest.Step) {
    var all = steps ?? []
    if let index = all.firstIndex(where: { $0.name == step.name }) { all[index] = step } else { all.append(step) }
    steps = all
  }
}
