// Field names, types, list keys and patch strategies, as the OpenAPI documents of Kubernetes publish them.
// BuiltInSchemas tells the notation.
extension BuiltInSchemas {
  /// Types of the group `batch`.
  static let batch = """
    # io.k8s.api.batch.v1
    CronJob: apiVersion string; kind string; metadata ObjectMeta #1; spec CronJobSpec #2; status CronJobStatus #3
    CronJobSpec: concurrencyPolicy string #3; failedJobsHistoryLimit int32 #7?; jobTemplate! JobTemplateSpec #5;
      schedule! string #1; startingDeadlineSeconds int64 #2?; successfulJobsHistoryLimit int32 #6?; suspend bool
      #4?; timeZone string #8?
    CronJobStatus: active [ObjectReference] #1; lastScheduleTime time #4?; lastSuccessfulTime time #5?
    Job: apiVersion string; kind string; metadata ObjectMeta #1; spec JobSpec #2; status JobStatus #3
    JobCondition: lastProbeTime time #3; lastTransitionTime time #4; message string #6; reason string #5; status!
      string #2; type! string #1
    JobSpec: activeDeadlineSeconds int64 #3?; backoffLimit int32 #7?; backoffLimitPerIndex int32 #12?;
      completionMode string #9?; completions int32 #2?; managedBy string #15?; manualSelector bool #5?;
      maxFailedIndexes int32 #13?; parallelism int32 #1?; podFailurePolicy PodFailurePolicy #11?;
      podReplacementPolicy string #14?; selector LabelSelector #4?; successPolicy SuccessPolicy #16?; suspend bool
      #10?; template! PodTemplateSpec #6; ttlSecondsAfterFinished int32 #8?
    JobStatus: active int32 #4; completedIndexes string #7; completionTime time #3?; conditions [JobCondition] #1
      patch=merge:type; failed int32 #6; failedIndexes string #10?; ready int32 #9?; startTime time #2?; succeeded
      int32 #5; terminating int32 #11?; uncountedTerminatedPods UncountedTerminatedPods #8?
    JobTemplateSpec: metadata ObjectMeta #1; spec JobSpec #2
    PodFailurePolicy: rules! [PodFailurePolicyRule] #1
    PodFailurePolicyOnExitCodesRequirement: containerName string #1?; operator! string #2; values! [int32] #3 set
    PodFailurePolicyOnPodConditionsPattern: status string #2; type! string #1
    PodFailurePolicyRule: action! string #1; onExitCodes PodFailurePolicyOnExitCodesRequirement #2?; onPodConditions
      [PodFailurePolicyOnPodConditionsPattern] #3
    SuccessPolicy: rules! [SuccessPolicyRule] #1
    SuccessPolicyRule: succeededCount int32 #2?; succeededIndexes string #1?
    UncountedTerminatedPods: failed [string] #2 set; succeeded [string] #1 set
    """
}
