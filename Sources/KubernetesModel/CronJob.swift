/// Jobs on a schedule (batch/v1).
public struct CronJob: KubernetesObject, Hashable {
  public static let resource = ResourceType(group: "batch", version: "v1", kind: "CronJob", plural: "cronjobs")

  public var apiVersion = "batch/v1"
  public var kind = "CronJob"
  public var metadata: ObjectMeta
  public var spec: CronJobSpec
  public var status: CronJobStatus?

  public init(metadata: ObjectMeta = ObjectMeta(), spec: CronJobSpec, status: CronJobStatus? = nil) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }
}

public struct CronJobSpec: Codable, Sendable, Hashable {
  /// Five-field cron.
  public var schedule: String
  /// IANA name; nil means the controller manager's zone.
  public var timeZone: String?
  public var suspend: Bool?
  public var startingDeadlineSeconds: Int64?
  /// `Allow` (the server's default), `Forbid` or `Replace`.
  public var concurrencyPolicy: String?
  public var successfulJobsHistoryLimit: Int32?
  public var failedJobsHistoryLimit: Int32?
  public var jobTemplate: JobTemplateSpec

  public init(
    schedule: String, timeZone: String? = nil, suspend: Bool? = nil, startingDeadlineSeconds: Int64? = nil,
    concurrencyPolicy: String? = nil, successfulJobsHistoryLimit: Int32? = nil, failedJobsHistoryLimit: Int32? = nil,
    jobTemplate: JobTemplateSpec
  ) {
    self.schedule = schedule
    self.timeZone = timeZone
    self.suspend = suspend
    self.startingDeadlineSeconds = startingDeadlineSeconds
    self.concurrencyPolicy = concurrencyPolicy
    self.successfulJobsHistoryLimit = successfulJobsHistoryLimit
    self.failedJobsHistoryLimit = failedJobsHistoryLimit
    self.jobTemplate = jobTemplate
  }
}

public struct JobTemplateSpec: Codable, Sendable, Hashable {
  public var metadata: ObjectMeta?
  public var spec: JobSpec

  public init(metadata: ObjectMeta? = nil, spec: JobSpec) {
    self.metadata = metadata
    self.spec = spec
  }
}

public struct CronJobStatus: Codable, Sendable, Hashable {
  public var active: [ObjectReference]?
  public var lastScheduleTime: Timestamp?
  public var lastSuccessfulTime: Timestamp?

  public init(
    active: [ObjectReference]? = nil, lastScheduleTime: Timestamp? = nil, lastSuccessfulTime: Timestamp? = nil
  ) {
    self.active = active
    self.lastScheduleTime = lastScheduleTime
    self.lastSuccessfulTime = lastSuccessfulTime
  }
}
