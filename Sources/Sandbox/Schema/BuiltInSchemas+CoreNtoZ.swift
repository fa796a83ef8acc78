// Field names, types, list keys and patch strategies, as the OpenAPI documents of Kubernetes publish them.
// BuiltInSchemas tells the notation.
extension BuiltInSchemas {
  /// Types of the core group, N to Z.
  static let coreNtoZ = """
    # io.k8s.api.core.v1
    NFSVolumeSource: path! string #2; readOnly bool #3; server! string #1
    Namespace: apiVersion string; kind string; metadata ObjectMeta #1; spec NamespaceSpec #2; status NamespaceStatus
      #3
    NamespaceCondition: lastTransitionTime time #4; message string #6; reason string #5; status! string #2; type!
      string #1
    NamespaceSpec: finalizers [string] #1
    NamespaceStatus: conditions [NamespaceCondition] #2 patch=merge:type; phase string #1
    Node: apiVersion string; kind string; metadata ObjectMeta #1; spec NodeSpec #2; status NodeStatus #3
    NodeAddress: address! string #2; type! string #1
    NodeAffinity: preferredDuringSchedulingIgnoredDuringExecution [PreferredSchedulingTerm] #2;
      requiredDuringSchedulingIgnoredDuringExecution NodeSelector #1?
    NodeCondition: lastHeartbeatTime time #3; lastTransitionTime time #4; message string #6; reason string #5;
      status! string #2; type! string #1
    NodeConfigSource: configMap ConfigMapNodeConfigSource #2?
    NodeConfigStatus: active NodeConfigSource #2?; assigned NodeConfigSource #1?; error string #4; lastKnownGood
      NodeConfigSource #3?
    NodeDaemonEndpoints: kubeletEndpoint DaemonEndpoint #1
    NodeSelector(atomic): nodeSelectorTerms! [NodeSelectorTerm] #1
    NodeSelectorRequirement: key! string #1; operator! string #2; values [string] #3
    NodeSelectorTerm(atomic): matchExpressions [NodeSelectorRequirement] #1; matchFields [NodeSelectorRequirement]
      #2
    NodeSpec: configSource NodeConfigSource #6?; externalID string #2; podCIDR string #1; podCIDRs [string] #7
      patch=merge; providerID string #3; taints [Taint] #5; unschedulable bool #4
    NodeStatus: addresses [NodeAddress] #5 patch=merge:type; allocatable {quantity} #2; capacity {quantity} #1;
      conditions [NodeCondition] #4 patch=merge:type; config NodeConfigStatus #11?; daemonEndpoints
      NodeDaemonEndpoints #6; features any #13?; images [ContainerImage] #8; nodeInfo NodeSystemInfo #7; phase
      string #3; runtimeHandlers [any] #12; volumesAttached [AttachedVolume] #10; volumesInUse [string] #9
    NodeSystemInfo: architecture! string #10; bootID! string #3; containerRuntimeVersion! string #6; kernelVersion!
      string #4; kubeProxyVersion! string #8; kubeletVersion! string #7; machineID! string #1; operatingSystem!
      string #9; osImage! string #5; systemUUID! string #2
    ObjectFieldSelector(atomic): apiVersion string #1; fieldPath! string #2
    ObjectReference(atomic): apiVersion string #5; fieldPath string #7; kind string #1; name string #3; namespace
      string #2; resourceVersion string #6; uid string #4
    PersistentVolumeClaim: apiVersion string; kind string; metadata ObjectMeta #1; spec PersistentVolumeClaimSpec
      #2; status PersistentVolumeClaimStatus #3
    PersistentVolumeClaimCondition: lastProbeTime time #3; lastTransitionTime time #4; message string #6; reason
      string #5; status! string #2; type! string #1
    PersistentVolumeClaimSpec: accessModes [string] #1; dataSource TypedLocalObjectReference #7?; dataSourceRef
      TypedObjectReference #8?; resources ResourceRequirements #2; selector LabelSelector #4?; storageClassName
      string #5?; volumeAttributesClassName string #9?; volumeMode string #6?; volumeName string #3
    PersistentVolumeClaimStatus: accessModes [string] #2; allocatedResourceStatuses {string} #7; allocatedResources
      {quantity} #5; capacity {quantity} #3; conditions [PersistentVolumeClaimCondition] #4 patch=merge:type;
      currentVolumeAttributesClassName string #8?; modifyVolumeStatus any #9?; phase string #1; resizeStatus string
    PersistentVolumeClaimTemplate: metadata ObjectMeta #1; spec! PersistentVolumeClaimSpec #2
    PersistentVolumeClaimVolumeSource: claimName! string #1; readOnly bool #2
    PhotonPersistentDiskVolumeSource: fsType string #2; pdID! string #1
    Pod: apiVersion string; kind string; metadata ObjectMeta #1; spec PodSpec #2; status PodStatus #3
    PodAffinity: preferredDuringSchedulingIgnoredDuringExecution [WeightedPodAffinityTerm] #2;
      requiredDuringSchedulingIgnoredDuringExecution [PodAffinityTerm] #1
    PodAffinityTerm: labelSelector LabelSelector #1?; matchLabelKeys [string] #5; mismatchLabelKeys [string] #6;
      namespaceSelector LabelSelector #4?; namespaces [string] #2; topologyKey! string #3
    PodAntiAffinity: preferredDuringSchedulingIgnoredDuringExecution [WeightedPodAffinityTerm] #2;
      requiredDuringSchedulingIgnoredDuringExecution [PodAffinityTerm] #1
    PodCondition: lastProbeTime time #3; lastTransitionTime time #4; message string #6; observedGeneration int64 #7;
      reason string #5; status! string #2; type! string #1
    PodDNSConfig: nameservers [string] #1; options [PodDNSConfigOption] #3; searches [string] #2
    PodDNSConfigOption: name string #1; value string #2?
    PodIP: ip string #1
    PodOS: name! string #1
    PodReadinessGate: conditionType! string #1
    PodResourceClaim: name! string #1; resourceClaimName string #3?; resourceClaimTemplateName string #4?
    PodSchedulingGate: name! string #1
    PodSecurityContext: appArmorProfile AppArmorProfile #11?; fsGroup int64 #5?; fsGroupChangePolicy string #9?;
      runAsGroup int64 #6?; runAsNonRoot bool #3?; runAsUser int64 #2?; seLinuxChangePolicy string #13?;
      seLinuxOptions SELinuxOptions #1?; seccompProfile SeccompProfile #10?; supplementalGroups [int64] #4;
      supplementalGroupsPolicy string #12?; sysctls [Sysctl] #7; windowsOptions WindowsSecurityContextOptions #8?
    PodSpec: activeDeadlineSeconds int64 #5?; affinity Affinity #18?; automountServiceAccountToken bool #21?;
      containers! [Container] #2 patch=merge:name; dnsConfig PodDNSConfig #26?; dnsPolicy string #6;
      enableServiceLinks bool #30?; ephemeralContainers [EphemeralContainer] #34 patch=merge:name; hostAliases
      [HostAlias] #23 patch=merge:ip; hostIPC bool #13; hostNetwork bool #11; hostPID bool #12; hostUsers bool #37?;
      hostname string #16; hostnameOverride string #41?; imagePullSecrets [LocalObjectReference] #15
      patch=merge:name; initContainers [Container] #20 patch=merge:name; nodeName string #10; nodeSelector {string}
      #7 atomic; os PodOS #36?; overhead {quantity} #32; preemptionPolicy string #31?; priority int32 #25?;
      priorityClassName string #24; readinessGates [PodReadinessGate] #28; resourceClaims [PodResourceClaim] #39
      keys=name patch=merge,retainKeys:name; resources ResourceRequirements #40?; restartPolicy string #3;
      runtimeClassName string #29?; schedulerName string #19; schedulingGates [PodSchedulingGate] #38 keys=name
      patch=merge:name; securityContext PodSecurityContext #14?; serviceAccount string #9; serviceAccountName string
      #8; setHostnameAsFQDN bool #35?; shareProcessNamespace bool #27?; subdomain string #17;
      terminationGracePeriodSeconds int64 #4?; tolerations [Toleration] #22; topologySpreadConstraints
      [TopologySpreadConstraint] #33 keys=topologyKey,whenUnsatisfiable patch=merge:topologyKey; volumes [Volume] #1
      patch=merge,retainKeys:name
    PodStatus: conditions [PodCondition] #2 patch=merge:type; containerStatuses [ContainerStatus] #8;
      ephemeralContainerStatuses [ContainerStatus] #13; hostIP string #5; hostIPs [HostIP] #16 patch=merge:ip;
      initContainerStatuses [ContainerStatus] #10; message string #3; nominatedNodeName string #11;
      observedGeneration int64 #17; phase string #1; podIP string #6; podIPs [PodIP] #12 patch=merge:ip; qosClass
      string #9; reason string #4; resize string #14; resourceClaimStatuses [any] #15; startTime time #7?
    PodTemplateSpec: metadata ObjectMeta #1; spec PodSpec #2
    PortStatus: error string #3?; port! int32 #1; protocol! string #2
    PortworxVolumeSource: fsType string #2; readOnly bool #3; volumeID! string #1
    PreferredSchedulingTerm: preference! NodeSelectorTerm #2; weight! int32 #1
    Probe: exec ExecAction #1.1?; failureThreshold int32 #6; grpc GRPCAction #1.4?; httpGet HTTPGetAction #1.2?;
      initialDelaySeconds int32 #2; periodSeconds int32 #4; successThreshold int32 #5; tcpSocket TCPSocketAction
      #1.3?; terminationGracePeriodSeconds int64 #7?; timeoutSeconds int32 #3
    ProjectedVolumeSource: defaultMode int32 #2?; sources [VolumeProjection] #1
    QuobyteVolumeSource: group string #5; readOnly bool #3; registry! string #1; tenant string #6; user string #4;
      volume! string #2
    RBDVolumeSource: fsType string #3; image! string #2; keyring string #6; monitors! [string] #1; pool string #4;
      readOnly bool #8; secretRef LocalObjectReference #7?; user string #5
    ResourceClaim: name! string #1; request string #2
    ResourceFieldSelector(atomic): containerName string #1; divisor quantity #3; resource! string #2
    ResourceRequirements: claims [ResourceClaim] #3 keys=name; limits {quantity} #1; requests {quantity} #2
    SELinuxOptions: level string #4; role string #2; type string #3; user string #1
    ScaleIOVolumeSource: fsType string #9; gateway! string #1; protectionDomain string #5; readOnly bool #10;
      secretRef! LocalObjectReference #3?; sslEnabled bool #4; storageMode string #7; storagePool string #6; system!
      string #2; volumeName string #8
    SeccompProfile: localhostProfile string #2?; type! string #1
    Secret: apiVersion string; data {bytes} #2; immutable bool #5?; kind string; metadata ObjectMeta #1; stringData
      {string} #4; type string #3
    SecretEnvSource: name string #1.1; optional bool #2?
    SecretKeySelector(atomic): key! string #2; name string #1.1; optional bool #3?
    SecretProjection: items [KeyToPath] #2; name string #1.1; optional bool #4?
    SecretVolumeSource: defaultMode int32 #3?; items [KeyToPath] #2; optional bool #4?; secretName string #1
    SecurityContext: allowPrivilegeEscalation bool #7?; appArmorProfile AppArmorProfile #12?; capabilities
      Capabilities #1?; privileged bool #2?; procMount string #9?; readOnlyRootFilesystem bool #6?; runAsGroup int64
      #8?; runAsNonRoot bool #5?; runAsUser int64 #4?; seLinuxOptions SELinuxOptions #3?; seccompProfile
      SeccompProfile #11?; windowsOptions WindowsSecurityContextOptions #10?
    Service: apiVersion string; kind string; metadata ObjectMeta #1; spec ServiceSpec #2; status ServiceStatus #3
    ServiceAccount: apiVersion string; automountServiceAccountToken bool #4?; imagePullSecrets
      [LocalObjectReference] #3; kind string; metadata ObjectMeta #1; secrets [ObjectReference] #2 patch=merge:name
    ServiceAccountTokenProjection: audience string #1; expirationSeconds int64 #2?; path! string #3
    ServicePort: appProtocol string #6?; name string #1; nodePort int32 #5; port! int32 #3; protocol string #2;
      targetPort intstr #4
    ServiceSpec: allocateLoadBalancerNodePorts bool #20?; clusterIP string #3; clusterIPs [string] #18; externalIPs
      [string] #5; externalName string #10; externalTrafficPolicy string #11; healthCheckNodePort int32 #12;
      internalTrafficPolicy string #22?; ipFamilies [string] #19; ipFamilyPolicy string #17?; loadBalancerClass
      string #21?; loadBalancerIP string #8; loadBalancerSourceRanges [string] #9; ports [ServicePort] #1
      keys=port,protocol patch=merge:port; publishNotReadyAddresses bool #13; selector {string} #2 atomic;
      sessionAffinity string #7; sessionAffinityConfig SessionAffinityConfig #14?; trafficDistribution string #23?;
      type string #4
    ServiceStatus: conditions [Condition] #2 keys=type patch=merge:type; loadBalancer LoadBalancerStatus #1
    SessionAffinityConfig: clientIP ClientIPConfig #1?
    SleepAction: seconds! int64 #1
    StorageOSVolumeSource: fsType string #3; readOnly bool #4; secretRef LocalObjectReference #5?; volumeName string
      #1; volumeNamespace string #2
    Sysctl: name! string #1; value! string #2
    TCPSocketAction: host string #2; port! intstr #1
    Taint: effect! string #3; key! string #1; timeAdded time #4?; value string #2
    Toleration: effect string #4; key string #1; operator string #2; tolerationSeconds int64 #5?; value string #3
    TopologySpreadConstraint: labelSelector LabelSelector #4?; matchLabelKeys [string] #8; maxSkew! int32 #1;
      minDomains int32 #5?; nodeAffinityPolicy string #6?; nodeTaintsPolicy string #7?; topologyKey! string #2;
      whenUnsatisfiable! string #3
    TypedLocalObjectReference(atomic): apiGroup string #1?; kind! string #2; name! string #3
    TypedObjectReference: apiGroup string #1?; kind! string #2; name! string #3; namespace string #4?
    Volume: awsElasticBlockStore AWSElasticBlockStoreVolumeSource #2.4?; azureDisk AzureDiskVolumeSource #2.22?;
      azureFile AzureFileVolumeSource #2.18?; cephfs CephFSVolumeSource #2.14?; cinder CinderVolumeSource #2.13?;
      configMap ConfigMapVolumeSource #2.19?; csi CSIVolumeSource #2.28?; downwardAPI DownwardAPIVolumeSource
      #2.16?; emptyDir EmptyDirVolumeSource #2.2?; ephemeral EphemeralVolumeSource #2.29?; fc FCVolumeSource #2.17?;
      flexVolume FlexVolumeSource #2.12?; flocker FlockerVolumeSource #2.15?; gcePersistentDisk
      GCEPersistentDiskVolumeSource #2.3?; gitRepo GitRepoVolumeSource #2.5?; glusterfs GlusterfsVolumeSource #2.9?;
      hostPath HostPathVolumeSource #2.1?; image ImageVolumeSource #2.30?; iscsi ISCSIVolumeSource #2.8?; name!
      string #1; nfs NFSVolumeSource #2.7?; persistentVolumeClaim PersistentVolumeClaimVolumeSource #2.10?;
      photonPersistentDisk PhotonPersistentDiskVolumeSource #2.23?; portworxVolume PortworxVolumeSource #2.24?;
      projected ProjectedVolumeSource #2.26?; quobyte QuobyteVolumeSource #2.21?; rbd RBDVolumeSource #2.11?;
      scaleIO ScaleIOVolumeSource #2.25?; secret SecretVolumeSource #2.6?; storageos StorageOSVolumeSource #2.27?;
      vsphereVolume VsphereVirtualDiskVolumeSource #2.20?
    VolumeDevice: devicePath! string #2; name! string #1
    VolumeMount: mountPath! string #3; mountPropagation string #5?; name! string #1; readOnly bool #2;
      recursiveReadOnly string #7?; subPath string #4; subPathExpr string #6
    VolumeProjection: clusterTrustBundle any #5?; configMap ConfigMapProjection #3?; downwardAPI
      DownwardAPIProjection #2?; podCertificate any #6?; secret SecretProjection #1?; serviceAccountToken
      ServiceAccountTokenProjection #4?
    VsphereVirtualDiskVolumeSource: fsType string #2; storagePolicyID string #4; storagePolicyName string #3;
      volumePath! string #1
    WeightedPodAffinityTerm: podAffinityTerm! PodAffinityTerm #2; weight! int32 #1
    WindowsSecurityContextOptions: gmsaCredentialSpec string #2?; gmsaCredentialSpecName string #1?; hostProcess
      bool #4?; runAsUserName string #3?
    """
}
