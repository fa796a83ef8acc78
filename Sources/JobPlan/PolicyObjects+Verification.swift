internal import Foundation
internal import HoldfastAPI
public import KubernetesModel

/// The CronJob that reads backups back.
extension PolicyObjects {
  /// nil where the policy asks for none. It runs beside backups, and only reads.
  public func verificationCronJob() throws -> CronJob? {
    guard let verification = spec.verification else { return nil }
    let labels = ObjectLabels.of(policy: name, operation: .verify)
    let pod = ExecutorPod(
      operation: .verify, planConfigMap: ObjectNames.plan(policy: name),
      inputs: ExecutorInputs(spec: spec, scope: .verification), template: spec.executorTemplate, defaults: defaults,
      serviceAccount: account?.metadata.name, labels: labels)
    let job = ExecutorJob.spec(pod: try pod.podTemplate(), template: spec.executorTemplate, isRepeatable: true)
    var cronJob = CronJob(
      metadata: ObjectMeta(
        name: ObjectNames.verificationCronJob(policy: name), namespace: namespace,
        labels: ObjectLabels.of(policy: name), ownerReferences: policy.ownerReference().map { [$0] }),
      spec: CronJobSpec(
        schedule: verification.schedule, timeZone: spec.timeZone ?? "Etc/UTC", suspend: spec.suspend ?? false,
        startingDeadlineSeconds: spec.startingDeadlineSeconds ?? Self.defaultStartingDeadline,
        concurrencyPolicy: "Forbid", successfulJobsHistoryLimit: Self.historyLimit,
        failedJobsHistoryLimit: Self.historyLimit,
        jobTemplate: JobTemplateSpec(metadata: ObjectMeta(labels: labels), spec: job)))
    try SpecHash.stamp(&cronJob)
    return cronJob
  }
}
