import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import Logging

/// Has each policy's target tried before a backup has to: when it changes, again where that failed, and once a day where
/// no backup shows that it works.
///
/// The operator has no credentials, so that a Job does it, which looks like a backup's. Its name follows from what is in the
/// status: it is the same until the Job's end is recorded, so that an operator that dies in between finds it again. No
/// backup ever waits for it.
struct TargetPreflight: Sendable {
  struct Outcome: Sendable {
    var tracking: TargetTracking
    /// When to look again.
    var next: Date?
  }

  let context: OperatorContext
  private var client: KubernetesClient { context.client }

  func outcome(for policy: BackupPolicy, _ objects: PolicyObjects, _ history: PolicyHistory) async throws -> Outcome {
    let now = context.now()
    var tracking = TargetTracking(policy.status, hash: try objects.targetHash(), now: now)
    tracking.take(history)
    guard context.configuration.targetPreflight else {
      tracking.wait("no backup has tried the target yet, and preflights are off (--target-preflight=false)")
      return Outcome(tracking: tracking, next: nil)
    }
    let isSuspended = policy.spec.suspend == true
    if let due = tracking.due(isSuspended: isSuspended), due <= now {
      guard try await attempt(policy, objects, &tracking) else {
        return Outcome(tracking: tracking, next: now.addingTimeInterval(Job.lookInterval))
      }
    }
    return Outcome(tracking: tracking, next: tracking.due(isSuspended: isSuspended))
  }

  /// - Returns: Whether the Job's end was taken in.
  private func attempt(
    _ policy: BackupPolicy, _ objects: PolicyObjects, _ tracking: inout TargetTracking
  ) async throws -> Bool {
    let name = try objects.preflightName(after: tracking.check.checkedAt)
    guard let job = try await client.find(Job.self, name, in: policy.metadata.namespace ?? "") else {
      return try await start(try objects.preflight(after: tracking.check.checkedAt), policy, &tracking)
    }
    guard job.metadata.controllerReference?.uid == policy.metadata.uid else {
      take(
        TargetTracking.Finding(
          status: .unknown, reason: .nameConflict,
          message: "the target is not tried: Job \(name) exists and is not this policy's"), &tracking)
      return true
    }
    guard job.state.isFinished else {
      tracking.wait("Job \(name) tries the target")
      return false
    }
    let observation = RunObservation(job: job, pods: try await client.pods(of: job))
    tracking.take(
      observation.targetFinding, capabilities: observation.results(of: .preflight).last?.capabilities,
      at: job.endTime ?? Timestamp(context.now()))
    return true
  }

  private func start(_ job: Job, _ policy: BackupPolicy, _ tracking: inout TargetTracking) async throws -> Bool {
    do {
      try await client.create(job)
    } catch let error as KubernetesError where error.code == .alreadyExists {
      // Made by an operator whose last words were not heard.
    } catch let error as KubernetesError where [.forbidden, .invalid, .badRequest, .serverError].contains(error.code) {
      // A quota, or a webhook. Nothing but this check is held up by it.
      take(
        TargetTracking.Finding(
          status: .unknown, reason: .applyFailed, message: "the Job that tries the target cannot be made: \(error)"),
        &tracking)
      return true
    }
    context.logger.info(
      "A target is tried.", metadata: ["policy": "\(policy.key)", "job": "\(job.key.name)"])
    tracking.wait("Job \(job.key.name) tries the target")
    return false
  }

  private func take(_ finding: TargetTracking.Finding, _ tracking: inout TargetTracking) {
    tracking.take(finding, capabilities: nil, at: Timestamp(context.now()))
  }
}

extension RunObservation {
  /// What a preflight Job that has ended says of the target.
  var targetFinding: TargetTracking.Finding {
    if let result = results(of: .preflight).last, result.failure?.reason != Reason.interrupted.rawValue {
      if result.outcome == .succeeded {
        let warnings = (result.warnings ?? []).map { "; \($0)" }.joined()
        return .init(
          status: .true, reason: .targetUsable, message: "\(result.location ?? "the target") takes backups\(warnings)")
      }
      return .init(
        status: .false, reason: Reason(rawValue: result.failure?.reason ?? Reason.internalError.rawValue),
        message: result.failure?.message ?? "the preflight failed and gave no reason")
    }
    guard case .failed(let reason, let message) = job.state else {
      return .init(status: .true, reason: .targetUsable, message: "the preflight succeeded; its details are lost")
    }
    // The executor gives up long before the Job does, so that it was the pod that did not get as far as the target.
    if reason == "DeadlineExceeded", !pods.contains(where: { $0.cause != nil }) {
      return .init(
        status: .unknown, reason: .deadlineExceeded,
        message: "the target could not be tried: the pod of Job \(job.key.name) did not start and end within its "
          + "deadline\(deadline); a backup's pod may have to wait for the same")
    }
    let failure = failure(of: .preflight, reason: reason, message: message)
    return .init(
      status: .unknown, reason: Reason(rawValue: failure.reason),
      message: "the target could not be tried: \(failure.message)")
  }
}
