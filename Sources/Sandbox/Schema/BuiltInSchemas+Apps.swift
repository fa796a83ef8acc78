// Field names, types, list keys and patch strategies, as the OpenAPI documents of Kubernetes publish them.
// BuiltInSchemas tells the notation.
extension BuiltInSchemas {
  /// Types of the group `apps` and of the common metadata.
  static let apps = """
    # io.k8s.api.apps.v1
    Deployment: apiVersion string; kind string; metadata ObjectMeta #1; spec DeploymentSpec #2; status
      DeploymentStatus #3
    DeploymentCondition: lastTransitionTime time #7; lastUpdateTime time #6; message string #5; reason string #4;
      status! string #2; type! string #1
    DeploymentSpec: minReadySeconds int32 #5; paused bool #7; progressDeadlineSeconds int32 #9?; replicas int32 #1?;
      revisionHistoryLimit int32 #6?; selector! LabelSelector #2?; strategy DeploymentStrategy #4 patch=retainKeys;
      template! PodTemplateSpec #3
    DeploymentStatus: availableReplicas int32 #4; collisionCount int32 #8?; conditions [DeploymentCondition] #6
      patch=merge:type; observedGeneration int64 #1; readyReplicas int32 #7; replicas int32 #2; terminatingReplicas
      int32 #9?; unavailableReplicas int32 #5; updatedReplicas int32 #3
    DeploymentStrategy: rollingUpdate RollingUpdateDeployment #2?; type string #1
    RollingUpdateDeployment: maxSurge intstr #2?; maxUnavailable intstr #1?
    RollingUpdateStatefulSetStrategy: maxUnavailable intstr #2?; partition int32 #1?
    StatefulSet: apiVersion string; kind string; metadata ObjectMeta #1; spec StatefulSetSpec #2; status
      StatefulSetStatus #3
    StatefulSetCondition: lastTransitionTime time #3; message string #5; reason string #4; status! string #2; type!
      string #1
    StatefulSetOrdinals: start int32 #1
    StatefulSetPersistentVolumeClaimRetentionPolicy: whenDeleted string #1; whenScaled string #2
    StatefulSetSpec: minReadySeconds int32 #9; ordinals StatefulSetOrdinals #11?;
      persistentVolumeClaimRetentionPolicy StatefulSetPersistentVolumeClaimRetentionPolicy #10?; podManagementPolicy
      string #6; replicas int32 #1?; revisionHistoryLimit int32 #8?; selector! LabelSelector #2?; serviceName!
      string #5; template! PodTemplateSpec #3; updateStrategy StatefulSetUpdateStrategy #7; volumeClaimTemplates
      [PersistentVolumeClaim] #4
    StatefulSetStatus: availableReplicas int32 #11; collisionCount int32 #9?; conditions [StatefulSetCondition] #10
      patch=merge:type; currentReplicas int32 #4; currentRevision string #6; observedGeneration int64 #1;
      readyReplicas int32 #3; replicas! int32 #2; updateRevision string #7; updatedReplicas int32 #5
    StatefulSetUpdateStrategy: rollingUpdate RollingUpdateStatefulSetStrategy #2?; type string #1
    # io.k8s.apimachinery.pkg.apis.meta.v1
    Condition: lastTransitionTime! time #4; message! string #6; observedGeneration int64 #3; reason! string #5;
      status! string #2; type! string #1
    DeleteOptions: apiVersion string; dryRun [string] #5; gracePeriodSeconds int64 #1?;
      ignoreStoreReadErrorWithClusterBreakingPotential bool #6?; kind string; orphanDependents bool #3?;
      preconditions Preconditions #2?; propagationPolicy string #4?
    LabelSelector(atomic): matchExpressions [LabelSelectorRequirement] #2; matchLabels {string} #1
    LabelSelectorRequirement: key! string #1 patch=merge:key; operator! string #2; values [string] #3
    ManagedFieldsEntry: apiVersion string #3; fieldsType string #6; fieldsV1 any #7?; manager string #1; operation
      string #2; subresource string #8; time time #4?
    ObjectMeta: annotations {string} #12; creationTimestamp time #8; deletionGracePeriodSeconds int64 #10?;
      deletionTimestamp time #9?; finalizers [string] #14 patch=merge; generateName string #2; generation int64 #7;
      labels {string} #11; managedFields [ManagedFieldsEntry] #17; name string #1; namespace string #3;
      ownerReferences [OwnerReference] #13 patch=merge:uid; resourceVersion string #6; selfLink string #4; uid
      string #5
    Preconditions: resourceVersion string #2?; uid string #1?
    OwnerReference(atomic): apiVersion! string #5; blockOwnerDeletion bool #7?; controller bool #6?; kind! string
      #1; name! string #3; uid! string #4
    """
}
