// Field names, types, list keys and patch strategies, as the OpenAPI documents of Kubernetes publish them.
// BuiltInSchemas tells the notation.
extension BuiltInSchemas {
  /// Types of the core group, N to Z.
  static let coreNtoZ = """
    # io.k8s.api.core.v1
    NFSVolumeSource: path! string; readOnly bool; server! string
    Namespace: apiVersion string; kind string; metadata ObjectMeta; spec NamespaceSpec; status NamespaceStatus
    NamespaceCondition: lastTransitionTime time; message string; reason string; status! string; type! string
    NamespaceSpec: finalizers [string]
    NamespaceStatus: conditions [NamespaceCondition] patch=merge:type; phase string
    Node: apiVersion string; kind string; metadata ObjectMeta; spec NodeSpec; status NodeStatus
    NodeAddress: address! string; type! string
    NodeAffinity: preferredDuringSchedulingIgnoredDuringExecution [PreferredSchedulingTerm];
      requiredDuringSchedulingIgnoredDuringExecution NodeSelector
    NodeCondition: lastHeartbeatTime time; lastTransitionTime time; message string; reason string; status!
      string; type! string
    NodeConfigSource: configMap ConfigMapNodeConfigSource
    NodeConfigStatus: active NodeConfigSource; assigned NodeConfigSource; error string; lastKnownGood
      NodeConfigSource
    NodeDaemonEndpoints: kubeletEndpoint DaemonEndpoint
    NodeSelector(atomic): nodeSelectorTerms! [NodeSelectorTerm]
    NodeSelectorRequirement: key! string; operator! string; values [string]
    NodeSelectorTerm(atomic): matchExpressions [NodeSelectorRequirement]; matchFields [NodeSelectorRequirement]
    NodeSpec: configSource NodeConfigSource; externalID string; podCIDR string; podCIDRs [string] patch=merge;
      providerID string; taints [Taint]; unschedulable bool
    NodeStatus: addresses [NodeAddress] patch=merge:type; allocatable {quantity}; capacity {quantity};
      conditions [NodeCondition] patch=merge:type; config NodeConfigStatus; daemonEndpoints NodeDaemonEndpoints;
      features any; images [ContainerImage]; nodeInfo NodeSystemInfo; phase string; runtimeHandlers [any];
      volumesAttached [AttachedVolume]; volumesInUse [string]
    NodeSystemInfo: architecture! string; bootID! string; containerRuntimeVersion! string; kernelVersion!
      string; kubeProxyVersion! string; kubeletVersion! string; machineID! string; operatingSystem! string;
      osImage! string; systemUUID! string
    ObjectFieldSelector(atomic): apiVersion string; fieldPath! string
    ObjectReference(atomic): apiVersion string; fieldPath string; kind string; name string; namespace string;
      resourceVersion string; uid string
    PersistentVolumeClaim: apiVersion string; kind string; metadata ObjectMeta; spec PersistentVolumeClaimSpec;
      status PersistentVolumeClaimStatus
    PersistentVolumeClaimCondition: lastProbeTime time; lastTransitionTime time; message string; reason string;
      status! string; type! string
    PersistentVolumeClaimSpec: accessModes [string]; dataSource TypedLocalObjectReference; dataSourceRef
      TypedObjectReference; resources ResourceRequirements; selector LabelSelector; storageClassName string;
      volumeAttributesClassName string; volumeMode string; volumeName string
    PersistentVolumeClaimStatus: accessModes [string]; allocatedResourceStatuses {string}; allocatedResources
      {quantity}; capacity {quantity}; conditions [PersistentVolumeClaimCondition] patch=merge:type;
      currentVolumeAttributesClassName string; modifyVolumeStatus any; phase string; resizeStatus string
    PersistentVolumeClaimTemplate: metadata ObjectMeta; spec! PersistentVolumeClaimSpec
    PersistentVolumeClaimVolumeSource: claimName! string; readOnly bool
    PhotonPersistentDiskVolumeSource: fsType string; pdID! string
    Pod: apiVersion string; kind string; metadata ObjectMeta; spec PodSpec; status PodStatus
    PodAffinity: preferredDuringSchedulingIgnoredDuringExecution [WeightedPodAffinityTerm];
      requiredDuringSchedulingIgnoredDuringExecution [PodAffinityTerm]
    PodAffinityTerm: labelSelector LabelSelector; matchLabelKeys [string]; mismatchLabelKeys [string];
      namespaceSelector LabelSelector; namespaces [string]; topologyKey! string
    PodAntiAffinity: preferredDuringSchedulingIgnoredDuringExecution [WeightedPodAffinityTerm];
      requiredDuringSchedulingIgnoredDuringExecution [PodAffinityTerm]
    PodCondition: lastProbeTime time; lastTransitionTime time; message string; observedGeneration int64; reason
      string; status! string; type! string
    PodDNSConfig: nameservers [string]; options [PodDNSConfigOption]; searches [string]
    PodDNSConfigOption: name string; value string
    PodIP: ip string
    PodOS: name! string
    PodReadinessGate: conditionType! string
    PodResourceClaim: name! string; resourceClaimName string; resourceClaimTemplateName string
    PodSchedulingGate: name! string
    PodSecurityContext: appArmorProfile AppArmorProfile; fsGroup int64; fsGroupChangePolicy string; runAsGroup
      int64; runAsNonRoot bool; runAsUser int64; seLinuxChangePolicy string; seLinuxOptions SELinuxOptions;
      seccompProfile SeccompProfile; supplementalGroups [int64]; supplementalGroupsPolicy string; sysctls
      [Sysctl]; windowsOptions WindowsSecurityContextOptions
    PodSpec: activeDeadlineSeconds int64; affinity Affinity; automountServiceAccountToken bool; containers!
      [Container] patch=merge:name; dnsConfig PodDNSConfig; dnsPolicy string; enableServiceLinks bool;
      ephemeralContainers [EphemeralContainer] patch=merge:name; hostAliases [HostAlias] patch=merge:ip; hostIPC
      bool; hostNetwork bool; hostPID bool; hostUsers bool; hostname string; hostnameOverride string;
      imagePullSecrets [LocalObjectReference] patch=merge:name; initContainers [Container] patch=merge:name;
      nodeName string; nodeSelector {string} atomic; os PodOS; overhead {quantity}; preemptionPolicy string;
      priority int32; priorityClassName string; readinessGates [PodReadinessGate]; resourceClaims
      [PodResourceClaim] keys=name patch=merge,retainKeys:name; resources ResourceRequirements; restartPolicy
      string; runtimeClassName string; schedulerName string; schedulingGates [PodSchedulingGate] keys=name
      patch=merge:name; securityContext PodSecurityContext; serviceAccount string; serviceAccountName string;
      setHostnameAsFQDN bool; shareProcessNamespace bool; subdomain string; terminationGracePeriodSeconds int64;
      tolerations [Toleration]; topologySpreadConstraints [TopologySpreadConstraint]
      keys=topologyKey,whenUnsatisfiable patch=merge:topologyKey; volumes [Volume] patch=merge,retainKeys:name
    PodStatus: conditions [PodCondition] patch=merge:type; containerStatuses [ContainerStatus];
      ephemeralContainerStatuses [ContainerStatus]; hostIP string; hostIPs [HostIP] patch=merge:ip;
      initContainerStatuses [ContainerStatus]; message string; nominatedNodeName string; observedGeneration
      int64; phase string; podIP string; podIPs [PodIP] patch=merge:ip; qosClass string; reason string; resize
      string; resourceClaimStatuses [any]; startTime time
    PodTemplateSpec: metadata ObjectMeta; spec PodSpec
    PortStatus: error string; port! int32; protocol! string
    PortworxVolumeSource: fsType string; readOnly bool; volumeID! string
    PreferredSchedulingTerm: preference! NodeSelectorTerm; weight! int32
    Probe: exec ExecAction; failureThreshold int32; grpc GRPCAction; httpGet HTTPGetAction; initialDelaySeconds
      int32; periodSeconds int32; successThreshold int32; tcpSocket TCPSocketAction;
      terminationGracePeriodSeconds int64; timeoutSeconds int32
    ProjectedVolumeSource: defaultMode int32; sources [VolumeProjection]
    QuobyteVolumeSource: group string; readOnly bool; registry! string; tenant string; user string; volume!
      string
    RBDVolumeSource: fsType string; image! string; keyring string; monitors! [string]; pool string; readOnly
      bool; secretRef LocalObjectReference; user string
    ResourceClaim: name! string; request string
    ResourceFieldSelector(atomic): containerName string; divisor quantity; resource! string
    ResourceRequirements: claims [ResourceClaim] keys=name; limits {quantity}; requests {quantity}
    SELinuxOptions: level string; role string; type string; user string
    ScaleIOVolumeSource: fsType string; gateway! string; protectionDomain string; readOnly bool; secretRef!
      LocalObjectReference; sslEnabled bool; storageMode string; storagePool string; system! string; volumeName
      string
    SeccompProfile: localhostProfile string; type! string
    Secret: apiVersion string; data {bytes}; immutable bool; kind string; metadata ObjectMeta; stringData
      {string}; type string
    SecretEnvSource: name string; optional bool
    SecretKeySelector(atomic): key! string; name string; optional bool
    SecretProjection: items [KeyToPath]; name string; optional bool
    SecretVolumeSource: defaultMode int32; items [KeyToPath]; optional bool; secretName string
    SecurityContext: allowPrivilegeEscalation bool; appArmorProfile AppArmorProfile; capabilities Capabilities;
      privileged bool; procMount string; readOnlyRootFilesystem bool; runAsGroup int64; runAsNonRoot bool;
      runAsUser int64; seLinuxOptions SELinuxOptions; seccompProfile SeccompProfile; windowsOptions
      WindowsSecurityContextOptions
    Service: apiVersion string; kind string; metadata ObjectMeta; spec ServiceSpec; status ServiceStatus
    ServiceAccount: apiVersion string; automountServiceAccountToken bool; imagePullSecrets
      [LocalObjectReference]; kind string; metadata ObjectMeta; secrets [ObjectReference] patch=merge:name
    ServiceAccountTokenProjection: audience string; expirationSeconds int64; path! string
    ServicePort: appProtocol string; name string; nodePort int32; port! int32; protocol string; targetPort
      intstr
    ServiceSpec: allocateLoadBalancerNodePorts bool; clusterIP string; clusterIPs [string]; externalIPs
      [string]; externalName string; externalTrafficPolicy string; healthCheckNodePort int32;
      internalTrafficPolicy string; ipFamilies [string]; ipFamilyPolicy string; loadBalancerClass string;
      loadBalancerIP string; loadBalancerSourceRanges [string]; ports [ServicePort] keys=port,protocol
      patch=merge:port; publishNotReadyAddresses bool; selector {string} atomic; sessionAffinity string;
      sessionAffinityConfig SessionAffinityConfig; trafficDistribution string; type string
    ServiceStatus: conditions [Condition] keys=type patch=merge:type; loadBalancer LoadBalancerStatus
    SessionAffinityConfig: clientIP ClientIPConfig
    SleepAction: seconds! int64
    StorageOSVolumeSource: fsType string; readOnly bool; secretRef LocalObjectReference; volumeName string;
      volumeNamespace string
    Sysctl: name! string; value! string
    TCPSocketAction: host string; port! intstr
    Taint: effect! string; key! string; timeAdded time; value string
    Toleration: effect string; key string; operator string; tolerationSeconds int64; value string
    TopologySpreadConstraint: labelSelector LabelSelector; matchLabelKeys [string]; maxSkew! int32; minDomains
      int32; nodeAffinityPolicy string; nodeTaintsPolicy string; topologyKey! string; whenUnsatisfiable! string
    TypedLocalObjectReference(atomic): apiGroup string; kind! string; name! string
    TypedObjectReference: apiGroup string; kind! string; name! string; namespace string
    Volume: awsElasticBlockStore AWSElasticBlockStoreVolumeSource; azureDisk AzureDiskVolumeSource; azureFile
      AzureFileVolumeSource; cephfs CephFSVolumeSource; cinder CinderVolumeSource; configMap
      ConfigMapVolumeSource; csi CSIVolumeSource; downwardAPI DownwardAPIVolumeSource; emptyDir
      EmptyDirVolumeSource; ephemeral EphemeralVolumeSource; fc FCVolumeSource; flexVolume FlexVolumeSource;
      flocker FlockerVolumeSource; gcePersistentDisk GCEPersistentDiskVolumeSource; gitRepo GitRepoVolumeSource;
      glusterfs GlusterfsVolumeSource; hostPath HostPathVolumeSource; image ImageVolumeSource; iscsi
      ISCSIVolumeSource; name! string; nfs NFSVolumeSource; persistentVolumeClaim
      PersistentVolumeClaimVolumeSource; photonPersistentDisk PhotonPersistentDiskVolumeSource; portworxVolume
      PortworxVolumeSource; projected ProjectedVolumeSource; quobyte QuobyteVolumeSource; rbd RBDVolumeSource;
      scaleIO ScaleIOVolumeSource; secret SecretVolumeSource; storageos StorageOSVolumeSource; vsphereVolume
      VsphereVirtualDiskVolumeSource
    VolumeDevice: devicePath! string; name! string
    VolumeMount: mountPath! string; mountPropagation string; name! string; readOnly bool; recursiveReadOnly
      string; subPath string; subPathExpr string
    VolumeProjection: clusterTrustBundle any; configMap ConfigMapProjection; downwardAPI DownwardAPIProjection;
      podCertificate any; secret SecretProjection; serviceAccountToken ServiceAccountTokenProjection
    VsphereVirtualDiskVolumeSource: fsType string; storagePolicyID string; storagePolicyName string; volumePath!
      string
    WeightedPodAffinityTerm: podAffinityTerm! PodAffinityTerm; weight! int32
    WindowsSecurityContextOptions: gmsaCredentialSpec string; gmsaCredentialSpecName string; hostProcess bool;
      runAsUserName string
    """
}
