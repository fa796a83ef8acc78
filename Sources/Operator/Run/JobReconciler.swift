import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import KubernetesRuntime
import Logging

/// Turns every Job of a policy, whoever made it, into a Backup, and keeps that Backup's status up to date.
///
/// Flow: read the Job, keep runs of one policy apart, find or make its Backup, derive the status, write it, mark the Job as
/// recorded. Each write may be the last before a crash: the next start finds the same Job and goes on. A Job that ended
/// while the operator was down has no mark, and is found the same way.
struct JobReconciler: Reconciler {
  let context: OperatorContext
  private var client: KubernetesClient { context.client }

  func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
    guard let namespace = key.namespace, let job = try await client.find(Job.self, key.name, in: namespace),
      job.operation == .backup, job.policyName != nil,
      job.metadata.annotations?[HoldfastAPI.recordedAnnotation] == nil
    else { return .done }
    let turn = try await RunTurn(client: client).take(job)
    guard let backup = try await backup(for: turn.job) else { return .done }
    let phase = try await record(turn, in: backup)
    if phase.isTerminal {
      try await markRecorded(turn.job, in: backup)
      return .done
    }
    // Pods tell of themselves, but what a kubelet only retries makes no event; and nobody tells of a lease in the bucket.
    return .requeue(after: turn.waitsFor != nil && turn.job.state == .active ? .seconds(10) : .seconds(60))
  }

  private func record(_ turn: RunTurn.Taken, in backup: Backup) async throws -> Backup.Phase {
    // A final status stays as it is, also when pods have gone since.
    if let phase = backup.status?.phase, phase.isTerminal || phase == .deleting { return phase }
    let observation = RunObservation(
      job: turn.job, pods: try await client.pods(of: turn.job), previous: backup.status, waitsFor: turn.waitsFor)
    let status = observation.backupStatus(now: Timestamp(context.now()))
    try await client.writeStatus(of: backup, from: backup.status, to: status)
    RunReport(context: context).tell(backup, from: backup.status, to: status)
    return status.phase ?? .pending
  }

  private func markRecorded(_ job: Job, in backup: Backup) async throws {
    do {
      let mark: JSONValue = ["annotations": [HoldfastAPI.recordedAnnotation: .string(backup.key.name)]]
      try await client.patchMetadata(of: job, mark)
    } catch let error as KubernetesError where error.code == .notFound {
      // The CronJob's history limit, or a person, was faster. There is nothing left to mark.
    }
  }

  /// The Backup that the Job was made for, or that mirrors it; made where there is none.
  /// - Returns: nil where the Job was made for a Backup that is gone: the Job goes as well.
  private func backup(for job: Job) async throws -> Backup? {
    let namespace = job.metadata.namespace ?? ""
    if let owner = job.metadata.controllerReference, owner.kind == Backup.resource.kind {
      let backup = try await client.find(Backup.self, owner.name, in: namespace)
      return backup?.metadata.uid == owner.uid ? backup : nil
    }
    let name = job.key.name
    if let backup = try await client.find(Backup.self, name, in: namespace) {
      if backup.mirrors(job) { return backup }
    } else if let made = try await mirror(job, name: name) {
      return made
    }
    // The name is another run's.
    let other = ObjectNames.backup(job: name, uid: job.metadata.uid ?? "")
    if let backup = try await client.find(Backup.self, other, in: namespace) { return backup }
    return try await mirror(job, name: other)
  }

  /// - Returns: nil where somebody took the name in between.
  private func mirror(_ job: Job, name: String) async throws -> Backup? {
    let policy = job.policyName ?? ""
    let backup = Backup(
      metadata: ObjectMeta(
        name: name, namespace: job.metadata.namespace, labels: ObjectLabels.of(policy: policy),
        annotations: [
          HoldfastAPI.jobAnnotation: job.mirrorMark, HoldfastAPI.triggerAnnotation: job.trigger.rawValue,
        ]),
      spec: Backup.Spec(policyRef: NameReference(name: policy)))
    do {
      return try await client.create(backup)
    } catch let error as KubernetesError where error.code == .alreadyExists {
      return nil
    }
  }
}

extension Job {
  var mirrorMark: String { "\(key.name)/\(metadata.uid ?? "")" }
}

extension Backup {
  /// The Job that this Backup mirrors, by name and uid; nil for one that a person or a restore made.
  var mirroredJob: (name: String, uid: String)? {
    guard let mark = metadata.annotations?[HoldfastAPI.jobAnnotation], let slash = mark.lastIndex(of: "/") else {
      return nil
    }
    return (String(mark[..<slash]), String(mark[mark.index(after: slash)...]))
  }

  func mirrors(_ job: Job) -> Bool { metadata.annotations?[HoldfastAPI.jobAnnotation] == job.mirrorMark }

  var isHeld: Bool { !(metadata.annotations?[HoldfastAPI.holdAnnotation] ?? "").isEmpty }

  /// When the run began, or was asked for.
  var runTime: Date { (status?.startTime ?? metadata.creationTimestamp)?.date ?? .distantPast }
}
