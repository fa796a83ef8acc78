/// The scale subresource (autoscaling/v1).
public struct Scale: Codable, Sendable, Hashable {
  public var apiVersion: String
  public var kind: String
  public var metadata: ObjectMeta
  public var spec: ScaleSpec?
  public var status: ScaleStatus?

  public init(
    apiVersion: String = "autoscaling/v1", kind: String = "Scale", metadata: ObjectMeta = ObjectMeta(),
    spec: ScaleSpec? = nil, status: ScaleStatus? = nil
  ) {
    self.apiVersion = apiVersion
    self.kind = kind
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }
}

public struct ScaleSpec: Codable, Sendable, Hashable {
  public var replicas: Int32?

  public init(replicas: Int32? = nil) {
    self.replicas = replicas
  }
}

public struct ScaleStatus: Codable, Sendable, Hashable {
  public var replicas: Int32
  public var selector: String?

  public init(replicas: Int32, selector: String? = nil) {
    self.replicas = replicas
    self.selector = selector
  }
}
