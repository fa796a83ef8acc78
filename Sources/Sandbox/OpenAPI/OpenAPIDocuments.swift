import Crypto
import KubernetesModel
import Synchronization

/// The OpenAPI v3 documents of an API server: an index, and one document for each group version, as `kubectl explain` and
/// the checks of `kubectl apply` and `kubectl create` read them
/// (https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3).
///
/// Made once for a set of resources; a change of the CustomResourceDefinitions needs a new one. Documents are built when
/// they are first asked for.
final class OpenAPIDocuments: Sendable {
  struct Resource: Sendable {
    var type: ResourceType
    /// Of the whole object.
    var schema: Schema
    /// `status`, `scale`.
    var subresources: Set<String>

    init(_ type: ResourceType, schema: Schema, subresources: Set<String> = []) {
      self.type = type
      self.schema = schema
      self.subresources = subresources
    }
  }

  /// By path, such as `apis/batch/v1`.
  private let resources: [String: [Resource]]
  private let documents = Mutex<[String: [UInt8]]>([:])

  init(resources: [Resource]) {
    self.resources = Dictionary(grouping: resources) { resource in
      resource.type.group.isEmpty ? "api/\(resource.type.version)" : "apis/\(resource.type.apiVersion)"
    }
  }

  /// The answer to `GET /openapi/v3`. The hashes change with the documents, since clients keep documents by their
  /// address.
  func index() -> JSONValue {
    var paths: [String: JSONValue] = [:]
    for path in resources.keys {
      let hash = SHA256.hash(data: document(path) ?? []).map { byte in
        let digits = String(byte, radix: 16, uppercase: true)
        return digits.count == 1 ? "0" + digits : digits
      }
      paths[path] = ["serverRelativeURL": .string("/openapi/v3/\(path)?hash=\(hash.joined())")]
    }
    return ["paths": .object(paths)]
  }

  /// The JSON text that answers `GET /openapi/v3/<path>`.
  /// - Parameter path: `api/v1`, `apis/batch/v1`; nil comes back where nothing is served there.
  func document(_ path: String) -> [UInt8]? {
    guard let resources = resources[path] else { return nil }
    if let known = documents.withLock({ $0[path] }) { return known }
    let bytes = JSONWriter.bytes(Self.document(of: resources))
    documents.withLock { $0[path] = bytes }
    return bytes
  }

  private static func document(of resources: [Resource]) -> JSONValue {
    var schemas = OpenAPISchemas()
    var paths: [String: JSONValue] = [:]
    for resource in resources {
      let component = schemas.add(resource.type, resource.schema)
      let own = OpenAPIPaths(resource: resource.type, subresources: resource.subresources, component: component)
      paths.merge(own.paths) { first, _ in first }
    }
    return [
      "openapi": "3.0.0", "info": ["title": "Kubernetes", "version": "unversioned"], "paths": .object(paths),
      "components": ["schemas": .object(schemas.components)],
    ]
  }
}
