import KubernetesModel

/// Collects the `components.schemas` of a document: what a resource's schema refers to, with descriptions.
struct OpenAPISchemas {
  /// By name.
  private(set) var components: [String: JSONValue] = [:]

  private static let objectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
  private static let quantity = "io.k8s.apimachinery.pkg.api.resource.Quantity"
  private static let intOrString = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"

  /// Adds a kind and what it refers to.
  /// - Returns: The name of its component.
  mutating func add(_ resource: ResourceType, _ schema: Schema) -> String {
    let name = schema.reference ?? Self.componentName(resource)
    var component: JSONValue
    if schema.reference == nil {
      component = customResource(schema)
      components[name] = component
    } else {
      addBuiltIn(name, schema)
      component = components[name] ?? [:]
    }
    var kinds = component["x-kubernetes-group-version-kind"]?.arrayValue ?? []
    kinds.append(resource.groupVersionKind)
    component["x-kubernetes-group-version-kind"] = .array(kinds)
    components[name] = component
    return name
  }

  /// `dev.holdfast.v1alpha1.BackupPolicy` for a kind of `holdfast.dev/v1alpha1`.
  private static func componentName(_ resource: ResourceType) -> String {
    let group = resource.group.split(separator: ".").reversed().joined(separator: ".")
    return "\(group).\(resource.version).\(resource.kind)"
  }

  private static func reference(_ name: String) -> JSONValue {
    ["$ref": .string("#/components/schemas/\(name)")]
  }

  // MARK: - Built-in kinds

  private mutating func addBuiltIn(_ name: String, _ schema: Schema) {
    guard components[name] == nil else { return }
    // Known before its fields are, since a type may contain itself.
    components[name] = [:]
    var properties: [String: JSONValue] = [:]
    for (field, member) in schema.properties {
      var value = builtIn(member)
      value["description"] =
        (Descriptions.shared.description(of: field, in: name) ?? Self.common[field]).map { .string($0) }
      properties[field] = value
    }
    var component: JSONValue = ["type": "object"]
    component["description"] = Descriptions.shared.description(of: name).map { .string($0) }
    if !properties.isEmpty { component["properties"] = .object(properties) }
    if !schema.required.isEmpty { component["required"] = .array(schema.required.map { .string($0) }) }
    if schema.isAtomicMap { component["x-kubernetes-map-type"] = "atomic" }
    components[name] = component
  }

  private mutating func builtIn(_ schema: Schema) -> JSONValue {
    var value: JSONValue = [:]
    if let name = schema.reference {
      addBuiltIn(name, schema)
      value["allOf"] = [Self.reference(name)]
    } else if schema.isIntOrString {
      components[Self.intOrString] = [
        "format": "int-or-string", "oneOf": [["type": "integer"], ["type": "string"]],
        "description": "IntOrString is a type that can hold an int32 or a string.",
      ]
      value["allOf"] = [Self.reference(Self.intOrString)]
    } else if schema.format == "quantity" {
      components[Self.quantity] = [
        "oneOf": [["type": "string"], ["type": "number"]],
        "description": "Quantity is a fixed-point representation of a number, such as 500m or 2Gi.",
      ]
      value["allOf"] = [Self.reference(Self.quantity)]
    } else {
      value["type"] = .string(schema.type?.rawValue ?? "object")
      value["format"] = schema.format.map { .string($0) }
      value["items"] = schema.items.map { builtIn($0) }
      value["additionalProperties"] = schema.additionalProperties.map { builtIn($0) }
    }
    merge(mergeRules(schema), into: &value)
    return value
  }

  // MARK: - Custom resources

  private mutating func customResource(_ schema: Schema) -> JSONValue {
    addBuiltIn(Self.objectMeta, BuiltInSchemas.shared["ObjectMeta"])
    var value = inline(schema)
    var properties = value["properties"] ?? [:]
    for name in ["apiVersion", "kind"] {
      properties[name] = ["type": "string"]
      properties[name]?["description"] = Self.common[name].map { .string($0) }
    }
    properties["metadata"] = ["allOf": [Self.reference(Self.objectMeta)]]
    properties["metadata"]?["description"] = Self.common["metadata"].map { .string($0) }
    value["type"] = "object"
    value["properties"] = properties
    return value
  }

  private mutating func inline(_ schema: Schema) -> JSONValue {
    if schema.reference != nil { return builtIn(schema) }
    var value: JSONValue = [:]
    value["description"] = schema.description.map { .string($0) }
    value["type"] = schema.type.map { .string($0.rawValue) }
    value["format"] = schema.format.map { .string($0) }
    if schema.isNullable { value["nullable"] = true }
    value["default"] = schema.defaultValue
    value["enum"] = schema.enumeration.map { .array($0) }
    if !schema.properties.isEmpty {
      var properties: [String: JSONValue] = [:]
      for (name, member) in schema.properties { properties[name] = inline(member) }
      value["properties"] = .object(properties)
    }
    if !schema.required.isEmpty { value["required"] = .array(schema.required.map { .string($0) }) }
    value["additionalProperties"] = schema.additionalProperties.map { inline($0) }
    value["items"] = schema.items.map { inline($0) }
    for (keyword, list) in [("allOf", schema.allOf), ("anyOf", schema.anyOf), ("oneOf", schema.oneOf)]
    where !list.isEmpty {
      value[keyword] = .array(list.map { inline($0) })
    }
    value["not"] = schema.not.map { inline($0) }
    merge(limits(schema), into: &value)
    if schema.isIntOrString { value["x-kubernetes-int-or-string"] = true }
    if schema.preservesUnknownFields { value["x-kubernetes-preserve-unknown-fields"] = true }
    if schema.isEmbeddedResource { value["x-kubernetes-embedded-resource"] = true }
    merge(mergeRules(schema), into: &value)
    return value
  }

  // MARK: - Parts

  private func limits(_ schema: Schema) -> JSONValue {
    var value: JSONValue = [:]
    value["pattern"] = schema.pattern.map { .string($0) }
    value["minLength"] = schema.minLength.map { .integer($0) }
    value["maxLength"] = schema.maxLength.map { .integer($0) }
    value["minimum"] = schema.minimum.map { .number($0) }
    value["maximum"] = schema.maximum.map { .number($0) }
    if schema.exclusiveMinimum { value["exclusiveMinimum"] = true }
    if schema.exclusiveMaximum { value["exclusiveMaximum"] = true }
    value["multipleOf"] = schema.multipleOf.map { .number($0) }
    value["minItems"] = schema.minItems.map { .integer($0) }
    value["maxItems"] = schema.maxItems.map { .integer($0) }
    if schema.uniqueItems { value["uniqueItems"] = true }
    value["minProperties"] = schema.minProperties.map { .integer($0) }
    value["maxProperties"] = schema.maxProperties.map { .integer($0) }
    return value
  }

  /// `kubectl apply` reads these to merge as the server does.
  private func mergeRules(_ schema: Schema) -> JSONValue {
    var value: JSONValue = [:]
    value["x-kubernetes-list-type"] = schema.listType.map { .string($0.rawValue) }
    if schema.listType == .map {
      value["x-kubernetes-list-map-keys"] = .array(schema.listMapKeys.map { .string($0) })
    }
    if schema.isAtomicMap { value["x-kubernetes-map-type"] = "atomic" }
    value["x-kubernetes-patch-strategy"] = schema.patchStrategy.map { .string($0) }
    value["x-kubernetes-patch-merge-key"] = schema.patchMergeKey.map { .string($0) }
    return value
  }

  private func merge(_ members: JSONValue, into value: inout JSONValue) {
    for (name, member) in members.objectValue ?? [:] { value[name] = member }
  }

  private static let common = [
    "apiVersion": "APIVersion defines the versioned schema of this representation of an object. Servers should convert "
      + "recognized schemas to the latest internal value, and may reject unrecognized values. More info: "
      + "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources",
    "kind": "Kind is a string value representing the REST resource this object represents. Servers may infer this from "
      + "the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: "
      + "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds",
    "metadata": "Standard object's metadata. More info: "
      + "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
  ]
}

extension ResourceType {
  /// As OpenAPI's extension writes it.
  var groupVersionKind: JSONValue {
    ["group": .string(group), "version": .string(version), "kind": .string(kind)]
  }
}
