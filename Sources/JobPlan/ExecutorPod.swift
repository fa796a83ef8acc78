internal import Foundation
public import HoldfastAPI
public import KubernetesModel

/// The pod that runs one operation of one plan. It passes Pod Security `restricted`, and has access to the API only where a
/// source reads it.
public struct ExecutorPod: Sendable {
  public static let containerName = "executor"
  public static let terminationMessagePath = "/dev/termination-log"
  /// Seconds in which the executor, once told to stop, aborts its upload and writes its result.
  public static let gracePeriod: Int64 = 30

  public var operation: JobOperation
  /// The ConfigMap that holds the plan.
  public var planConfigMap: String
  public var inputs: ExecutorInputs
  public var template: ExecutorTemplate
  public var defaults: ExecutorDefaults
  /// nil for the namespace's `default`.
  public var serviceAccount: String?
  public var labels: [String: String]
  /// Set where the Job is made for one trigger.
  public var trigger: BackupTrigger?
  /// Set in a CronJob's template.
  public var cronJob: String?
  /// What the subcommand gets besides, for example a backup's id.
  public var operands: [String] = []
  /// Of a restore: what a tool of etcd does between the executor's two parts.
  public var etcdRestore: EtcdRestoreStep?

  public init(
    operation: JobOperation, planConfigMap: String, inputs: ExecutorInputs, template: ExecutorTemplate?,
    defaults: ExecutorDefaults, serviceAccount: String?, labels: [String: String], trigger: BackupTrigger? = nil,
    cronJob: String? = nil
  ) {
    self.operation = operation
    self.planConfigMap = planConfigMap
    self.inputs = inputs
    self.template = template ?? ExecutorTemplate()
    self.defaults = defaults
    self.serviceAccount = serviceAccount
    self.labels = labels
    self.trigger = trigger
    self.cronJob = cronJob
  }

  /// - Throws: ``JobPlanError`` where a part of `executor` that is passed through has another shape than Kubernetes'.
  public func podTemplate() throws -> PodTemplateSpec {
    let volumes = try ExecutorVolumes(planConfigMap: planConfigMap, inputs: inputs)
    let spec = PodSpec(
      containers: [try lastContainer(mounts: volumes.mounts)],
      initContainers: try firstContainers(mounts: volumes.mounts), volumes: volumes.volumes, restartPolicy: "Never",
      serviceAccountName: template.serviceAccountName ?? serviceAccount, automountServiceAccountToken: false,
      securityContext: securityContext,
      imagePullSecrets: defaults.imagePullSecrets.isEmpty
        ? nil : defaults.imagePullSecrets.map { LocalObjectReference(name: $0) },
      nodeSelector: template.nodeSelector,
      affinity: try ExecutorAffinity.merged(
        template.affinity, neighbours: inputs.neighbours, isRequired: !inputs.neighboursMayBeGone),
      tolerations: try decode(template.tolerations, "tolerations"), priorityClassName: template.priorityClassName,
      terminationGracePeriodSeconds: Self.gracePeriod, enableServiceLinks: false)
    let own = inputs.podLabels.merging(template.podLabels ?? [:], uniquingKeysWith: { $1 })
    let metadata = ObjectMeta(
      labels: own.merging(labels, uniquingKeysWith: { $1 }),
      annotations: template.podAnnotations)
    return PodTemplateSpec(metadata: metadata, spec: spec)
  }

  private func lastContainer(mounts: [VolumeMount]) throws -> Container {
    guard etcdRestore != nil else { return try container(mounts: mounts) }
    // It looks at what the tool made, and writes its result down: no Secret.
    let needed = mounts.filter { ["plan", "tmp", "api"].contains($0.name) || $0.name.hasPrefix("claim-") }
    return try container(["restore", "finish"], mounts: needed)
  }

  private func firstContainers(mounts: [VolumeMount]) throws -> [Container]? {
    guard let etcdRestore else { return nil }
    var first = try container(mounts: mounts)
    first.name = EtcdRestoreStep.firstContainer
    first.args = (first.args ?? []) + ["--handover", EtcdRestoreStep.handover]
    let memory = try ResourceRequirements(
      limits: ["memory": KubernetesModel.Quantity("1Gi")], requests: ["memory": KubernetesModel.Quantity("128Mi")])
    let tool = etcdRestore.container(
      mounts: mounts, resources: template.resources == nil ? memory : try resources(), securityContext: restricted)
    return [first, tool]
  }

  private var restricted: SecurityContext {
    SecurityContext(
      allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true,
      capabilities: Capabilities(drop: ["ALL"]), seccompProfile: SeccompProfile(type: "RuntimeDefault"))
  }

  /// - Parameter command: The subcommand; nil for that of the operation.
  private func container(_ command: [String]? = nil, mounts: [VolumeMount]) throws -> Container {
    let isFinish = command != nil
    return Container(
      name: Self.containerName, image: template.image ?? defaults.image, imagePullPolicy: defaults.imagePullPolicy,
      args: arguments(command ?? operation.command + operands)
        + (isFinish ? ["--first-result", EtcdRestoreStep.handover] : []),
      env: try environment(), resources: try resources(), volumeMounts: mounts, securityContext: restricted,
      terminationMessagePath: Self.terminationMessagePath, terminationMessagePolicy: "File")
  }

  private func arguments(_ command: [String]) -> [String] {
    let root = MountLayout.defaultRoot
    return command + [
      "--plan", "\(root)/\(MountLayout.planFolder)/\(MountLayout.planFile)", "--mounts", root,
      "--result", Self.terminationMessagePath,
    ]
  }

  // Where nothing asks for a user, none is pinned: the image has one, and platforms that assign a range of their own may do
  // so.
  private var securityContext: PodSecurityContext {
    // The images of etcd have root, which is not allowed here.
    let user = template.runAsUser ?? inputs.user ?? (etcdRestore == nil ? nil : defaults.fileSystemGroup)
    // The folder of the snapshot belongs to the group of the source's user: without it the copy could not be removed. No
    // `fsGroup` does this, since it would change what is on the volume.
    let group = template.runAsUser == nil ? inputs.user : nil
    return PodSecurityContext(
      runAsNonRoot: true, runAsUser: user, runAsGroup: group, fsGroup: fileSystemGroup,
      fsGroupChangePolicy: fileSystemGroup == nil ? nil : "OnRootMismatch",
      seccompProfile: SeccompProfile(type: "RuntimeDefault"))
  }

  /// For the volume of a filesystem target. The kubelet gives the group every volume that the pod may write: where one of a
  /// source is among them, it has to be the group that this one has already.
  private var fileSystemGroup: Int64? {
    // The kubelet would change the group and the modes of what others have there.
    if inputs.hasForeignClaim { return nil }
    // A volume that was made for this belongs to root until the kubelet gives it away; one of the chart's is this group's already.
    if let group = inputs.fileSystemGroup { return group }
    if inputs.hasRestoreClaim, !inputs.hasTargetClaim {
      return template.runAsUser ?? inputs.user ?? defaults.fileSystemGroup
    }
    guard inputs.hasTargetClaim else { return nil }
    guard let user = inputs.user else { return defaults.fileSystemGroup }
    if template.runAsUser == nil { return user }
    // Another user was asked for: a source's own volume, which may be written, must not get a group that it does not have.
    return inputs.claims.filter { !$0.isReadOnly }.count > 1 ? nil : defaults.fileSystemGroup
  }

  private func resources() throws -> ResourceRequirements {
    if let given = template.resources {
      guard let resources: ResourceRequirements = try decode(given, "resources") else { return ResourceRequirements() }
      return resources
    }
    let memory = try KubernetesModel.Quantity("128Mi")
    return ResourceRequirements(limits: ["memory": memory], requests: ["memory": memory])
  }

  private func environment() throws -> [EnvironmentVariable] {
    var own = [
      Self.field(ExecutorEnvironment.jobName, "metadata.labels['batch.kubernetes.io/job-name']"),
      Self.field(ExecutorEnvironment.podName, "metadata.name"),
      Self.field(ExecutorEnvironment.podNamespace, "metadata.namespace"),
    ]
    if let trigger { own.append(EnvironmentVariable(name: ExecutorEnvironment.trigger, value: trigger.rawValue)) }
    if let cronJob { own.append(EnvironmentVariable(name: ExecutorEnvironment.cronJobName, value: cronJob)) }
    let names = Set(own.map(\.name))
    let given: [EnvironmentVariable] = try decode(template.env, "env") ?? []
    return given.filter { !names.contains($0.name) } + own
  }

  private static func field(_ name: String, _ path: String) -> EnvironmentVariable {
    EnvironmentVariable(name: name, valueFrom: ["fieldRef": ["fieldPath": .string(path)]])
  }

  private func decode<Value: Decodable>(_ value: JSONValue?, _ field: String) throws -> Value? {
    guard let value, !value.isNull else { return nil }
    do {
      return try value.decoded(as: Value.self)
    } catch {
      throw JobPlanError(
        field: "spec.executor.\(field)", message: "it has not the shape that Kubernetes gives this field in a pod")
    }
  }
}

extension JobOperation {
  /// The executor's subcommand, and what a Job gives it besides.
  var command: [String] {
    switch self {
    case .backup, .restore, .delete, .preflight, .unpause: [rawValue]
    case .catalog: [rawValue, "sync"]
    case .verify: [rawValue, "--scheduled"]
    }
  }
}
