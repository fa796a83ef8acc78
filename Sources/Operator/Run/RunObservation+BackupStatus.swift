import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel

extension RunObservation {
  /// What a warning begins with that tells of retention.
  static let retentionWarning = "retention was not applied: "

  /// The Backup's status that the Job and its pods call for. Pure: equal input gives an equal status.
  /// - Parameter now: For conditions only.
  func backupStatus(now: Timestamp) -> Backup.Status {
    // What is final stays, whatever goes away later.
    if let previous, previous.phase?.isTerminal ?? false { return previous }
    var status = previous ?? Backup.Status()
    status.job = job.metadata.name
    status.trigger = job.trigger
    status.startTime = job.status?.startTime ?? status.startTime
    switch job.state {
    case .complete: completed(&status, now)
    case .failed(let reason, let message):
      // A manifest that is there makes a backup (promise 3), even if the pod was killed right after it said so.
      if results(of: .backup).contains(where: { $0.outcome == .succeeded }) {
        completed(&status, now)
      } else {
        failed(&status, failure(of: .backup, reason: reason, message: message), now)
      }
    case .suspended:
      status.phase = .pending
      let other = job.metadata.annotations?[HoldfastAPI.waitsForAnnotation]
      progress(
        &status, .waitingForJob,
        other.map(Self.waits) ?? "the Job is suspended (spec.suspend)", now
      )
    case .active: active(&status, now)
    }
    return status
  }

  private func completed(_ status: inout Backup.Status, _ now: Timestamp) {
    let results = results(of: .backup)
    // Completed with a result that says otherwise is not a success, whatever the exit code was.
    guard let result = results.last(where: { $0.outcome == .succeeded }) else {
      if let other = results.last, var failure = other.failure {
        failure.pod = endedPods.last { $0.result == other }?.metadata.name
        return failed(&status, failure, now)
      }
      return completedWithoutResult(&status, now)
    }
    status.phase = .completed
    // A run that waited for another one in the bucket began later than its Job.
    status.startTime = max(status.startTime ?? result.startTime, result.startTime)
    status.completionTime = job.status?.completionTime ?? result.completionTime
    status.id = result.id
    status.location = result.location
    status.artifacts = result.artifacts?.map { Self.absolute($0, location: result.location) }
    status.size = result.artifacts?.reduce(0) { $0 + $1.storedSize }
    status.facts = result.facts
    status.storage = result.prune.map {
      .init(count: $0.count, bytes: $0.bytes, oldest: $0.oldest, newest: $0.newest)
    }
    status.pruned = result.prune.flatMap { $0.deleted.isEmpty ? nil : $0.deleted }
    var warnings = [result.anomaly?.message.map { "suspicious: \($0)" }].compactMap(\.self) + (result.warnings ?? [])
    if let message = result.prune?.message { warnings.append(Self.retentionWarning + message) }
    if result.truncated == true { warnings.append("the list of artifacts is cut; the manifest in the bucket is whole") }
    partial(&status, result.missing ?? [], now)
    status.mark(result.anomaly, now: now)
    finish(&status, warnings: warnings, now)
  }

  /// A good backup that lacks something says so where conditions are looked at, and keeps saying it.
  private func partial(_ status: inout Backup.Status, _ missing: [String], _ now: Timestamp) {
    guard !missing.isEmpty else { return }
    var message = "not in the backup: "
    for (index, item) in missing.enumerated() {
      guard message.count + item.count < 2_000 || index == 0 else {
        message += "; and \(missing.count - index) more"
        break
      }
      message += (index == 0 ? "" : "; ") + item
    }
    status.conditions.set("PartiallyCaptured", .true, .partiallyCaptured, message, now: now)
  }

  // The executor exits with 0 only after the manifest is written, so that the backup is there; its details are not.
  private func completedWithoutResult(_ status: inout Backup.Status, _ now: Timestamp) {
    status.phase = .completed
    status.completionTime = job.status?.completionTime ?? status.completionTime ?? now
    finish(
      &status,
      warnings: [
        "the pod's result was lost, so that id, size and digests are not known here; holdfast list shows the backup"
      ], now)
  }

  private func finish(_ status: inout Backup.Status, warnings: [String], _ now: Timestamp) {
    let attempts = endedPods.filter { ($0.terminated?.exitCode ?? 0) != 0 }.count
    status.failure = nil
    status.warnings = warnings + (attempts > 0 ? ["\(attempts) attempt(s) failed before"] : [])
    if status.warnings?.isEmpty == true { status.warnings = nil }
    let message = status.location.map { "the backup is at \($0)" } ?? "the Job completed"
    status.conditions.set("Completed", .true, .completed, message, now: now)
    status.conditions.set("Failed", .false, .completed, message, now: now)
  }

  private func failed(_ status: inout Backup.Status, _ failure: Backup.Failure, _ now: Timestamp) {
    status.completionTime = job.endTime ?? now
    status.fail(failure, now: now)
  }

  private func active(_ status: inout Backup.Status, _ now: Timestamp) {
    let ended = endedPods.last { $0.terminated?.exitCode != 0 }
    if let ended {
      status.failure = ended.result?.failure ?? ended.cause.map { Backup.Failure($0) }
      status.failure?.pod = ended.metadata.name
    }
    if isBeingStoppedBeforeItsStart { return }
    guard let pod = newestPod, pod.terminated == nil else {
      // Between two attempts, or before the first.
      status.phase = ended == nil ? .pending : .running
      let message = ended == nil ? "waits for a pod" : "the last attempt failed; another one follows"
      return progress(&status, .waitingForJob, message, now)
    }
    if pod.isRunning {
      // What it looks like from here: the executor waits for the other's lease. One that was at work stays so.
      if let waitsFor, status.phase != .running {
        status.phase = .pending
        return progress(&status, .waitingForJob, Self.waits(for: waitsFor), now)
      }
      status.phase = .running
      return progress(&status, .waitingForJob, "pod \(pod.key.name) runs", now)
    }
    status.phase = status.phase == .running ? .running : .pending
    let reason = pod.cause?.reason ?? .waitingForJob
    progress(&status, reason, "\(Self.waitPrefix)\(pod.key.name): \(pod.waitingFor ?? "it starts")", now)
  }

  /// The deadline removes a pod that could not start, and with it why. What was recorded before is all that will ever be
  /// known, and must not be overwritten by how the pod looks on its way out.
  private var isBeingStoppedBeforeItsStart: Bool {
    guard let said = previous?.conditions["Completed"], said.reason != Reason.waitingForJob.rawValue else {
      return false
    }
    return newestPod.map { $0.metadata.deletionTimestamp != nil && !$0.isRunning } ?? true
  }

  private func progress(_ status: inout Backup.Status, _ reason: Reason, _ message: String, _ now: Timestamp) {
    status.conditions.set("Completed", .false, reason, message, now: now)
  }

  /// Keys in a result are relative to its location, those in a status to the bucket.
  private static func absolute(_ artifact: Backup.Artifact, location: String?) -> Backup.Artifact {
    guard let location, let scheme = location.range(of: "://") else { return artifact }
    let path = location[scheme.upperBound...].split(separator: "/").dropFirst().joined(separator: "/")
    var artifact = artifact
    if !path.isEmpty, !artifact.key.hasPrefix(path + "/") { artifact.key = "\(path)/\(artifact.key)" }
    return artifact
  }
}

extension Backup.Failure {
  init(_ cause: PodCause) { self.init(step: "pod", reason: cause.reason.rawValue, message: cause.message) }
}

extension Backup.Status {
  /// Ends the run as failed.
  mutating func fail(_ failure: Backup.Failure, now: Timestamp) {
    phase = .failed
    self.failure = failure
    completionTime = completionTime ?? now
    let source = failure.source.map { " (source \($0))" } ?? ""
    let message = "step \(failure.step)\(source): \(failure.message)"
    let reason = Reason(rawValue: failure.reason)
    conditions.set("Completed", .false, reason, message, now: now)
    conditions.set("Failed", .true, reason, message, now: now)
  }
}
