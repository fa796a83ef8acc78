// Field names, types, list keys and patch strategies, as the OpenAPI documents of Kubernetes publish them.
// BuiltInSchemas tells the notation.
extension BuiltInSchemas {
  /// Types of the group `apps` and of the common metadata.
  static let apps = """
    # io.k8s.api.apps.v1
    Deployment: apiVersion string; kind string; metadata ObjectMeta; spec DeploymentSpec; status
      DeploymentStatus
    DeploymentCondition: lastTransitionTime time; lastUpdateTime time; message string; reason string; status!
      string; type! string
    DeploymentSpec: minReadySeconds int32; paused bool; progressDeadlineSeconds int32; replicas int32;
      revisionHistoryLimit int32; selector! LabelSelector; strategy DeploymentStrategy patch=retainKeys;
      template! PodTemplateSpec
    DeploymentStatus: availableReplicas int32; collisionCount int32; conditions [DeploymentCondition]
      patch=merge:type; observedGeneration int64; readyReplicas int32; replicas int32; terminatingReplicas
      int32; unavailableReplicas int32; updatedReplicas int32
    DeploymentStrategy: rollingUpdate RollingUpdateDeployment; type string
    RollingUpdateDeployment: maxSurge intstr; maxUnavailable intstr
    RollingUpdateStatefulSetStrategy: maxUnavailable intstr; partition int32
    StatefulSet: apiVersion string; kind string; metadata ObjectMeta; spec StatefulSetSpec; status
      StatefulSetStatus
    StatefulSetCondition: lastTransitionTime time; message string; reason string; status! string; type! string
    StatefulSetOrdinals: start int32
    StatefulSetPersistentVolumeClaimRetentionPolicy: whenDeleted string; whenScaled string
    StatefulSetSpec: minReadySeconds int32; ordinals StatefulSetOrdinals; persistentVolumeClaimRetentionPolicy
      StatefulSetPersistentVolumeClaimRetentionPolicy; podManagementPolicy string; replicas int32;
      revisionHistoryLimit int32; selector! LabelSelector; serviceName! string; template! PodTemplateSpec;
      updateStrategy StatefulSetUpdateStrategy; volumeClaimTemplates [PersistentVolumeClaim]
    StatefulSetStatus: availableReplicas int32; collisionCount int32; conditions [StatefulSetCondition]
      patch=merge:type; currentReplicas int32; currentRevision string; observedGeneration int64; readyReplicas
      int32; replicas! int32; updateRevision string; updatedReplicas int32
    StatefulSetUpdateStrategy: rollingUpdate RollingUpdateStatefulSetStrategy; type string
    # io.k8s.apimachinery.pkg.apis.meta.v1
    Condition: lastTransitionTime! time; message! string; observedGeneration int64; reason! string; status!
      string; type! string
    LabelSelector(atomic): matchExpressions [LabelSelectorRequirement]; matchLabels {string}
    LabelSelectorRequirement: key! string patch=merge:key; operator! string; values [string]
    ManagedFieldsEntry: apiVersion string; fieldsType string; fieldsV1 any; manager string; operation string;
      subresource string; time time
    ObjectMeta: annotations {string}; creationTimestamp time; deletionGracePeriodSeconds int64;
      deletionTimestamp time; finalizers [string] patch=merge; generateName string; generation int64; labels
      {string}; managedFields [ManagedFieldsEntry]; name string; namespace string; ownerReferences
      [OwnerReference] patch=merge:uid; resourceVersion string; selfLink string; uid string
    OwnerReference(atomic): apiVersion! string; blockOwnerDeletion bool; controller bool; kind! string; name!
      string; uid! string
    """
}
