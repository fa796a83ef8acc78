import KubernetesModel

/// The controllers' way to the API server.
struct InProcessAccess: ClusterAccess {
  let server: APIServer

  private var options: WriteOptions {
    WriteOptions(fieldManager: "kube-controller-manager", fieldValidation: .ignore, caller: .controller())
  }

  func get(_ resource: ResourceType, namespace: String?, name: String) async throws(APIError) -> JSONValue {
    try server.get(try server.served(resource), namespace: namespace, name: name)
  }

  func list(_ resource: ResourceType, namespace: String?) async throws(APIError) -> [JSONValue] {
    try server.list(try server.served(resource), namespace: namespace, options: ListOptions()).items
  }

  func create(_ resource: ResourceType, namespace: String?, object: JSONValue) async throws(APIError) -> JSONValue {
    var object = object
    object["apiVersion"] = .string(resource.apiVersion)
    object["kind"] = .string(resource.kind)
    return try server.create(try server.served(resource), namespace: namespace, object: object, options: options).object
  }

  func update(
    _ resource: ResourceType, namespace: String?, object: JSONValue, subresource: String?
  ) async throws(APIError) -> JSONValue {
    try server.update(
      try server.served(resource), namespace: namespace, name: object.objectName, object: object,
      subresource: subresource, options: options
    ).object
  }

  func mergePatch(
    _ resource: ResourceType, namespace: String?, name: String, patch: JSONValue, subresource: String?
  ) async throws(APIError) -> JSONValue {
    try server.patch(
      try server.served(resource), namespace: namespace, name: name, subresource: subresource, options: options
    ) { current throws(APIError) in Patching.mergePatch(patch, on: current) }.object
  }

  func delete(
    _ resource: ResourceType, namespace: String?, name: String, uid: String?, propagation: DeletionPropagation?,
    gracePeriodSeconds: Int?
  ) async throws(APIError) {
    _ = try server.delete(
      try server.served(resource), namespace: namespace, name: name,
      options: DeleteOptions(uid: uid, propagation: propagation, gracePeriodSeconds: gracePeriodSeconds))
  }

  func watch(_ resource: ResourceType) -> AsyncStream<(type: String, object: JSONValue)> {
    guard let served = server.registry.find(resource) else { return AsyncStream { nil } }
    // Only a revision that is compacted makes this fail, and none is given.
    let changes = try? server.store.watch(served.collection, after: nil) {
      event -> (type: String, object: JSONValue)? in
      event.kind == .bookmark ? nil : (type: event.kind.rawValue, object: served.fromStorage(event.object))
    }
    return changes?.stream ?? AsyncStream { nil }
  }

  func resources() async -> [ResourceType] {
    var seen: Set<CollectionKey> = []
    return server.registry.all().filter { !$0.isReview && seen.insert($0.collection).inserted }.map(\.type)
  }
}
