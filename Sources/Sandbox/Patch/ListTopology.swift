import KubernetesModel

/// How a list in an API object is merged.
enum ListTopology: Sendable, Equatable {
  /// Replaced as a whole.
  case atomic
  /// A set of scalars.
  case set
  /// Objects told apart by these members.
  case map(keys: [String])
}

/// How the lists and maps of one kind are merged: from the tags in the API's types for built-ins
/// (`patchMergeKey`, `listType`, `listMapKey`, `mapType`), from the schema for custom resources.
protocol Topology: Sendable {
  /// - Parameter path: Member names from the object's root; items of lists are skipped over, so that
  ///   `spec.template.spec.containers.env` is the path of every container's `env`.
  func list(at path: [String]) -> ListTopology
  /// The object at `path` is owned and replaced as a whole.
  func isAtomicMap(at path: [String]) -> Bool
}

/// The built-in kinds, as far as the sandbox serves them. From the field tags of k8s.io/api.
struct BuiltInTopology: Topology {
  let resource: ResourceType

  private static let inPodSpec: [String: ListTopology] = [
    "containers": .map(keys: ["name"]), "initContainers": .map(keys: ["name"]),
    "ephemeralContainers": .map(keys: ["name"]), "volumes": .map(keys: ["name"]),
    "imagePullSecrets": .map(keys: ["name"]), "hostAliases": .map(keys: ["ip"]),
    "topologySpreadConstraints": .map(keys: ["topologyKey", "whenUnsatisfiable"]),
    "schedulingGates": .map(keys: ["name"]), "resourceClaims": .map(keys: ["name"]),
  ]
  private static let inContainer: [String: ListTopology] = [
    "env": .map(keys: ["name"]), "ports": .map(keys: ["containerPort", "protocol"]),
    "volumeMounts": .map(keys: ["mountPath"]), "volumeDevices": .map(keys: ["devicePath"]),
  ]
  private static let byName: [String: ListTopology] = [
    "ownerReferences": .map(keys: ["uid"]), "finalizers": .set, "conditions": .map(keys: ["type"]),
  ]

  func list(at path: [String]) -> ListTopology {
    guard let last = path.last else { return .atomic }
    let parent = path.dropLast().last ?? ""
    if path.first == "metadata" { return Self.byName[last] ?? .atomic }
    if let topology = Self.inContainer[last],
      ["containers", "initContainers", "ephemeralContainers"].contains(parent)
    {
      return topology
    }
    if parent == "spec", resource.hasPodSpec(at: Array(path.dropLast())), let topology = Self.inPodSpec[last] {
      return topology
    }
    switch (resource.kind, path) {
    case ("ServiceAccount", ["secrets"]): return .map(keys: ["name"])
    case ("Service", ["spec", "ports"]): return .map(keys: ["port", "protocol"])
    case (_, ["status", "conditions"]): return Self.byName[last] ?? .atomic
    case (_, ["status", "containerStatuses"]), (_, ["status", "initContainerStatuses"]): return .atomic
    case ("Pod", ["status", "podIPs"]): return .map(keys: ["ip"])
    case ("ValidatingAdmissionPolicy", ["spec", "matchConditions"]): return .map(keys: ["name"])
    default: return .atomic
    }
  }

  func isAtomicMap(at path: [String]) -> Bool {
    // Selectors and references are `+structType=atomic` or `+mapType=atomic` in k8s.io/api.
    let atomic: Set<String> = [
      "selector", "labelSelector", "namespaceSelector", "fieldRef", "resourceFieldRef", "secretKeyRef",
      "configMapKeyRef", "roleRef", "involvedObject", "nodeSelectorTerms",
    ]
    return path.last.map { atomic.contains($0) } ?? false
      && !(resource.kind == "Service" && path == ["spec", "selector"])
  }
}

extension ResourceType {
  /// `path` leads to a `PodSpec` of this kind.
  fileprivate func hasPodSpec(at path: [String]) -> Bool {
    switch kind {
    case "Pod": path == ["spec"]
    case "Job", "Deployment", "StatefulSet": path == ["spec", "template", "spec"]
    case "CronJob": path == ["spec", "jobTemplate", "spec", "template", "spec"]
    default: false
    }
  }
}

/// A custom resource, from its structural schema.
struct SchemaTopology: Topology {
  /// The version's `openAPIV3Schema`.
  let schema: JSONValue

  func list(at path: [String]) -> ListTopology {
    if path.first == "metadata" { return BuiltInTopology(resource: .configMaps).list(at: path) }
    guard let node = node(at: path) else { return .atomic }
    switch node["x-kubernetes-list-type"]?.stringValue {
    case "map": return .map(keys: node["x-kubernetes-list-map-keys"]?.arrayValue?.compactMap(\.stringValue) ?? [])
    case "set": return .set
    default: return .atomic
    }
  }

  func isAtomicMap(at path: [String]) -> Bool { node(at: path)?["x-kubernetes-map-type"]?.stringValue == "atomic" }

  private func node(at path: [String]) -> JSONValue? {
    var node: JSONValue? = schema
    for member in path {
      if let items = node?["items"] { node = items }
      node = node?["properties"]?[member] ?? node?["additionalProperties"]
    }
    return node
  }
}
