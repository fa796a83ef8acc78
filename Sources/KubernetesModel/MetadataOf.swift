/// The metadata of an object, without the rest: for those of which nobody has to know more than that they changed.
public struct MetadataOf<Object: KubernetesObject>: KubernetesObject {
  public static var resource: ResourceType { Object.resource }

  private var kept: KeptMetadata

  public init(metadata: ObjectMeta) { kept = KeptMetadata(metadata) }

  public var metadata: ObjectMeta {
    get { kept.value }
    set { kept = KeptMetadata(newValue) }
  }

  private enum CodingKeys: CodingKey { case metadata }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    kept = KeptMetadata(try values.decode(ObjectMeta.self, forKey: .metadata))
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(kept.value, forKey: .metadata)
  }

  public var apiVersion: String { Object.resource.apiVersion }
  public var kind: String { Object.resource.kind }
}

/// Metadata behind a pointer: of ten thousand objects in caches, lists and changes each place would take 200 bytes.
public final class KeptMetadata: Sendable {
  public let value: ObjectMeta

  public init(_ value: ObjectMeta) { self.value = value }
}

extension ObjectMeta {
  /// Name and namespace, what controls the object, and what is asked for besides.
  public func trimmed(labels: Set<String> = [], annotations: Set<String> = [], isUIDKept: Bool = false) -> ObjectMeta {
    var kept = ObjectMeta(
      name: name, namespace: namespace, uid: isUIDKept ? uid : nil, labels: self.labels?.only(labels),
      annotations: self.annotations?.only(annotations),
      ownerReferences: ownerReferences?.filter { $0.controller == true })
    if kept.ownerReferences?.isEmpty == true { kept.ownerReferences = nil }
    return kept
  }
}

extension [String: String] {
  /// nil where nothing is left: an empty dictionary takes memory too.
  fileprivate func only(_ keys: Set<String>) -> [String: String]? {
    let kept = filter { keys.contains($0.key) }
    return kept.isEmpty ? nil : kept
  }
}
