/// The metadata of an object, without the rest: for those of which nobody has to know more than that they changed.
public struct MetadataOf<Object: KubernetesObject>: KubernetesObject {
  public static var resource: ResourceType { Object.resource }

  public var metadata: ObjectMeta

  public init(metadata: ObjectMeta) { self.metadata = metadata }

  public var apiVersion: String { Object.resource.apiVersion }
  public var kind: String { Object.resource.kind }
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
