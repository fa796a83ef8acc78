/// One or more containers on a node (core/v1).
public struct Pod: KubernetesObject, Hashable {
  public static let resource = ResourceType(group: "", version: "v1", kind: "Pod", plural: "pods")

  public var apiVersion = "v1"
  public var kind = "Pod"
  public var metadata: ObjectMeta
  public var spec: PodSpec
  public var status: PodStatus?

  public init(metadata: ObjectMeta = ObjectMeta(), spec: PodSpec, status: PodStatus? = nil) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }
}

public struct PodTemplateSpec: Codable, Sendable, Hashable {
  public var metadata: ObjectMeta?
  public var spec: PodSpec

  public init(metadata: ObjectMeta? = nil, spec: PodSpec) {
    self.metadata = metadata
    self.spec = spec
  }
}

/// What runs in a pod. Parts that programs rarely look into are passed through as JSON.
public struct PodSpec: Codable, Sendable, Hashable {
  public var containers: [Container]
  public var initContainers: [Container]?
  public var volumes: [Volume]?
  /// `Always` (the server's default), `OnFailure` or `Never`.
  public var restartPolicy: String?
  public var serviceAccountName: String?
  public var automountServiceAccountToken: Bool?
  public var securityContext: PodSecurityContext?
  public var imagePullSecrets: [LocalObjectReference]?
  public var nodeSelector: [String: String]?
  public var nodeName: String?
  public var affinity: JSONValue?
  public var tolerations: [JSONValue]?
  public var topologySpreadConstraints: [JSONValue]?
  public var hostAliases: [JSONValue]?
  public var priorityClassName: String?
  public var activeDeadlineSeconds: Int64?
  public var terminationGracePeriodSeconds: Int64?
  public var enableServiceLinks: Bool?
  public var dnsPolicy: String?
  public var dnsConfig: JSONValue?
  public var hostNetwork: Bool?
  public var hostname: String?
  public var subdomain: String?
  public var schedulerName: String?
  public var runtimeClassName: String?

  public init(
    containers: [Container], initContainers: [Container]? = nil, volumes: [Volume]? = nil, restartPolicy: String? = nil,
    serviceAccountName: String? = nil, automountServiceAccountToken: Bool? = nil,
    securityContext: PodSecurityContext? = nil, imagePullSecrets: [LocalObjectReference]? = nil,
    nodeSelector: [String: String]? = nil, nodeName: String? = nil, affinity: JSONValue? = nil,
    tolerations: [JSONValue]? = nil, topologySpreadConstraints: [JSONValue]? = nil, hostAliases: [JSONValue]? = nil,
    priorityClassName: String? = nil, activeDeadlineSeconds: Int64? = nil, terminationGracePeriodSeconds: Int64? = nil,
    enableServiceLinks: Bool? = nil, dnsPolicy: String? = nil, dnsConfig: JSONValue? = nil, hostNetwork: Bool? = nil,
    hostname: String? = nil, subdomain: String? = nil, schedulerName: String? = nil, runtimeClassName: String? = nil
  ) {
    self.containers = containers
    self.initContainers = initContainers
    self.volumes = volumes
    self.restartPolicy = restartPolicy
    self.serviceAccountName = serviceAccountName
    self.automountServiceAccountToken = automountServiceAccountToken
    self.securityContext = securityContext
    self.imagePullSecrets = imagePullSecrets
    self.nodeSelector = nodeSelector
    self.nodeName = nodeName
    self.affinity = affinity
    self.tolerations = tolerations
    self.topologySpreadConstraints = topologySpreadConstraints
    self.hostAliases = hostAliases
    self.priorityClassName = priorityClassName
    self.activeDeadlineSeconds = activeDeadlineSeconds
    self.terminationGracePeriodSeconds = terminationGracePeriodSeconds
    self.enableServiceLinks = enableServiceLinks
    self.dnsPolicy = dnsPolicy
    self.dnsConfig = dnsConfig
    self.hostNetwork = hostNetwork
    self.hostname = hostname
    self.subdomain = subdomain
    self.schedulerName = schedulerName
    self.runtimeClassName = runtimeClassName
  }
}

public struct PodSecurityContext: Codable, Sendable, Hashable {
  public var runAsNonRoot: Bool?
  public var runAsUser: Int64?
  public var runAsGroup: Int64?
  public var fsGroup: Int64?
  public var fsGroupChangePolicy: String?
  public var supplementalGroups: [Int64]?
  public var seccompProfile: SeccompProfile?

  public init(
    runAsNonRoot: Bool? = nil, runAsUser: Int64? = nil, runAsGroup: Int64? = nil, fsGroup: Int64? = nil,
    fsGroupChangePolicy: String? = nil, supplementalGroups: [Int64]? = nil, seccompProfile: SeccompProfile? = nil
  ) {
    self.runAsNonRoot = runAsNonRoot
    self.runAsUser = runAsUser
    self.runAsGroup = runAsGroup
    self.fsGroup = fsGroup
    self.fsGroupChangePolicy = fsGroupChangePolicy
    self.supplementalGroups = supplementalGroups
    self.seccompProfile = seccompProfile
  }
}

public struct SeccompProfile: Codable, Sendable, Hashable {
  /// `RuntimeDefault`, `Localhost` or `Unconfined`.
  public var type: String
  public var localhostProfile: String?

  public init(type: String, localhostProfile: String? = nil) {
    self.type = type
    self.localhostProfile = localhostProfile
  }
}
