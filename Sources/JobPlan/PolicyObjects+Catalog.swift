internal import Foundation
internal import HoldfastAPI
public import KubernetesModel

/// The Job that makes a Backup for each manifest of a policy's target.
extension PolicyObjects {
  /// Seconds in which a listing has to end. It goes on where the last one stopped, since what is there is not made again.
  public static let catalogDeadline: Int64 = 3_600
  /// Seconds that the Job stays after its end, for people who want its log.
  public static let catalogTimeToLive: Int32 = 600

  /// - Parameters:
  ///   - request: The value of the annotation that asks for it.
  ///   - last: When the last listing ended. It makes the Job's name: the same until this one's end is recorded.
  public func catalogName(request: String?, after last: Timestamp?) throws -> String {
    let check = "\(policy.metadata.uid ?? "")/\(try targetHash())/\(request ?? "")/\(last?.description ?? "")"
    return ObjectNames.catalogJob(policy: name, check: check)
  }

  /// As ``catalogName(request:after:)``. The policy owns the Job, and its labels keep it from becoming a Backup.
  public func catalog(request: String?, after last: Timestamp?) throws -> Job {
    let labels = ObjectLabels.of(policy: name, operation: .catalog)
    let pod = ExecutorPod(
      operation: .catalog, planConfigMap: ObjectNames.plan(policy: name),
      inputs: ExecutorInputs(spec: spec, scope: .catalog), template: spec.executorTemplate, defaults: defaults,
      serviceAccount: account?.metadata.name, labels: labels)
    var template = spec.executorTemplate
    template.activeDeadlineSeconds = Self.catalogDeadline
    var job = ExecutorJob.spec(pod: try pod.podTemplate(), template: template, isRepeatable: true)
    job.ttlSecondsAfterFinished = Self.catalogTimeToLive
    return Job(
      metadata: ObjectMeta(
        name: try catalogName(request: request, after: last), namespace: namespace, labels: labels,
        ownerReferences: policy.ownerReference().map { [$0] }),
      spec: job)
  }

  /// For the time of the Job. Not among ``bindings()``, which stay.
  public func catalogBinding() throws -> RoleBinding {
    var binding = RoleBinding(
      metadata: ObjectMeta(
        name: ObjectNames.binding(policy: name, role: .catalog), namespace: namespace,
        labels: ObjectLabels.of(policy: name), ownerReferences: policy.ownerReference().map { [$0] }),
      roleRef: RoleReference(kind: "ClusterRole", name: ExecutorRole.catalog.name), subjects: [executorSubject])
    try SpecHash.stamp(&binding)
    return binding
  }
}
