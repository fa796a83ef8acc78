// Field names, types, list keys and patch strategies, as the OpenAPI documents of Kubernetes publish them.
// BuiltInSchemas tells the notation.
extension BuiltInSchemas {
  /// Types of the core group, A to M.
  static let coreAtoM = """
    # io.k8s.api.core.v1
    AWSElasticBlockStoreVolumeSource: fsType string; partition int32; readOnly bool; volumeID! string
    Affinity: nodeAffinity NodeAffinity; podAffinity PodAffinity; podAntiAffinity PodAntiAffinity
    AppArmorProfile: localhostProfile string; type! string
    AttachedVolume: devicePath! string; name! string
    AzureDiskVolumeSource: cachingMode string; diskName! string; diskURI! string; fsType string; kind string;
      readOnly bool
    AzureFileVolumeSource: readOnly bool; secretName! string; shareName! string
    CSIVolumeSource: driver! string; fsType string; nodePublishSecretRef LocalObjectReference; readOnly bool;
      volumeAttributes {string}
    Capabilities: add [string]; drop [string]
    CephFSVolumeSource: monitors! [string]; path string; readOnly bool; secretFile string; secretRef
      LocalObjectReference; user string
    CinderVolumeSource: fsType string; readOnly bool; secretRef LocalObjectReference; volumeID! string
    ClientIPConfig: timeoutSeconds int32
    ConfigMap: apiVersion string; binaryData {bytes}; data {string}; immutable bool; kind string; metadata
      ObjectMeta
    ConfigMapEnvSource: name string; optional bool
    ConfigMapKeySelector(atomic): key! string; name string; optional bool
    ConfigMapNodeConfigSource: kubeletConfigKey! string; name! string; namespace! string; resourceVersion
      string; uid string
    ConfigMapProjection: items [KeyToPath]; name string; optional bool
    ConfigMapVolumeSource: defaultMode int32; items [KeyToPath]; name string; optional bool
    Container: args [string]; command [string]; env [EnvVar] patch=merge:name; envFrom [EnvFromSource]; image
      string; imagePullPolicy string; lifecycle Lifecycle; livenessProbe Probe; name! string; ports
      [ContainerPort] keys=containerPort,protocol patch=merge:containerPort; readinessProbe Probe; resizePolicy
      [ContainerResizePolicy]; resources ResourceRequirements; restartPolicy string; restartPolicyRules [any];
      securityContext SecurityContext; startupProbe Probe; stdin bool; stdinOnce bool; terminationMessagePath
      string; terminationMessagePolicy string; tty bool; volumeDevices [VolumeDevice] patch=merge:devicePath;
      volumeMounts [VolumeMount] patch=merge:mountPath; workingDir string
    ContainerImage: names [string]; sizeBytes int64
    ContainerPort: containerPort! int32; hostIP string; hostPort int32; name string; protocol string
    ContainerResizePolicy: resourceName! string; restartPolicy! string
    ContainerState: running ContainerStateRunning; terminated ContainerStateTerminated; waiting
      ContainerStateWaiting
    ContainerStateRunning: startedAt time
    ContainerStateTerminated: containerID string; exitCode! int32; finishedAt time; message string; reason
      string; signal int32; startedAt time
    ContainerStateWaiting: message string; reason string
    ContainerStatus: allocatedResources {quantity}; containerID string; image! string; imageID! string;
      lastState ContainerState; name! string; ready! bool; resources ResourceRequirements; restartCount! int32;
      started bool; state ContainerState; stopSignal string; user any; volumeMounts [any]
    DaemonEndpoint: Port! int32
    DownwardAPIProjection: items [DownwardAPIVolumeFile]
    DownwardAPIVolumeFile: fieldRef ObjectFieldSelector; mode int32; path! string; resourceFieldRef
      ResourceFieldSelector
    DownwardAPIVolumeSource: defaultMode int32; items [DownwardAPIVolumeFile]
    EmptyDirVolumeSource: medium string; sizeLimit quantity
    EndpointAddress(atomic): hostname string; ip! string; nodeName string; targetRef ObjectReference
    EndpointPort(atomic): appProtocol string; name string; port! int32; protocol string
    EndpointSubset: addresses [EndpointAddress]; notReadyAddresses [EndpointAddress]; ports [EndpointPort]
    Endpoints: apiVersion string; kind string; metadata ObjectMeta; subsets [EndpointSubset]
    EnvFromSource: configMapRef ConfigMapEnvSource; prefix string; secretRef SecretEnvSource
    EnvVar: name! string; value string; valueFrom EnvVarSource
    EnvVarSource: configMapKeyRef ConfigMapKeySelector; fieldRef ObjectFieldSelector; fileKeyRef any;
      resourceFieldRef ResourceFieldSelector; secretKeyRef SecretKeySelector
    EphemeralContainer: args [string]; command [string]; env [EnvVar] patch=merge:name; envFrom [EnvFromSource];
      image string; imagePullPolicy string; lifecycle Lifecycle; livenessProbe Probe; name! string; ports
      [ContainerPort] keys=containerPort,protocol patch=merge:containerPort; readinessProbe Probe; resources
      ResourceRequirements; restartPolicy string; securityContext SecurityContext; startupProbe Probe; stdin
      bool; stdinOnce bool; targetContainerName string; terminationMessagePath string; terminationMessagePolicy
      string; tty bool; volumeDevices [VolumeDevice] patch=merge:devicePath; volumeMounts [VolumeMount]
      patch=merge:mountPath; workingDir string
    EphemeralVolumeSource: volumeClaimTemplate PersistentVolumeClaimTemplate
    Event: action string; apiVersion string; count int32; eventTime microtime; firstTimestamp time;
      involvedObject! ObjectReference; kind string; lastTimestamp time; message string; metadata! ObjectMeta;
      reason string; related ObjectReference; reportingComponent string; reportingInstance string; series
      EventSeries; source EventSource; type string
    EventSeries: count int32; lastObservedTime microtime
    EventSource: component string; host string
    ExecAction: command [string]
    FCVolumeSource: fsType string; lun int32; readOnly bool; targetWWNs [string]; wwids [string]
    FlexVolumeSource: driver! string; fsType string; options {string}; readOnly bool; secretRef
      LocalObjectReference
    FlockerVolumeSource: datasetName string; datasetUUID string
    GCEPersistentDiskVolumeSource: fsType string; partition int32; pdName! string; readOnly bool
    GRPCAction: port! int32; service string
    GitRepoVolumeSource: directory string; repository! string; revision string
    GlusterfsVolumeSource: endpoints! string; path! string; readOnly bool
    HTTPGetAction: host string; httpHeaders [HTTPHeader]; path string; port! intstr; scheme string
    HTTPHeader: name! string; value! string
    HostAlias: hostnames [string]; ip string
    HostIP: ip! string
    HostPathVolumeSource: path! string; type string
    ISCSIVolumeSource: chapAuthDiscovery bool; chapAuthSession bool; fsType string; initiatorName string; iqn!
      string; iscsiInterface string; lun! int32; portals [string]; readOnly bool; secretRef
      LocalObjectReference; targetPortal! string
    ImageVolumeSource: pullPolicy string; reference string
    KeyToPath: key! string; mode int32; path! string
    Lifecycle: postStart LifecycleHandler; preStop LifecycleHandler; stopSignal string
    LifecycleHandler: exec ExecAction; httpGet HTTPGetAction; sleep SleepAction; tcpSocket TCPSocketAction
    LoadBalancerIngress: hostname string; ip string; ports [PortStatus]
    LoadBalancerStatus: ingress [LoadBalancerIngress]
    LocalObjectReference(atomic): name string
    """
}
