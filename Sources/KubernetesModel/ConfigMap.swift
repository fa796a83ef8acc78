public import Foundation

/// Configuration data that is not secret (core/v1).
public struct ConfigMap: KubernetesObject, Hashable {
  public static let resource = ResourceType(group: "", version: "v1", kind: "ConfigMap", plural: "configmaps")

  public var apiVersion = "v1"
  public var kind = "ConfigMap"
  public var metadata: ObjectMeta
  public var data: [String: String]?
  /// Base64 on the wire.
  public var binaryData: [String: Data]?
  public var immutable: Bool?

  public init(
    metadata: ObjectMeta = ObjectMeta(), data: [String: String]? = nil, binaryData: [String: Data]? = nil,
    immutable: Bool? = nil
  ) {
    self.metadata = metadata
    self.data = data
    self.binaryData = binaryData
    self.immutable = immutable
  }
}
