internal import HoldfastAPI
internal import KubernetesModel

/// Puts a pod beside others, besides what the policy itself asks for.
enum ExecutorAffinity {
  /// The policy's affinity, on one node. Terms are alternatives, so that each gets the node.
  static func merged(_ given: JSONValue?, node: String) -> JSONValue {
    let field: JSONValue = ["key": "metadata.name", "operator": "In", "values": [.string(node)]]
    var affinity = given?.objectValue.map { JSONValue.object($0) } ?? [:]
    var nodeAffinity = affinity["nodeAffinity"]?.objectValue.map { JSONValue.object($0) } ?? [:]
    let required = "requiredDuringSchedulingIgnoredDuringExecution"
    let terms = nodeAffinity[path: required, "nodeSelectorTerms"]?.arrayValue ?? []
    nodeAffinity[required] = [
      "nodeSelectorTerms": .array(
        (terms.isEmpty ? [[:]] : terms).map { term in
          var term = term
          term["matchFields"] = .array((term["matchFields"]?.arrayValue ?? []) + [field])
          return term
        })
    ]
    affinity["nodeAffinity"] = nodeAffinity
    return affinity
  }

  /// The policy's affinity with one more term for each neighbour. Required terms all have to hold, so that nothing of the
  /// policy's own is weakened.
  ///
  /// - Parameter isRequired: Where the neighbours may not be there at all, a pod that requires them could never run.
  static func merged(_ given: JSONValue?, neighbours: [LabelSelector], isRequired: Bool = true) throws -> JSONValue? {
    guard !neighbours.isEmpty else { return given }
    let field =
      isRequired
      ? "requiredDuringSchedulingIgnoredDuringExecution" : "preferredDuringSchedulingIgnoredDuringExecution"
    var affinity = given?.objectValue.map { JSONValue.object($0) } ?? [:]
    var podAffinity = affinity["podAffinity"]?.objectValue.map { JSONValue.object($0) } ?? [:]
    let own: [JSONValue] = try neighbours.map {
      let term: JSONValue = ["labelSelector": try JSONValue(encoding: $0), "topologyKey": "kubernetes.io/hostname"]
      return isRequired ? term : ["weight": 100, "podAffinityTerm": term]
    }
    podAffinity[field] = .array((podAffinity[field]?.arrayValue ?? []) + own)
    affinity["podAffinity"] = podAffinity
    return affinity
  }
}
