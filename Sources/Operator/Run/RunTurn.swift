import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel

/// Keeps two runs of one policy from overlapping: whose turn it is follows from the Jobs that are there, the oldest first.
///
/// There is no lock that could be left behind. A Job that the operator makes for a Backup, while another has the turn, is made
/// suspended, and let go when the older ones have ended. It names the one right before it, so that the end of one run concerns
/// one that waits and not all of them. A Job that somebody else made (the CronJob, `kubectl create job`)
/// is left as it is: its executor finds the other run by its lease in the bucket and waits for it there, as it does without
/// an operator. Suspended, it would stand in the CronJob's way for as long as no operator is there to let it go. There are
/// two exceptions, where the executors cannot know of each other: a restore that has the turn, and credentials that may not
/// list the bucket. The younger Job is then suspended, which stops its pod cleanly and does not count as a failed attempt.
struct RunTurn: Sendable {
  struct Taken: Sendable {
    /// The Job as it is after this.
    var job: Job
    /// The Job that has the turn before this one, where that is known to hold this one up.
    var waitsFor: String?
  }

  let client: KubernetesClient

  func take(_ job: Job) async throws -> Taken {
    // One that somebody else suspended is theirs to let go.
    guard !job.state.isFinished, job.state == .active || job.isQueued else { return Taken(job: job) }
    let (policy, namespace) = (job.policyName ?? "", job.metadata.namespace ?? "")
    let jobs = try await client.jobs(of: policy, in: namespace)
    let all = jobs.filter { $0.operation == .backup }
    let backups = Self.inTheWay(of: job, among: all)
    if let restore = try await restore(before: job, among: jobs) {
      return Taken(job: try await hold(job, for: restore), waitsFor: restore)
    }
    switch job.state {
    case .suspended:
      guard let other = backups.last?.key.name else { return Taken(job: try await release(job)) }
      return Taken(job: try await hold(job, for: other), waitsFor: other)
    default:
      if let other = backups.last?.key.name, try await !seesOthers(policy, in: namespace) {
        return Taken(job: try await hold(job, for: other), waitsFor: other)
      }
      return Taken(job: job, waitsFor: try await atWork(besides: job, among: all, policy, namespace))
    }
  }

  /// The Job whose executor has the lease in the bucket, as far as it shows here: one that was seen at work, or the oldest
  /// that has a pod. One without a pod has no lease either, and holds nobody up.
  private func atWork(
    besides job: Job, among jobs: [Job], _ policy: String, _ namespace: String
  ) async throws -> String? {
    let others = jobs.filter {
      $0.metadata.uid != job.metadata.uid && $0.state == .active && ($0.status?.ready ?? 0) > 0
    }
    if others.isEmpty { return nil }
    let running = try await client.backups(of: policy, in: namespace).filter { $0.status?.phase == .running }
      .compactMap(\.status?.job)
    if running.contains(job.key.name) { return nil }
    let seen = others.first { running.contains($0.key.name) }
    return (seen ?? others.filter { $0.turn < job.turn }.min { $0.turn < $1.turn })?.key.name
  }

  /// The Job that a new one of this policy has to wait for; nil where there is none.
  func last(of policy: String, in namespace: String) async throws -> String? {
    let jobs = try await client.jobs(of: policy, in: namespace)
    let backups = jobs.filter { $0.operation == .backup && $0.isInTheWay }
    if let job = backups.max(by: { $0.turn < $1.turn }) { return job.key.name }
    return try await restore(before: nil, among: jobs)
  }

  // MARK: Order

  /// The unfinished Jobs that go before this one, in their order.
  /// - Parameter jobs: Of the same policy.
  static func inTheWay(of job: Job, among jobs: [Job]) -> [Job] {
    jobs.filter { $0.metadata.uid != job.metadata.uid && $0.isInTheWay && $0.turn < job.turn }
      .sorted { $0.turn < $1.turn }
  }

  /// The restore that has begun, or that was there before `job` and waits. What is being restored over is no state to keep.
  private func restore(before job: Job?, among jobs: [Job]) async throws -> String? {
    for other in jobs where other.operation == .restore && !other.state.isFinished {
      // Also one that a person has suspended midway.
      if other.isReleased { return other.key.name }
      guard other.state == .suspended, !other.isReleased, job.map({ other.turn < $0.turn }) ?? true,
        let owner = other.metadata.controllerReference,
        let request = try await client.find(RestoreRequest.self, owner.name, in: other.metadata.namespace ?? ""),
        request.metadata.uid == owner.uid, request.metadata.deletionTimestamp == nil,
        !(request.status?.phase?.isTerminal ?? false)
      else { continue }
      return other.key.name
    }
    return nil
  }

  /// Whether the executors of a policy find each other in the bucket.
  private func seesOthers(_ policy: String, in namespace: String) async throws -> Bool {
    do {
      let found = try await client.find(BackupPolicy.self, policy, in: namespace)
      return found?.status?.target?.capabilities?[PreflightCapability.list.rawValue] != false
    } catch let error as KubernetesError where error.code == .decoding {
      return true
    }
  }

  // MARK: Deeds

  private func hold(_ job: Job, for other: String) async throws -> Job {
    guard job.state == .active || job.metadata.annotations?[HoldfastAPI.waitsForAnnotation] != other else { return job }
    return try await patch(job, isSuspended: true, waitsFor: .string(other))
  }

  private func release(_ job: Job) async throws -> Job { try await patch(job, isSuspended: false, waitsFor: .null) }

  /// With the version that was read: a Job that somebody else has changed is looked at anew.
  private func patch(_ job: Job, isSuspended: Bool, waitsFor: JSONValue) async throws -> Job {
    var metadata: JSONValue = ["annotations": [HoldfastAPI.waitsForAnnotation: waitsFor]]
    metadata["resourceVersion"] = job.metadata.resourceVersion.map { .string($0) }
    return try await client.patch(
      Job.self, name: job.key.name, namespace: job.metadata.namespace,
      .merge(["metadata": metadata, "spec": ["suspend": .bool(isSuspended)]]))
  }
}

extension Job {
  /// Where a Job stands among those of its policy. Of one second, which is as exact as the API server dates them, one that
  /// runs goes before one that waits.
  struct Turn: Comparable {
    var created: Date
    var isWaiting: Bool
    var name: ObjectKey

    static func < (left: Turn, right: Turn) -> Bool {
      if left.created != right.created { return left.created < right.created }
      if left.isWaiting != right.isWaiting { return right.isWaiting }
      return left.name < right.name
    }
  }

  var turn: Turn { Turn(created: metadata.created, isWaiting: state == .suspended, name: key) }

  /// Suspended by the operator until its turn.
  var isQueued: Bool { state == .suspended && metadata.annotations?[HoldfastAPI.waitsForAnnotation] != nil }

  /// It runs, or it waits for its turn. One that a person suspended does neither, and must not block the others.
  var isInTheWay: Bool { state == .active || isQueued }

  /// Makes a Job that is not there yet wait for its turn from the beginning.
  mutating func queue(behind other: String) {
    spec.suspend = true
    metadata.annotations = (metadata.annotations ?? [:]).merging([HoldfastAPI.waitsForAnnotation: other]) { $1 }
  }
}
