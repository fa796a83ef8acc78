// The first sentences of the descriptions in the OpenAPI documents of Kubernetes 1.36 (Apache License 2.0), shortened.
// Descriptions tells the notation.
extension Descriptions {
  /// Types of the groups from admissionregistration to events.
  static let admissionToEvents = """
    # io.k8s.api.admissionregistration.v1
    AuditAnnotation: AuditAnnotation describes how to produce an audit annotation for an API request; key: key
      specifies the audit annotation key; valueExpression: valueExpression represents the expression which is
      evaluated by CEL to produce an audit annotation value
    ExpressionWarning: ExpressionWarning is a warning information that targets a specific expression; fieldRef:
      fieldRef is the path to the field that refers to the expression; warning: warning contains the content of
      type checking information in a human-readable form
    MatchCondition: MatchCondition represents a condition which must by fulfilled for a request to be sent to a
      webhook; expression: expression represents the expression which will be evaluated by CEL; name: name is an
      identifier for this match condition, used for strategic merging of MatchConditions, as well as ...
    MatchResources: MatchResources decides whether to run the admission control policy on an object based on
      whether it meets the ...; excludeResourceRules: excludeResourceRules describes what operations on what
      resources/subresources the ValidatingAdmissionPolicy ...; matchPolicy: matchPolicy defines how the
      'MatchResources' list is used to match incoming requests; namespaceSelector: namespaceSelector decides
      whether to run the admission control policy on an object based on whether the ...; objectSelector:
      objectSelector decides whether to run the validation based on if the object has matching labels;
      resourceRules: resourceRules describes what operations on what resources/subresources the
      ValidatingAdmissionPolicy matches
    NamedRuleWithOperations: NamedRuleWithOperations is a tuple of Operations and Resources with ResourceNames;
      apiGroups: apiGroups is the API groups the resources belong to; apiVersions: apiVersions is the API versions
      the resources belong to; operations: operations is the operations the admission hook cares about - CREATE,
      UPDATE, DELETE, CONNECT or * for all of ...; resourceNames: resourceNames is an optional white list of names
      that the rule applies to; resources: resources is a list of resources this rule applies to; scope: scope
      specifies the scope of this rule
    ParamKind: ParamKind is a tuple of Group Kind and Version
    ParamRef: ParamRef describes how to locate the params to be used as input to expressions of rules applied by a
      policy ...; name: name is the name of the resource being referenced; namespace: namespace is the namespace
      of the referenced resource; parameterNotFoundAction: parameterNotFoundAction controls the behavior of the
      binding when the resource exists, and name or selector ...; selector: selector can be used to match multiple
      param objects based on their labels
    TypeChecking: TypeChecking contains results of type checking the expressions in the ValidatingAdmissionPolicy;
      expressionWarnings: expressionWarnings contains the type checking warnings for each expression
    ValidatingAdmissionPolicy: ValidatingAdmissionPolicy describes the definition of an admission validation
      policy that accepts or rejects ...; spec: spec defines the desired behavior of the
      ValidatingAdmissionPolicy; status: status represents the current status of the ValidatingAdmissionPolicy,
      including warnings that are useful to ...
    ValidatingAdmissionPolicyBinding: ValidatingAdmissionPolicyBinding binds the ValidatingAdmissionPolicy with
      paramerized resources; spec: spec defines the desired behavior of the ValidatingAdmissionPolicyBinding
    ValidatingAdmissionPolicyBindingSpec: ValidatingAdmissionPolicyBindingSpec is the specification of the
      ValidatingAdmissionPolicyBinding; matchResources: matchResources declares what resources match this binding
      and will be validated by it; paramRef: paramRef specifies the parameter resource used to configure the
      admission control policy; policyName: policyName references a ValidatingAdmissionPolicy name which the
      ValidatingAdmissionPolicyBinding binds to; validationActions: validationActions declares how Validations of
      the referenced ValidatingAdmissionPolicy are enforced
    ValidatingAdmissionPolicySpec: ValidatingAdmissionPolicySpec is the specification of the desired behavior of
      the AdmissionPolicy; auditAnnotations: auditAnnotations contains CEL expressions which are used to produce
      audit annotations for the audit event of ...; failurePolicy: failurePolicy defines how to handle failures
      for the admission policy; matchConditions: matchConditions is a list of conditions that must be met for a
      request to be validated; matchConstraints: matchConstraints specifies what resources this policy is designed
      to validate; paramKind: paramKind specifies the kind of resources used to parameterize this policy;
      validations: validations contain CEL expressions which is used to apply the validation; variables: variables
      contain definitions of variables that can be used in composition of other expressions
    ValidatingAdmissionPolicyStatus: ValidatingAdmissionPolicyStatus represents the status of an admission
      validation policy; conditions: conditions represent the latest available observations of a policy's current
      state; observedGeneration: observedGeneration is the generation observed by the controller; typeChecking:
      typeChecking contains the results of type checking for each expression
    Validation: Validation specifies the CEL expression which is used to apply the validation; expression:
      expression represents the expression which will be evaluated by CEL; message: message represents the message
      displayed when validation fails; messageExpression: messageExpression declares a CEL expression that
      evaluates to the validation failure message that is returned ...; reason: reason represents a
      machine-readable description of why this validation failed
    Variable: Variable is the definition of a variable that is used for composition; expression: expression is the
      expression that will be evaluated as the value of the variable; name: name is the name of the variable
    # io.k8s.api.apps.v1
    Deployment: Deployment enables declarative updates for Pods and ReplicaSets; spec: Specification of the
      desired behavior of the Deployment; status: Most recently observed status of the Deployment
    DeploymentCondition: DeploymentCondition describes the state of a deployment at a certain point;
      lastTransitionTime: Last time the condition transitioned from one status to another; lastUpdateTime: The
      last time this condition was updated; message: A human readable message indicating details about the
      transition; reason: The reason for the condition's last transition; status: Status of the condition, one of
      True, False, Unknown; type: Type of deployment condition
    DeploymentSpec: DeploymentSpec is the specification of the desired behavior of the Deployment;
      minReadySeconds: Minimum number of seconds for which a newly created pod should be ready without any of its
      container ...; paused: Indicates that the deployment is paused; progressDeadlineSeconds: The maximum time in
      seconds for a deployment to make progress before it is considered to be failed; replicas: Number of desired
      pods; revisionHistoryLimit: The number of old ReplicaSets to retain to allow rollback; selector: Label
      selector for pods; strategy: The deployment strategy to use to replace existing pods with new ones;
      template: Template describes the pods that will be created
    DeploymentStatus: DeploymentStatus is the most recently observed status of the Deployment; availableReplicas:
      Total number of available non-terminating pods (ready for at least minReadySeconds) targeted by this ...;
      collisionCount: Count of hash collisions for the Deployment; conditions: Represents the latest available
      observations of a deployment's current state; observedGeneration: The generation observed by the deployment
      controller; readyReplicas: Total number of non-terminating pods targeted by this Deployment with a Ready
      Condition; replicas: Total number of non-terminating pods targeted by this deployment (their labels match
      the selector); terminatingReplicas: Total number of terminating pods targeted by this deployment;
      unavailableReplicas: Total number of unavailable pods targeted by this deployment; updatedReplicas: Total
      number of non-terminating pods targeted by this deployment that have the desired template spec
    DeploymentStrategy: DeploymentStrategy describes how to replace existing pods with new ones; rollingUpdate:
      Rolling update config params; type: Type of deployment
    RollingUpdateDeployment: Spec to control the desired behavior of rolling update; maxSurge: The maximum number
      of pods that can be scheduled above the desired number of pods; maxUnavailable: The maximum number of pods
      that can be unavailable during the update
    RollingUpdateStatefulSetStrategy: RollingUpdateStatefulSetStrategy is used to communicate parameter for
      RollingUpdateStatefulSetStrategyType; maxUnavailable: The maximum number of pods that can be unavailable
      during the update; partition: Partition indicates the ordinal at which the StatefulSet should be partitioned
      for updates
    StatefulSet: StatefulSet represents a set of pods with consistent identities; spec: Spec defines the desired
      identities of pods in this set; status: Status is the current status of Pods in this StatefulSet
    StatefulSetCondition: StatefulSetCondition describes the state of a statefulset at a certain point;
      lastTransitionTime: Last time the condition transitioned from one status to another; message: A human
      readable message indicating details about the transition; reason: The reason for the condition's last
      transition; status: Status of the condition, one of True, False, Unknown; type: Type of statefulset
      condition
    StatefulSetOrdinals: StatefulSetOrdinals describes the policy used for replica ordinal assignment in this
      StatefulSet; start: start is the number representing the first replica's index
    StatefulSetPersistentVolumeClaimRetentionPolicy: StatefulSetPersistentVolumeClaimRetentionPolicy describes the
      policy used for PVCs created from the ...; whenDeleted: WhenDeleted specifies what happens to PVCs created
      from StatefulSet VolumeClaimTemplates when the StatefulSet ...; whenScaled: WhenScaled specifies what
      happens to PVCs created from StatefulSet VolumeClaimTemplates when the StatefulSet ...
    StatefulSetSpec: A StatefulSetSpec is the specification of a StatefulSet; minReadySeconds: Minimum number of
      seconds for which a newly created pod should be ready without any of its container crashing ...; ordinals:
      ordinals controls the numbering of replica indices in a StatefulSet; persistentVolumeClaimRetentionPolicy:
      persistentVolumeClaimRetentionPolicy describes the lifecycle of persistent volume claims created from ...;
      podManagementPolicy: podManagementPolicy controls how pods are created during initial scale up, when
      replacing pods on nodes, or ...; replicas: replicas is the desired number of replicas of the given Template;
      revisionHistoryLimit: revisionHistoryLimit is the maximum number of revisions that will be maintained in the
      StatefulSet's revision ...; selector: selector is a label query over pods that should match the replica
      count; serviceName: serviceName is the name of the service that governs this StatefulSet; template: template
      is the object that describes the pod that will be created if insufficient replicas are detected;
      updateStrategy: updateStrategy indicates the StatefulSetUpdateStrategy that will be employed to update Pods
      in the ...; volumeClaimTemplates: volumeClaimTemplates is a list of claims that pods are allowed to
      reference
    StatefulSetStatus: StatefulSetStatus represents the current state of a StatefulSet; availableReplicas: Total
      number of available pods (ready for at least minReadySeconds) targeted by this statefulset; collisionCount:
      collisionCount is the count of hash collisions for the StatefulSet; conditions: Represents the latest
      available observations of a statefulset's current state; currentReplicas: currentReplicas is the number of
      Pods created by the StatefulSet controller from the StatefulSet version ...; currentRevision:
      currentRevision, if not empty, indicates the version of the StatefulSet used to generate Pods in the
      sequence ...; observedGeneration: observedGeneration is the most recent generation observed for this
      StatefulSet; readyReplicas: readyReplicas is the number of pods created for this StatefulSet with a Ready
      Condition; replicas: replicas is the number of Pods created by the StatefulSet controller; updateRevision:
      updateRevision, if not empty, indicates the version of the StatefulSet used to generate Pods in the sequence
      ...; updatedReplicas: updatedReplicas is the number of Pods created by the StatefulSet controller from the
      StatefulSet version ...
    StatefulSetUpdateStrategy: StatefulSetUpdateStrategy indicates the strategy that the StatefulSet controller
      will use to perform updates; rollingUpdate: RollingUpdate is used to communicate parameters when Type is
      RollingUpdateStatefulSetStrategyType; type: Type indicates the type of the StatefulSetUpdateStrategy
    # io.k8s.api.autoscaling.v1
    Scale: Scale represents a scaling request for a resource; spec: spec defines the behavior of the scale;
      status: status is the current status of the scale
    ScaleSpec: ScaleSpec describes the attributes of a scale subresource; replicas: replicas is the desired number
      of instances for the scaled object
    ScaleStatus: ScaleStatus represents the current status of a scale subresource; replicas: replicas is the
      actual number of observed instances of the scaled object; selector: selector is the label query over pods
      that should match the replicas count
    # io.k8s.api.batch.v1
    CronJob: CronJob represents the configuration of a single cron job; spec: Specification of the desired
      behavior of a cron job, including the schedule; status: Current status of a cron job
    CronJobSpec: CronJobSpec describes how the job execution will look like and when it will actually run;
      concurrencyPolicy: Specifies how to treat concurrent executions of a Job; failedJobsHistoryLimit: The number
      of failed finished jobs to retain; jobTemplate: Specifies the job that will be created when executing a
      CronJob; schedule: The schedule in Cron format, see https://en.wikipedia.org/wiki/Cron;
      startingDeadlineSeconds: Optional deadline in seconds for starting the job if it misses scheduled time for
      any reason; successfulJobsHistoryLimit: The number of successful finished jobs to retain; suspend: This flag
      tells the controller to suspend subsequent executions, it does not apply to already started ...; timeZone:
      The time zone name for the given schedule, see https://en.wikipedia.org/wiki/List_of_tz_database_time_zones
    CronJobStatus: CronJobStatus represents the current state of a cron job; active: A list of pointers to
      currently running jobs; lastScheduleTime: Information when was the last time the job was successfully
      scheduled; lastSuccessfulTime: Information when was the last time the job successfully completed
    Job: Job represents the configuration of a single job; spec: Specification of the desired behavior of a job;
      status: Current status of a job
    JobCondition: JobCondition describes current state of a job; lastProbeTime: Last time the condition was
      checked; lastTransitionTime: Last time the condition transit from one status to another; message: Human
      readable message indicating details about last transition; reason: (brief) reason for the condition's last
      transition; status: Status of the condition, one of True, False, Unknown; type: Type of job condition,
      Complete or Failed
    JobSpec: JobSpec describes how the job execution will look like; activeDeadlineSeconds: Specifies the duration
      in seconds relative to the startTime that the job may be continuously active before ...; backoffLimit:
      Specifies the number of retries before marking this job failed; backoffLimitPerIndex: Specifies the limit
      for the number of retries within an index before marking this index as failed; completionMode:
      completionMode specifies how Pod completions are tracked; completions: Specifies the desired number of
      successfully finished pods the job should be run with; managedBy: ManagedBy field indicates the controller
      that manages a Job; manualSelector: manualSelector controls generation of pod labels and pod selectors;
      maxFailedIndexes: Specifies the maximal number of failed indexes before marking the Job as failed, when
      backoffLimitPerIndex is ...; parallelism: Specifies the maximum desired number of pods the job should run at
      any given time; podFailurePolicy: Specifies the policy of handling failed pods; podReplacementPolicy:
      podReplacementPolicy specifies when to create replacement Pods; selector: A label query over pods that
      should match the pod count; successPolicy: successPolicy specifies the policy when the Job can be declared
      as succeeded; suspend: suspend specifies whether the Job controller should create Pods or not; template:
      Describes the pod that will be created when executing a job; ttlSecondsAfterFinished:
      ttlSecondsAfterFinished limits the lifetime of a Job that has finished execution (either Complete or Failed)
    JobStatus: JobStatus represents the current state of a Job; active: The number of pending and running pods
      which are not terminating (without a deletionTimestamp); completedIndexes: completedIndexes holds the
      completed indexes when .spec.completionMode = 'Indexed' in a text format; completionTime: Represents time
      when the job was completed; conditions: The latest available observations of an object's current state;
      failed: The number of pods which reached phase Failed; failedIndexes: FailedIndexes holds the failed indexes
      when spec.backoffLimitPerIndex is set; ready: The number of active pods which have a Ready condition and are
      not terminating (without a deletionTimestamp); startTime: Represents time when the job controller started
      processing a job; succeeded: The number of pods which reached phase Succeeded; terminating: The number of
      pods which are terminating (in phase Pending or Running and have a deletionTimestamp);
      uncountedTerminatedPods: uncountedTerminatedPods holds the UIDs of Pods that have terminated but the job
      controller hasn't yet ...
    JobTemplateSpec: JobTemplateSpec describes the data a Job should have when created from a template; spec:
      Specification of the desired behavior of the job
    PodFailurePolicy: PodFailurePolicy describes how failed pods influence the backoffLimit; rules: A list of pod
      failure policy rules
    PodFailurePolicyOnExitCodesRequirement: PodFailurePolicyOnExitCodesRequirement describes the requirement for
      handling a failed pod based on its ...; containerName: Restricts the check for exit codes to the container
      with the specified name; operator: Represents the relationship between the container exit code(s) and the
      specified values; values: Specifies the set of values
    PodFailurePolicyOnPodConditionsPattern: PodFailurePolicyOnPodConditionsPattern describes a pattern for
      matching an actual pod condition type; status: Specifies the required Pod condition status; type: Specifies
      the required Pod condition type
    PodFailurePolicyRule: PodFailurePolicyRule describes how a pod failure is handled when the requirements are
      met; action: Specifies the action taken on a pod failure when the requirements are satisfied; onExitCodes:
      Represents the requirement on the container exit codes; onPodConditions: Represents the requirement on the
      pod conditions
    SuccessPolicy: SuccessPolicy describes when a Job can be declared as succeeded based on the success of some
      indexes; rules: rules represents the list of alternative rules for the declaring the Jobs as successful
      before ...
    SuccessPolicyRule: SuccessPolicyRule describes rule for declaring a Job as succeeded; succeededCount:
      succeededCount specifies the minimal required size of the actual set of the succeeded indexes for the Job;
      succeededIndexes: succeededIndexes specifies the set of indexes which need to be contained in the actual set
      of the succeeded ...
    UncountedTerminatedPods: UncountedTerminatedPods holds UIDs of Pods that have terminated but haven't been
      accounted in Job status ...; failed: failed holds UIDs of failed Pods; succeeded: succeeded holds UIDs of
      succeeded Pods
    # io.k8s.api.coordination.v1
    Lease: Lease defines a lease concept; spec: spec contains the specification of the Lease
    LeaseSpec: LeaseSpec is a specification of a Lease; acquireTime: acquireTime is a time when the current lease
      was acquired; holderIdentity: holderIdentity contains the identity of the holder of a current lease;
      leaseDurationSeconds: leaseDurationSeconds is a duration that candidates for a lease need to wait to force
      acquire it; leaseTransitions: leaseTransitions is the number of transitions of a lease between holders;
      preferredHolder: PreferredHolder signals to a lease holder that the lease has a more optimal holder and
      should be given up; renewTime: renewTime is a time when the current holder of a lease has last updated the
      lease; strategy: Strategy indicates the strategy for picking the leader for coordinated leader election
    # io.k8s.api.events.v1
    Event: Event is a report of an event somewhere in the cluster; action: action is what action was taken/failed
      regarding to the regarding object; deprecatedCount: deprecatedCount is the deprecated field assuring
      backward compatibility with core.v1 Event type; deprecatedFirstTimestamp: deprecatedFirstTimestamp is the
      deprecated field assuring backward compatibility with core.v1 Event type; deprecatedLastTimestamp:
      deprecatedLastTimestamp is the deprecated field assuring backward compatibility with core.v1 Event type;
      deprecatedSource: deprecatedSource is the deprecated field assuring backward compatibility with core.v1
      Event type; eventTime: eventTime is the time when this Event was first observed; note: note is a
      human-readable description of the status of this operation; reason: reason is why the action was taken;
      regarding: regarding contains the object this Event is about; related: related is the optional secondary
      object for more complex actions; reportingController: reportingController is the name of the controller that
      emitted this Event, for example ...; reportingInstance: reportingInstance is the ID of the controller
      instance, for example `kubelet-xyzf`; series: series is data about the Event series this event represents or
      nil if it's a singleton Event; type: type is the type of this event (Normal, Warning), new types could be
      added in the future
    EventSeries: EventSeries contain information on series of events, that is thing that was/is happening
      continuously for ...; count: count is the number of occurrences in this series up to the last heartbeat
      time; lastObservedTime: lastObservedTime is the time when last Event from the series was seen before last
      heartbeat
    """
}
