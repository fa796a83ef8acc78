// Field names, types, list keys and patch strategies, as the OpenAPI documents of Kubernetes publish them.
// BuiltInSchemas tells the notation.
extension BuiltInSchemas {
  /// Types of the core group, A to M.
  static let coreAtoM = """
    # io.k8s.api.core.v1
    AWSElasticBlockStoreVolumeSource: fsType string #2; partition int32 #3; readOnly bool #4; volumeID! string #1
    Affinity: nodeAffinity NodeAffinity #1?; podAffinity PodAffinity #2?; podAntiAffinity PodAntiAffinity #3?
    AppArmorProfile: localhostProfile string #2?; type! string #1
    AttachedVolume: devicePath! string #2; name! string #1
    AzureDiskVolumeSource: cachingMode string #3?; diskName! string #1; diskURI! string #2; fsType string #4?; kind
      string #6?; readOnly bool #5?
    AzureFileVolumeSource: readOnly bool #3; secretName! string #1; shareName! string #2
    CSIVolumeSource: driver! string #1; fsType string #3?; nodePublishSecretRef LocalObjectReference #5?; readOnly
      bool #2?; volumeAttributes {string} #4
    Capabilities: add [string] #1; drop [string] #2
    CephFSVolumeSource: monitors! [string] #1; path string #2; readOnly bool #6; secretFile string #4; secretRef
      LocalObjectReference #5?; user string #3
    CinderVolumeSource: fsType string #2; readOnly bool #3; secretRef LocalObjectReference #4?; volumeID! string #1
    ClientIPConfig: timeoutSeconds int32 #1?
    ConfigMap: apiVersion string; binaryData {bytes} #3; data {string} #2; immutable bool #4?; kind string; metadata
      ObjectMeta #1
    ConfigMapEnvSource: name string #1.1; optional bool #2?
    ConfigMapKeySelector(atomic): key! string #2; name string #1.1; optional bool #3?
    ConfigMapNodeConfigSource: kubeletConfigKey! string #5; name! string #2; namespace! string #1; resourceVersion
      string #4; uid string #3
    ConfigMapProjection: items [KeyToPath] #2; name string #1.1; optional bool #4?
    ConfigMapVolumeSource: defaultMode int32 #3?; items [KeyToPath] #2; name string #1.1; optional bool #4?
    Container: args [string] #4; command [string] #3; env [EnvVar] #7 patch=merge:name; envFrom [EnvFromSource] #19;
      image string #2; imagePullPolicy string #14; lifecycle Lifecycle #12?; livenessProbe Probe #10?; name! string
      #1; ports [ContainerPort] #6 keys=containerPort,protocol patch=merge:containerPort; readinessProbe Probe #11?;
      resizePolicy [ContainerResizePolicy] #23; resources ResourceRequirements #8; restartPolicy string #24?;
      restartPolicyRules [any] #25; securityContext SecurityContext #15?; startupProbe Probe #22?; stdin bool #16;
      stdinOnce bool #17; terminationMessagePath string #13; terminationMessagePolicy string #20; tty bool #18;
      volumeDevices [VolumeDevice] #21 patch=merge:devicePath; volumeMounts [VolumeMount] #9 patch=merge:mountPath;
      workingDir string #5
    ContainerImage: names [string] #1; sizeBytes int64 #2
    ContainerPort: containerPort! int32 #3; hostIP string #5; hostPort int32 #2; name string #1; protocol string #4
    ContainerResizePolicy: resourceName! string #1; restartPolicy! string #2
    ContainerState: running ContainerStateRunning #2?; terminated ContainerStateTerminated #3?; waiting
      ContainerStateWaiting #1?
    ContainerStateRunning: startedAt time #1
    ContainerStateTerminated: containerID string #7; exitCode! int32 #1; finishedAt time #6; message string #4;
      reason string #3; signal int32 #2; startedAt time #5
    ContainerStateWaiting: message string #2; reason string #1
    ContainerStatus: allocatedResources {quantity} #10; containerID string #8; image! string #6; imageID! string #7;
      lastState ContainerState #3; name! string #1; ready! bool #4; resources ResourceRequirements #11?;
      restartCount! int32 #5; started bool #9?; state ContainerState #2; stopSignal string #15?; user any #13?;
      volumeMounts [any] #12
    DaemonEndpoint: Port! int32 #1
    DownwardAPIProjection: items [DownwardAPIVolumeFile] #1
    DownwardAPIVolumeFile: fieldRef ObjectFieldSelector #2?; mode int32 #4?; path! string #1; resourceFieldRef
      ResourceFieldSelector #3?
    DownwardAPIVolumeSource: defaultMode int32 #2?; items [DownwardAPIVolumeFile] #1
    EmptyDirVolumeSource: medium string #1; sizeLimit quantity #2?
    EndpointAddress(atomic): hostname string #3; ip! string #1; nodeName string #4?; targetRef ObjectReference #2?
    EndpointPort(atomic): appProtocol string #4?; name string #1; port! int32 #2; protocol string #3
    EndpointSubset: addresses [EndpointAddress] #1; notReadyAddresses [EndpointAddress] #2; ports [EndpointPort] #3
    Endpoints: apiVersion string; kind string; metadata ObjectMeta #1; subsets [EndpointSubset] #2
    EnvFromSource: configMapRef ConfigMapEnvSource #2?; prefix string #1; secretRef SecretEnvSource #3?
    EnvVar: name! string #1; value string #2; valueFrom EnvVarSource #3?
    EnvVarSource: configMapKeyRef ConfigMapKeySelector #3?; fieldRef ObjectFieldSelector #1?; fileKeyRef any #5?;
      resourceFieldRef ResourceFieldSelector #2?; secretKeyRef SecretKeySelector #4?
    EphemeralContainer: args [string] #1.4; command [string] #1.3; env [EnvVar] #1.7 patch=merge:name; envFrom
      [EnvFromSource] #1.19; image string #1.2; imagePullPolicy string #1.14; lifecycle Lifecycle #1.12?;
      livenessProbe Probe #1.10?; name! string #1.1; ports [ContainerPort] #1.6 keys=containerPort,protocol
      patch=merge:containerPort; readinessProbe Probe #1.11?; resources ResourceRequirements #1.8; restartPolicy
      string #1.24?; securityContext SecurityContext #1.15?; startupProbe Probe #1.22?; stdin bool #1.16; stdinOnce
      bool #1.17; targetContainerName string #2; terminationMessagePath string #1.13; terminationMessagePolicy
      string #1.20; tty bool #1.18; volumeDevices [VolumeDevice] #1.21 patch=merge:devicePath; volumeMounts
      [VolumeMount] #1.9 patch=merge:mountPath; workingDir string #1.5
    EphemeralVolumeSource: volumeClaimTemplate PersistentVolumeClaimTemplate #1?
    Event: action string #12; apiVersion string; count int32 #8; eventTime microtime #10; firstTimestamp time #6;
      involvedObject! ObjectReference #2; kind string; lastTimestamp time #7; message string #4; metadata!
      ObjectMeta #1; reason string #3; related ObjectReference #13?; reportingComponent string #14;
      reportingInstance string #15; series EventSeries #11?; source EventSource #5; type string #9
    EventSeries: count int32 #1; lastObservedTime microtime #2
    EventSource: component string #1; host string #2
    ExecAction: command [string] #1
    FCVolumeSource: fsType string #3; lun int32 #2?; readOnly bool #4; targetWWNs [string] #1; wwids [string] #5
    FlexVolumeSource: driver! string #1; fsType string #2; options {string} #5; readOnly bool #4; secretRef
      LocalObjectReference #3?
    FlockerVolumeSource: datasetName string #1; datasetUUID string #2
    GCEPersistentDiskVolumeSource: fsType string #2; partition int32 #3; pdName! string #1; readOnly bool #4
    GRPCAction: port! int32 #1; service string #2?
    GitRepoVolumeSource: directory string #3; repository! string #1; revision string #2
    GlusterfsVolumeSource: endpoints! string #1; path! string #2; readOnly bool #3
    HTTPGetAction: host string #3; httpHeaders [HTTPHeader] #5; path string #1; port! intstr #2; scheme string #4
    HTTPHeader: name! string #1; value! string #2
    HostAlias: hostnames [string] #2; ip string #1
    HostIP: ip! string #1
    HostPathVolumeSource: path! string #1; type string #2?
    ISCSIVolumeSource: chapAuthDiscovery bool #8; chapAuthSession bool #11; fsType string #5; initiatorName string
      #12?; iqn! string #2; iscsiInterface string #4; lun! int32 #3; portals [string] #7; readOnly bool #6;
      secretRef LocalObjectReference #10?; targetPortal! string #1
    ImageVolumeSource: pullPolicy string #2; reference string #1
    KeyToPath: key! string #1; mode int32 #3?; path! string #2
    Lifecycle: postStart LifecycleHandler #1?; preStop LifecycleHandler #2?; stopSignal string #3?
    LifecycleHandler: exec ExecAction #1?; httpGet HTTPGetAction #2?; sleep SleepAction #4?; tcpSocket
      TCPSocketAction #3?
    LoadBalancerIngress: hostname string #2; ip string #1; ports [PortStatus] #4
    LoadBalancerStatus: ingress [LoadBalancerIngress] #1
    LocalObjectReference(atomic): name string #1
    """
}
