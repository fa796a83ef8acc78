/// The metadata of an object whose type is not known. Reading never throws: what is missing or of another shape is nil.
extension JSONValue {
  public var apiVersion: String? { self["apiVersion"]?.stringValue }
  public var kind: String? { self["kind"]?.stringValue }
  public var name: String? { self[path: "metadata", "name"]?.stringValue }
  public var namespace: String? { self[path: "metadata", "namespace"]?.stringValue }
  public var uid: String? { self[path: "metadata", "uid"]?.stringValue }
  public var resourceVersion: String? { self[path: "metadata", "resourceVersion"]?.stringValue }

  public var labels: [String: String] {
    (self[path: "metadata", "labels"]?.objectValue ?? [:]).compactMapValues(\.stringValue)
  }

  public var annotations: [String: String] {
    (self[path: "metadata", "annotations"]?.objectValue ?? [:]).compactMapValues(\.stringValue)
  }

  public var key: ObjectKey { ObjectKey(namespace: namespace, name: name ?? "") }

  /// All metadata, or as much of it as is well formed.
  public var objectMeta: ObjectMeta {
    if let meta = try? self["metadata"]?.decoded(as: ObjectMeta.self) { return meta }
    var meta = ObjectMeta(name: name, namespace: namespace, uid: uid, labels: labels, annotations: annotations)
    meta.resourceVersion = resourceVersion
    meta.generation = self[path: "metadata", "generation"]?.integerValue
    return meta
  }
}

extension KubernetesObject {
  /// Reads an object. Items of a list lack `apiVersion` and `kind`; they are filled in before.
  /// - Throws: `DecodingError` where the value is not of this type.
  public init(json value: JSONValue) throws {
    var value = value
    if case .object = value {
      if value["apiVersion"] == nil { value["apiVersion"] = .string(Self.resource.apiVersion) }
      if value["kind"] == nil { value["kind"] = .string(Self.resource.kind) }
    }
    self = try value.decoded(as: Self.self)
  }
}
