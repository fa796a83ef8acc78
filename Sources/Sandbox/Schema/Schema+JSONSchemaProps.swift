import KubernetesModel

extension Schema {
  /// Reads an `openAPIV3Schema` of a CustomResourceDefinition. Keywords that structural schemas forbid are left out
  /// here; ``CustomResourceDefinitionRules`` refuses them.
  convenience init(jsonSchemaProps value: JSONValue) {
    var rules = Rules()
    rules.type = value["type"]?.stringValue.flatMap(ValueType.init)
    rules.format = value["format"]?.stringValue
    rules.description = value["description"]?.stringValue
    rules.isNullable = value["nullable"]?.boolValue ?? false
    rules.defaultValue = value["default"]
    rules.enumeration = value["enum"]?.arrayValue
    rules.properties = (value["properties"]?.objectValue ?? [:]).mapValues { Schema(jsonSchemaProps: $0) }
    rules.required = (value["required"]?.arrayValue ?? []).compactMap(\.stringValue)
    switch value["additionalProperties"] {
    case .object(let members): rules.additionalProperties = Schema(jsonSchemaProps: .object(members))
    case .bool(true): rules.additionalProperties = .any
    default: break
    }
    rules.items = value["items"].map { Schema(jsonSchemaProps: $0) }
    rules.pattern = value["pattern"]?.stringValue
    rules.minLength = value["minLength"]?.integerValue
    rules.maxLength = value["maxLength"]?.integerValue
    rules.minimum = value["minimum"]?.numberValue
    rules.maximum = value["maximum"]?.numberValue
    rules.exclusiveMinimum = value["exclusiveMinimum"]?.boolValue ?? false
    rules.exclusiveMaximum = value["exclusiveMaximum"]?.boolValue ?? false
    rules.multipleOf = value["multipleOf"]?.numberValue
    rules.minItems = value["minItems"]?.integerValue
    rules.maxItems = value["maxItems"]?.integerValue
    rules.uniqueItems = value["uniqueItems"]?.boolValue ?? false
    rules.minProperties = value["minProperties"]?.integerValue
    rules.maxProperties = value["maxProperties"]?.integerValue
    rules.allOf = Self.list(value["allOf"])
    rules.anyOf = Self.list(value["anyOf"])
    rules.oneOf = Self.list(value["oneOf"])
    rules.not = value["not"].map { Schema(jsonSchemaProps: $0) }
    rules.isIntOrString = value["x-kubernetes-int-or-string"]?.boolValue ?? false
    rules.preservesUnknownFields = value["x-kubernetes-preserve-unknown-fields"]?.boolValue ?? false
    rules.isEmbeddedResource = value["x-kubernetes-embedded-resource"]?.boolValue ?? false
    rules.listType = value["x-kubernetes-list-type"]?.stringValue.flatMap(ListType.init)
    rules.listMapKeys = (value["x-kubernetes-list-map-keys"]?.arrayValue ?? []).compactMap(\.stringValue)
    rules.isAtomicMap = value["x-kubernetes-map-type"]?.stringValue == "atomic"
    let parts = Array(rules.properties.values) + [rules.items, rules.additionalProperties].compactMap { $0 }
    rules.hasExpressions = value["x-kubernetes-validations"] != nil || parts.contains { $0.hasExpressions }
    self.init(rules)
  }

  private static func list(_ value: JSONValue?) -> [Schema] {
    (value?.arrayValue ?? []).map { Schema(jsonSchemaProps: $0) }
  }
}
