internal import KubernetesClient
internal import KubernetesModel

/// What the server serves, asked for once for each group and version.
actor ServedResources {
  private let client: KubernetesClient
  private var known: [String: [ResourceType]] = [:]

  init(client: KubernetesClient) { self.client = client }

  /// After definitions were created.
  func forget() { known = [:] }

  func serves(_ resource: ResourceType) async throws -> Bool {
    try await resources(resource.apiVersion).contains {
      $0.plural == resource.plural && $0.isNamespaced == resource.isNamespaced
    }
  }

  func resource(apiVersion: String, kind: String) async throws -> ResourceType? {
    try await resources(apiVersion).first { $0.kind == kind }
  }

  /// Empty where the server does not know the version.
  private func resources(_ apiVersion: String) async throws -> [ResourceType] {
    if let known = known[apiVersion] { return known }
    let path = apiVersion.contains("/") ? "/apis/\(apiVersion)" : "/api/\(apiVersion)"
    let list = try await absentIfNotFound { try await client.json(for: .raw(path: path)) }
    let parts = apiVersion.split(separator: "/").map(String.init)
    let found = (list?["resources"]?.arrayValue ?? []).compactMap { entry -> ResourceType? in
      guard let plural = entry["name"]?.stringValue, !plural.contains("/"), let kind = entry["kind"]?.stringValue else {
        return nil
      }
      return ResourceType(
        group: parts.count == 2 ? parts[0] : "", version: parts.last ?? "", kind: kind, plural: plural,
        isNamespaced: entry["namespaced"]?.boolValue ?? false)
    }
    known[apiVersion] = found
    return found
  }
}
