internal import Foundation
internal import HoldfastAPI
public import KubernetesModel

/// The Job that tries a policy's target before a backup has to.
extension PolicyObjects {
  /// Seconds until a preflight Job that hangs is ended. Its executor gives up before; this is for pods that do not start.
  public static let preflightDeadline: Int64 = 180
  /// Seconds that a preflight Job stays after its end, for people who want its log.
  public static let preflightTimeToLive: Int32 = 600

  /// Everything that decides whether the target works: what it is, and who the pods are there.
  private struct PreflightSubject: Encodable {
    var target: Target
    var serviceAccountName: String?
    var env: JSONValue?
    var podLabels: [String: String]?
    var podAnnotations: [String: String]?
  }

  /// Changes when a target has to be tried anew.
  public func targetHash() throws -> String {
    var target = spec.target.defaulted()
    // How fast, not whether.
    target.partSize = nil
    target.concurrency = nil
    let template = spec.executor
    let subject = PreflightSubject(
      target: target, serviceAccountName: template?.serviceAccountName, env: template?.env,
      podLabels: template?.podLabels, podAnnotations: template?.podAnnotations)
    return String(try SpecHash.of(subject).prefix(16))
  }

  /// - Parameter last: When the last preflight of this target ended. It makes the Job's name: the same until this one's
  ///   end is recorded, and then another.
  public func preflightName(after last: Timestamp?) throws -> String {
    let check = "\(policy.metadata.uid ?? "")/\(try targetHash())/\(last?.description ?? "")"
    return ObjectNames.preflightJob(policy: policy.metadata.name ?? "", check: check)
  }

  /// A pod as a backup has it, without what its sources need, tried once; the policy owns the Job, and its labels keep it from becoming a Backup.
  public func preflight(after last: Timestamp?) throws -> Job {
    let policyName = policy.metadata.name ?? ""
    let labels = ObjectLabels.of(policy: policyName, operation: .preflight)
    let pod = ExecutorPod(
      operation: .preflight, planConfigMap: ObjectNames.plan(policy: policyName),
      inputs: ExecutorInputs(spec: spec, scope: .bucketOnly), template: spec.executorTemplate, defaults: defaults,
      serviceAccount: accountName, labels: labels)
    var template = spec.executorTemplate
    template.activeDeadlineSeconds = Self.preflightDeadline
    var job = ExecutorJob.spec(pod: try pod.podTemplate(), template: template, isRepeatable: false)
    job.ttlSecondsAfterFinished = Self.preflightTimeToLive
    return Job(
      metadata: ObjectMeta(
        name: try preflightName(after: last), namespace: policy.metadata.namespace, labels: labels,
        ownerReferences: policy.ownerReference().map { [$0] }),
      spec: job)
  }
}
