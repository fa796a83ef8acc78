/// Pods that run to completion (batch/v1).
public struct Job: KubernetesObject, Hashable {
  public static let resource = ResourceType(group: "batch", version: "v1", kind: "Job", plural: "jobs")

  public var apiVersion = "batch/v1"
  public var kind = "Job"
  public var metadata: ObjectMeta
  public var spec: JobSpec
  public var status: JobStatus?

  public init(metadata: ObjectMeta = ObjectMeta(), spec: JobSpec, status: JobStatus? = nil) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }
}

public struct JobSpec: Codable, Sendable, Hashable {
  public var parallelism: Int32?
  public var completions: Int32?
  /// Retries before the Job counts as failed; the server's default is 6.
  public var backoffLimit: Int32?
  /// Seconds from the start after which the Job is failed.
  public var activeDeadlineSeconds: Int64?
  /// Seconds after its end at which the Job is deleted.
  public var ttlSecondsAfterFinished: Int32?
  public var podFailurePolicy: JSONValue?
  /// `TerminatingOrFailed` or `Failed`.
  public var podReplacementPolicy: String?
  public var suspend: Bool?
  public var selector: LabelSelector?
  public var template: PodTemplateSpec

  public init(
    parallelism: Int32? = nil, completions: Int32? = nil, backoffLimit: Int32? = nil,
    activeDeadlineSeconds: Int64? = nil, ttlSecondsAfterFinished: Int32? = nil, podFailurePolicy: JSONValue? = nil,
    podReplacementPolicy: String? = nil, suspend: Bool? = nil, selector: LabelSelector? = nil, template: PodTemplateSpec
  ) {
    self.parallelism = parallelism
    self.completions = completions
    self.backoffLimit = backoffLimit
    self.activeDeadlineSeconds = activeDeadlineSeconds
    self.ttlSecondsAfterFinished = ttlSecondsAfterFinished
    self.podFailurePolicy = podFailurePolicy
    self.podReplacementPolicy = podReplacementPolicy
    self.suspend = suspend
    self.selector = selector
    self.template = template
  }
}

public struct JobStatus: Codable, Sendable, Hashable {
  public var active: Int32?
  public var ready: Int32?
  public var terminating: Int32?
  public var succeeded: Int32?
  public var failed: Int32?
  public var startTime: Timestamp?
  /// Set only when the Job has succeeded.
  public var completionTime: Timestamp?
  public var conditions: [JobCondition]?

  public init(
    active: Int32? = nil, ready: Int32? = nil, terminating: Int32? = nil, succeeded: Int32? = nil, failed: Int32? = nil,
    startTime: Timestamp? = nil, completionTime: Timestamp? = nil, conditions: [JobCondition]? = nil
  ) {
    self.active = active
    self.ready = ready
    self.terminating = terminating
    self.succeeded = succeeded
    self.failed = failed
    self.startTime = startTime
    self.completionTime = completionTime
    self.conditions = conditions
  }
}

public struct JobCondition: Codable, Sendable, Hashable {
  /// `Complete`, `Failed`, `Suspended`, `FailureTarget` or `SuccessCriteriaMet`.
  public var type: String
  /// `True`, `False` or `Unknown`.
  public var status: String
  public var reason: String?
  public var message: String?
  public var lastProbeTime: Timestamp?
  public var lastTransitionTime: Timestamp?

  public init(
    type: String, status: String, reason: String? = nil, message: String? = nil, lastProbeTime: Timestamp? = nil,
    lastTransitionTime: Timestamp? = nil
  ) {
    self.type = type
    self.status = status
    self.reason = reason
    self.message = message
    self.lastProbeTime = lastProbeTime
    self.lastTransitionTime = lastTransitionTime
  }
}
