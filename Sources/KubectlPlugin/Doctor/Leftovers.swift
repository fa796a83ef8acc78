import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel

/// What nobody looks after any more: Jobs, claims of restores, controllers at zero. Pure.
struct Leftovers {
  /// A Job that is older than this, unfinished and alone is not on its way any more.
  static let patience: TimeInterval = 120

  var policies: [BackupPolicy]
  var backups: [Backup]
  var restores: [RestoreRequest]
  var jobs: [Job]
  /// Those that a restore has scaled to zero.
  var deployments: [JSONValue] = []
  var now: Date

  var findings: [Finding] {
    let all = jobs.compactMap(finding(of:)) + restores.compactMap(finding(of:)) + deployments.compactMap(finding(of:))
    return all.isEmpty ? [Finding("leftovers", .ok, "no orphaned Job, claim or paused controller")] : all
  }

  private func finding(of job: Job) -> Finding? {
    let labels = job.metadata.labels ?? [:]
    let namespace = job.metadata.namespace ?? ""
    guard let policy = labels[HoldfastAPI.policyLabel] ?? labels[HoldfastAPI.restoreLabel].map({ _ in "" }) else {
      return nil
    }
    let remove = "if it is of no use: kubectl delete job \(job.key.name) -n \(namespace)"
    func isThere(_ names: [ObjectKey], _ label: String) -> Bool {
      names.contains { $0.namespace == namespace && ObjectLabels.value($0.name) == label }
    }
    if let restore = labels[HoldfastAPI.restoreLabel], !isThere(restores.map(\.key), restore), job.isUnfinished {
      return Finding(
        "leftovers", .problem, "Job \(job.key) runs for RestoreRequest \(restore), which is gone", remedy: remove)
    }
    if let backup = labels[HoldfastAPI.backupLabel], !isThere(backups.map(\.key), backup), job.isUnfinished {
      return Finding("leftovers", .warning, "Job \(job.key) runs for Backup \(backup), which is gone", remedy: remove)
    }
    if !policy.isEmpty, !isThere(policies.map(\.key), policy) {
      return Finding(
        "leftovers", .warning, "Job \(job.key) is of BackupPolicy \(policy), which is gone", remedy: remove)
    }
    guard job.spec.suspend == true, job.isUnfinished, age(of: job.metadata) > Self.patience else { return nil }
    if let other = job.metadata.annotations?[HoldfastAPI.waitsForAnnotation] {
      guard jobs.contains(where: { $0.key.name == other && $0.metadata.namespace == namespace }) else {
        return Finding(
          "leftovers", .problem, "Job \(job.key) waits for Job \(other), which is gone",
          remedy: "an operator lets it go by itself: see whether one is at work")
      }
      return nil
    }
    return labels[HoldfastAPI.restoreLabel] == nil
      ? Finding("leftovers", .warning, "Job \(job.key) is suspended, and nothing says why", remedy: remove) : nil
  }

  private func finding(of request: RestoreRequest) -> Finding? {
    let namespace = request.metadata.namespace ?? ""
    if request.status?.phase == .unknown {
      return Finding(
        "leftovers", .problem, "RestoreRequest \(request.key) is Unknown and waits for a decision",
        remedy: "kubectl holdfast restore status \(request.key.name) -n \(namespace)")
    }
    guard let claim = request.status?.claim, !(request.status?.phase?.isTerminal ?? false),
      !jobs.contains(where: { $0.key.name == claim.job && $0.metadata.namespace == namespace }),
      now.timeIntervalSince(claim.time.date) > Self.patience
    else { return nil }
    return Finding(
      "leftovers", .problem, "RestoreRequest \(request.key) has claimed Job \(claim.job), which is gone",
      remedy: "an operator decides what that means: see whether one is at work")
  }

  private func finding(of deployment: JSONValue) -> Finding? {
    guard let by = deployment.annotations[HoldfastAPI.pausedByAnnotation] else { return nil }
    let parts = by.split(separator: "/").map(String.init)
    let isRunning = restores.contains { request in
      request.metadata.uid == parts.last && !(request.status?.phase?.isTerminal ?? false)
    }
    guard !isRunning else { return nil }
    let replicas = deployment.annotations[HoldfastAPI.pausedReplicasAnnotation] ?? "1"
    return Finding(
      "leftovers", .problem,
      "Deployment \(deployment.key) was scaled to zero by RestoreRequest \(parts.prefix(2).joined(separator: "/")), "
        + "which does not run",
      remedy:
        "kubectl scale deployment \(deployment.name ?? "") -n \(deployment.namespace ?? "") --replicas=\(replicas)")
  }

  private func age(of metadata: ObjectMeta) -> TimeInterval {
    metadata.creationTimestamp.map { now.timeIntervalSince($0.date) } ?? 0
  }
}

extension Job {
  fileprivate var isUnfinished: Bool {
    !(status?.conditions ?? []).contains { ["Complete", "Failed"].contains($0.type) && $0.status == "True" }
  }
}
