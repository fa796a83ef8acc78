/// Storage that a pod's containers can mount: a name and one of the sources.
public struct Volume: Codable, Sendable, Hashable {
  public var name: String
  public var configMap: ConfigMapVolume?
  public var secret: SecretVolume?
  public var projected: ProjectedVolume?
  public var emptyDir: EmptyDirVolume?
  public var persistentVolumeClaim: PersistentVolumeClaimVolume?
  public var hostPath: JSONValue?
  public var ephemeral: JSONValue?
  public var csi: JSONValue?

  public init(
    name: String, configMap: ConfigMapVolume? = nil, secret: SecretVolume? = nil, projected: ProjectedVolume? = nil,
    emptyDir: EmptyDirVolume? = nil, persistentVolumeClaim: PersistentVolumeClaimVolume? = nil,
    hostPath: JSONValue? = nil, ephemeral: JSONValue? = nil, csi: JSONValue? = nil
  ) {
    self.name = name
    self.configMap = configMap
    self.secret = secret
    self.projected = projected
    self.emptyDir = emptyDir
    self.persistentVolumeClaim = persistentVolumeClaim
    self.hostPath = hostPath
    self.ephemeral = ephemeral
    self.csi = csi
  }
}

public struct ConfigMapVolume: Codable, Sendable, Hashable {
  public var name: String?
  public var items: [KeyToPath]?
  /// File mode bits, in decimal on the wire.
  public var defaultMode: Int32?
  public var optional: Bool?

  public init(name: String? = nil, items: [KeyToPath]? = nil, defaultMode: Int32? = nil, optional: Bool? = nil) {
    self.name = name
    self.items = items
    self.defaultMode = defaultMode
    self.optional = optional
  }
}

public struct SecretVolume: Codable, Sendable, Hashable {
  public var secretName: String?
  public var items: [KeyToPath]?
  public var defaultMode: Int32?
  public var optional: Bool?

  public init(secretName: String? = nil, items: [KeyToPath]? = nil, defaultMode: Int32? = nil, optional: Bool? = nil) {
    self.secretName = secretName
    self.items = items
    self.defaultMode = defaultMode
    self.optional = optional
  }
}

public struct KeyToPath: Codable, Sendable, Hashable {
  public var key: String
  public var path: String
  public var mode: Int32?

  public init(key: String, path: String, mode: Int32? = nil) {
    self.key = key
    self.path = path
    self.mode = mode
  }
}

public struct EmptyDirVolume: Codable, Sendable, Hashable {
  /// Empty for the node's disk, `Memory` for tmpfs.
  public var medium: String?
  public var sizeLimit: Quantity?

  public init(medium: String? = nil, sizeLimit: Quantity? = nil) {
    self.medium = medium
    self.sizeLimit = sizeLimit
  }
}

public struct PersistentVolumeClaimVolume: Codable, Sendable, Hashable {
  public var claimName: String
  public var readOnly: Bool?

  public init(claimName: String, readOnly: Bool? = nil) {
    self.claimName = claimName
    self.readOnly = readOnly
  }
}

public struct ProjectedVolume: Codable, Sendable, Hashable {
  public var sources: [VolumeProjection]?
  public var defaultMode: Int32?

  public init(sources: [VolumeProjection]? = nil, defaultMode: Int32? = nil) {
    self.sources = sources
    self.defaultMode = defaultMode
  }
}

/// One source of a projected volume; exactly one field is set.
public struct VolumeProjection: Codable, Sendable, Hashable {
  public var configMap: ConfigMapProjection?
  public var secret: SecretProjection?
  public var serviceAccountToken: ServiceAccountTokenProjection?
  public var downwardAPI: JSONValue?
  public var clusterTrustBundle: JSONValue?

  public init(
    configMap: ConfigMapProjection? = nil, secret: SecretProjection? = nil,
    serviceAccountToken: ServiceAccountTokenProjection? = nil, downwardAPI: JSONValue? = nil,
    clusterTrustBundle: JSONValue? = nil
  ) {
    self.configMap = configMap
    self.secret = secret
    self.serviceAccountToken = serviceAccountToken
    self.downwardAPI = downwardAPI
    self.clusterTrustBundle = clusterTrustBundle
  }
}

public struct ConfigMapProjection: Codable, Sendable, Hashable {
  public var name: String?
  public var items: [KeyToPath]?
  public var optional: Bool?

  public init(name: String? = nil, items: [KeyToPath]? = nil, optional: Bool? = nil) {
    self.name = name
    self.items = items
    self.optional = optional
  }
}

public struct SecretProjection: Codable, Sendable, Hashable {
  public var name: String?
  public var items: [KeyToPath]?
  public var optional: Bool?

  public init(name: String? = nil, items: [KeyToPath]? = nil, optional: Bool? = nil) {
    self.name = name
    self.items = items
    self.optional = optional
  }
}

public struct ServiceAccountTokenProjection: Codable, Sendable, Hashable {
  public var audience: String?
  /// At least 600; the server's default is 3,600.
  public var expirationSeconds: Int64?
  public var path: String

  public init(audience: String? = nil, expirationSeconds: Int64? = nil, path: String) {
    self.audience = audience
    self.expirationSeconds = expirationSeconds
    self.path = path
  }
}
