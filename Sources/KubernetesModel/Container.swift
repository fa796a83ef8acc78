/// One container of a pod.
public struct Container: Codable, Sendable, Hashable {
  public var name: String
  public var image: String?
  public var imagePullPolicy: String?
  public var command: [String]?
  public var args: [String]?
  public var workingDir: String?
  public var env: [EnvironmentVariable]?
  public var envFrom: [JSONValue]?
  public var ports: [JSONValue]?
  public var resources: ResourceRequirements?
  public var volumeMounts: [VolumeMount]?
  public var securityContext: SecurityContext?
  public var terminationMessagePath: String?
  /// `File` (the server's default) or `FallbackToLogsOnError`.
  public var terminationMessagePolicy: String?
  public var livenessProbe: JSONValue?
  public var readinessProbe: JSONValue?
  public var startupProbe: JSONValue?
  public var lifecycle: JSONValue?
  /// `Always` on an init container makes it a sidecar.
  public var restartPolicy: String?

  public init(
    name: String, image: String? = nil, imagePullPolicy: String? = nil, command: [String]? = nil, args: [String]? = nil,
    workingDir: String? = nil, env: [EnvironmentVariable]? = nil, envFrom: [JSONValue]? = nil,
    ports: [JSONValue]? = nil, resources: ResourceRequirements? = nil, volumeMounts: [VolumeMount]? = nil,
    securityContext: SecurityContext? = nil, terminationMessagePath: String? = nil,
    terminationMessagePolicy: String? = nil, livenessProbe: JSONValue? = nil, readinessProbe: JSONValue? = nil,
    startupProbe: JSONValue? = nil, lifecycle: JSONValue? = nil, restartPolicy: String? = nil
  ) {
    self.name = name
    self.image = image
    self.imagePullPolicy = imagePullPolicy
    self.command = command
    self.args = args
    self.workingDir = workingDir
    self.env = env
    self.envFrom = envFrom
    self.ports = ports
    self.resources = resources
    self.volumeMounts = volumeMounts
    self.securityContext = securityContext
    self.terminationMessagePath = terminationMessagePath
    self.terminationMessagePolicy = terminationMessagePolicy
    self.livenessProbe = livenessProbe
    self.readinessProbe = readinessProbe
    self.startupProbe = startupProbe
    self.lifecycle = lifecycle
    self.restartPolicy = restartPolicy
  }
}

/// An environment variable: a literal `value` or `valueFrom`, not both.
public struct EnvironmentVariable: Codable, Sendable, Hashable {
  public var name: String
  public var value: String?
  public var valueFrom: JSONValue?

  public init(name: String, value: String? = nil, valueFrom: JSONValue? = nil) {
    self.name = name
    self.value = value
    self.valueFrom = valueFrom
  }
}

public struct ResourceRequirements: Codable, Sendable, Hashable {
  public var limits: [String: Quantity]?
  public var requests: [String: Quantity]?
  public var claims: [JSONValue]?

  public init(limits: [String: Quantity]? = nil, requests: [String: Quantity]? = nil, claims: [JSONValue]? = nil) {
    self.limits = limits
    self.requests = requests
    self.claims = claims
  }
}

public struct VolumeMount: Codable, Sendable, Hashable {
  public var name: String
  public var mountPath: String
  public var subPath: String?
  public var readOnly: Bool?

  public init(name: String, mountPath: String, subPath: String? = nil, readOnly: Bool? = nil) {
    self.name = name
    self.mountPath = mountPath
    self.subPath = subPath
    self.readOnly = readOnly
  }
}

public struct SecurityContext: Codable, Sendable, Hashable {
  public var allowPrivilegeEscalation: Bool?
  public var readOnlyRootFilesystem: Bool?
  public var runAsNonRoot: Bool?
  public var runAsUser: Int64?
  public var runAsGroup: Int64?
  public var privileged: Bool?
  public var capabilities: Capabilities?
  public var seccompProfile: SeccompProfile?

  public init(
    allowPrivilegeEscalation: Bool? = nil, readOnlyRootFilesystem: Bool? = nil, runAsNonRoot: Bool? = nil,
    runAsUser: Int64? = nil, runAsGroup: Int64? = nil, privileged: Bool? = nil, capabilities: Capabilities? = nil,
    seccompProfile: SeccompProfile? = nil
  ) {
    self.allowPrivilegeEscalation = allowPrivilegeEscalation
    self.readOnlyRootFilesystem = readOnlyRootFilesystem
    self.runAsNonRoot = runAsNonRoot
    self.runAsUser = runAsUser
    self.runAsGroup = runAsGroup
    self.privileged = privileged
    self.capabilities = capabilities
    self.seccompProfile = seccompProfile
  }
}

public struct Capabilities: Codable, Sendable, Hashable {
  public var add: [String]?
  public var drop: [String]?

  public init(add: [String]? = nil, drop: [String]? = nil) {
    self.add = add
    self.drop = drop
  }
}
