public import Foundation

/// A Secret (core/v1). Its description and its debug output do not show the values.
public struct Secret: KubernetesObject, Hashable {
  public static let resource = ResourceType(group: "", version: "v1", kind: "Secret", plural: "secrets")

  public var apiVersion = "v1"
  public var kind = "Secret"
  public var metadata: ObjectMeta
  public var type: String?
  /// Base64 on the wire.
  public var data: [String: Data]?
  /// Write-only: the server moves it into `data`.
  public var stringData: [String: String]?
  public var immutable: Bool?

  public init(
    metadata: ObjectMeta = ObjectMeta(), type: String? = nil, data: [String: Data]? = nil,
    stringData: [String: String]? = nil, immutable: Bool? = nil
  ) {
    self.metadata = metadata
    self.type = type
    self.data = data
    self.stringData = stringData
    self.immutable = immutable
  }
}
