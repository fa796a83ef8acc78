public import KubernetesModel

/// Objects of a known type.
///
/// Writing a typed object drops fields that the type does not have. Update only types that model all of the object, and
/// patch or apply the others.
extension KubernetesClient {
  public func get<Object: KubernetesObject>(
    _ type: Object.Type, name: String, namespace: String? = nil, subresource: Subresource? = nil
  ) async throws -> Object {
    let json = try await get(Object.resource, name: name, namespace: namespace, subresource: subresource)
    return try typed(json, operation: "get \(Object.resource.plural) \(json.key)")
  }

  /// All objects; one that cannot be read does not end the list. See ``list(_:namespace:options:)-(ResourceType,_,_)``.
  /// - Parameter namespace: nil means all.
  public func list<Object: KubernetesObject>(
    _ type: Object.Type, namespace: String? = nil, options: ListOptions = ListOptions()
  ) async throws -> ObjectList<Decoded<Object>> {
    let list = try await list(Object.resource, namespace: namespace, options: options)
    return ObjectList(metadata: list.metadata, items: list.items.map { Decoded($0) })
  }

  @discardableResult
  public func create<Object: KubernetesObject>(_ object: Object, options: WriteOptions = WriteOptions()) async throws
    -> Object
  {
    let operation = "create \(Object.resource.plural) \(object.key)"
    let json = try await create(Object.resource, untyped(object, operation: operation), options: options)
    return try typed(json, operation: operation)
  }

  /// Replaces an object. With a `resourceVersion` in its metadata, a change in between gives `conflict`.
  @discardableResult
  public func update<Object: KubernetesObject>(
    _ object: Object, subresource: Subresource? = nil, options: WriteOptions = WriteOptions()
  ) async throws -> Object {
    let operation = "update \(Object.resource.plural) \(object.key)"
    let json = try await update(
      Object.resource, untyped(object, operation: operation), subresource: subresource, options: options)
    return try typed(json, operation: operation)
  }

  /// Replaces the status alone.
  @discardableResult
  public func updateStatus<Object: KubernetesObject>(_ object: Object) async throws -> Object {
    try await update(object, subresource: .status)
  }

  @discardableResult
  public func patch<Object: KubernetesObject>(
    _ type: Object.Type, name: String, namespace: String? = nil, _ patch: Patch, subresource: Subresource? = nil,
    options: WriteOptions = WriteOptions()
  ) async throws -> Object {
    let json = try await self.patch(
      Object.resource, name: name, namespace: namespace, patch, subresource: subresource, options: options)
    return try typed(json, operation: "patch \(Object.resource.plural) \(json.key)")
  }

  /// Server-side apply of the fields that are set in `object`; creates it where it is missing.
  ///
  /// `managedFields`, `resourceVersion`, `uid` and what else only the server writes should not be set.
  @discardableResult
  public func apply<Object: KubernetesObject>(
    _ object: Object, fieldManager: String, force: Bool = false, subresource: Subresource? = nil,
    options: WriteOptions = WriteOptions()
  ) async throws -> Object {
    let operation = "apply \(Object.resource.plural) \(object.key)"
    let json = try await apply(
      Object.resource, untyped(object, operation: operation), fieldManager: fieldManager, force: force,
      subresource: subresource, options: options)
    return try typed(json, operation: operation)
  }

  @discardableResult
  public func delete<Object: KubernetesObject>(
    _ type: Object.Type, name: String, namespace: String? = nil, options: DeleteOptions = DeleteOptions()
  ) async throws -> JSONValue {
    try await delete(Object.resource, name: name, namespace: namespace, options: options)
  }

  public func scale(_ resource: ResourceType, name: String, namespace: String? = nil) async throws -> Scale {
    try decode(
      await get(resource, name: name, namespace: namespace, subresource: .scale),
      operation: "get \(resource.plural) \(name)/scale")
  }

  @discardableResult
  public func scale(_ resource: ResourceType, name: String, namespace: String? = nil, to replicas: Int32) async throws
    -> Scale
  {
    try decode(
      await patch(
        resource, name: name, namespace: namespace, .merge(["spec": ["replicas": .integer(Int64(replicas))]]),
        subresource: .scale), operation: "patch \(resource.plural) \(name)/scale")
  }

  private func typed<Object: KubernetesObject>(_ json: JSONValue, operation: String) throws -> Object {
    do { return try Object(json: json) } catch { throw KubernetesError.decoding(error, operation: operation) }
  }

  private func untyped(_ object: some KubernetesObject, operation: String) throws -> JSONValue {
    do {
      return try JSONValue(encoding: object)
    } catch {
      throw KubernetesError(
        code: .invalidArgument, operation: operation, message: "the object cannot be written as JSON: \(error)",
        cause: error)
    }
  }
}
