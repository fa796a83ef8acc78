import KubernetesModel

/// The `paths` of a resource: from them kubectl learns which kind a resource has and which query parameters a verb
/// takes.
struct OpenAPIPaths {
  let resource: ResourceType
  /// `status`, `scale`.
  let subresources: Set<String>
  /// The component of the kind's schema.
  let component: String

  private enum Verb: String {
    case list, read, create, replace, patch, delete

    var method: String {
      switch self {
      case .list, .read: "get"
      case .create: "post"
      case .replace: "put"
      case .patch: "patch"
      case .delete: "delete"
      }
    }

    /// `x-kubernetes-action`.
    var action: String {
      switch self {
      case .list: "list"
      case .read: "get"
      case .create: "post"
      case .replace: "put"
      case .patch: "patch"
      case .delete: "delete"
      }
    }
  }

  var paths: [String: JSONValue] {
    let root = resource.group.isEmpty ? "/api/v1" : "/apis/\(resource.apiVersion)"
    let collection = (resource.isNamespaced ? "\(root)/namespaces/{namespace}" : root) + "/\(resource.plural)"
    var paths = [
      collection: item([.list, .create], parameters: resource.isNamespaced ? ["namespace"] : []),
      "\(collection)/{name}": item([.read, .replace, .patch, .delete], parameters: pathParameters),
    ]
    if resource.isNamespaced {
      paths["\(root)/\(resource.plural)"] = item([.list], parameters: [], scope: "ForAllNamespaces")
    }
    if subresources.contains("status") {
      paths["\(collection)/{name}/status"] = item(
        [.read, .replace, .patch], parameters: pathParameters, scope: "Status")
    }
    return paths
  }

  private var pathParameters: [String] { resource.isNamespaced ? ["name", "namespace"] : ["name"] }

  private func item(_ verbs: [Verb], parameters: [String], scope: String = "") -> JSONValue {
    var item: [String: JSONValue] = [:]
    for verb in verbs { item[verb.method] = operation(verb, scope: scope) }
    if !parameters.isEmpty {
      item["parameters"] = .array(
        parameters.map { ["name": .string($0), "in": "path", "required": true, "schema": ["type": "string"]] })
    }
    return .object(item)
  }

  private func operation(_ verb: Verb, scope: String) -> JSONValue {
    let schema: JSONValue = ["$ref": .string("#/components/schemas/\(component)")]
    var operation: JSONValue = [
      "operationId": .string(operationID(verb, scope: scope)),
      "parameters": .array(
        queryParameters(verb).map { name, type in
          ["name": .string(name), "in": "query", "schema": ["type": .string(type), "uniqueItems": true]]
        }),
      "responses": ["200": ["description": "OK"]],
      "x-kubernetes-action": .string(verb.action),
      "x-kubernetes-group-version-kind": resource.groupVersionKind,
    ]
    switch verb {
    case .list, .delete: break
    case .read:
      operation["responses"] = ["200": ["description": "OK", "content": ["application/json": ["schema": schema]]]]
    case .create, .replace:
      operation["requestBody"] = ["required": true, "content": ["*/*": ["schema": schema]]]
    case .patch:
      let body: JSONValue = ["schema": ["type": "object"]]
      operation["requestBody"] = ["required": true, "content": .object(patchTypes.reduce(into: [:]) { $0[$1] = body })]
    }
    return operation
  }

  private var patchTypes: [String] {
    let types = ["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"]
    // Only kinds with Go types know strategic merges.
    return component.hasPrefix("io.k8s.") ? types + ["application/strategic-merge-patch+json"] : types
  }

  private func queryParameters(_ verb: Verb) -> [(name: String, type: String)] {
    let write = [("dryRun", "string"), ("fieldManager", "string"), ("fieldValidation", "string")]
    switch verb {
    case .read: return []
    case .create, .replace: return write
    case .patch: return write + [("force", "boolean")]
    case .delete: return [("dryRun", "string"), ("gracePeriodSeconds", "integer"), ("propagationPolicy", "string")]
    case .list:
      return [
        ("allowWatchBookmarks", "boolean"), ("continue", "string"), ("fieldSelector", "string"),
        ("labelSelector", "string"), ("limit", "integer"), ("resourceVersion", "string"),
        ("resourceVersionMatch", "string"), ("sendInitialEvents", "boolean"), ("timeoutSeconds", "integer"),
        ("watch", "boolean"),
      ]
    }
  }

  /// For example `readBatchV1NamespacedCronJob`.
  private func operationID(_ verb: Verb, scope: String) -> String {
    let group = resource.group.isEmpty ? "Core" : resource.group.split(separator: ".").map(\.capitalizedFirst).joined()
    let namespaced = resource.isNamespaced && scope != "ForAllNamespaces" ? "Namespaced" : ""
    return verb.rawValue + group + resource.version.capitalizedFirst + namespaced + resource.kind + scope
  }
}

extension StringProtocol {
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
