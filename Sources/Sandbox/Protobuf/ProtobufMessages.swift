/// The protobuf fields of the built-in kinds that clients send: kubectl's typed commands (`create namespace`,
/// `create secret`, `create job`) write protobuf and nothing else.
///
/// Facts of the published `generated.proto` files of k8s.io/api and k8s.io/apimachinery. A line is a message:
/// `Name{field field}`. A field is its number, `*` for a list, `%` for a map by string or `^` for a message whose
/// members stand in its parent in JSON, then the type and the name: `s` string, `i` integer, `b` bool, `y` bytes,
/// `d` double, `t` time, `q` quantity, `x` int or string, `r` raw JSON, `m` the message named after the colon.
enum ProtobufMessages {
  static let table = """
    Namespace{1mmetadata:ObjectMeta 2mspec:NamespaceSpec}
    ObjectMeta{1sname 2sgenerateName 3snamespace 4sselfLink 5suid 6sresourceVersion 7igeneration 8tcreationTimestamp
      9tdeletionTimestamp 10ideletionGracePeriodSeconds 11%slabels 12%sannotations
      13*mownerReferences:OwnerReference 14*sfinalizers 17*mmanagedFields:ManagedFieldsEntry}
    OwnerReference{5sapiVersion 1skind 3sname 4suid 6bcontroller 7bblockOwnerDeletion}
    ManagedFieldsEntry{1smanager 2soperation 3sapiVersion 4ttime 6sfieldsType 7rfieldsV1 8ssubresource}
    NamespaceSpec{1*sfinalizers}
    Secret{1mmetadata:ObjectMeta 5bimmutable 2%ydata 4%sstringData 3stype}
    ConfigMap{1mmetadata:ObjectMeta 4bimmutable 2%sdata 3%ybinaryData}
    ServiceAccount{1mmetadata:ObjectMeta 2*msecrets:ObjectReference 3*mimagePullSecrets:LocalObjectReference
      4bautomountServiceAccountToken}
    ObjectReference{1skind 2snamespace 3sname 4suid 5sapiVersion 6sresourceVersion 7sfieldPath}
    LocalObjectReference{1sname}
    Pod{1mmetadata:ObjectMeta 2mspec:PodSpec}
    PodSpec{1*mvolumes:Volume 20*minitContainers:Container 2*mcontainers:Container
      34*mephemeralContainers:EphemeralContainer 3srestartPolicy 4iterminationGracePeriodSeconds
      5iactiveDeadlineSeconds 6sdnsPolicy 7%snodeSelector 8sserviceAccountName 9sserviceAccount
      21bautomountServiceAccountToken 10snodeName 11bhostNetwork 12bhostPID 13bhostIPC 27bshareProcessNamespace
      14msecurityContext:PodSecurityContext 15*mimagePullSecrets:LocalObjectReference 16shostname 17ssubdomain
      18maffinity:Affinity 19sschedulerName 22*mtolerations:Toleration 23*mhostAliases:HostAlias
      24spriorityClassName 25ipriority 26mdnsConfig:PodDNSConfig 28*mreadinessGates:PodReadinessGate
      29sruntimeClassName 30benableServiceLinks 31spreemptionPolicy 32%qoverhead
      33*mtopologySpreadConstraints:TopologySpreadConstraint 35bsetHostnameAsFQDN 36mos:PodOS 37bhostUsers
      38*mschedulingGates:PodSchedulingGate 39*mresourceClaims:PodResourceClaim 40mresources:ResourceRequirements
      41shostnameOverride 43mschedulingGroup:PodSchedulingGroup}
    Volume{1sname 2^mvolumeSource:VolumeSource}
    VolumeSource{1mhostPath:HostPathVolumeSource 2memptyDir:EmptyDirVolumeSource
      3mgcePersistentDisk:GCEPersistentDiskVolumeSource 4mawsElasticBlockStore:AWSElasticBlockStoreVolumeSource
      5mgitRepo:GitRepoVolumeSource 6msecret:SecretVolumeSource 7mnfs:NFSVolumeSource 8miscsi:ISCSIVolumeSource
      9mglusterfs:GlusterfsVolumeSource 10mpersistentVolumeClaim:PersistentVolumeClaimVolumeSource
      11mrbd:RBDVolumeSource 12mflexVolume:FlexVolumeSource 13mcinder:CinderVolumeSource
      14mcephfs:CephFSVolumeSource 15mflocker:FlockerVolumeSource 16mdownwardAPI:DownwardAPIVolumeSource
      17mfc:FCVolumeSource 18mazureFile:AzureFileVolumeSource 19mconfigMap:ConfigMapVolumeSource
      20mvsphereVolume:VsphereVirtualDiskVolumeSource 21mquobyte:QuobyteVolumeSource
      22mazureDisk:AzureDiskVolumeSource 23mphotonPersistentDisk:PhotonPersistentDiskVolumeSource
      26mprojected:ProjectedVolumeSource 24mportworxVolume:PortworxVolumeSource 25mscaleIO:ScaleIOVolumeSource
      27mstorageos:StorageOSVolumeSource 28mcsi:CSIVolumeSource 29mephemeral:EphemeralVolumeSource
      30mimage:ImageVolumeSource}
    HostPathVolumeSource{1spath 2stype}
    EmptyDirVolumeSource{1smedium 2qsizeLimit}
    GCEPersistentDiskVolumeSource{1spdName 2sfsType 3ipartition 4breadOnly}
    AWSElasticBlockStoreVolumeSource{1svolumeID 2sfsType 3ipartition 4breadOnly}
    GitRepoVolumeSource{1srepository 2srevision 3sdirectory}
    SecretVolumeSource{1ssecretName 2*mitems:KeyToPath 3idefaultMode 4boptional}
    KeyToPath{1skey 2spath 3imode}
    NFSVolumeSource{1sserver 2spath 3breadOnly}
    ISCSIVolumeSource{1stargetPortal 2siqn 3ilun 4siscsiInterface 5sfsType 6breadOnly 7*sportals 8bchapAuthDiscovery
      11bchapAuthSession 10msecretRef:LocalObjectReference 12sinitiatorName}
    GlusterfsVolumeSource{1sendpoints 2spath 3breadOnly}
    PersistentVolumeClaimVolumeSource{1sclaimName 2breadOnly}
    RBDVolumeSource{1*smonitors 2simage 3sfsType 4spool 5suser 6skeyring 7msecretRef:LocalObjectReference 8breadOnly}
    FlexVolumeSource{1sdriver 2sfsType 3msecretRef:LocalObjectReference 4breadOnly 5%soptions}
    CinderVolumeSource{1svolumeID 2sfsType 3breadOnly 4msecretRef:LocalObjectReference}
    CephFSVolumeSource{1*smonitors 2spath 3suser 4ssecretFile 5msecretRef:LocalObjectReference 6breadOnly}
    FlockerVolumeSource{1sdatasetName 2sdatasetUUID}
    DownwardAPIVolumeSource{1*mitems:DownwardAPIVolumeFile 2idefaultMode}
    DownwardAPIVolumeFile{1spath 2mfieldRef:ObjectFieldSelector 3mresourceFieldRef:ResourceFieldSelector 4imode}
    ObjectFieldSelector{1sapiVersion 2sfieldPath}
    ResourceFieldSelector{1scontainerName 2sresource 3qdivisor}
    FCVolumeSource{1*stargetWWNs 2ilun 3sfsType 4breadOnly 5*swwids}
    AzureFileVolumeSource{1ssecretName 2sshareName 3breadOnly}
    ConfigMapVolumeSource{1^mlocalObjectReference:LocalObjectReference 2*mitems:KeyToPath 3idefaultMode 4boptional}
    VsphereVirtualDiskVolumeSource{1svolumePath 2sfsType 3sstoragePolicyName 4sstoragePolicyID}
    QuobyteVolumeSource{1sregistry 2svolume 3breadOnly 4suser 5sgroup 6stenant}
    AzureDiskVolumeSource{1sdiskName 2sdiskURI 3scachingMode 4sfsType 5breadOnly 6skind}
    PhotonPersistentDiskVolumeSource{1spdID 2sfsType}
    ProjectedVolumeSource{1*msources:VolumeProjection 2idefaultMode}
    VolumeProjection{1msecret:SecretProjection 2mdownwardAPI:DownwardAPIProjection 3mconfigMap:ConfigMapProjection
      4mserviceAccountToken:ServiceAccountTokenProjection 5mclusterTrustBundle:ClusterTrustBundleProjection
      6mpodCertificate:PodCertificateProjection}
    SecretProjection{1^mlocalObjectReference:LocalObjectReference 2*mitems:KeyToPath 4boptional}
    DownwardAPIProjection{1*mitems:DownwardAPIVolumeFile}
    ConfigMapProjection{1^mlocalObjectReference:LocalObjectReference 2*mitems:KeyToPath 4boptional}
    ServiceAccountTokenProjection{1saudience 2iexpirationSeconds 3spath}
    ClusterTrustBundleProjection{1sname 2ssignerName 3mlabelSelector:LabelSelector 5boptional 4spath}
    LabelSelector{1%smatchLabels 2*mmatchExpressions:LabelSelectorRequirement}
    LabelSelectorRequirement{1skey 2soperator 3*svalues}
    PodCertificateProjection{1ssignerName 2skeyType 3imaxExpirationSeconds 4scredentialBundlePath 5skeyPath
      6scertificateChainPath 7%suserAnnotations}
    PortworxVolumeSource{1svolumeID 2sfsType 3breadOnly}
    ScaleIOVolumeSource{1sgateway 2ssystem 3msecretRef:LocalObjectReference 4bsslEnabled 5sprotectionDomain
      6sstoragePool 7sstorageMode 8svolumeName 9sfsType 10breadOnly}
    StorageOSVolumeSource{1svolumeName 2svolumeNamespace 3sfsType 4breadOnly 5msecretRef:LocalObjectReference}
    CSIVolumeSource{1sdriver 2breadOnly 3sfsType 4%svolumeAttributes 5mnodePublishSecretRef:LocalObjectReference}
    EphemeralVolumeSource{1mvolumeClaimTemplate:PersistentVolumeClaimTemplate}
    PersistentVolumeClaimTemplate{1mmetadata:ObjectMeta 2mspec:PersistentVolumeClaimSpec}
    PersistentVolumeClaimSpec{1*saccessModes 4mselector:LabelSelector 2mresources:VolumeResourceRequirements
      3svolumeName 5sstorageClassName 6svolumeMode 7mdataSource:TypedLocalObjectReference
      8mdataSourceRef:TypedObjectReference 9svolumeAttributesClassName}
    VolumeResourceRequirements{1%qlimits 2%qrequests}
    TypedLocalObjectReference{1sapiGroup 2skind 3sname}
    TypedObjectReference{1sapiGroup 2skind 3sname 4snamespace}
    ImageVolumeSource{1sreference 2spullPolicy}
    Container{1sname 2simage 3*scommand 4*sargs 5sworkingDir 6*mports:ContainerPort 19*menvFrom:EnvFromSource
      7*menv:EnvVar 8mresources:ResourceRequirements 23*mresizePolicy:ContainerResizePolicy 24srestartPolicy
      25*mrestartPolicyRules:ContainerRestartRule 9*mvolumeMounts:VolumeMount 21*mvolumeDevices:VolumeDevice
      10mlivenessProbe:Probe 11mreadinessProbe:Probe 22mstartupProbe:Probe 12mlifecycle:Lifecycle
      13sterminationMessagePath 20sterminationMessagePolicy 14simagePullPolicy 15msecurityContext:SecurityContext
      16bstdin 17bstdinOnce 18btty}
    ContainerPort{1sname 2ihostPort 3icontainerPort 4sprotocol 5shostIP}
    EnvFromSource{1sprefix 2mconfigMapRef:ConfigMapEnvSource 3msecretRef:SecretEnvSource}
    ConfigMapEnvSource{1^mlocalObjectReference:LocalObjectReference 2boptional}
    SecretEnvSource{1^mlocalObjectReference:LocalObjectReference 2boptional}
    EnvVar{1sname 2svalue 3mvalueFrom:EnvVarSource}
    EnvVarSource{1mfieldRef:ObjectFieldSelector 2mresourceFieldRef:ResourceFieldSelector
      3mconfigMapKeyRef:ConfigMapKeySelector 4msecretKeyRef:SecretKeySelector 5mfileKeyRef:FileKeySelector}
    ConfigMapKeySelector{1^mlocalObjectReference:LocalObjectReference 2skey 3boptional}
    SecretKeySelector{1^mlocalObjectReference:LocalObjectReference 2skey 3boptional}
    FileKeySelector{1svolumeName 2spath 3skey 4boptional}
    ResourceRequirements{1%qlimits 2%qrequests 3*mclaims:ResourceClaim}
    ResourceClaim{1sname 2srequest}
    ContainerResizePolicy{1sresourceName 2srestartPolicy}
    ContainerRestartRule{1saction 2mexitCodes:ContainerRestartRuleOnExitCodes}
    ContainerRestartRuleOnExitCodes{1soperator 2*ivalues}
    VolumeMount{1sname 2breadOnly 7srecursiveReadOnly 3smountPath 4ssubPath 5smountPropagation 6ssubPathExpr}
    VolumeDevice{1sname 2sdevicePath}
    Probe{1^mhandler:ProbeHandler 2iinitialDelaySeconds 3itimeoutSeconds 4iperiodSeconds 5isuccessThreshold
      6ifailureThreshold 7iterminationGracePeriodSeconds}
    ProbeHandler{1mexec:ExecAction 2mhttpGet:HTTPGetAction 3mtcpSocket:TCPSocketAction 4mgrpc:GRPCAction}
    ExecAction{1*scommand}
    HTTPGetAction{1spath 2xport 3shost 4sscheme 5*mhttpHeaders:HTTPHeader}
    HTTPHeader{1sname 2svalue}
    TCPSocketAction{1xport 2shost}
    GRPCAction{1iport 2sservice}
    Lifecycle{1mpostStart:LifecycleHandler 2mpreStop:LifecycleHandler 3sstopSignal}
    LifecycleHandler{1mexec:ExecAction 2mhttpGet:HTTPGetAction 3mtcpSocket:TCPSocketAction 4msleep:SleepAction}
    SleepAction{1iseconds}
    SecurityContext{1mcapabilities:Capabilities 2bprivileged 3mseLinuxOptions:SELinuxOptions
      10mwindowsOptions:WindowsSecurityContextOptions 4irunAsUser 8irunAsGroup 5brunAsNonRoot
      6breadOnlyRootFilesystem 7ballowPrivilegeEscalation 9sprocMount 11mseccompProfile:SeccompProfile
      12mappArmorProfile:AppArmorProfile}
    Capabilities{1*sadd 2*sdrop}
    SELinuxOptions{1suser 2srole 3stype 4slevel}
    WindowsSecurityContextOptions{1sgmsaCredentialSpecName 2sgmsaCredentialSpec 3srunAsUserName 4bhostProcess}
    SeccompProfile{1stype 2slocalhostProfile}
    AppArmorProfile{1stype 2slocalhostProfile}
    EphemeralContainer{1^mephemeralContainerCommon:EphemeralContainerCommon 2stargetContainerName}
    EphemeralContainerCommon{1sname 2simage 3*scommand 4*sargs 5sworkingDir 6*mports:ContainerPort
      19*menvFrom:EnvFromSource 7*menv:EnvVar 8mresources:ResourceRequirements
      23*mresizePolicy:ContainerResizePolicy 24srestartPolicy 25*mrestartPolicyRules:ContainerRestartRule
      9*mvolumeMounts:VolumeMount 21*mvolumeDevices:VolumeDevice 10mlivenessProbe:Probe 11mreadinessProbe:Probe
      22mstartupProbe:Probe 12mlifecycle:Lifecycle 13sterminationMessagePath 20sterminationMessagePolicy
      14simagePullPolicy 15msecurityContext:SecurityContext 16bstdin 17bstdinOnce 18btty}
    PodSecurityContext{1mseLinuxOptions:SELinuxOptions 8mwindowsOptions:WindowsSecurityContextOptions 2irunAsUser
      6irunAsGroup 3brunAsNonRoot 4*isupplementalGroups 12ssupplementalGroupsPolicy 5ifsGroup 7*msysctls:Sysctl
      9sfsGroupChangePolicy 10mseccompProfile:SeccompProfile 11mappArmorProfile:AppArmorProfile
      13sseLinuxChangePolicy}
    Sysctl{1sname 2svalue}
    Affinity{1mnodeAffinity:NodeAffinity 2mpodAffinity:PodAffinity 3mpodAntiAffinity:PodAntiAffinity}
    NodeAffinity{1mrequiredDuringSchedulingIgnoredDuringExecution:NodeSelector
      2*mpreferredDuringSchedulingIgnoredDuringExecution:PreferredSchedulingTerm}
    NodeSelector{1*mnodeSelectorTerms:NodeSelectorTerm}
    NodeSelectorTerm{1*mmatchExpressions:NodeSelectorRequirement 2*mmatchFields:NodeSelectorRequirement}
    NodeSelectorRequirement{1skey 2soperator 3*svalues}
    PreferredSchedulingTerm{1iweight 2mpreference:NodeSelectorTerm}
    PodAffinity{1*mrequiredDuringSchedulingIgnoredDuringExecution:PodAffinityTerm
      2*mpreferredDuringSchedulingIgnoredDuringExecution:WeightedPodAffinityTerm}
    PodAffinityTerm{1mlabelSelector:LabelSelector 2*snamespaces 3stopologyKey 4mnamespaceSelector:LabelSelector
      5*smatchLabelKeys 6*smismatchLabelKeys}
    WeightedPodAffinityTerm{1iweight 2mpodAffinityTerm:PodAffinityTerm}
    PodAntiAffinity{1*mrequiredDuringSchedulingIgnoredDuringExecution:PodAffinityTerm
      2*mpreferredDuringSchedulingIgnoredDuringExecution:WeightedPodAffinityTerm}
    Toleration{1skey 2soperator 3svalue 4seffect 5itolerationSeconds}
    HostAlias{1sip 2*shostnames}
    PodDNSConfig{1*snameservers 2*ssearches 3*moptions:PodDNSConfigOption}
    PodDNSConfigOption{1sname 2svalue}
    PodReadinessGate{1sconditionType}
    TopologySpreadConstraint{1imaxSkew 2stopologyKey 3swhenUnsatisfiable 4mlabelSelector:LabelSelector 5iminDomains
      6snodeAffinityPolicy 7snodeTaintsPolicy 8*smatchLabelKeys}
    PodOS{1sname}
    PodSchedulingGate{1sname}
    PodResourceClaim{1sname 3sresourceClaimName 4sresourceClaimTemplateName}
    PodSchedulingGroup{1spodGroupName}
    Service{1mmetadata:ObjectMeta 2mspec:ServiceSpec}
    ServiceSpec{1*mports:ServicePort 2%sselector 3sclusterIP 18*sclusterIPs 4stype 5*sexternalIPs 7ssessionAffinity
      8sloadBalancerIP 9*sloadBalancerSourceRanges 10sexternalName 11sexternalTrafficPolicy 12ihealthCheckNodePort
      13bpublishNotReadyAddresses 14msessionAffinityConfig:SessionAffinityConfig 19*sipFamilies 17sipFamilyPolicy
      20ballocateLoadBalancerNodePorts 21sloadBalancerClass 22sinternalTrafficPolicy 23strafficDistribution}
    ServicePort{1sname 2sprotocol 6sappProtocol 3iport 4xtargetPort 5inodePort}
    SessionAffinityConfig{1mclientIP:ClientIPConfig}
    ClientIPConfig{1itimeoutSeconds}
    PersistentVolumeClaim{1mmetadata:ObjectMeta 2mspec:PersistentVolumeClaimSpec}
    Event{1mmetadata:ObjectMeta 2minvolvedObject:ObjectReference 3sreason 4smessage 5msource:EventSource
      6tfirstTimestamp 7tlastTimestamp 8icount 9stype 10teventTime 11mseries:EventSeries 12saction
      13mrelated:ObjectReference 14sreportingComponent 15sreportingInstance}
    EventSource{1scomponent 2shost}
    EventSeries{1icount 2tlastObservedTime}
    Endpoints{1mmetadata:ObjectMeta 2*msubsets:EndpointSubset}
    EndpointSubset{1*maddresses:EndpointAddress 2*mnotReadyAddresses:EndpointAddress 3*mports:EndpointPort}
    EndpointAddress{1sip 3shostname 4snodeName 2mtargetRef:ObjectReference}
    EndpointPort{1sname 2iport 3sprotocol 4sappProtocol}
    Job{1mmetadata:ObjectMeta 2mspec:JobSpec}
    JobSpec{1iparallelism 2icompletions 3iactiveDeadlineSeconds 11mpodFailurePolicy:PodFailurePolicy
      16msuccessPolicy:SuccessPolicy 7ibackoffLimit 12ibackoffLimitPerIndex 13imaxFailedIndexes
      4mselector:LabelSelector 5bmanualSelector 6mtemplate:PodTemplateSpec 8ittlSecondsAfterFinished
      9scompletionMode 10bsuspend 14spodReplacementPolicy 15smanagedBy}
    PodFailurePolicy{1*mrules:PodFailurePolicyRule}
    PodFailurePolicyRule{1saction 2monExitCodes:PodFailurePolicyOnExitCodesRequirement
      3*monPodConditions:PodFailurePolicyOnPodConditionsPattern}
    PodFailurePolicyOnExitCodesRequirement{1scontainerName 2soperator 3*ivalues}
    PodFailurePolicyOnPodConditionsPattern{1stype 2sstatus}
    SuccessPolicy{1*mrules:SuccessPolicyRule}
    SuccessPolicyRule{1ssucceededIndexes 2isucceededCount}
    PodTemplateSpec{1mmetadata:ObjectMeta 2mspec:PodSpec}
    CronJob{1mmetadata:ObjectMeta 2mspec:CronJobSpec}
    CronJobSpec{1sschedule 8stimeZone 2istartingDeadlineSeconds 3sconcurrencyPolicy 4bsuspend
      5mjobTemplate:JobTemplateSpec 6isuccessfulJobsHistoryLimit 7ifailedJobsHistoryLimit}
    JobTemplateSpec{1mmetadata:ObjectMeta 2mspec:JobSpec}
    Deployment{1mmetadata:ObjectMeta 2mspec:DeploymentSpec}
    DeploymentSpec{1ireplicas 2mselector:LabelSelector 3mtemplate:PodTemplateSpec 4mstrategy:DeploymentStrategy
      5iminReadySeconds 6irevisionHistoryLimit 7bpaused 9iprogressDeadlineSeconds}
    DeploymentStrategy{1stype 2mrollingUpdate:RollingUpdateDeployment}
    RollingUpdateDeployment{1xmaxUnavailable 2xmaxSurge}
    StatefulSet{1mmetadata:ObjectMeta 2mspec:StatefulSetSpec}
    StatefulSetSpec{1ireplicas 2mselector:LabelSelector 3mtemplate:PodTemplateSpec
      4*mvolumeClaimTemplates:PersistentVolumeClaim 5sserviceName 6spodManagementPolicy
      7mupdateStrategy:StatefulSetUpdateStrategy 8irevisionHistoryLimit 9iminReadySeconds
      10mpersistentVolumeClaimRetentionPolicy:StatefulSetPersistentVolumeClaimRetentionPolicy
      11mordinals:StatefulSetOrdinals}
    StatefulSetUpdateStrategy{1stype 2mrollingUpdate:RollingUpdateStatefulSetStrategy}
    RollingUpdateStatefulSetStrategy{1ipartition 2xmaxUnavailable}
    StatefulSetPersistentVolumeClaimRetentionPolicy{1swhenDeleted 2swhenScaled}
    StatefulSetOrdinals{1istart}
    Lease{1mmetadata:ObjectMeta 2mspec:LeaseSpec}
    LeaseSpec{1sholderIdentity 2ileaseDurationSeconds 3tacquireTime 4trenewTime 5ileaseTransitions 6sstrategy
      7spreferredHolder}
    PodDisruptionBudget{1mmetadata:ObjectMeta 2mspec:PodDisruptionBudgetSpec}
    PodDisruptionBudgetSpec{1xminAvailable 2mselector:LabelSelector 3xmaxUnavailable 4sunhealthyPodEvictionPolicy}
    NetworkPolicy{1mmetadata:ObjectMeta 2mspec:NetworkPolicySpec}
    NetworkPolicySpec{1mpodSelector:LabelSelector 2*mingress:NetworkPolicyIngressRule
      3*megress:NetworkPolicyEgressRule 4*spolicyTypes}
    NetworkPolicyIngressRule{1*mports:NetworkPolicyPort 2*mfrom:NetworkPolicyPeer}
    NetworkPolicyPort{1sprotocol 2xport 3iendPort}
    NetworkPolicyPeer{1mpodSelector:LabelSelector 2mnamespaceSelector:LabelSelector 3mipBlock:IPBlock}
    IPBlock{1scidr 2*sexcept}
    NetworkPolicyEgressRule{1*mports:NetworkPolicyPort 2*mto:NetworkPolicyPeer}
    Role{1mmetadata:ObjectMeta 2*mrules:PolicyRule}
    PolicyRule{1*sverbs 2*sapiGroups 3*sresources 4*sresourceNames 5*snonResourceURLs}
    RoleBinding{1mmetadata:ObjectMeta 2*msubjects:Subject 3mroleRef:RoleRef}
    Subject{1skind 2sapiGroup 3sname 4snamespace}
    RoleRef{1sapiGroup 2skind 3sname}
    ClusterRole{1mmetadata:ObjectMeta 2*mrules:PolicyRule 3maggregationRule:AggregationRule}
    AggregationRule{1*mclusterRoleSelectors:LabelSelector}
    ClusterRoleBinding{1mmetadata:ObjectMeta 2*msubjects:Subject 3mroleRef:RoleRef}
    DeleteOptions{1igracePeriodSeconds 2mpreconditions:Preconditions 3borphanDependents 4spropagationPolicy
      5*sdryRun 6bignoreStoreReadErrorWithClusterBreakingPotential}
    Preconditions{1suid 2sresourceVersion}
    Binding{1mmetadata:ObjectMeta 2mtarget:ObjectReference}
    """
}
