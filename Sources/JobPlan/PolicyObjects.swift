internal import Foundation
public import HoldfastAPI
public import KubernetesModel

/// The objects that a policy owns, made from a validated spec with its defaults filled in. Pure.
public struct PolicyObjects: Sendable {
  /// Seconds that a missed run may start late; also keeps the CronJob controller from giving up after 100 missed runs.
  public static let defaultStartingDeadline: Int64 = 3_600
  /// The operator records a Job long before it is the fourth newest.
  public static let historyLimit: Int32 = 3

  public let policy: BackupPolicy
  public let spec: BackupPolicySpec
  public let defaults: ExecutorDefaults
  public let clusterID: String?

  public init(policy: BackupPolicy, spec: BackupPolicySpec, defaults: ExecutorDefaults, clusterID: String?) {
    self.policy = policy
    self.spec = spec
    self.defaults = defaults
    self.clusterID = clusterID
  }

  var name: String { policy.metadata.name ?? "" }
  var namespace: String? { policy.metadata.namespace }
  private var inputs: ExecutorInputs { ExecutorInputs(spec: spec) }

  public func plan(protectedIDs: some Sequence<String> = [], acceptedIDs: [String] = []) throws -> ConfigMap {
    try Plan(
      policy: policy, spec: spec, clusterID: clusterID, protectedIDs: protectedIDs, acceptedIDs: acceptedIDs
    ).configMap(
      name: ObjectNames.plan(policy: name), owner: policy.ownerReference(), labels: ObjectLabels.of(policy: name))
  }

  /// The identity that a JWT role is bound to; nil where no source needs one or the policy names its own.
  public var serviceAccount: ServiceAccount? {
    inputs.needsIdentity || spec.verification != nil ? account : nil
  }

  /// What pods that need no API server run as.
  var accountName: String? { inputs.needsIdentity ? account?.metadata.name : nil }

  /// nil where the policy names its own.
  public var account: ServiceAccount? {
    guard spec.executor?.serviceAccountName == nil else { return nil }
    return ServiceAccount(
      metadata: ObjectMeta(
        name: ObjectNames.serviceAccount(policy: name), namespace: namespace, labels: ObjectLabels.of(policy: name),
        ownerReferences: policy.ownerReference().map { [$0] }),
      automountServiceAccountToken: false)
  }

  /// - Parameter schedule: Five plain fields; macros and `H` are written out before.
  public func cronJob(schedule: String) throws -> CronJob {
    let cronJobName = ObjectNames.cronJob(policy: name)
    let labels = ObjectLabels.of(policy: name, operation: .backup)
    let job = try jobSpec(labels: labels, trigger: nil, cronJob: cronJobName)
    var cronJob = CronJob(
      metadata: ObjectMeta(
        name: cronJobName, namespace: namespace, labels: ObjectLabels.of(policy: name),
        ownerReferences: policy.ownerReference().map { [$0] }),
      spec: CronJobSpec(
        schedule: schedule, timeZone: spec.timeZone ?? "Etc/UTC", suspend: spec.suspend ?? false,
        startingDeadlineSeconds: spec.startingDeadlineSeconds ?? Self.defaultStartingDeadline,
        concurrencyPolicy: "Forbid", successfulJobsHistoryLimit: Self.historyLimit,
        failedJobsHistoryLimit: Self.historyLimit,
        // On the template's metadata and on the pod's: `kubectl create job --from` copies the former to the Job.
        jobTemplate: JobTemplateSpec(metadata: ObjectMeta(labels: labels), spec: job)))
    try SpecHash.stamp(&cronJob)
    return cronJob
  }

  /// The Job of a Backup object that a person or a restore made. The Backup owns it: deleting the one ends the other.
  public func job(for backup: Backup, trigger: BackupTrigger) throws -> Job {
    let backupName = backup.metadata.name ?? ""
    let labels = ObjectLabels.of(policy: name, operation: .backup, backup: backupName)
    return Job(
      metadata: ObjectMeta(
        name: ObjectNames.job(backup: backupName, uid: backup.metadata.uid ?? ""), namespace: namespace,
        labels: labels, annotations: [HoldfastAPI.triggerAnnotation: trigger.rawValue],
        ownerReferences: backup.ownerReference().map { [$0] }),
      spec: try jobSpec(labels: labels, trigger: trigger, cronJob: nil))
  }

  /// The plan and the Job that remove a Backup's artifacts from the bucket.
  public func deletion(of backup: Backup, id: String) throws -> (plan: ConfigMap, job: Job) {
    let backupName = backup.metadata.name ?? ""
    let objectName = ObjectNames.deleteJob(backup: backupName, uid: backup.metadata.uid ?? "")
    let labels = ObjectLabels.of(policy: name, operation: .delete, backup: backupName)
    let owner = backup.ownerReference()
    var plan = Plan(policy: policy, spec: spec, clusterID: clusterID)
    plan.deleteIDs = [id]
    let pod = ExecutorPod(
      operation: .delete, planConfigMap: objectName, inputs: ExecutorInputs(spec: spec, scope: .bucketOnly),
      template: spec.executorTemplate,
      defaults: defaults, serviceAccount: accountName, labels: labels)
    let job = Job(
      metadata: ObjectMeta(
        name: objectName, namespace: namespace, labels: labels, ownerReferences: owner.map { [$0] }),
      spec: ExecutorJob.spec(pod: try pod.podTemplate(), template: spec.executorTemplate, isRepeatable: true))
    return (try plan.configMap(name: objectName, owner: owner, labels: ObjectLabels.of(policy: name)), job)
  }

  private func jobSpec(labels: [String: String], trigger: BackupTrigger?, cronJob: String?) throws -> JobSpec {
    let pod = ExecutorPod(
      operation: .backup, planConfigMap: ObjectNames.plan(policy: name), inputs: inputs,
      template: spec.executorTemplate, defaults: defaults, serviceAccount: accountName,
      labels: labels, trigger: trigger, cronJob: cronJob)
    return ExecutorJob.spec(pod: try pod.podTemplate(), template: spec.executorTemplate, isRepeatable: true)
  }
}
