import KubernetesModel

/// The documents that tell clients which resources there are
/// (https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api).
struct Discovery {
  let registry: ResourceRegistry

  static let version: JSONValue = [
    "major": "1", "minor": "37", "gitVersion": "v1.37.0-holdfast-sandbox", "gitCommit": "", "gitTreeState": "clean",
    "buildDate": "2026-01-01T00:00:00Z", "goVersion": "none", "compiler": "swift", "platform": "linux/amd64",
  ]

  /// `/api`
  func coreVersions(address: String) -> JSONValue {
    [
      "kind": "APIVersions", "versions": ["v1"],
      "serverAddressByClientCIDRs": [["clientCIDR": "0.0.0.0/0", "serverAddress": .string(address)]],
    ]
  }

  /// `/apis`
  func groupList() -> JSONValue {
    ["kind": "APIGroupList", "apiVersion": "v1", "groups": .array(groups().map { group($0.name, $0.versions) })]
  }

  /// `/apis/GROUP`
  func group(_ name: String) -> JSONValue? {
    guard let group = groups().first(where: { $0.name == name }) else { return nil }
    var document = self.group(group.name, group.versions)
    document["kind"] = "APIGroup"
    document["apiVersion"] = "v1"
    return document
  }

  private func groups() -> [(name: String, versions: [String])] { registry.groups().filter { !$0.name.isEmpty } }

  private func group(_ name: String, _ versions: [String]) -> JSONValue {
    let entries = versions.map { version -> JSONValue in
      ["groupVersion": .string("\(name)/\(version)"), "version": .string(version)]
    }
    return ["name": .string(name), "versions": .array(entries), "preferredVersion": entries.first ?? .null]
  }

  /// `/api/v1`, `/apis/GROUP/VERSION`
  func resourceList(group: String, version: String) -> JSONValue? {
    let resources = registry.all().filter { $0.type.group == group && $0.type.version == version }
    guard let first = resources.first else { return nil }
    return [
      "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(first.type.apiVersion),
      "resources": .array(resources.flatMap(entries)),
    ]
  }

  private func entries(_ resource: ServedResource) -> [JSONValue] {
    var entry: JSONValue = [
      "name": .string(resource.type.plural), "singularName": .string(resource.singular),
      "namespaced": .bool(resource.type.isNamespaced), "kind": .string(resource.type.kind),
      "verbs": .strings(resource.verbs), "storageVersionHash": "",
    ]
    if !resource.shortNames.isEmpty { entry["shortNames"] = .strings(resource.shortNames) }
    if !resource.categories.isEmpty { entry["categories"] = .strings(resource.categories) }
    return [entry]
      + resource.subresources.sorted(by: Self.precedes).map { name in
        let subresource = Self.subresource(name, of: resource)
        var entry: JSONValue = [
          "name": .string("\(resource.type.plural)/\(name)"), "singularName": "",
          "namespaced": .bool(resource.type.isNamespaced), "kind": .string(subresource.kind),
          "verbs": .strings(subresource.verbs),
        ]
        if subresource.group != resource.type.group || subresource.version != resource.type.version {
          entry["group"] = .string(subresource.group)
          entry["version"] = .string(subresource.version)
        }
        return entry
      }
  }

  /// `status` first, as custom resources have it.
  private static func precedes(_ left: String, _ right: String) -> Bool {
    (left == "status" ? 0 : 1, left) < (right == "status" ? 0 : 1, right)
  }

  private static func subresource(
    _ name: String, of resource: ServedResource
  ) -> (kind: String, group: String, version: String, verbs: [String]) {
    let change = ["get", "patch", "update"]
    switch name {
    case "scale": return ("Scale", "autoscaling", "v1", change)
    case "token": return ("TokenRequest", "authentication.k8s.io", "v1", ["create"])
    case "eviction": return ("Eviction", "policy", "v1", ["create"])
    case "log": return ("Pod", "", "v1", ["get"])
    case "finalize": return (resource.type.kind, "", "v1", ["update"])
    default: return (resource.type.kind, resource.type.group, resource.type.version, change)
    }
  }

  /// `/api` and `/apis` as `apidiscovery.k8s.io` APIGroupDiscoveryList: everything at once.
  func aggregated(isCore: Bool, version: String) -> JSONValue {
    let groups = registry.groups().filter { $0.name.isEmpty == isCore }
    return [
      "kind": "APIGroupDiscoveryList", "apiVersion": .string("apidiscovery.k8s.io/\(version)"), "metadata": [:],
      "items": .array(
        groups.map { group in
          [
            "metadata": group.name.isEmpty ? [:] : ["name": .string(group.name)],
            "versions": .array(group.versions.map { aggregated(group: group.name, version: $0) }),
          ]
        }),
    ]
  }

  private func aggregated(group: String, version: String) -> JSONValue {
    let resources = registry.all().filter { $0.type.group == group && $0.type.version == version }
    return [
      "version": .string(version), "freshness": "Current",
      "resources": .array(
        resources.map { resource in
          var entry: JSONValue = [
            "resource": .string(resource.type.plural), "responseKind": kind(group, version, resource.type.kind),
            "scope": resource.type.isNamespaced ? "Namespaced" : "Cluster",
            "singularResource": .string(resource.singular), "verbs": .strings(resource.verbs),
          ]
          if !resource.shortNames.isEmpty { entry["shortNames"] = .strings(resource.shortNames) }
          if !resource.categories.isEmpty { entry["categories"] = .strings(resource.categories) }
          if !resource.subresources.isEmpty {
            entry["subresources"] = .array(
              resource.subresources.sorted(by: Self.precedes).map { name in
                let subresource = Self.subresource(name, of: resource)
                return [
                  "subresource": .string(name), "verbs": .strings(subresource.verbs),
                  "responseKind": kind(subresource.group, subresource.version, subresource.kind),
                ]
              })
          }
          return entry
        }),
    ]
  }

  private func kind(_ group: String, _ version: String, _ kind: String) -> JSONValue {
    ["group": .string(group), "version": .string(version), "kind": .string(kind)]
  }
}

extension JSONValue {
  static func strings(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }
}
