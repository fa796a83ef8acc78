/// The name of an object within its kind: namespace (nil for cluster-scoped kinds) and name.
public struct ObjectKey: Sendable, Hashable, Comparable, CustomStringConvertible {
  public let namespace: String?
  public let name: String

  public init(namespace: String?, name: String) {
    self.namespace = namespace
    self.name = name
  }

  /// - Parameter metadata: Of an object that the server has stored; a missing name gives an empty one.
  public init(_ metadata: ObjectMeta) {
    self.init(namespace: metadata.namespace, name: metadata.name ?? "")
  }

  /// `namespace/name`, or the name alone.
  public var description: String { namespace.map { "\($0)/\(name)" } ?? name }

  public static func < (left: ObjectKey, right: ObjectKey) -> Bool {
    (left.namespace ?? "", left.name) < (right.namespace ?? "", right.name)
  }
}

extension KubernetesObject {
  public var key: ObjectKey { ObjectKey(metadata) }

  /// A reference for Events; `resourceVersion` is left out, so that equal objects give equal references.
  public var reference: ObjectReference {
    ObjectReference(
      apiVersion: Self.resource.apiVersion, kind: Self.resource.kind, namespace: metadata.namespace,
      name: metadata.name, uid: metadata.uid)
  }

  /// An owner reference that makes this object the controller of another; nil until the server has given it a uid.
  public func ownerReference(blockOwnerDeletion: Bool = true) -> OwnerReference? {
    guard let name = metadata.name, let uid = metadata.uid else { return nil }
    return OwnerReference(
      apiVersion: Self.resource.apiVersion, kind: Self.resource.kind, name: name, uid: uid, controller: true,
      blockOwnerDeletion: blockOwnerDeletion)
  }
}

extension ObjectMeta {
  /// The owner that controls this object, if any.
  public var controllerReference: OwnerReference? { ownerReferences?.first { $0.controller == true } }
}
