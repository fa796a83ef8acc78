/// A claim of storage (core/v1), as far as its phase, size and class.
public struct PersistentVolumeClaim: KubernetesObject, Hashable {
  public static let resource = ResourceType(
    group: "", version: "v1", kind: "PersistentVolumeClaim", plural: "persistentvolumeclaims")

  public var apiVersion = "v1"
  public var kind = "PersistentVolumeClaim"
  public var metadata: ObjectMeta
  public var spec: PersistentVolumeClaimSpec?
  public var status: PersistentVolumeClaimStatus?

  public init(
    metadata: ObjectMeta = ObjectMeta(), spec: PersistentVolumeClaimSpec? = nil,
    status: PersistentVolumeClaimStatus? = nil
  ) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }
}

public struct PersistentVolumeClaimSpec: Codable, Sendable, Hashable {
  public var accessModes: [String]?
  public var resources: JSONValue?
  public var storageClassName: String?
  public var volumeMode: String?
  public var volumeName: String?

  public init(
    accessModes: [String]? = nil, resources: JSONValue? = nil, storageClassName: String? = nil,
    volumeMode: String? = nil, volumeName: String? = nil
  ) {
    self.accessModes = accessModes
    self.resources = resources
    self.storageClassName = storageClassName
    self.volumeMode = volumeMode
    self.volumeName = volumeName
  }
}

public struct PersistentVolumeClaimStatus: Codable, Sendable, Hashable {
  /// `Pending`, `Bound` or `Lost`.
  public var phase: String?
  public var accessModes: [String]?
  public var capacity: [String: Quantity]?

  public init(phase: String? = nil, accessModes: [String]? = nil, capacity: [String: Quantity]? = nil) {
    self.phase = phase
    self.accessModes = accessModes
    self.capacity = capacity
  }
}
