import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import KubernetesRuntime
import ServiceLifecycle

/// Which changes concern which objects: the operator's wiring.
struct Controllers {
  private(set) var informers: [WatchedInformer] = []
  let controllers: [any Service]

  private let policy: Controller
  private let backup: Controller
  private let job: Controller
  private let restore: Controller

  init(_ context: OperatorContext) {
    func controller(_ name: String, workers: Int, _ reconciler: some Reconciler) -> Controller {
      Controller(
        name: name, options: Controller.Options(workers: workers), reconciler: reconciler, logger: context.logger)
    }
    let workers = context.configuration.workers
    policy = controller("backuppolicy", workers: workers, BackupPolicyReconciler(context: context))
    // One worker: see BackupReconciler.
    backup = controller("backup", workers: 1, BackupReconciler(context: context))
    // One worker as well: of two runs that come together one is told of as running, and the other as waiting for it.
    job = controller("job", workers: 1, JobReconciler(context: context))
    restore = controller("restorerequest", workers: workers, RestoreReconciler(context: context))
    controllers = [policy, backup, job, restore]
    let namespaces = context.configuration.namespaces
    for namespace in namespaces.isEmpty ? [nil] : namespaces.map(Optional.some) { watch(namespace, context) }
    if context.configuration.managesClusterBindings { watchClusterBindings(context) }
  }

  private static let jobLabels: Set = [HoldfastAPI.policyLabel, HoldfastAPI.operationLabel, HoldfastAPI.restoreLabel]
  private static let bindingLabels: Set = [HoldfastAPI.policyLabel, HoldfastAPI.policyNamespaceLabel]

  private mutating func watch(_ namespace: String?, _ context: OperatorContext) {
    // Reconcilers ask the server for what they act on. What is kept here only says whose turn a change makes it, and of
    // thousands of objects it has to be little.
    func informer<Object: KubernetesObject>(
      _ type: Object.Type, selector: String? = nil, isMetadataOnly: Bool = false,
      keeping keep: @escaping @Sendable (Object) -> Object = { $0 }
    ) -> Informer<Object> {
      Informer(
        context.client, type, namespace: namespace,
        options: WatcherOptions(labelSelector: selector, pageSize: 100, isMetadataOnly: isMetadataOnly),
        logger: context.logger, keeping: keep)
    }
    func glances<Object: KubernetesObject>(
      _ type: Object.Type, selector: String? = nil, labels: Set<String> = [], annotations: Set<String> = []
    ) -> Informer<MetadataOf<Object>> {
      informer(MetadataOf<Object>.self, selector: selector, isMetadataOnly: true) { object in
        MetadataOf(metadata: object.metadata.trimmed(labels: labels, annotations: annotations, isUIDKept: true))
      }
    }
    let managed = "app.kubernetes.io/managed-by=\(HoldfastAPI.fieldManager)"
    let policies = glances(BackupPolicy.self)
    let backups = informer(BackupGlance.self) { backup in
      var kept = backup
      kept.metadata = backup.metadata.trimmed(labels: [HoldfastAPI.restoreLabel])
      return kept
    }
    let requests = informer(RestoreRequest.self)
    let cronJobs = glances(CronJob.self, selector: managed)
    let configMaps = glances(ConfigMap.self, selector: managed)
    let bindings = glances(
      RoleBinding.self, selector: managed, labels: Self.bindingLabels,
      annotations: [HoldfastAPI.restoreRequestAnnotation])
    let jobs = glances(
      Job.self, selector: HoldfastAPI.policyLabel, labels: Self.jobLabels,
      annotations: [HoldfastAPI.recordedAnnotation, HoldfastAPI.waitsForAnnotation])
    let pods = glances(Pod.self, selector: HoldfastAPI.policyLabel, labels: [HoldfastAPI.restoreLabel])

    policy.watch(policies)
    policy.watchOwned(cronJobs, by: BackupPolicy.resource)
    policy.watchOwned(configMaps, by: BackupPolicy.resource)
    policy.watch(bindings, keys: Self.boundPolicies(of:))
    // Preflights: every other Job belongs to something else.
    policy.watchOwned(jobs, by: BackupPolicy.resource)
    policy.watch(jobs, keys: Self.verifiedPolicies(of:))
    policy.watch(backups, keys: Self.policies(of:))
    policy.watch(requests) { [store = backups.store] in Self.policies(of: $0, backups: store) }

    if context.configuration.preUpgradeGate { watchWorkloads(namespace, context) }

    // Of ten thousand that were there before the operator started few need anything.
    backup.watch(backups) { Self.unsettled($0) }
    backup.watch(jobs, keys: Self.backups(of:))

    job.watch(jobs)
    job.watch(jobs) { [store = jobs.store] in Self.waiting(after: $0, in: store) }
    job.watch(requests) { [store = jobs.store] in Self.waiting(after: $0, in: store) }
    job.watch(pods, keys: Self.jobs(of:))

    restore.watch(requests)
    restore.watch(backups) { Self.label(HoldfastAPI.restoreLabel, of: $0) }
    restore.watch(jobs) { Self.label(HoldfastAPI.restoreLabel, of: $0) }
    restore.watch(pods) { Self.label(HoldfastAPI.restoreLabel, of: $0) }
    restore.watch(bindings, keys: Self.boundRequests(of:))

    informers += [
      WatchedInformer(policies), WatchedInformer(backups), WatchedInformer(requests), WatchedInformer(cronJobs),
      WatchedInformer(configMaps), WatchedInformer(bindings), WatchedInformer(jobs), WatchedInformer(pods),
    ]
  }

  private mutating func watchWorkloads(_ namespace: String?, _ context: OperatorContext) {
    func informer<Workload: GatedWorkload>(_ type: Workload.Type) -> Informer<Workload> {
      Informer(
        context.client, type, namespace: namespace, options: WatcherOptions(labelSelector: HoldfastAPI.preUpgradeLabel),
        logger: context.logger)
    }
    let (deployments, statefulSets) = (informer(GatedDeployment.self), informer(GatedStatefulSet.self))
    let daemonSets = informer(GatedDaemonSet.self)
    policy.watch(deployments, keys: gatingPolicies(of:))
    policy.watch(statefulSets, keys: gatingPolicies(of:))
    policy.watch(daemonSets, keys: gatingPolicies(of:))
    informers += [WatchedInformer(deployments), WatchedInformer(statefulSets), WatchedInformer(daemonSets)]
  }

  private mutating func watchClusterBindings(_ context: OperatorContext) {
    let managed = "app.kubernetes.io/managed-by=\(HoldfastAPI.fieldManager)"
    let bindings = Informer(
      context.client, MetadataOf<ClusterRoleBinding>.self,
      options: WatcherOptions(labelSelector: managed, isMetadataOnly: true), logger: context.logger)
    policy.watch(bindings, keys: Self.boundPolicies(of:))
    restore.watch(bindings, keys: Self.boundRequests(of:))
    informers.append(WatchedInformer(bindings))
  }

  /// The policy whose executor a binding is for, perhaps in another namespace, perhaps gone.
  private static func boundPolicies<Object>(of change: Change<Object>) -> [ObjectKey] {
    guard let labels = change.metadata.labels, let name = labels[HoldfastAPI.policyLabel],
      let namespace = labels[HoldfastAPI.policyNamespaceLabel]
    else { return [] }
    return [ObjectKey(namespace: namespace, name: name)]
  }

  /// The restore that a binding is for, perhaps deleted while no operator ran: its rights are then taken back.
  private static func boundRequests<Object>(of change: Change<Object>) -> [ObjectKey] {
    let parts = change.metadata.annotations?[HoldfastAPI.restoreRequestAnnotation]?.split(separator: "/") ?? []
    return parts.count == 2 ? [ObjectKey(namespace: String(parts[0]), name: String(parts[1]))] : []
  }

  private static func policies(of change: Change<BackupGlance>) -> [ObjectKey] {
    switch change {
    case .added(let backup), .updated(_, let backup), .deleted(let backup):
      [ObjectKey(namespace: backup.metadata.namespace, name: backup.spec.policyRef.name)]
    case .broken: []
    }
  }

  /// Also when all are listed anew, every one of them comes as a change.
  static func unsettled(_ change: Change<BackupGlance>) -> [ObjectKey] {
    switch change {
    case .added(let backup), .updated(_, let backup), .deleted(let backup): backup.isSettled ? [] : [backup.key]
    case .broken: [change.key]
    }
  }

  /// The policy whose backups a Job reads back: its CronJob owns the Job.
  private static func verifiedPolicies<Object>(of change: Change<Object>) -> [ObjectKey] {
    guard change.metadata.labels?[HoldfastAPI.operationLabel] == JobOperation.verify.rawValue,
      let name = change.metadata.labels?[HoldfastAPI.policyLabel]
    else { return [] }
    return [ObjectKey(namespace: change.metadata.namespace, name: name)]
  }

  /// A restore protects what it uses: the plan of the policy changes when it begins and when it ends.
  private static func policies(of change: Change<RestoreRequest>, backups: Store<BackupGlance>) -> [ObjectKey] {
    switch change {
    case .added(let request), .updated(_, let request), .deleted(let request):
      let namespace = request.metadata.namespace
      let from = request.spec.from
      let origin = from.location?.policy.split(separator: "/").map(String.init) ?? []
      let names = [
        from.latest?.policyRef.name,
        from.backup.flatMap { backups[ObjectKey(namespace: namespace, name: $0)]?.spec.policyRef.name },
        origin.count == 2 && origin[0] == namespace ? origin[1] : nil,
      ]
      return names.compactMap { $0.map { ObjectKey(namespace: namespace, name: $0) } }
    case .broken: return []
    }
  }

  /// The Backup that a Job was made for, or those that may mirror it.
  private static func backups<Object>(of change: Change<Object>) -> [ObjectKey] {
    let metadata = change.metadata
    let namespace = metadata.namespace
    if let owner = metadata.controllerReference, owner.kind == Backup.resource.kind {
      return [ObjectKey(namespace: namespace, name: owner.name)]
    }
    guard let name = metadata.name, let uid = metadata.uid else { return [] }
    return [name, ObjectNames.backup(job: name, uid: uid)].map { ObjectKey(namespace: namespace, name: $0) }
  }

  /// Those whose turn may have come: a Job of the same policy has ended, and its end is recorded, or it is gone. Suspended ones
  /// name it; those that wait in the bucket do not.
  private static func waiting(
    after change: Change<MetadataOf<Job>>, in store: Store<MetadataOf<Job>>
  ) -> [ObjectKey] {
    guard let policy = change.metadata.labels?[HoldfastAPI.policyLabel] else { return [] }
    switch change {
    case .updated(let old, let new) where new.isRecorded && !old.isRecorded: break
    case .deleted(let job) where !job.isRecorded: break
    default: return []
    }
    return store.objects(
      withLabel: HoldfastAPI.policyLabel, equalTo: policy, namespace: change.metadata.namespace
    ).filter { job in
      let other = job.metadata.annotations?[HoldfastAPI.waitsForAnnotation]
      return !job.isRecorded && (other == nil || other == change.metadata.name)
    }.map(\.key)
  }

  /// Those that wait for a restore, when one has ended.
  private static func waiting(
    after change: Change<RestoreRequest>, in store: Store<MetadataOf<Job>>
  ) -> [ObjectKey] {
    switch change {
    case .updated(let old, let new) where new.hasEnded && !old.hasEnded: break
    case .deleted(let request) where !request.hasEnded: break
    default: return []
    }
    return store.objects.filter {
      $0.metadata.namespace == change.metadata.namespace && !$0.isRecorded
        && $0.metadata.annotations?[HoldfastAPI.waitsForAnnotation] != nil
    }.map(\.key)
  }

  private static func jobs<Object>(of change: Change<Object>) -> [ObjectKey] {
    guard let owner = change.metadata.controllerReference, owner.kind == Job.resource.kind else { return [] }
    return [ObjectKey(namespace: change.metadata.namespace, name: owner.name)]
  }

  private static func label<Object>(_ label: String, of change: Change<Object>) -> [ObjectKey] {
    let metadata = change.metadata
    // The label's value is cut where the name is long; the owner's name never is.
    if let owner = metadata.controllerReference, owner.kind == RestoreRequest.resource.kind {
      return [ObjectKey(namespace: metadata.namespace, name: owner.name)]
    }
    return (metadata.labels?[label]).map { [ObjectKey(namespace: metadata.namespace, name: $0)] } ?? []
  }
}

extension MetadataOf<Job> {
  fileprivate var isRecorded: Bool { metadata.annotations?[HoldfastAPI.recordedAnnotation] != nil }
}

extension RestoreRequest {
  fileprivate var hasEnded: Bool { status?.phase?.isTerminal ?? false }
}
