internal import Foundation
public import HoldfastAPI
public import KubernetesModel

/// What reads backups back: the CronJob, and a Job for each single request.
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

  /// Seconds that the Job of a request stays after its end, for people who want its log.
  public static let verificationTimeToLive: Int32 = 3_600

  /// The Job that reads one backup back because somebody asked for it. The Backup owns it, and its name follows from the
  /// request, so that who dies after it was made finds it again. It is suspended until it has ``verificationBinding(of:)``.
  /// - Parameter id: Of the backup, in the bucket.
  public func verification(of backup: Backup, id: String, request: String) throws -> Job {
    let backupName = backup.metadata.name ?? ""
    let labels = ObjectLabels.of(policy: name, operation: .verify, backup: backupName)
    var pod = ExecutorPod(
      operation: .verify, planConfigMap: ObjectNames.plan(policy: name),
      inputs: ExecutorInputs(spec: spec, scope: .verification), template: spec.executorTemplate, defaults: defaults,
      serviceAccount: account?.metadata.name, labels: labels)
    pod.operands = [id]
    var job = ExecutorJob.spec(
      pod: try pod.podTemplate(), template: spec.executorTemplate, isRepeatable: true, isSuspended: true)
    job.ttlSecondsAfterFinished = Self.verificationTimeToLive
    return Job(
      metadata: ObjectMeta(
        name: ObjectNames.verifyJob(backup: backupName, uid: backup.metadata.uid ?? "", request: request),
        namespace: namespace, labels: labels, annotations: [HoldfastAPI.verifyNowAnnotation: request],
        ownerReferences: backup.ownerReference().map { [$0] }),
      spec: job)
  }

  /// The executor's right, for the time of that Job, whatever `spec.verification` says meanwhile. The Job owns it: whoever
  /// removes the one removes the other.
  /// - Parameter job: As it is on the server.
  public func verificationBinding(of job: Job) throws -> RoleBinding {
    var binding = RoleBinding(
      metadata: ObjectMeta(
        name: job.metadata.name, namespace: namespace, labels: ObjectLabels.of(policy: name),
        ownerReferences: job.ownerReference(blockOwnerDeletion: false).map { [$0] }),
      roleRef: RoleReference(kind: "ClusterRole", name: ExecutorRole.verification.name), subjects: [executorSubject])
    try SpecHash.stamp(&binding)
    return binding
  }
}
