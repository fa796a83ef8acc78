/// A namespace (core/v1).
public struct Namespace: KubernetesObject, Hashable {
  public static let resource = ResourceType(
    group: "", version: "v1", kind: "Namespace", plural: "namespaces", isNamespaced: false)

  public var apiVersion = "v1"
  public var kind = "Namespace"
  public var metadata: ObjectMeta
  public var status: NamespaceStatus?

  public init(metadata: ObjectMeta = ObjectMeta(), status: NamespaceStatus? = nil) {
    self.metadata = metadata
    self.status = status
  }
}

public struct NamespaceStatus: Codable, Sendable, Hashable {
  /// `Active` or `Terminating`.
  public var phase: String?

  public init(phase: String? = nil) {
    self.phase = phase
  }
}
