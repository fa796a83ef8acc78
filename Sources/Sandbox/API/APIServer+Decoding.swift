import KubernetesModel

extension APIServer {
  /// Reads an object of a request: checks its type, drops what the kind does not have and fills in schema defaults.
  /// - Returns: The object and the warnings about what was dropped.
  /// - Throws: `BadRequest` where the object is of another kind, a value of a wrong type or, with strict field
  ///   validation, a field is unknown or occurs twice.
  func decode(
    _ object: JSONValue, _ resource: ServedResource, options: WriteOptions, duplicates: [String]
  ) throws(APIError) -> (object: JSONValue, warnings: [String]) {
    guard case .object = object else {
      throw .badRequest("the object provided is unrecognized (must be of type \(resource.type.kind))")
    }
    try checkType(object, resource)
    var unknown: [String] = []
    var decoded: JSONValue
    do throws(BuiltInDecoder.TypeMismatch) {
      if resource.custom == nil {
        var decoder = BuiltInDecoder(kind: resource.type.kind)
        decoded = try decoder.decode(object, resource.schema)
        unknown = decoder.unknown
      } else {
        decoded = try prune(object, resource, &unknown)
      }
    } catch {
      throw cannotHandle(resource, error.message)
    }
    let problems = duplicates.map { "duplicate field \"\($0)\"" } + unknown.map { "unknown field \"\($0)\"" }
    if options.fieldValidation == .strict, !problems.isEmpty {
      throw cannotHandle(resource, "strict decoding error: " + problems.joined(separator: ", "))
    }
    decoded["apiVersion"] = .string(resource.type.apiVersion)
    decoded["kind"] = .string(resource.type.kind)
    return (decoded, options.fieldValidation == .warn ? problems : [])
  }

  private func cannotHandle(_ resource: ServedResource, _ message: String) -> APIError {
    .badRequest(
      "\(resource.type.kind) in version \"\(resource.type.version)\" cannot be handled as a \(resource.type.kind): "
        + message)
  }

  private func checkType(_ object: JSONValue, _ resource: ServedResource) throws(APIError) {
    if let apiVersion = object.apiVersion, apiVersion != resource.type.apiVersion {
      if resource.custom == nil {
        throw .badRequest(
          "\(object.kind ?? resource.type.kind) in version \"\(apiVersion.split(separator: "/").last ?? "")\" cannot be "
            + "handled as a \(resource.type.kind): no kind \"\(object.kind ?? resource.type.kind)\" is registered for "
            + "version \"\(apiVersion)\"")
      }
      throw .badRequest(
        "the API version in the data (\(apiVersion)) does not match the expected API version (\(resource.type.apiVersion))"
      )
    }
    if let kind = object.kind, kind != resource.type.kind {
      if resource.custom != nil {
        let named = ResourceType(
          group: resource.type.group, version: resource.type.version, kind: kind, plural: resource.type.plural)
        throw .invalid(
          named, name: object.objectName,
          causes: [.invalid(FieldPath("kind"), .string(kind), "must be \(resource.type.kind)")])
      }
      throw .badRequest(
        "\(kind) in version \"\(resource.type.version)\" cannot be handled as a \(resource.type.kind): no kind "
          + "\"\(kind)\" is registered for version \"\(resource.type.apiVersion)\"")
    }
    if resource.custom != nil, object.apiVersion == nil || object.kind == nil {
      let text = JSONWriter.text(object)
      throw .badRequest(
        "the object provided is unrecognized (must be of type \(resource.type.kind)): Object "
          + "'\(object.kind == nil ? "Kind" : "apiVersion")' is missing in '\(text)'")
    }
  }

  private func prune(
    _ object: JSONValue, _ resource: ServedResource, _ unknown: inout [String]
  ) throws(BuiltInDecoder.TypeMismatch) -> JSONValue {
    var object = object
    var metadataDecoder = BuiltInDecoder(kind: "ObjectMeta")
    if let metadata = object["metadata"], metadata != .null {
      object["metadata"] = try metadataDecoder.decode(metadata, BuiltInSchemas.shared["ObjectMeta"])
    } else {
      object["metadata"] = [:]
    }
    var pruner = SchemaPruner()
    pruner.prune(&object, resource.schema)
    unknown = metadataDecoder.unknown.map { "metadata.\($0)" } + pruner.unknown
    SchemaDefaulter.apply(resource.schema, to: &object)
    return object
  }
}
