import Foundation
import HoldfastAPI
import KubernetesClient
import KubernetesModel

/// Keeps two runs of one policy from overlapping.
///
/// A CronJob only looks at Jobs that it made itself, so that a run by hand and a scheduled one could meet. The younger Job
/// is suspended, which stops its pod cleanly, and let go when the older one has ended, and a restore of the policy as well. While the operator is down two runs
/// may overlap; nothing breaks then, since each writes under an id of its own.
struct RunTurn: Sendable {
  struct Taken: Sendable {
    /// The Job as it is after this.
    var job: Job
    var isWaiting: Bool
  }

  let client: KubernetesClient

  func take(_ job: Job) async throws -> Taken {
    let waitsFor = job.metadata.annotations?[HoldfastAPI.waitsForAnnotation]
    switch job.state {
    case .complete, .failed: return Taken(job: job, isWaiting: false)
    // Suspended by somebody else: theirs to let go.
    case .suspended where waitsFor == nil: return Taken(job: job, isWaiting: false)
    case .active, .suspended: break
    }
    let (policy, namespace) = (job.policyName ?? "", job.metadata.namespace ?? "")
    var older = Self.older(than: job, among: try await client.backupJobs(of: policy, in: namespace))
    if older == nil {
      // What is being restored over is no state to keep.
      older = try await client.restoreJobs(of: policy, in: namespace).first { $0.isReleased && $0.state == .active }
    }
    switch (job.state, older) {
    case (.active, let older?): return Taken(job: try await suspend(job, for: older), isWaiting: true)
    case (.suspended, nil): return Taken(job: try await release(job), isWaiting: false)
    case (.suspended, _): return Taken(job: job, isWaiting: true)
    default: return Taken(job: job, isWaiting: false)
    }
  }

  /// The Job that has the turn before this one: an unfinished one that is older.
  /// - Parameter jobs: Of the same policy, oldest first.
  static func older(than job: Job, among jobs: [Job]) -> Job? {
    for other in jobs {
      if other.metadata.uid == job.metadata.uid { return nil }
      // One that a person suspended does not run, and must not block the others.
      let isQueued = other.metadata.annotations?[HoldfastAPI.waitsForAnnotation] != nil
      if other.state == .active || (other.state == .suspended && isQueued) { return other }
    }
    return nil
  }

  private func suspend(_ job: Job, for older: Job) async throws -> Job {
    try await patch(job, isSuspended: true, waitsFor: .string(older.key.name))
  }

  private func release(_ job: Job) async throws -> Job { try await patch(job, isSuspended: false, waitsFor: .null) }

  private func patch(_ job: Job, isSuspended: Bool, waitsFor: JSONValue) async throws -> Job {
    var metadata: JSONValue = ["annotations": [HoldfastAPI.waitsForAnnotation: waitsFor]]
    metadata["resourceVersion"] = job.metadata.resourceVersion.map { .string($0) }
    return try await client.patch(
      Job.self, name: job.key.name, namespace: job.metadata.namespace,
      .merge(["metadata": metadata, "spec": ["suspend": .bool(isSuspended)]]))
  }
}
