import KubernetesModel

extension APIServer {
  /// The `scale` subresource: `autoscaling/v1` Scale.
  func scale(_ resource: ServedResource, namespace: String?, name: String) throws(APIError) -> JSONValue {
    let object = try get(resource, namespace: namespace, name: name)
    return try scale(of: object, resource)
  }

  func updateScale(
    _ resource: ServedResource, namespace: String?, name: String, options: WriteOptions,
    change: (JSONValue) throws(APIError) -> JSONValue
  ) throws(APIError) -> WriteResult {
    let paths = try scalePaths(resource)
    var result = try modify(resource, namespace: namespace, name: name, subresource: nil, options: options) {
      object throws(APIError) in
      let wanted = try change(try scale(of: object, resource))
      guard let replicas = wanted["spec"]?["replicas"]?.integerValue ?? Optional(0), replicas >= 0 else {
        if resource.custom != nil {
          throw .invalid(
            resource.type, name: name,
            causes: [
              .invalid(
                FieldPath("." + paths.replicas.joined(separator: ".")), wanted["spec"]?["replicas"],
                "should be a non-negative integer")
            ])
        }
        throw .invalid(
          ResourceType(group: "autoscaling", version: "v1", kind: "Scale", plural: "scales"), name: name,
          causes: [
            .invalid(FieldPath("spec.replicas"), wanted["spec"]?["replicas"], "must be greater than or equal to 0")
          ])
      }
      var object = object
      object.set(.integer(replicas), at: paths.replicas[...])
      if let version = wanted.resourceVersion, !version.isEmpty {
        object["metadata", default: [:]]["resourceVersion"] = .string(version)
      }
      return object
    }
    result.object = try scale(of: result.object, resource)
    return result
  }

  private func scale(of object: JSONValue, _ resource: ServedResource) throws(APIError) -> JSONValue {
    let paths = try scalePaths(resource)
    var metadata: JSONValue = [:]
    for member in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
      metadata[member] = object["metadata"]?[member]
    }
    var status: JSONValue = ["replicas": object.value(at: paths.statusReplicas) ?? 0]
    if let path = paths.selector, let selector = object.value(at: path) {
      let text =
        selector.stringValue
        ?? (try? selector.decoded(as: LabelSelector.self)).flatMap { try? $0.selectorString() } ?? ""
      status["selector"] = .string(text)
    }
    return [
      "apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": metadata,
      "spec": ["replicas": object.value(at: paths.replicas) ?? 0], "status": status,
    ]
  }

  private func scalePaths(_ resource: ServedResource) throws(APIError) -> ServedResource.ScalePaths {
    if let paths = resource.custom?.scale { return paths }
    guard resource.subresources.contains("scale") else {
      throw APIError(code: 404, reason: .notFound, message: "the server could not find the requested resource")
    }
    return ServedResource.ScalePaths(
      replicas: ["spec", "replicas"], statusReplicas: ["status", "replicas"], selector: ["spec", "selector"])
  }
}

extension JSONValue {
  func value(at path: [String]) -> JSONValue? {
    var current: JSONValue? = self
    for name in path { current = current?[name] }
    return current
  }

  mutating func set(_ value: JSONValue, at path: ArraySlice<String>) {
    guard let name = path.first else {
      self = value
      return
    }
    self[name, default: [:]].set(value, at: path.dropFirst())
  }
}
