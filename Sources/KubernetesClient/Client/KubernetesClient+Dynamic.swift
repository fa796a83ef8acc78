public import KubernetesModel

/// Objects whose type is not known at build time.
extension KubernetesClient {
  public func get(
    _ resource: ResourceType, name: String, namespace: String? = nil, subresource: Subresource? = nil
  ) async throws -> JSONValue {
    try await json(
      for: .get(
        resource, name: name, namespace: self.namespace(namespace, for: resource), subresource: subresource))
  }

  /// All objects, read in pages of `options.limit` (500 where nil). Where the list changed so much while it was read that
  /// the server gives up (410), it starts over, and the third time reads everything at once.
  /// - Parameter namespace: nil means all.
  public func list(
    _ resource: ResourceType, namespace: String? = nil, options: ListOptions = ListOptions()
  ) async throws -> ObjectList<JSONValue> {
    for limit in [options.limit ?? 500, options.limit ?? 500, nil] {
      do {
        var options = options
        options.limit = limit
        return try await pages(resource, namespace: namespace, options: options)
      } catch let error as KubernetesError where error.code == .gone && limit != nil {
        continue
      }
    }
    // The last round of the loop returns or throws.
    throw KubernetesError(code: .gone, operation: "list \(resource.plural)", message: "the list changed too fast")
  }

  private func pages(
    _ resource: ResourceType, namespace: String?, options: ListOptions
  ) async throws -> ObjectList<JSONValue> {
    var options = options
    var list = ObjectList<JSONValue>()
    repeat {
      let page = try await listPage(resource, namespace: namespace, options: options)
      list.items += page.items
      list.metadata = page.metadata
      options.continueToken = page.metadata.continue
      // A continue token carries the version; naming one as well is an error.
      options.resourceVersion = nil
      options.resourceVersionMatch = nil
    } while !(options.continueToken ?? "").isEmpty
    return list
  }

  /// One page of a list.
  public func listPage(
    _ resource: ResourceType, namespace: String? = nil, options: ListOptions = ListOptions()
  ) async throws -> ObjectList<JSONValue> {
    let request = try Request.list(
      resource, namespace: resource.isNamespaced ? namespace : nil, options: options)
    let json = try await json(for: request)
    guard case .array(let items)? = json["items"] ?? .array([]) else {
      // Go writes an empty slice as null.
      guard json["items"] == .null else {
        throw KubernetesError(code: .decoding, operation: request.operation, message: "the answer is not a list")
      }
      return ObjectList(metadata: try decode(json["metadata"] ?? [:], operation: request.operation))
    }
    let filled = items.map { item in
      var item = item
      // Items of built-in lists lack both, since the list says them.
      if case .object = item {
        if item["apiVersion"] == nil { item["apiVersion"] = .string(resource.apiVersion) }
        if item["kind"] == nil { item["kind"] = .string(resource.kind) }
      }
      return item
    }
    return ObjectList(metadata: try decode(json["metadata"] ?? [:], operation: request.operation), items: filled)
  }

  /// Stores a new object; its namespace is `namespace`, its own, or the default one.
  @discardableResult
  public func create(
    _ resource: ResourceType, _ object: JSONValue, namespace: String? = nil, options: WriteOptions = WriteOptions()
  ) async throws -> JSONValue {
    try await json(
      for: .create(
        resource, object, namespace: self.namespace(namespace ?? object.namespace, for: resource), options: options))
  }

  /// Replaces an object. With a `resourceVersion` in its metadata, a change in between gives `conflict`.
  @discardableResult
  public func update(
    _ resource: ResourceType, _ object: JSONValue, subresource: Subresource? = nil,
    options: WriteOptions = WriteOptions()
  ) async throws -> JSONValue {
    try await json(
      for: .replace(
        resource, object, name: object.name ?? "", namespace: namespace(object.namespace, for: resource),
        subresource: subresource, options: options))
  }

  @discardableResult
  public func patch(
    _ resource: ResourceType, name: String, namespace: String? = nil, _ patch: Patch, subresource: Subresource? = nil,
    options: WriteOptions = WriteOptions()
  ) async throws -> JSONValue {
    try await json(
      for: .patch(
        resource, patch, name: name, namespace: self.namespace(namespace, for: resource), subresource: subresource,
        options: options))
  }

  /// Server-side apply of what `object` holds; creates it where it is missing.
  @discardableResult
  public func apply(
    _ resource: ResourceType, _ object: JSONValue, fieldManager: String, force: Bool = false,
    subresource: Subresource? = nil, options: WriteOptions = WriteOptions()
  ) async throws -> JSONValue {
    try await patch(
      resource, name: object.name ?? "", namespace: object.namespace,
      .apply(object, fieldManager: fieldManager, force: force), subresource: subresource, options: options)
  }

  /// Asks for an object's deletion. It may live on until its finalizers are gone.
  /// - Returns: The object as it is now, or a `Status` where it is gone already.
  @discardableResult
  public func delete(
    _ resource: ResourceType, name: String, namespace: String? = nil, options: DeleteOptions = DeleteOptions()
  ) async throws -> JSONValue {
    try await json(
      for: .delete(resource, name: name, namespace: self.namespace(namespace, for: resource), options: options))
  }
}
