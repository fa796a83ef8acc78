/// The part that all objects share (`metav1.PartialObjectMetadata`).
public struct PartialObject: Codable, Sendable, Hashable {
  public var apiVersion: String?
  public var kind: String?
  public var metadata: ObjectMeta

  public init(apiVersion: String? = nil, kind: String? = nil, metadata: ObjectMeta = ObjectMeta()) {
    self.apiVersion = apiVersion
    self.kind = kind
    self.metadata = metadata
  }
}
