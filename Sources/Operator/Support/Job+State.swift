import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel

/// How far a Job is.
enum JobState: Sendable, Hashable {
  case active
  case suspended
  case complete
  /// With the condition's reason and message.
  case failed(reason: String, message: String)

  var isFinished: Bool {
    switch self {
    case .complete, .failed: true
    case .active, .suspended: false
    }
  }
}

extension Job {
  /// Seconds between two looks at a Job of a policy's that runs. Its end is told of by the watch, and a thousand policies look
  /// often enough.
  static let lookInterval: TimeInterval = 300

  /// It runs, or is suspended and its pod has yet to stop.
  var isAtWork: Bool {
    switch state {
    case .active: true
    case .suspended: (status?.active ?? 0) + (status?.terminating ?? 0) > 0
    case .complete, .failed: false
    }
  }

  var state: JobState {
    // `FailureTarget` and `SuccessCriteriaMet` only announce the end: pods may still run.
    for condition in status?.conditions ?? [] where condition.status == "True" {
      if condition.type == "Complete" { return .complete }
      if condition.type == "Failed" {
        return .failed(reason: condition.reason ?? "", message: condition.message ?? "")
      }
    }
    return spec.suspend == true ? .suspended : .active
  }

  var endTime: Timestamp? {
    status?.completionTime
      ?? status?.conditions?.first { $0.type == "Failed" && $0.status == "True" }?.lastTransitionTime
  }

  /// What the Job is for; one that carries a policy's label and says nothing is taken for a backup.
  var operation: JobOperation {
    metadata.labels?[HoldfastAPI.operationLabel].flatMap(JobOperation.init(rawValue:)) ?? .backup
  }

  /// Of a real restore: it may run, or has run.
  var isReleased: Bool { metadata.annotations?[RestoreObjects.releasedAnnotation] != nil }

  var policyName: String? { metadata.labels?[HoldfastAPI.policyLabel] }

  /// What started the run, where the Job tells.
  var trigger: BackupTrigger {
    let annotations = metadata.annotations ?? [:]
    if let trigger = annotations[HoldfastAPI.triggerAnnotation].flatMap(BackupTrigger.init(rawValue:)) {
      return trigger
    }
    // kubectl create job --from sets it, and an owner reference to the CronJob as well.
    if annotations["cronjob.kubernetes.io/instantiate"] == "manual" { return .manual }
    return metadata.controllerReference?.kind == CronJob.resource.kind ? .scheduled : .manual
  }
}
