import KubernetesModel

extension APIServer {
  /// Server-side apply: a PATCH that may create
  /// (https://kubernetes.io/docs/reference/using-api/server-side-apply/).
  func apply(
    _ resource: ServedResource, namespace: String?, name: String, patch: JSONValue, subresource: String?,
    options: WriteOptions, duplicates: [String]
  ) throws(APIError) -> WriteResult {
    if let subresource, subresource != "status" {
      throw .notImplemented("server-side apply of \(resource.type.plural)/\(subresource)")
    }
    try checkApplied(patch, resource, namespace: namespace, name: name)
    // Another client may create or delete the object between the look and the write; a few rounds settle that.
    for _ in 0..<10 {
      do throws(APIError) {
        if store.get(resource.collection, storedKey(resource, namespace, name)) == nil, subresource == nil {
          var new = try merged(patch, on: nil, resource, subresource: nil, options: options)
          new["metadata", default: [:]]["name"] = .string(name)
          return try create(
            resource, namespace: namespace, object: new, options: options, duplicates: duplicates,
            tracksManagedFields: false)
        }
        return try applyToExisting(
          resource, namespace: namespace, name: name, patch: patch, subresource: subresource, options: options,
          duplicates: duplicates)
      } catch {
        if error.reason == .alreadyExists || (error.reason == .notFound && subresource == nil && error.name == name) {
          continue
        }
        throw error
      }
    }
    throw .modified(resource.type, name: name)
  }

  private func checkApplied(
    _ patch: JSONValue, _ resource: ServedResource, namespace: String?, name: String
  ) throws(APIError) {
    guard case .object = patch else { throw .badRequest("error decoding YAML: the applied configuration is no object") }
    guard patch.apiVersion == resource.type.apiVersion, patch.kind == resource.type.kind else {
      throw .badRequest(
        "the applied configuration must have apiVersion \(resource.type.apiVersion) and kind \(resource.type.kind)")
    }
    if let own = patch.name, own != name {
      throw .badRequest("the name of the object (\(own)) does not match the name on the URL (\(name))")
    }
    if let own = patch.namespace, !own.isEmpty, own != namespace {
      throw .badRequest(
        "the namespace of the object (\(own)) does not match the namespace on the URL (\(namespace ?? ""))")
    }
  }

  private func applyToExisting(
    _ resource: ServedResource, namespace: String?, name: String, patch: JSONValue, subresource: String?,
    options: WriteOptions, duplicates: [String]
  ) throws(APIError) -> WriteResult {
    var warnings: [String] = []
    var result = try modify(
      resource, namespace: namespace, name: name, subresource: subresource, options: options, tracksManagedFields: false
    ) { current throws(APIError) in
      let merged = try merged(patch, on: current, resource, subresource: subresource, options: options)
      let decoded = try decode(merged, resource, options: options, duplicates: duplicates)
      warnings = decoded.warnings
      return decoded.object
    }
    result.warnings += warnings
    return result
  }

  private func merged(
    _ patch: JSONValue, on live: JSONValue?, _ resource: ServedResource, subresource: String?, options: WriteOptions
  ) throws(APIError) -> JSONValue {
    try ServerSideApply.apply(
      patch, on: live, manager: options.fieldManager, force: options.force, schema: resource.schema,
      apiVersion: resource.type.apiVersion, subresource: subresource, hasStatusSubresource: resource.hasStatus,
      now: clock())
  }
}
