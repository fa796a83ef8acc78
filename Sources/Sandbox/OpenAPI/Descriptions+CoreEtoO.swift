// The first sentences of the descriptions in the OpenAPI documents of Kubernetes 1.36 (Apache License 2.0), shortened.
// Descriptions tells the notation.
extension Descriptions {
  /// Types of the core group, E to O.
  static let coreEtoO = """
    # io.k8s.api.core.v1
    EmptyDirVolumeSource: Represents an empty directory for a pod; medium: medium represents what type of storage
      medium should back this directory; sizeLimit: sizeLimit is the total amount of local storage required for
      this EmptyDir volume
    EndpointAddress: EndpointAddress is a tuple that describes single IP address; hostname: The Hostname of this
      endpoint; ip: The IP of this endpoint; nodeName: Optional: Node hosting this endpoint; targetRef: Reference
      to object providing the endpoint
    EndpointPort: EndpointPort is a tuple that describes a single port; appProtocol: The application protocol for
      this port; name: The name of this port; port: The port number of the endpoint; protocol: The IP protocol for
      this port
    EndpointSubset: EndpointSubset is a group of addresses with a common set of ports; addresses: IP addresses
      which offer the related ports that are marked as ready; notReadyAddresses: IP addresses which offer the
      related ports but are not currently marked as ready because they have not yet ...; ports: Port numbers
      available on the related IP addresses
    Endpoints: Endpoints is a collection of endpoints that implement the actual service; subsets: The set of all
      endpoints is the union of all subsets
    EnvFromSource: EnvFromSource represents the source of a set of ConfigMaps or Secrets; configMapRef: The
      ConfigMap to select from; prefix: Optional text to prepend to the name of each environment variable;
      secretRef: The Secret to select from
    EnvVar: EnvVar represents an environment variable present in a Container; name: Name of the environment
      variable; value: Variable references $(VAR_NAME) are expanded using the previously defined environment
      variables in the ...; valueFrom: Source for the environment variable's value
    EnvVarSource: EnvVarSource represents a source for the value of an EnvVar; configMapKeyRef: Selects a key of a
      ConfigMap; fieldRef: Selects a field of the pod: supports metadata.name, metadata.namespace,
      `metadata.labels['<KEY>']` ...; fileKeyRef: FileKeyRef selects a key of the env file; resourceFieldRef:
      Selects a resource of the container: only resources limits and requests (limits.cpu, limits.memory ...;
      secretKeyRef: Selects a key of a secret in the pod's namespace
    EphemeralContainer: An EphemeralContainer is a temporary container that you may add to an existing Pod for
      user-initiated ...; args: Arguments to the entrypoint; command: Entrypoint array; env: List of environment
      variables to set in the container; envFrom: List of sources to populate environment variables in the
      container; image: Container image name; imagePullPolicy: Image pull policy; lifecycle: Lifecycle is not
      allowed for ephemeral containers; livenessProbe: Probes are not allowed for ephemeral containers; name: Name
      of the ephemeral container specified as a DNS_LABEL; ports: Ports are not allowed for ephemeral containers;
      readinessProbe: Probes are not allowed for ephemeral containers; resizePolicy: Resources resize policy for
      the container; resources: Resources are not allowed for ephemeral containers; restartPolicy: Restart policy
      for the container to manage the restart behavior of each container within a pod; restartPolicyRules:
      Represents a list of rules to be checked to determine if the container should be restarted on exit;
      securityContext: Optional: SecurityContext defines the security options the ephemeral container should be
      run with; startupProbe: Probes are not allowed for ephemeral containers; stdin: Whether this container
      should allocate a buffer for stdin in the container runtime; stdinOnce: Whether the container runtime should
      close the stdin channel after it has been opened by a single attach; targetContainerName: If set, the name
      of the container from PodSpec that this ephemeral container targets; terminationMessagePath: Optional: Path
      at which the file to which the container's termination message will be written is mounted into ...;
      terminationMessagePolicy: Indicate how the termination message should be populated; tty: Whether this
      container should allocate a TTY for itself, also requires 'stdin' to be true; volumeDevices: volumeDevices
      is the list of block devices to be used by the container; volumeMounts: Pod volumes to mount into the
      container's filesystem; workingDir: Container's working directory
    EphemeralVolumeSource: Represents an ephemeral volume that is handled by a normal storage driver;
      volumeClaimTemplate: Will be used to create a stand-alone PVC to provision the volume
    Event: Event is a report of an event somewhere in the cluster; action: What action was taken/failed regarding
      to the Regarding object; count: The number of times this event has occurred; eventTime: Time when this Event
      was first observed; firstTimestamp: The time at which the event was first recorded; involvedObject: The
      object that this event is about; lastTimestamp: The time at which the most recent occurrence of this event
      was recorded; message: A human-readable description of the status of this operation; reason: This should be
      a short, machine understandable string that gives the reason for the transition into the ...; related:
      Optional secondary object for more complex actions; reportingComponent: Name of the controller that emitted
      this Event, for example `kubernetes.io/kubelet`; reportingInstance: ID of the controller instance, for
      example `kubelet-xyzf`; series: Data about the Event series this event represents or nil if it's a singleton
      Event; source: The component reporting this event; type: Type of this event (Normal, Warning), new types
      could be added in the future
    EventSeries: EventSeries contain information on series of events, that is thing that was/is happening
      continuously for ...; count: Number of occurrences in this series up to the last heartbeat time;
      lastObservedTime: Time of the last occurrence observed
    EventSource: EventSource contains information for an event; component: Component from which the event is
      generated; host: Node name on which the event is generated
    ExecAction: ExecAction describes a 'run in container' action; command: Command is the command line to execute
      inside the container, the working directory for the command is root ...
    FCVolumeSource: Represents a Fibre Channel volume; fsType: fsType is the filesystem type to mount; lun: lun is
      Optional: FC target lun number; readOnly: readOnly is Optional: Defaults to false (read/write); targetWWNs:
      targetWWNs is Optional: FC target worldwide names (WWNs); wwids: wwids Optional: FC volume world wide
      identifiers (wwids) Either wwids or combination of targetWWNs and lun ...
    FlexVolumeSource: FlexVolume represents a generic volume resource that is provisioned/attached using an exec
      based plugin; driver: driver is the name of the driver to use for this volume; fsType: fsType is the
      filesystem type to mount; options: options is Optional: this field holds extra command options if any;
      readOnly: readOnly is Optional: defaults to false (read/write); secretRef: secretRef is Optional: secretRef
      is reference to the secret object containing sensitive information to pass ...
    FlockerVolumeSource: Represents a Flocker volume mounted by the Flocker agent; datasetName: datasetName is
      Name of the dataset stored as metadata -> name on the dataset for Flocker should be considered ...;
      datasetUUID: datasetUUID is the UUID of the dataset
    GCEPersistentDiskVolumeSource: Represents a Persistent Disk resource in Google Compute Engine; fsType: fsType
      is filesystem type of the volume that you want to mount; partition: partition is the partition in the volume
      that you want to mount; pdName: pdName is unique name of the PD resource in GCE; readOnly: readOnly here
      will force the ReadOnly setting in VolumeMounts
    GRPCAction: GRPCAction specifies an action involving a GRPC service; port: Port number of the gRPC service;
      service: Service is the name of the service to place in the gRPC HealthCheckRequest (see ...
    GitRepoVolumeSource: Represents a volume that is populated with the contents of a git repository; directory:
      directory is the target directory name; repository: repository is the URL; revision: revision is the commit
      hash for the specified revision
    GlusterfsVolumeSource: Represents a Glusterfs mount that lasts the lifetime of a pod; endpoints: endpoints is
      the endpoint name that details Glusterfs topology; path: path is the Glusterfs volume path; readOnly:
      readOnly here will force the Glusterfs volume to be mounted with read-only permissions
    HTTPGetAction: HTTPGetAction describes an action based on HTTP Get requests; host: Host name to connect to,
      defaults to the pod IP; httpHeaders: Custom headers to set in the request; path: Path to access on the HTTP
      server; port: Name or number of the port to access on the container; scheme: Scheme to use for connecting to
      the host
    HTTPHeader: HTTPHeader describes a custom header to be used in HTTP probes; name: The header field name;
      value: The header field value
    HostAlias: HostAlias holds the mapping between IP and hostnames that will be injected as an entry in the pod's
      hosts ...; hostnames: Hostnames for the above IP address; ip: IP address of the host file entry
    HostIP: HostIP represents a single IP address allocated to the host; ip: IP is the IP address assigned to the
      host
    HostPathVolumeSource: Represents a host path mapped into a pod; path: path of the directory on the host; type:
      type for HostPath Volume Defaults to '' More info ...
    ISCSIVolumeSource: Represents an ISCSI disk; chapAuthDiscovery: chapAuthDiscovery defines whether support
      iSCSI Discovery CHAP authentication; chapAuthSession: chapAuthSession defines whether support iSCSI Session
      CHAP authentication; fsType: fsType is the filesystem type of the volume that you want to mount;
      initiatorName: initiatorName is the custom iSCSI Initiator Name; iqn: iqn is the target iSCSI Qualified
      Name; iscsiInterface: iscsiInterface is the interface Name that uses an iSCSI transport; lun: lun represents
      iSCSI Target Lun number; portals: portals is the iSCSI Target Portal List; readOnly: readOnly here will
      force the ReadOnly setting in VolumeMounts; secretRef: secretRef is the CHAP Secret for iSCSI target and
      initiator authentication; targetPortal: targetPortal is iSCSI Target Portal
    ImageVolumeSource: ImageVolumeSource represents a image volume resource; pullPolicy: Policy for pulling OCI
      objects; reference: Required: Image or artifact reference to be used
    KeyToPath: Maps a string key to a path within a volume; key: key is the key to project; mode: mode is
      Optional: mode bits used to set permissions on this file; path: path is the relative path of the file to map
      the key to
    Lifecycle: Lifecycle describes actions that the management system should take in response to container
      lifecycle events; postStart: PostStart is called immediately after a container is created; preStop: PreStop
      is called immediately before a container is terminated due to an API request or management event such ...;
      stopSignal: StopSignal defines which signal will be sent to a container when it is being stopped
    LifecycleHandler: LifecycleHandler defines a specific action that should be taken in a lifecycle hook; exec:
      Exec specifies a command to execute in the container; httpGet: HTTPGet specifies an HTTP GET request to
      perform; sleep: Sleep represents a duration that the container should sleep; tcpSocket: Deprecated.
      TCPSocket is NOT supported as a LifecycleHandler and kept for backward compatibility
    LoadBalancerIngress: LoadBalancerIngress represents the status of a load-balancer ingress point: traffic
      intended for the service ...; hostname: Hostname is set for load-balancer ingress points that are DNS based
      (typically AWS load-balancers); ip: IP is set for load-balancer ingress points that are IP based (typically
      GCE or OpenStack load-balancers); ipMode: IPMode specifies how the load-balancer IP behaves, and may only be
      specified when the ip field is specified; ports: Ports is a list of records of service ports If used, every
      port defined in the service should have an entry ...
    LoadBalancerStatus: LoadBalancerStatus represents the status of a load-balancer; ingress: Ingress is a list
      containing ingress points for the load-balancer
    LocalObjectReference: LocalObjectReference contains enough information to let you locate the referenced object
      inside the same ...; name: Name of the referent
    NFSVolumeSource: Represents an NFS mount that lasts the lifetime of a pod; path: path that is exported by the
      NFS server; readOnly: readOnly here will force the NFS export to be mounted with read-only permissions;
      server: server is the hostname or IP address of the NFS server
    Namespace: Namespace provides a scope for Names; spec: Spec defines the behavior of the Namespace; status:
      Status describes the current status of a Namespace
    NamespaceCondition: NamespaceCondition contains details about state of namespace; lastTransitionTime: Last
      time the condition transitioned from one status to another; message: Human-readable message indicating
      details about last transition; reason: Unique, one-word, CamelCase reason for the condition's last
      transition; status: Status of the condition, one of True, False, Unknown; type: Type of namespace controller
      condition
    NamespaceSpec: NamespaceSpec describes the attributes on a Namespace; finalizers: Finalizers is an opaque list
      of values that must be empty to permanently remove object from storage
    NamespaceStatus: NamespaceStatus is information about the current status of a Namespace; conditions:
      Represents the latest available observations of a namespace's current state; phase: Phase is the current
      lifecycle phase of the namespace
    Node: Node is a worker node in Kubernetes; spec: Spec defines the behavior of a node; status: Most recently
      observed status of the node
    NodeAddress: NodeAddress contains information for the node's address; address: The node address; type: Node
      address type, one of Hostname, ExternalIP or InternalIP
    NodeAffinity: Node affinity is a group of node affinity scheduling rules;
      preferredDuringSchedulingIgnoredDuringExecution: The scheduler will prefer to schedule pods to nodes that
      satisfy the affinity expressions specified by this ...; requiredDuringSchedulingIgnoredDuringExecution: If
      the affinity requirements specified by this field are not met at scheduling time, the pod will not be ...
    NodeCondition: NodeCondition contains condition information for a node; lastHeartbeatTime: Last time we got an
      update on a given condition; lastTransitionTime: Last time the condition transit from one status to another;
      message: Human readable message indicating details about last transition; reason: (brief) reason for the
      condition's last transition; status: Status of the condition, one of True, False, Unknown; type: Type of
      node condition
    NodeConfigSource: NodeConfigSource specifies a source of node configuration; configMap: ConfigMap is a
      reference to a Node's ConfigMap
    NodeConfigStatus: NodeConfigStatus describes the status of the config assigned by Node.Spec.ConfigSource;
      active: Active reports the checkpointed config the node is actively using; assigned: Assigned reports the
      checkpointed config the node will try to use; error: Error describes any problems reconciling the
      Spec.ConfigSource to the Active config; lastKnownGood: LastKnownGood reports the checkpointed config the
      node will fall back to when it encounters an error ...
    NodeDaemonEndpoints: NodeDaemonEndpoints lists ports opened by daemons running on the Node; kubeletEndpoint:
      Endpoint on which Kubelet is listening
    NodeSelector: A node selector represents the union of the results of one or more label queries over a set of
      nodes, that ...; nodeSelectorTerms: Required. A list of node selector terms
    NodeSelectorRequirement: A node selector requirement is a selector that contains values, a key, and an
      operator that relates the key ...; key: The label key that the selector applies to; operator: Represents a
      key's relationship to a set of values; values: An array of string values
    NodeSelectorTerm: A null or empty node selector term matches no objects; matchExpressions: A list of node
      selector requirements by node's labels; matchFields: A list of node selector requirements by node's fields
    NodeSpec: NodeSpec describes the attributes that a node is created with; configSource: Deprecated: Previously
      used to specify the source of the node's configuration for the DynamicKubeletConfig ...; externalID:
      Deprecated. Not all kubelets will set this field; podCIDR: PodCIDR represents the pod IP range assigned to
      the node; podCIDRs: podCIDRs represents the IP ranges assigned to the node for usage by Pods on that node;
      providerID: ID of the node assigned by the cloud provider in the format:
      <ProviderName>://<ProviderSpecificNodeID>; taints: If specified, the node's taints; unschedulable:
      Unschedulable controls node schedulability of new pods
    NodeStatus: NodeStatus is information about the current status of a node; addresses: List of addresses
      reachable to the node; allocatable: Allocatable represents the resources of a node that are available for
      scheduling; capacity: Capacity represents the total resources of a node; conditions: Conditions is an array
      of current observed node conditions; config: Status of the config assigned to the node via the dynamic
      Kubelet config feature; daemonEndpoints: Endpoints of daemons running on the Node; declaredFeatures:
      DeclaredFeatures represents the features related to feature gates that are declared by the node; features:
      Features describes the set of features implemented by the CRI implementation; images: List of container
      images on this node; nodeInfo: Set of ids/uuids to uniquely identify the node; phase: NodePhase is the
      recently observed lifecycle phase of the node; runtimeHandlers: The available runtime handlers;
      volumesAttached: List of volumes that are attached to the node; volumesInUse: List of attachable volumes in
      use (mounted) by the node
    NodeSystemInfo: NodeSystemInfo is a set of ids/uuids to uniquely identify the node; architecture: The
      Architecture reported by the node; bootID: Boot ID reported by the node; containerRuntimeVersion:
      ContainerRuntime Version reported by the node through runtime remote API (for example containerd://1.4.2);
      kernelVersion: Kernel Version reported by the node from 'uname -r' (for example 3.16.0-0.bpo.4-amd64);
      kubeProxyVersion: Deprecated: KubeProxy Version reported by the node; kubeletVersion: Kubelet Version
      reported by the node; machineID: MachineID reported by the node; operatingSystem: The Operating System
      reported by the node; osImage: OS Image reported by the node from /etc/os-release (for example Debian
      GNU/Linux 7 (wheezy)); swap: Swap Info reported by the node; systemUUID: SystemUUID reported by the node
    ObjectFieldSelector: ObjectFieldSelector selects an APIVersioned field of an object; fieldPath: Path of the
      field to select in the specified API version
    ObjectReference: ObjectReference contains enough information to let you inspect or modify the referred object;
      fieldPath: If referring to a piece of an object instead of an entire object, this string should contain a
      valid JSON/Go ...; name: Name of the referent; namespace: Namespace of the referent; resourceVersion:
      Specific resourceVersion to which this reference is made, if any; uid: UID of the referent
    """
}
