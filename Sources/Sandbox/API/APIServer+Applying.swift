import KubernetesModel

extension APIServer {
  /// Server-side apply: a PATCH that may create.
  func apply(
    _ resource: ServedResource, namespace: String?, name: String, patch: JSONValue, subresource: String?,
    options: WriteOptions, duplicates: [String]
  ) throws(APIError) -> WriteResult {
    throw .notImplemented("server-side apply")
  }
}
