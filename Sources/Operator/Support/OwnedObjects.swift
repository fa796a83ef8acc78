import HoldfastAPI
import KubernetesClient
import KubernetesModel

/// Brings objects that one owner controls to what is wanted. A second call writes nothing.
struct OwnedObjects: Sendable {
  enum Outcome: Sendable, Hashable {
    case unchanged
    case created
    /// The owner wants something else than before.
    case updated
    /// Somebody had changed the object at this path.
    case repaired(path: String)
  }

  /// An object of this name exists and belongs to somebody else. It is left alone.
  struct NameConflict: Error, CustomStringConvertible {
    let kind: String
    let name: String
    let owner: String

    var description: String {
      "\(kind) \(name) exists and is not this object's (\(owner)); rename or delete it, or use another name"
    }
  }

  /// An object of this name is on its way out; try again when it is gone.
  struct StillDeleting: Error, CustomStringConvertible {
    let kind: String
    let name: String

    var description: String { "\(kind) \(name) is being deleted" }
  }

  private static let ownerLabels = [HoldfastAPI.policyLabel, HoldfastAPI.policyNamespaceLabel]

  let client: KubernetesClient

  /// Creates the object, or makes its fields what they should be. Labels, annotations and status of others stay.
  /// - Parameter prepare: Called before an object is changed; gives it as it is then.
  /// - Throws: ``NameConflict``, ``StillDeleting``, ``KubernetesError``.
  func ensure<Object: KubernetesObject>(
    _ wanted: Object, beforeChange prepare: (JSONValue) async throws -> JSONValue = { $0 }
  ) async throws -> Outcome {
    let wantedJSON = try JSONValue(encoding: wanted)
    guard let live = try await find(wanted) else {
      try await client.create(Object.resource, wantedJSON)
      return .created
    }
    let isOurs = try checkOwner(of: live, wanted: wanted)
    var comparable = wantedJSON
    // Others may add owners; that ours is there is checked already.
    comparable["metadata"]?["ownerReferences"] = nil
    let difference = ObjectMatch.firstDifference(wanted: comparable, live: live)
    guard let path = isOurs ? difference : "metadata.ownerReferences" else { return .unchanged }
    try await client.update(Object.resource, merged(wantedJSON, into: try await prepare(live)))
    let hash = HoldfastAPI.specHashAnnotation
    let isDrift = live.annotations[hash] == wantedJSON.annotations[hash]
    return isDrift ? .repaired(path: path) : .updated
  }

  /// Creates the object where there is none; one that is there is used as it stands, whoever made it.
  func ensureExists<Object: KubernetesObject>(_ wanted: Object) async throws -> Outcome {
    if try await find(wanted) != nil { return .unchanged }
    do {
      try await client.create(wanted)
      return .created
    } catch let error as KubernetesError where error.code == .alreadyExists {
      return .unchanged
    }
  }

  private func find<Object: KubernetesObject>(_ wanted: Object) async throws -> JSONValue? {
    try await absentIfNotFound {
      try await client.get(Object.resource, name: wanted.key.name, namespace: wanted.metadata.namespace)
    }
  }

  /// - Returns: false where the object is the owner's, but somebody took the owner reference off it.
  private func checkOwner<Object: KubernetesObject>(of live: JSONValue, wanted: Object) throws -> Bool {
    let owner = live.objectMeta.controllerReference
    let kind = Object.resource.kind
    // An object in another namespace than its owner has no reference, and is known by its labels.
    let isForeign = wanted.metadata.controllerReference == nil
    let isOurs =
      owner?.uid == wanted.metadata.controllerReference?.uid
      && (!isForeign || Self.ownerLabels.allSatisfy { live.labels[$0] == wanted.metadata.labels?[$0] })
    let isOrphan =
      !isForeign && owner == nil && live.annotations[HoldfastAPI.specHashAnnotation] != nil
      && live.labels[HoldfastAPI.policyLabel] == wanted.metadata.labels?[HoldfastAPI.policyLabel]
    guard isOurs || isOrphan else {
      throw NameConflict(
        kind: kind, name: wanted.key.name,
        owner: owner.map { "it belongs to \($0.kind) \($0.name)" } ?? "it has no owner")
    }
    if live.objectMeta.deletionTimestamp != nil { throw StillDeleting(kind: kind, name: wanted.key.name) }
    return isOurs
  }

  /// What is wanted in place of what is there, metadata and status of others kept. Holds the live resource version.
  private func merged(_ wanted: JSONValue, into live: JSONValue) -> JSONValue {
    var result = live
    for (key, value) in wanted.objectValue ?? [:] where key != "metadata" { result[key] = value }
    var metadata = live["metadata"] ?? [:]
    for field in ["labels", "annotations"] {
      var members = metadata[field]?.objectValue ?? [:]
      members.merge(wanted[path: "metadata", field]?.objectValue ?? [:], uniquingKeysWith: { $1 })
      if !members.isEmpty { metadata[field] = .object(members) }
    }
    let owners = wanted[path: "metadata", "ownerReferences"]?.arrayValue ?? []
    let others = (metadata["ownerReferences"]?.arrayValue ?? []).filter { live in
      !owners.contains { $0["uid"] == live["uid"] }
    }
    if !owners.isEmpty { metadata["ownerReferences"] = .array(owners + others) }
    result["metadata"] = metadata
    return result
  }
}
