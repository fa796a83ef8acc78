// The first sentences of the descriptions in the OpenAPI documents of Kubernetes 1.36 (Apache License 2.0), shortened.
// Descriptions tells the notation.
extension Descriptions {
  /// Types of the core group, S to Z.
  static let coreStoZ = """
    # io.k8s.api.core.v1
    SELinuxOptions: SELinuxOptions are the labels to be applied to the container; level: Level is SELinux level
      label that applies to the container; role: Role is a SELinux role label that applies to the container; type:
      Type is a SELinux type label that applies to the container; user: User is a SELinux user label that applies
      to the container
    ScaleIOVolumeSource: ScaleIOVolumeSource represents a persistent ScaleIO volume; fsType: fsType is the
      filesystem type to mount; gateway: gateway is the host address of the ScaleIO API Gateway; protectionDomain:
      protectionDomain is the name of the ScaleIO Protection Domain for the configured storage; readOnly: readOnly
      Defaults to false (read/write); secretRef: secretRef references to the secret for ScaleIO user and other
      sensitive information; sslEnabled: sslEnabled Flag enable/disable SSL communication with Gateway, default
      false; storageMode: storageMode indicates whether the storage for a volume should be ThickProvisioned or
      ThinProvisioned; storagePool: storagePool is the ScaleIO Storage Pool associated with the protection domain;
      system: system is the name of the storage system as configured in ScaleIO; volumeName: volumeName is the
      name of a volume already created in the ScaleIO system that is associated with this volume ...
    SeccompProfile: SeccompProfile defines a pod/container's seccomp profile settings; localhostProfile:
      localhostProfile indicates a profile defined in a file on the node should be used; type: type indicates
      which kind of seccomp profile will be applied
    Secret: Secret holds secret data of a certain type; data: Data contains the secret data; immutable: Immutable,
      if set to true, ensures that data stored in the Secret cannot be updated (only object metadata can ...;
      stringData: stringData allows specifying non-binary secret data in string form; type: Used to facilitate
      programmatic handling of secret data
    SecretEnvSource: SecretEnvSource selects a Secret to populate the environment variables with; name: Name of
      the referent; optional: Specify whether the Secret must be defined
    SecretKeySelector: SecretKeySelector selects a key of a Secret; key: The key of the secret to select from;
      name: Name of the referent; optional: Specify whether the Secret or its key must be defined
    SecretProjection: Adapts a secret into a projected volume; items: items if unspecified, each key-value pair in
      the Data field of the referenced Secret will be projected into ...; name: Name of the referent; optional:
      optional field specify whether the Secret or its key must be defined
    SecretVolumeSource: Adapts a Secret into a volume; defaultMode: defaultMode is Optional: mode bits used to set
      permissions on created files by default; items: items If unspecified, each key-value pair in the Data field
      of the referenced Secret will be projected into ...; optional: optional field specify whether the Secret or
      its keys must be defined; secretName: secretName is the name of the secret in the pod's namespace to use
    SecurityContext: SecurityContext holds security configuration that will be applied to a container;
      allowPrivilegeEscalation: AllowPrivilegeEscalation controls whether a process can gain more privileges than
      its parent process; appArmorProfile: appArmorProfile is the AppArmor options to use by this container;
      capabilities: The capabilities to add/drop when running containers; privileged: Run container in privileged
      mode; procMount: procMount denotes the type of proc mount to use for the containers; readOnlyRootFilesystem:
      Whether this container has a read-only root filesystem; runAsGroup: The GID to run the entrypoint of the
      container process; runAsNonRoot: Indicates that the container must run as a non-root user; runAsUser: The
      UID to run the entrypoint of the container process; seLinuxOptions: The SELinux context to be applied to the
      container; seccompProfile: The seccomp options to use by this container; windowsOptions: The Windows
      specific settings applied to all containers
    Service: Service is a named abstraction of software service (for example, mysql) consisting of local port (for
      example ...; spec: Spec defines the behavior of a service; status: Most recently observed status of the
      service
    ServiceAccount: ServiceAccount binds together: * a name, understood by users, and perhaps by peripheral
      systems, for an ...; automountServiceAccountToken: AutomountServiceAccountToken indicates whether pods
      running as this service account should have an API token ...; imagePullSecrets: ImagePullSecrets is a list
      of references to secrets in the same namespace to use for pulling any images in ...; secrets: Secrets is a
      list of the secrets in the same namespace that pods running using this ServiceAccount are ...
    ServiceAccountTokenProjection: ServiceAccountTokenProjection represents a projected service account token
      volume; audience: audience is the intended audience of the token; expirationSeconds: expirationSeconds is
      the requested duration of validity of the service account token; path: path is the path relative to the
      mount point of the file to project the token into
    ServicePort: ServicePort contains information on service's port; appProtocol: The application protocol for
      this port; name: The name of this port within the service; nodePort: The port on each node on which this
      service is exposed when type is NodePort or LoadBalancer; port: The port that will be exposed by this
      service; protocol: The IP protocol for this port; targetPort: Number or name of the port to access on the
      pods targeted by the service
    ServiceSpec: ServiceSpec describes the attributes that a user creates on a service;
      allocateLoadBalancerNodePorts: allocateLoadBalancerNodePorts defines if NodePorts will be automatically
      allocated for services with type ...; clusterIP: clusterIP is the IP address of the service and is usually
      assigned randomly; clusterIPs: ClusterIPs is a list of IP addresses assigned to this service, and are
      usually assigned randomly; externalIPs: externalIPs is a list of IP addresses for which nodes in the cluster
      will also accept traffic for this ...; externalName: externalName is the external reference that discovery
      mechanisms will return as an alias for this service ...; externalTrafficPolicy: externalTrafficPolicy
      describes how nodes distribute service traffic they receive on one of the Service's ...;
      healthCheckNodePort: healthCheckNodePort specifies the healthcheck nodePort for the service;
      internalTrafficPolicy: InternalTrafficPolicy describes how nodes distribute service traffic they receive on
      the ClusterIP; ipFamilies: IPFamilies is a list of IP families (for example IPv4, IPv6) assigned to this
      service; ipFamilyPolicy: IPFamilyPolicy represents the dual-stack-ness requested or required by this
      Service; loadBalancerClass: loadBalancerClass is the class of the load balancer implementation this Service
      belongs to; loadBalancerIP: Only applies to Service Type: LoadBalancer; loadBalancerSourceRanges: If
      specified and supported by the platform, this will restrict traffic through the cloud-provider ...; ports:
      The list of ports that are exposed by this service; publishNotReadyAddresses: publishNotReadyAddresses
      indicates that any agent which deals with endpoints for this Service should ...; selector: Route service
      traffic to pods with label keys and values matching this selector; sessionAffinity: Supports 'ClientIP' and
      'None'; sessionAffinityConfig: sessionAffinityConfig contains the configurations of session affinity;
      trafficDistribution: TrafficDistribution offers a way to express preferences for how traffic is distributed
      to Service endpoints; type: type determines how the Service is exposed
    ServiceStatus: ServiceStatus represents the current status of a service; conditions: Current service state;
      loadBalancer: LoadBalancer contains the current status of the load-balancer, if one is present
    SessionAffinityConfig: SessionAffinityConfig represents the configurations of session affinity; clientIP:
      clientIP contains the configurations of Client IP based session affinity
    SleepAction: SleepAction describes a 'sleep' action; seconds: Seconds is the number of seconds to sleep
    StorageOSVolumeSource: Represents a StorageOS persistent volume resource; fsType: fsType is the filesystem
      type to mount; readOnly: readOnly defaults to false (read/write); secretRef: secretRef specifies the secret
      to use for obtaining the StorageOS API credentials; volumeName: volumeName is the human-readable name of the
      StorageOS volume; volumeNamespace: volumeNamespace specifies the scope of the volume within StorageOS
    Sysctl: Sysctl defines a kernel parameter to be set; name: Name of a property to set; value: Value of a
      property to set
    TCPSocketAction: TCPSocketAction describes an action based on opening a socket; host: Optional: Host name to
      connect to, defaults to the pod IP; port: Number or name of the port to access on the container
    Taint: The node this Taint is attached to has the 'effect' on any pod that does not tolerate the Taint;
      effect: Required. The effect of the taint on pods that do not tolerate the taint; key: Required. The taint
      key to be applied to a node; timeAdded: TimeAdded represents the time at which the taint was added; value:
      The taint value corresponding to the taint key
    Toleration: The pod this Toleration is attached to tolerates any taint that matches the triple
      <key,value,effect> using ...; effect: Effect indicates the taint effect to match; key: Key is the taint key
      that the toleration applies to; operator: Operator represents a key's relationship to the value;
      tolerationSeconds: TolerationSeconds represents the period of time the toleration (which must be of effect
      NoExecute, otherwise ...; value: Value is the taint value the toleration matches to
    TopologySpreadConstraint: TopologySpreadConstraint specifies how to spread matching pods among the given
      topology; labelSelector: LabelSelector is used to find matching pods; matchLabelKeys: MatchLabelKeys is a
      set of pod label keys to select the pods over which spreading will be calculated; maxSkew: MaxSkew describes
      the degree to which pods may be unevenly distributed; minDomains: MinDomains indicates a minimum number of
      eligible domains; nodeAffinityPolicy: NodeAffinityPolicy indicates how we will treat Pod's
      nodeAffinity/nodeSelector when calculating pod topology ...; nodeTaintsPolicy: NodeTaintsPolicy indicates
      how we will treat node taints when calculating pod topology spread skew; topologyKey: TopologyKey is the key
      of node labels; whenUnsatisfiable: WhenUnsatisfiable indicates how to deal with a pod if it doesn't satisfy
      the spread constraint
    TypedLocalObjectReference: TypedLocalObjectReference contains enough information to let you locate the typed
      referenced object inside ...; apiGroup: APIGroup is the group for the resource being referenced; name: Name
      is the name of resource being referenced
    TypedObjectReference: TypedObjectReference contains enough information to let you locate the typed referenced
      object; apiGroup: APIGroup is the group for the resource being referenced; name: Name is the name of
      resource being referenced; namespace: Namespace is the namespace of resource being referenced Note that when
      a namespace is specified, a ...
    Volume: Volume represents a named volume in a pod that may be accessed by any container in the pod;
      awsElasticBlockStore: awsElasticBlockStore represents an AWS Disk resource that is attached to a kubelet's
      host machine and then ...; azureDisk: azureDisk represents an Azure Data Disk mount on the host and bind
      mount to the pod; azureFile: azureFile represents an Azure File Service mount on the host and bind mount to
      the pod; cephfs: cephFS represents a Ceph FS mount on the host that shares a pod's lifetime; cinder: cinder
      represents a cinder volume attached and mounted on kubelets host machine; configMap: configMap represents a
      configMap that should populate this volume; csi: csi (Container Storage Interface) represents ephemeral
      storage that is handled by certain external CSI ...; downwardAPI: downwardAPI represents downward API about
      the pod that should populate this volume; emptyDir: emptyDir represents a temporary directory that shares a
      pod's lifetime; ephemeral: ephemeral represents a volume that is handled by a cluster storage driver; fc: fc
      represents a Fibre Channel resource that is attached to a kubelet's host machine and then exposed to the
      ...; flexVolume: flexVolume represents a generic volume resource that is provisioned/attached using an exec
      based plugin; flocker: flocker represents a Flocker volume attached to a kubelet's host machine;
      gcePersistentDisk: gcePersistentDisk represents a GCE Disk resource that is attached to a kubelet's host
      machine and then ...; gitRepo: gitRepo represents a git repository at a particular revision; glusterfs:
      glusterfs represents a Glusterfs mount on the host that shares a pod's lifetime; hostPath: hostPath
      represents a pre-existing file or directory on the host machine that is directly exposed to the ...; image:
      image represents an OCI object (a container image or artifact) pulled and mounted on the kubelet's host ...;
      iscsi: iscsi represents an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed
      to the ...; name: name of the volume; nfs: nfs represents an NFS mount on the host that shares a pod's
      lifetime More info ...; persistentVolumeClaim: persistentVolumeClaimVolumeSource represents a reference to a
      PersistentVolumeClaim in the same namespace; photonPersistentDisk: photonPersistentDisk represents a
      PhotonController persistent disk attached and mounted on kubelets host ...; portworxVolume: portworxVolume
      represents a portworx volume attached and mounted on kubelets host machine; projected: projected items for
      all in one resources secrets, configmaps, and downward API; quobyte: quobyte represents a Quobyte mount on
      the host that shares a pod's lifetime; rbd: rbd represents a Rados Block Device mount on the host that
      shares a pod's lifetime; scaleIO: scaleIO represents a ScaleIO persistent volume attached and mounted on
      Kubernetes nodes; secret: secret represents a secret that should populate this volume; storageos: storageOS
      represents a StorageOS volume attached and mounted on Kubernetes nodes; vsphereVolume: vsphereVolume
      represents a vSphere volume attached and mounted on kubelets host machine
    VolumeDevice: volumeDevice describes a mapping of a raw block device within a container; devicePath:
      devicePath is the path inside of the container that the device will be mapped to; name: name must match the
      name of a persistentVolumeClaim in the pod
    VolumeMount: VolumeMount describes a mounting of a Volume within a container; mountPath: Path within the
      container at which the volume should be mounted; mountPropagation: mountPropagation determines how mounts
      are propagated from the host to container and the other way around; name: This must match the Name of a
      Volume; readOnly: Mounted read-only if true, read-write otherwise (false or unspecified); recursiveReadOnly:
      RecursiveReadOnly specifies whether read-only mounts should be handled recursively; subPath: Path within the
      volume from which the container's volume should be mounted; subPathExpr: Expanded path within the volume
      from which the container's volume should be mounted
    VolumeProjection: Projection that may be projected along with other supported volume types;
      clusterTrustBundle: ClusterTrustBundle allows a pod to access the `.spec.trustBundle` field of
      ClusterTrustBundle objects in an ...; configMap: configMap information about the configMap data to project;
      downwardAPI: downwardAPI information about the downwardAPI data to project; podCertificate: Projects an
      auto-rotating credential bundle (private key and certificate chain) that the pod can use either ...; secret:
      secret information about the secret data to project; serviceAccountToken: serviceAccountToken is information
      about the serviceAccountToken data to project
    VsphereVirtualDiskVolumeSource: Represents a vSphere volume resource; fsType: fsType is filesystem type to
      mount; storagePolicyID: storagePolicyID is the storage Policy Based Management (SPBM) profile ID associated
      with the ...; storagePolicyName: storagePolicyName is the storage Policy Based Management (SPBM) profile
      name; volumePath: volumePath is the path that identifies vSphere volume vmdk
    WeightedPodAffinityTerm: The weights of all of the matched WeightedPodAffinityTerm fields are added per-node
      to find the most ...; podAffinityTerm: Required. A pod affinity term, associated with the corresponding
      weight; weight: weight associated with matching the corresponding podAffinityTerm, in the range 1-100
    WindowsSecurityContextOptions: WindowsSecurityContextOptions contain Windows-specific options and credentials;
      gmsaCredentialSpec: GMSACredentialSpec is where the GMSA admission webhook
      (https://github.com/kubernetes-sigs/windows-gmsa) ...; gmsaCredentialSpecName: GMSACredentialSpecName is the
      name of the GMSA credential spec to use; hostProcess: HostProcess determines if a container should be run as
      a 'Host Process' container; runAsUserName: The UserName in Windows to run the entrypoint of the container
      process
    """
}
