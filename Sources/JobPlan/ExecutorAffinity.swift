internal import HoldfastAPI
internal import KubernetesModel

/// Puts a pod beside others, besides what the policy itself asks for.
enum ExecutorAffinity {
  /// The policy's affinity with one more required term for each neighbour. Required terms all have to hold, so that
  /// nothing of the policy's own is weakened.
  static func merged(_ given: JSONValue?, neighbours: [LabelSelector]) throws -> JSONValue? {
    guard !neighbours.isEmpty else { return given }
    let field = "requiredDuringSchedulingIgnoredDuringExecution"
    var affinity = given?.objectValue.map { JSONValue.object($0) } ?? [:]
    var podAffinity = affinity["podAffinity"]?.objectValue.map { JSONValue.object($0) } ?? [:]
    let own: [JSONValue] = try neighbours.map {
      .object(["labelSelector": try JSONValue(encoding: $0), "topologyKey": "kubernetes.io/hostname"])
    }
    podAffinity[field] = .array((podAffinity[field]?.arrayValue ?? []) + own)
    affinity["podAffinity"] = podAffinity
    return affinity
  }
}
