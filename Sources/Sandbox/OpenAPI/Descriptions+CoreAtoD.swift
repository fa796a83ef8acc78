// The first sentences of the descriptions in the OpenAPI documents of Kubernetes 1.36 (Apache License 2.0), shortened.
// Descriptions tells the notation.
extension Descriptions {
  /// Types of the core group, A to D.
  static let coreAtoD = """
    # io.k8s.api.core.v1
    AWSElasticBlockStoreVolumeSource: Represents a Persistent Disk resource in AWS; fsType: fsType is the
      filesystem type of the volume that you want to mount; partition: partition is the partition in the volume
      that you want to mount; readOnly: readOnly value true will force the readOnly setting in VolumeMounts;
      volumeID: volumeID is unique ID of the persistent disk resource in AWS (Amazon EBS volume)
    Affinity: Affinity is a group of affinity scheduling rules; nodeAffinity: Describes node affinity scheduling
      rules for the pod; podAffinity: Describes pod affinity scheduling rules (for example co-locate this pod in
      the same node, zone, etc; podAntiAffinity: Describes pod anti-affinity scheduling rules (for example avoid
      putting this pod in the same node, zone, etc
    AppArmorProfile: AppArmorProfile defines a pod or container's AppArmor settings; localhostProfile:
      localhostProfile indicates a profile loaded on the node that should be used; type: type indicates which kind
      of AppArmor profile will be applied
    AttachedVolume: AttachedVolume describes a volume attached to a node; devicePath: DevicePath represents the
      device path where the volume should be available; name: Name of the attached volume
    AzureDiskVolumeSource: AzureDisk represents an Azure Data Disk mount on the host and bind mount to the pod;
      cachingMode: cachingMode is the Host Caching mode: None, Read Only, Read Write; diskName: diskName is the
      Name of the data disk in the blob storage; diskURI: diskURI is the URI of data disk in the blob storage;
      fsType: fsType is Filesystem type to mount; readOnly: readOnly Defaults to false (read/write)
    AzureFileVolumeSource: AzureFile represents an Azure File Service mount on the host and bind mount to the pod;
      readOnly: readOnly defaults to false (read/write); secretName: secretName is the name of secret that
      contains Azure Storage Account Name and Key; shareName: shareName is the azure share Name
    CSIVolumeSource: Represents a source location of a volume to mount, managed by an external CSI driver; driver:
      driver is the name of the CSI driver that handles this volume; fsType: fsType to mount;
      nodePublishSecretRef: nodePublishSecretRef is a reference to the secret object containing sensitive
      information to pass to the CSI ...; readOnly: readOnly specifies a read-only configuration for the volume;
      volumeAttributes: volumeAttributes stores driver-specific properties that are passed to the CSI driver
    Capabilities: Adds and removes POSIX capabilities from running containers; add: Added capabilities; drop:
      Removed capabilities
    CephFSVolumeSource: Represents a Ceph Filesystem mount that lasts the lifetime of a pod Cephfs volumes do not
      support ownership ...; monitors: monitors is Required: Monitors is a collection of Ceph monitors More info
      ...; path: path is Optional: Used as the mounted root, rather than the full Ceph tree, default is /;
      readOnly: readOnly is Optional: Defaults to false (read/write); secretFile: secretFile is Optional:
      SecretFile is the path to key ring for User, default is /etc/ceph/user.secret More ...; secretRef: secretRef
      is Optional: SecretRef is reference to the authentication secret for User, default is empty; user: user is
      optional: User is the rados user name, default is admin More info ...
    CinderVolumeSource: Represents a cinder volume resource in Openstack; fsType: fsType is the filesystem type to
      mount; readOnly: readOnly defaults to false (read/write); secretRef: secretRef is optional: points to a
      secret object containing parameters used to connect to OpenStack; volumeID: volumeID used to identify the
      volume in cinder
    ClientIPConfig: ClientIPConfig represents the configurations of Client IP based session affinity;
      timeoutSeconds: timeoutSeconds specifies the seconds of ClientIP type session sticky time
    ConfigMap: ConfigMap holds configuration data for pods to consume; binaryData: BinaryData contains the binary
      data; data: Data contains the configuration data; immutable: Immutable, if set to true, ensures that data
      stored in the ConfigMap cannot be updated (only object metadata ...
    ConfigMapEnvSource: ConfigMapEnvSource selects a ConfigMap to populate the environment variables with; name:
      Name of the referent; optional: Specify whether the ConfigMap must be defined
    ConfigMapKeySelector: Selects a key from a ConfigMap; key: The key to select; name: Name of the referent;
      optional: Specify whether the ConfigMap or its key must be defined
    ConfigMapNodeConfigSource: ConfigMapNodeConfigSource contains the information to reference a ConfigMap as a
      config source for the Node; kubeletConfigKey: KubeletConfigKey declares which key of the referenced
      ConfigMap corresponds to the KubeletConfiguration ...; name: Name is the metadata.name of the referenced
      ConfigMap; namespace: Namespace is the metadata.namespace of the referenced ConfigMap; resourceVersion:
      ResourceVersion is the metadata.ResourceVersion of the referenced ConfigMap; uid: UID is the metadata.UID of
      the referenced ConfigMap
    ConfigMapProjection: Adapts a ConfigMap into a projected volume; items: items if unspecified, each key-value
      pair in the Data field of the referenced ConfigMap will be projected ...; name: Name of the referent;
      optional: optional specify whether the ConfigMap or its keys must be defined
    ConfigMapVolumeSource: Adapts a ConfigMap into a volume; defaultMode: defaultMode is optional: mode bits used
      to set permissions on created files by default; items: items if unspecified, each key-value pair in the Data
      field of the referenced ConfigMap will be projected ...; name: Name of the referent; optional: optional
      specify whether the ConfigMap or its keys must be defined
    Container: A single application container that you want to run within a pod; args: Arguments to the
      entrypoint; command: Entrypoint array; env: List of environment variables to set in the container; envFrom:
      List of sources to populate environment variables in the container; image: Container image name;
      imagePullPolicy: Image pull policy; lifecycle: Actions that the management system should take in response to
      container lifecycle events; livenessProbe: Periodic probe of container liveness; name: Name of the container
      specified as a DNS_LABEL; ports: List of ports to expose from the container; readinessProbe: Periodic probe
      of container service readiness; resizePolicy: Resources resize policy for the container; resources: Compute
      Resources required by this container; restartPolicy: RestartPolicy defines the restart behavior of
      individual containers in a pod; restartPolicyRules: Represents a list of rules to be checked to determine if
      the container should be restarted on exit; securityContext: SecurityContext defines the security options the
      container should be run with; startupProbe: StartupProbe indicates that the Pod has successfully
      initialized; stdin: Whether this container should allocate a buffer for stdin in the container runtime;
      stdinOnce: Whether the container runtime should close the stdin channel after it has been opened by a single
      attach; terminationMessagePath: Optional: Path at which the file to which the container's termination
      message will be written is mounted into ...; terminationMessagePolicy: Indicate how the termination message
      should be populated; tty: Whether this container should allocate a TTY for itself, also requires 'stdin' to
      be true; volumeDevices: volumeDevices is the list of block devices to be used by the container;
      volumeMounts: Pod volumes to mount into the container's filesystem; workingDir: Container's working
      directory
    ContainerImage: Describe a container image; names: Names by which this image is known; sizeBytes: The size of
      the image in bytes
    ContainerPort: ContainerPort represents a network port in a single container; containerPort: Number of port to
      expose on the pod's IP address; hostIP: What host IP to bind the external port to; hostPort: Number of port
      to expose on the host; name: If specified, this must be an IANA_SVC_NAME and unique within the pod;
      protocol: Protocol for port
    ContainerResizePolicy: ContainerResizePolicy represents resource resize policy for the container;
      resourceName: Name of the resource to which this resource resize policy applies; restartPolicy: Restart
      policy to apply when specified resource is resized
    ContainerState: ContainerState holds a possible state of container; running: Details about a running
      container; terminated: Details about a terminated container; waiting: Details about a waiting container
    ContainerStateRunning: ContainerStateRunning is a running state of a container; startedAt: Time at which the
      container was last (re-)started
    ContainerStateTerminated: ContainerStateTerminated is a terminated state of a container; containerID:
      Container's ID in the format '<type>://<container_id>'; exitCode: Exit status from the last termination of
      the container; finishedAt: Time at which the container last terminated; message: Message regarding the last
      termination of the container; reason: (brief) reason from the last termination of the container; signal:
      Signal from the last termination of the container; startedAt: Time at which previous execution of the
      container started
    ContainerStateWaiting: ContainerStateWaiting is a waiting state of a container; message: Message regarding why
      the container is not yet running; reason: (brief) reason the container is not yet running
    ContainerStatus: ContainerStatus contains details for the current status of this container;
      allocatedResources: AllocatedResources represents the compute resources allocated for this container by the
      node; allocatedResourcesStatus: AllocatedResourcesStatus represents the status of various resources
      allocated for this Pod; containerID: ContainerID is the ID of the container in the format
      '<type>://<container_id>'; image: Image is the name of container image that the container is running;
      imageID: ImageID is the image ID of the container's image; lastState: LastTerminationState holds the last
      termination state of the container to help debug container crashes and ...; name: Name is a DNS_LABEL
      representing the unique name of the container; ready: Ready specifies whether the container is currently
      passing its readiness check; resources: Resources represents the compute resource requests and limits that
      have been successfully enacted on the ...; restartCount: RestartCount holds the number of times the
      container has been restarted; started: Started indicates whether the container has finished its postStart
      lifecycle hook and passed its startup ...; state: State holds details about the container's current
      condition; stopSignal: StopSignal reports the effective stop signal for this container Possible enum values:
      - `'SIGABRT'` - ...; user: User represents user identity information initially attached to the first process
      of the container; volumeMounts: Status of volume mounts
    DaemonEndpoint: DaemonEndpoint contains information about a single Daemon endpoint; Port: Port number of the
      given endpoint
    DownwardAPIProjection: Represents downward API info for projecting into a projected volume; items: Items is a
      list of DownwardAPIVolume file
    DownwardAPIVolumeFile: DownwardAPIVolumeFile represents information to create the file containing the pod
      field; fieldRef: Required: Selects a field of the pod: only annotations, labels, name, namespace and uid are
      supported; mode: Optional: mode bits used to set permissions on this file, must be an octal value between
      0000 and 0777 or a ...; path: Required: Path is the relative path name of the file to be created;
      resourceFieldRef: Selects a resource of the container: only resources limits and requests (limits.cpu,
      limits.memory ...
    DownwardAPIVolumeSource: DownwardAPIVolumeSource represents a volume containing downward API info;
      defaultMode: Optional: mode bits to use on created files by default; items: Items is a list of downward API
      volume file
    """
}
