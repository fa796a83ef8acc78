// The first sentences of the descriptions in the OpenAPI documents of Kubernetes 1.36 (Apache License 2.0), shortened.
// Descriptions tells the notation.
extension Descriptions {
  /// Types of the core group, P to R.
  static let corePtoR = """
    # io.k8s.api.core.v1
    PersistentVolumeClaim: PersistentVolumeClaim is a user's request for and claim to a persistent volume; spec:
      spec defines the desired characteristics of a volume requested by a pod author; status: status represents
      the current information/status of a persistent volume claim
    PersistentVolumeClaimCondition: PersistentVolumeClaimCondition contains details about state of pvc;
      lastProbeTime: lastProbeTime is the time we probed the condition; lastTransitionTime: lastTransitionTime is
      the time the condition transitioned from one status to another; message: message is the human-readable
      message indicating details about last transition; reason: reason is a unique, this should be a short,
      machine understandable string that gives the reason for ...; status: Status is the status of the condition;
      type: Type is the type of the condition
    PersistentVolumeClaimSpec: PersistentVolumeClaimSpec describes the common attributes of storage devices and
      allows a Source for ...; accessModes: accessModes contains the desired access modes the volume should have;
      dataSource: dataSource field can be used to specify either: * An existing VolumeSnapshot object ...;
      dataSourceRef: dataSourceRef specifies the object from which to populate the volume with data, if a
      non-empty volume is ...; resources: resources represents the minimum resources the volume should have;
      selector: selector is a label query over volumes to consider for binding; storageClassName: storageClassName
      is the name of the StorageClass required by the claim; volumeAttributesClassName: volumeAttributesClassName
      may be used to set the VolumeAttributesClass used by this claim; volumeMode: volumeMode defines what type of
      volume is required by the claim; volumeName: volumeName is the binding reference to the PersistentVolume
      backing this claim
    PersistentVolumeClaimStatus: PersistentVolumeClaimStatus is the current status of a persistent volume claim;
      accessModes: accessModes contains the actual access modes the volume backing the PVC has;
      allocatedResourceStatuses: allocatedResourceStatuses stores status of resource being resized for the given
      PVC; allocatedResources: allocatedResources tracks the resources allocated to a PVC including its capacity;
      capacity: capacity represents the actual resources of the underlying volume; conditions: conditions is the
      current Condition of persistent volume claim; currentVolumeAttributesClassName:
      currentVolumeAttributesClassName is the current name of the VolumeAttributesClass the PVC is using;
      modifyVolumeStatus: ModifyVolumeStatus represents the status object of ControllerModifyVolume operation;
      phase: phase represents the current phase of PersistentVolumeClaim
    PersistentVolumeClaimTemplate: PersistentVolumeClaimTemplate is used to produce PersistentVolumeClaim objects
      as part of an ...; spec: The specification for the PersistentVolumeClaim
    PersistentVolumeClaimVolumeSource: PersistentVolumeClaimVolumeSource references the user's PVC in the same
      namespace; claimName: claimName is the name of a PersistentVolumeClaim in the same namespace as the pod
      using this volume; readOnly: readOnly Will force the ReadOnly setting in VolumeMounts
    PhotonPersistentDiskVolumeSource: Represents a Photon Controller persistent disk resource; fsType: fsType is
      the filesystem type to mount; pdID: pdID is the ID that identifies Photon Controller persistent disk
    Pod: Pod is a collection of containers that can run on a host; spec: Specification of the desired behavior of
      the pod; status: Most recently observed status of the pod
    PodAffinity: Pod affinity is a group of inter pod affinity scheduling rules;
      preferredDuringSchedulingIgnoredDuringExecution: The scheduler will prefer to schedule pods to nodes that
      satisfy the affinity expressions specified by this ...; requiredDuringSchedulingIgnoredDuringExecution: If
      the affinity requirements specified by this field are not met at scheduling time, the pod will not be ...
    PodAffinityTerm: Defines a set of pods (namely those matching the labelSelector relative to the given
      namespace(s)) that this ...; labelSelector: A label query over a set of resources, in this case pods;
      matchLabelKeys: MatchLabelKeys is a set of pod label keys to select which pods will be taken into
      consideration; mismatchLabelKeys: MismatchLabelKeys is a set of pod label keys to select which pods will be
      taken into consideration; namespaceSelector: A label query over the set of namespaces that the term applies
      to; namespaces: namespaces specifies a static list of namespace names that the term applies to; topologyKey:
      This pod should be co-located (affinity) or not co-located (anti-affinity) with the pods matching the ...
    PodAntiAffinity: Pod anti affinity is a group of inter pod anti affinity scheduling rules;
      preferredDuringSchedulingIgnoredDuringExecution: The scheduler will prefer to schedule pods to nodes that
      satisfy the anti-affinity expressions specified by ...; requiredDuringSchedulingIgnoredDuringExecution: If
      the anti-affinity requirements specified by this field are not met at scheduling time, the pod will not be
      ...
    PodCondition: PodCondition contains details for the current condition of this pod; lastProbeTime: Last time we
      probed the condition; lastTransitionTime: Last time the condition transitioned from one status to another;
      message: Human-readable message indicating details about last transition; observedGeneration: If set, this
      represents the .metadata.generation that the pod condition was set based upon; reason: Unique, one-word,
      CamelCase reason for the condition's last transition; status: Status is the status of the condition; type:
      Type is the type of the condition
    PodDNSConfig: PodDNSConfig defines the DNS parameters of a pod in addition to those generated from DNSPolicy;
      nameservers: A list of DNS name server IP addresses; options: A list of DNS resolver options; searches: A
      list of DNS search domains for host-name lookup
    PodDNSConfigOption: PodDNSConfigOption defines DNS resolver options of a pod; name: Name is this DNS resolver
      option's name; value: Value is this DNS resolver option's value
    PodIP: PodIP represents a single IP address allocated to the pod; ip: IP is the IP address assigned to the pod
    PodOS: PodOS defines the OS parameters of a pod; name: Name is the name of the operating system
    PodReadinessGate: PodReadinessGate contains the reference to a pod condition; conditionType: ConditionType
      refers to a condition in the pod's condition list with matching type
    PodResourceClaim: PodResourceClaim references exactly one ResourceClaim, either directly or by naming a
      ResourceClaimTemplate ...; name: Name uniquely identifies this resource claim inside the pod;
      resourceClaimName: ResourceClaimName is the name of a ResourceClaim object in the same namespace as this
      pod; resourceClaimTemplateName: ResourceClaimTemplateName is the name of a ResourceClaimTemplate object in
      the same namespace as this pod
    PodSchedulingGate: PodSchedulingGate is associated to a Pod to guard its scheduling; name: Name of the
      scheduling gate
    PodSecurityContext: PodSecurityContext holds pod-level security attributes and common container settings;
      appArmorProfile: appArmorProfile is the AppArmor options to use by the containers in this pod; fsGroup: A
      special supplemental group that applies to all containers in a pod; fsGroupChangePolicy: fsGroupChangePolicy
      defines behavior of changing ownership and permission of the volume before being exposed ...; runAsGroup:
      The GID to run the entrypoint of the container process; runAsNonRoot: Indicates that the container must run
      as a non-root user; runAsUser: The UID to run the entrypoint of the container process; seLinuxChangePolicy:
      seLinuxChangePolicy defines how the container's SELinux label is applied to all volumes used by the Pod;
      seLinuxOptions: The SELinux context to be applied to all containers; seccompProfile: The seccomp options to
      use by the containers in this pod; supplementalGroups: A list of groups applied to the first process run in
      each container, in addition to the container's primary ...; supplementalGroupsPolicy: Defines how
      supplemental groups of the first container processes are calculated; sysctls: Sysctls hold a list of
      namespaced sysctls used for the pod; windowsOptions: The Windows specific settings applied to all containers
    PodSpec: PodSpec is a description of a pod; activeDeadlineSeconds: Optional duration in seconds the pod may be
      active on the node relative to StartTime before the system will ...; affinity: If specified, the pod's
      scheduling constraints; automountServiceAccountToken: AutomountServiceAccountToken indicates whether a
      service account token should be automatically mounted; containers: List of containers belonging to the pod;
      dnsConfig: Specifies the DNS parameters of a pod; dnsPolicy: Set DNS policy for the pod; enableServiceLinks:
      EnableServiceLinks indicates whether information about services should be injected into pod's environment
      ...; ephemeralContainers: List of ephemeral containers run in this pod; hostAliases: HostAliases is an
      optional list of hosts and IPs that will be injected into the pod's hosts file if specified; hostIPC: Use
      the host's ipc namespace; hostNetwork: Host networking requested for this pod; hostPID: Use the host's pid
      namespace; hostUsers: Use the host's user namespace; hostname: Specifies the hostname of the Pod If not
      specified, the pod's hostname will be set to a system-defined value; hostnameOverride: HostnameOverride
      specifies an explicit override for the pod's hostname as perceived by the pod; imagePullSecrets:
      ImagePullSecrets is an optional list of references to secrets in the same namespace to use for pulling any
      of ...; initContainers: List of initialization containers belonging to the pod; nodeName: NodeName indicates
      in which node this pod is scheduled; nodeSelector: NodeSelector is a selector which must be true for the pod
      to fit on a node; os: Specifies the OS of the containers in the pod; overhead: Overhead represents the
      resource overhead associated with running a pod for a given RuntimeClass; preemptionPolicy: PreemptionPolicy
      is the Policy for preempting pods with lower priority; priority: The priority value; priorityClassName: If
      specified, indicates the pod's priority; readinessGates: If specified, all readiness gates will be evaluated
      for pod readiness; resourceClaims: ResourceClaims defines which ResourceClaims must be allocated and
      reserved before the Pod is allowed to start; resources: Resources is the total amount of CPU and Memory
      resources required by all containers in the pod; restartPolicy: Restart policy for all containers within the
      pod; runtimeClassName: RuntimeClassName refers to a RuntimeClass object in the node.k8s.io group, which
      should be used to run this ...; schedulerName: If specified, the pod will be dispatched by specified
      scheduler; schedulingGates: SchedulingGates is an opaque list of values that if specified will block
      scheduling the pod; schedulingGroup: SchedulingGroup provides a reference to the immediate scheduling
      runtime grouping object that this Pod ...; securityContext: SecurityContext holds pod-level security
      attributes and common container settings; serviceAccount: DeprecatedServiceAccount is a deprecated alias for
      ServiceAccountName; serviceAccountName: ServiceAccountName is the name of the ServiceAccount to use to run
      this pod; setHostnameAsFQDN: If true the pod's hostname will be configured as the pod's FQDN, rather than
      the leaf name (the default); shareProcessNamespace: Share a single process namespace between all of the
      containers in a pod; subdomain: If specified, the fully qualified Pod hostname will be
      '<hostname>.<subdomain>.<pod namespace>.svc.<cluster ...; terminationGracePeriodSeconds: Optional duration
      in seconds the pod needs to terminate gracefully; tolerations: If specified, the pod's tolerations;
      topologySpreadConstraints: TopologySpreadConstraints describes how a group of pods ought to spread across
      topology domains; volumes: List of volumes that can be mounted by containers belonging to the pod
    PodStatus: PodStatus represents information about the status of a pod; allocatedResources: AllocatedResources
      is the total requests allocated for this pod by the node; conditions: Current service state of pod;
      containerStatuses: Statuses of containers in this pod; ephemeralContainerStatuses: Statuses for any
      ephemeral containers that have run in this pod; extendedResourceClaimStatus: Status of extended resource
      claim backed by DRA; hostIP: hostIP holds the IP address of the host to which the pod is assigned; hostIPs:
      hostIPs holds the IP addresses allocated to the host; initContainerStatuses: Statuses of init containers in
      this pod; message: A human readable message indicating details about why the pod is in this condition;
      nodeAllocatableResourceClaimStatuses: NodeAllocatableResourceClaimStatuses contains the status of
      node-allocatable resources that were allocated ...; nominatedNodeName: nominatedNodeName is set only when
      this pod preempts other pods on the node, but it cannot be scheduled right ...; observedGeneration: If set,
      this represents the .metadata.generation that the pod status was set based upon; phase: The phase of a Pod
      is a simple, high-level summary of where the Pod is in its lifecycle; podIP: podIP address allocated to the
      pod; podIPs: podIPs holds the IP addresses allocated to the pod; qosClass: The Quality of Service (QOS)
      classification assigned to the pod based on resource requirements See ...; reason: A brief CamelCase message
      indicating details about why the pod is in this state; resize: Status of resources resize desired for pod's
      containers; resourceClaimStatuses: Status of resource claims; resources: Resources represents the compute
      resource requests and limits that have been applied at the pod level if ...; startTime: RFC 3339 date and
      time at which the object was acknowledged by the Kubelet
    PodTemplateSpec: PodTemplateSpec describes the data a pod should have when created from a template; spec:
      Specification of the desired behavior of the pod
    PortStatus: PortStatus represents the error condition of a service port; error: Error is to record the problem
      with the service port The format of the error shall comply with the following ...; port: Port is the port
      number of the service port of which status is recorded here; protocol: Protocol is the protocol of the
      service port of which status is recorded here The supported values are ...
    PortworxVolumeSource: PortworxVolumeSource represents a Portworx volume resource; fsType: fSType represents
      the filesystem type to mount Must be a filesystem type supported by the host operating ...; readOnly:
      readOnly defaults to false (read/write); volumeID: volumeID uniquely identifies a Portworx volume
    PreferredSchedulingTerm: An empty preferred scheduling term matches all objects with implicit weight 0 (that
      is it's a no-op); preference: A node selector term, associated with the corresponding weight; weight: Weight
      associated with matching the corresponding nodeSelectorTerm, in the range 1-100
    Probe: Probe describes a health check to be performed against a container to determine whether it is alive or
      ready ...; exec: Exec specifies a command to execute in the container; failureThreshold: Minimum consecutive
      failures for the probe to be considered failed after having succeeded; grpc: GRPC specifies a GRPC
      HealthCheckRequest; httpGet: HTTPGet specifies an HTTP GET request to perform; initialDelaySeconds: Number
      of seconds after the container has started before liveness probes are initiated; periodSeconds: How often
      (in seconds) to perform the probe; successThreshold: Minimum consecutive successes for the probe to be
      considered successful after having failed; tcpSocket: TCPSocket specifies a connection to a TCP port;
      terminationGracePeriodSeconds: Optional duration in seconds the pod needs to terminate gracefully upon probe
      failure; timeoutSeconds: Number of seconds after which the probe times out
    ProjectedVolumeSource: Represents a projected volume source; defaultMode: defaultMode are the mode bits used
      to set permissions on created files by default; sources: sources is the list of volume projections
    QuobyteVolumeSource: Represents a Quobyte mount that lasts the lifetime of a pod; group: group to map volume
      access to Default is no group; readOnly: readOnly here will force the Quobyte volume to be mounted with
      read-only permissions; registry: registry represents a single or multiple Quobyte Registry services
      specified as a string as host:port pair ...; tenant: tenant owning the given Quobyte volume in the Backend
      Used with dynamically provisioned Quobyte volumes ...; user: user to map volume access to Defaults to
      serivceaccount user; volume: volume is a string that references an already created Quobyte volume by name
    RBDVolumeSource: Represents a Rados Block Device mount that lasts the lifetime of a pod; fsType: fsType is the
      filesystem type of the volume that you want to mount; image: image is the rados image name; keyring: keyring
      is the path to key ring for RBDUser; monitors: monitors is a collection of Ceph monitors; pool: pool is the
      rados pool name; readOnly: readOnly here will force the ReadOnly setting in VolumeMounts; secretRef:
      secretRef is name of the authentication secret for RBDUser; user: user is the rados user name
    ResourceClaim: ResourceClaim references one entry in PodSpec.ResourceClaims; name: Name must match the name of
      one entry in pod.spec.resourceClaims of the Pod where this field is used; request: Request is the name
      chosen for a request in the referenced claim
    ResourceFieldSelector: ResourceFieldSelector represents container resources (cpu, memory) and their output
      format; containerName: Container name: required for volumes, optional for env vars; divisor: Specifies the
      output format of the exposed resources, defaults to '1'; resource: Required: resource to select
    ResourceRequirements: ResourceRequirements describes the compute resource requirements; claims: Claims lists
      the names of resources, defined in spec.resourceClaims, that are used by this container; limits: Limits
      describes the maximum amount of compute resources allowed; requests: Requests describes the minimum amount
      of compute resources required
    """
}
