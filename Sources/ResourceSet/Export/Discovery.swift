internal import KubernetesClient
internal import KubernetesModel

/// What an API server serves, as far as it can be listed.
struct Discovery: Sendable, Hashable {
  /// Each once for every version, a group's preferred versions first.
  var resources: [ResourceType] = []
  /// Groups whose server did not say what it has.
  var failures: [ResourceSetIndex.Failure] = []

  /// One version of each resource: the one asked for where it is served, else the first.
  func chosen(_ version: (ResourceType) -> String?) -> [ResourceType] {
    var chosen: [String: ResourceType] = [:]
    for resource in resources {
      let key = "\(resource.group)/\(resource.plural)"
      if chosen[key] == nil || version(resource) == resource.version { chosen[key] = resource }
    }
    return chosen.values.sorted { ($0.group, $0.plural) < ($1.group, $1.plural) }
  }

  /// - Throws: ``KubernetesError`` where not even the server's own groups can be read.
  static func read(_ client: KubernetesClient) async throws -> Discovery {
    if let aggregated = try await readAggregated(client) { return aggregated }
    return try await readOneByOne(client)
  }

  // MARK: Aggregated discovery: two requests
  // https://kubernetes.io/docs/reference/using-api/api-concepts/#aggregated-discovery

  private static let aggregatedTypes = ["v2", "v2beta1"].map {
    "application/json;g=apidiscovery.k8s.io;v=\($0);as=APIGroupDiscoveryList"
  }

  /// - Returns: nil where the server, or one in front of it, does not know it.
  private static func readAggregated(_ client: KubernetesClient) async throws -> Discovery? {
    var discovery = Discovery()
    for path in ["/api", "/apis"] {
      var request = try Request.raw(path: path)
      request.accept = (aggregatedTypes + ["application/json"]).joined(separator: ",")
      let answer = try await client.json(for: request)
      guard answer.kind == "APIGroupDiscoveryList" else { return nil }
      for group in answer["items"]?.arrayValue ?? [] { discovery.add(group) }
    }
    return discovery
  }

  private mutating func add(_ group: JSONValue) {
    let name = group.name ?? ""
    for version in group["versions"]?.arrayValue ?? [] {
      let resources = version["resources"]?.arrayValue ?? []
      let versionName = version["version"]?.stringValue ?? ""
      if version["freshness"]?.stringValue == "Stale", resources.isEmpty {
        fail(name, "ServiceUnavailable", "the server of \(name)/\(versionName) did not say what it serves")
      }
      for resource in resources {
        guard let plural = resource["resource"]?.stringValue,
          let kind = resource[path: "responseKind", "kind"]?.stringValue
        else { continue }
        add(
          ResourceType(
            group: name, version: versionName, kind: kind, plural: plural,
            isNamespaced: resource["scope"]?.stringValue == "Namespaced"), verbs: resource["verbs"])
      }
    }
  }

  // MARK: A request for each group and version

  private static func readOneByOne(_ client: KubernetesClient) async throws -> Discovery {
    var discovery = Discovery()
    let core = try await client.json(for: .raw(path: "/api"))
    for version in (core["versions"]?.arrayValue ?? []).compactMap(\.stringValue) {
      discovery.add(try await client.json(for: .raw(path: "/api/\(version)")), group: "", version: version)
    }
    for group in try await client.json(for: .raw(path: "/apis"))["groups"]?.arrayValue ?? [] {
      let name = group["name"]?.stringValue ?? ""
      for version in versions(of: group) {
        do {
          let list = try await client.json(for: .raw(path: "/apis/\(name)/\(version)"))
          discovery.add(list, group: name, version: version)
        } catch let error as KubernetesError where error.code != .connection && error.code != .unauthorized {
          discovery.fail(name, error.status?.reason ?? "\(error.code)", error.message)
        }
      }
    }
    return discovery
  }

  /// The preferred one first.
  private static func versions(of group: JSONValue) -> [String] {
    let all = (group["versions"]?.arrayValue ?? []).compactMap { $0["version"]?.stringValue }
    guard let preferred = group[path: "preferredVersion", "version"]?.stringValue, all.contains(preferred) else {
      return all
    }
    return [preferred] + all.filter { $0 != preferred }
  }

  private mutating func add(_ list: JSONValue, group: String, version: String) {
    for resource in list["resources"]?.arrayValue ?? [] {
      guard let plural = resource["name"]?.stringValue, let kind = resource["kind"]?.stringValue else { continue }
      add(
        ResourceType(
          group: group, version: version, kind: kind, plural: plural,
          isNamespaced: resource["namespaced"]?.boolValue ?? false), verbs: resource["verbs"])
    }
  }

  /// Subresources have a slash in their name.
  private mutating func add(_ resource: ResourceType, verbs: JSONValue?) {
    guard !resource.plural.contains("/"), verbs?.arrayValue?.contains("list") == true else { return }
    resources.append(resource)
  }

  private mutating func fail(_ group: String, _ reason: String, _ message: String) {
    failures.append(
      ResourceSetIndex.Failure(group: group, plural: nil, namespace: nil, reason: reason, message: message))
  }
}
