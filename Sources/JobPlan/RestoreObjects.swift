internal import Foundation
public import HoldfastAPI
public import KubernetesModel

/// The objects of one RestoreRequest: a plan and a Job that is tried once. Pure.
public struct RestoreObjects: Sendable {
  /// Present once, and only once, the Job was let go; set by the same write that lets it go.
  public static let releasedAnnotation = "holdfast.dev/released"

  /// Seconds for ``unpauseJob()``, its attempts together.
  public static let unpauseDeadline: Int64 = 300

  public let request: RestoreRequest
  /// Which policy wrote the backup, perhaps in another cluster.
  public let origin: Plan.Policy
  /// The policy's, or a bare target with the destinations of the request.
  public let spec: BackupPolicySpec
  /// Of this cluster's policy; nil where the backup is only known by its location.
  public let policy: String?
  /// The id to restore, or nil for the newest before `before`.
  public let id: String?
  public let before: Timestamp?
  public let defaults: ExecutorDefaults
  public let clusterID: String?

  public init(
    request: RestoreRequest, origin: Plan.Policy, spec: BackupPolicySpec, policy: String?, id: String?,
    before: Timestamp? = nil, defaults: ExecutorDefaults, clusterID: String?
  ) {
    self.request = request
    self.origin = origin
    self.spec = spec
    self.policy = policy
    self.id = id
    self.before = before
    self.defaults = defaults
    self.clusterID = clusterID
  }

  private var name: String { request.metadata.name ?? "" }
  // A label even where this cluster has no such policy: by it the operator finds its Jobs.
  private var policyName: String { policy ?? origin.name }
  private var uid: String { request.metadata.uid ?? "" }
  private var template: ExecutorTemplate { request.spec.executor ?? spec.executorTemplate }

  /// The Job's name, and the name of its plan.
  public func objectName(isDryRun: Bool) -> String {
    isDryRun
      ? ObjectNames.dryRunJob(request: name, uid: uid)
      : ObjectNames.restoreJob(
        request: name, uid: uid, attempt: request.status?.attempt ?? 1)
  }

  public func plan(isDryRun: Bool) throws -> ConfigMap {
    var plan = Plan(
      policy: Plan.Policy(
        namespace: request.metadata.namespace ?? "", name: policyName),
      clusterID: clusterID, spec: spec.withoutExecutor)
    plan.restore = restore(isDryRun: isDryRun)
    return try plan.configMap(
      name: objectName(isDryRun: isDryRun), owner: request.ownerReference(),
      labels: ObjectLabels.of(policy: policyName, restore: name))
  }

  /// Made before the Job; without it the Job begins nothing.
  public func journal(isDryRun: Bool) -> ConfigMap {
    ConfigMap(
      metadata: ObjectMeta(
        name: ObjectNames.result(job: objectName(isDryRun: isDryRun)), namespace: request.metadata.namespace,
        labels: ObjectLabels.of(policy: policyName, restore: name),
        ownerReferences: request.ownerReference().map { [$0] }),
      data: RestoreJournal().data)
  }

  /// The identity that a destination with a JWT role sees: the policy's own, so that its binding holds for both ways.
  public var serviceAccount: ServiceAccount? {
    guard inputs.needsIdentity, template.serviceAccountName == nil else { return nil }
    return ServiceAccount(
      metadata: ObjectMeta(
        name: ObjectNames.serviceAccount(policy: policyName), namespace: request.metadata.namespace,
        labels: ObjectLabels.of(policy: policyName)),
      automountServiceAccountToken: false)
  }

  /// The Job. A real restore is made suspended, and is let go only after the claim that names it was written: see
  /// promise 7. A dry run touches nothing and needs no claim.
  ///
  /// - Parameters:
  ///   - absentClaims: Those that a dry run must do without, since it makes none.
  ///   - node: Where a claim of the Job's is mounted already, and so can be mounted alone.
  public func job(
    isDryRun: Bool, absentClaims: Set<String> = [], on node: String? = nil
  ) throws -> Job {
    let labels = ObjectLabels.of(policy: policyName, operation: .restore, restore: name)
    var template = template
    if let node { template.affinity = ExecutorAffinity.merged(template.affinity, node: node) }
    var pod = ExecutorPod(
      operation: .restore, planConfigMap: objectName(isDryRun: isDryRun),
      inputs: inputs(isDryRun: isDryRun, absentClaims: absentClaims), template: template,
      defaults: defaults, serviceAccount: serviceAccount?.metadata.name, labels: labels)
    if !isDryRun { pod.etcdRestore = EtcdRestoreStep(request.spec.sources) }
    return Job(
      metadata: ObjectMeta(
        name: objectName(isDryRun: isDryRun), namespace: request.metadata.namespace, labels: labels,
        ownerReferences: request.ownerReference().map { [$0] }),
      spec: ExecutorJob.spec(
        pod: try pod.podTemplate(), template: template, isRepeatable: false, isSuspended: !isDryRun))
  }

  /// Whether the restore scales something to zero for its time.
  public var pausesControllers: Bool {
    (request.spec.sources ?? []).contains { ($0.certManager ?? $0.resources)?.pausedController != nil }
  }

  /// The Job that scales back what the restore's Job left at zero. It changes nothing where nothing is to be done, and may run
  /// any number of times.
  public func unpauseJob() throws -> Job {
    let labels = ObjectLabels.of(policy: policyName, operation: .unpause, restore: name)
    let pod = ExecutorPod(
      operation: .unpause, planConfigMap: objectName(isDryRun: false),
      inputs: ExecutorInputs(spec: spec, scope: .unpause), template: template, defaults: defaults,
      serviceAccount: serviceAccount?.metadata.name, labels: labels)
    var template = template
    template.activeDeadlineSeconds = Self.unpauseDeadline
    return Job(
      metadata: ObjectMeta(
        name: ObjectNames.unpauseJob(restoreJob: objectName(isDryRun: false)), namespace: request.metadata.namespace,
        labels: labels,
        ownerReferences: request.ownerReference().map { [$0] }),
      spec: ExecutorJob.spec(pod: try pod.podTemplate(), template: template, isRepeatable: true))
  }

  /// What the Job may do at the API server, beyond its own namespace too.
  public var permissions: RestorePermissions {
    RestorePermissions(
      spec: spec, origin: origin.namespace, request: request.spec, namespace: request.metadata.namespace ?? "")
  }

  /// The bindings for the time of the Job. They have no owner, so that the garbage collector does not take them from a pod that
  /// is told to stop and has yet to scale a controller back: whoever makes them takes them back.
  /// - Throws: Where an object cannot be encoded.
  public func bindings(isDryRun: Bool) throws -> PolicyObjects.Bindings {
    var bindings = PolicyObjects.Bindings()
    let own = request.metadata.namespace ?? ""
    let job = objectName(isDryRun: isDryRun)
    let subject = Subject(
      kind: "ServiceAccount",
      name: template.serviceAccountName ?? ObjectNames.serviceAccount(policy: policyName), namespace: own)
    for grant in permissions.grants {
      let metadata = ObjectMeta(
        name: ObjectNames.restoreBinding(job: job, namespace: own, role: grant.role), namespace: grant.namespace,
        labels: ObjectLabels.of(policy: policyName, restore: name),
        annotations: [HoldfastAPI.restoreRequestAnnotation: "\(own)/\(name)"])
      let role = RoleReference(kind: "ClusterRole", name: grant.role.name)
      if grant.namespace == nil {
        bindings.everywhere.append(ClusterRoleBinding(metadata: metadata, roleRef: role, subjects: [subject]))
      } else {
        bindings.inNamespaces.append(RoleBinding(metadata: metadata, roleRef: role, subjects: [subject]))
      }
    }
    return bindings
  }

  /// Whether it writes to a volume of others, whose group stays as it is.
  public var keepsGroups: Bool { !RestoreClaims(spec: spec, sources: request.spec.sources).mayChangeGroup }

  private var inputs: ExecutorInputs { inputs(isDryRun: false, absentClaims: []) }

  private func inputs(isDryRun: Bool, absentClaims: Set<String>) -> ExecutorInputs {
    ExecutorInputs(spec: spec, scope: .restore(restore(isDryRun: isDryRun)), absentClaims: absentClaims)
  }

  /// Claims in the request's namespace that databases, snapshots and files go to, and how to make those that are not there.
  public var databaseClaims: [RestoreRequest.OpenZitiDestination.Claim] {
    OpenZitiPlace.all(spec.sources, by: request.spec.sources).compactMap(\.claim)
      + RestoreClaims(spec: spec, sources: request.spec.sources).claims
  }

  /// A claim that a database is to be written to. It has no owner: it outlives the request.
  public func persistentVolumeClaim(
    _ claim: RestoreRequest.OpenZitiDestination.Claim
  ) throws -> PersistentVolumeClaim? {
    guard let create = claim.create else { return nil }
    return PersistentVolumeClaim(
      metadata: ObjectMeta(
        name: claim.claimName, namespace: request.metadata.namespace,
        labels: ObjectLabels.of(policy: policyName, restore: name)),
      spec: PersistentVolumeClaimSpec(
        accessModes: create.accessModes ?? ["ReadWriteOnce"],
        resources: ["requests": ["storage": .string(create.storage)]], storageClassName: create.storageClassName))
  }

  private func restore(isDryRun: Bool) -> Plan.Restore {
    var restore = Plan.Restore(
      request: name, uid: request.metadata.uid, origin: origin, id: id, before: before?.description,
      decryption: request.spec.decryption, sources: request.spec.sources,
      namespaceMapping: request.spec.namespaceMapping, conflictPolicy: request.spec.conflictPolicy, dryRun: isDryRun,
      force: request.spec.force ?? false)
    restore.done = request.status?.restoredSources
    return restore
  }
}
