import KubernetesClient
import KubernetesModel
import SnapshotSource

/// Reads the API for a capture, and gives its errors the source's form.
struct CertManagerReader: Sendable {
  let client: KubernetesClient

  /// - Throws: ``SnapshotSourceError``.
  func list(_ resource: ResourceType, in namespace: String?, selector: String? = nil) async throws -> [JSONValue] {
    var options = ListOptions()
    options.labelSelector = selector
    return try await mapping("list \(resource.plural)") {
      try await client.list(resource, namespace: namespace, options: options).items
    }
  }

  /// - Returns: nil where it does not exist.
  func get(_ resource: ResourceType, _ name: String, in namespace: String?) async throws -> JSONValue? {
    try await mapping("get \(resource.plural) \(namespace.map { "\($0)/" } ?? "")\(name)") {
      do {
        var object = try await client.get(resource, name: name, namespace: namespace)
        object["apiVersion"] = .string(resource.apiVersion)
        object["kind"] = .string(resource.kind)
        return object
      } catch let error as KubernetesError where error.code == .notFound {
        return nil
      }
    }
  }

  /// Where the API serves a kind, in its group's preferred version.
  ///
  /// - Returns: nil where it does not.
  func find(kind: String, in group: String) async throws -> ResourceType? {
    try await mapping("discover \(kind) of \(group)") {
      do {
        let versions = try await client.json(for: .raw(path: "/apis/\(group)"))
        guard let version = versions[path: "preferredVersion", "version"]?.stringValue else { return nil }
        let resources = try await client.json(for: .raw(path: "/apis/\(group)/\(version)"))["resources"]
        let found = resources?.arrayValue?.first {
          $0["kind"]?.stringValue == kind && $0["name"]?.stringValue?.contains("/") == false
        }
        guard let found, let plural = found["name"]?.stringValue else { return nil }
        return ResourceType(
          group: group, version: version, kind: kind, plural: plural,
          isNamespaced: found["namespaced"]?.boolValue ?? true)
      } catch let error as KubernetesError where error.code == .notFound {
        return nil
      }
    }
  }

  private func mapping<Value>(_ operation: String, _ body: () async throws -> Value) async throws -> Value {
    do {
      return try await body()
    } catch let error as KubernetesError {
      switch error.code {
      case .forbidden, .unauthorized:
        throw SnapshotSourceError(
          .unauthorized, operation: operation,
          message: "the executor's ServiceAccount may not do this: \(error.message)", cause: error)
      case .notFound:
        throw SnapshotSourceError(
          .configuration, operation: operation,
          message:
            "the API server does not serve this; install cert-manager's or trust-manager's CRDs, or leave it out",
          cause: error)
      default:
        throw SnapshotSourceError(.unreachable, operation: operation, message: error.message, cause: error)
      }
    }
  }
}
