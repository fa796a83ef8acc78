import KubernetesModel

/// CustomResourceDefinitions: names, versions, structural schemas
/// (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/).
struct CustomResourceDefinitionRules: ResourceRules {
  /// Holds a deleted definition until its objects are gone.
  static let cleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io"

  var hasGeneration: Bool { true }

  func applyDefaults(_ object: inout JSONValue) {
    object.mapMember("spec") { spec in
      spec.setDefault("conversion", ["strategy": "None"])
      spec.mapMember("names") { names in
        let kind = names["kind"]?.stringValue ?? ""
        names.setDefault("singular", .string(kind.lowercased()))
        names.setDefault("listKind", .string(kind + "List"))
      }
    }
  }

  func prepareForCreate(_ object: inout JSONValue) {
    let stored = (object["spec"]?["versions"]?.arrayValue ?? []).first { $0["storage"]?.boolValue == true }?["name"]
    object["status"] = [
      "conditions": .null, "acceptedNames": ["plural": "", "kind": ""],
      "storedVersions": .array(stored.map { [$0] } ?? []),
    ]
  }

  func validate(_ object: JSONValue) -> [FieldError] {
    let (spec, path) = (object["spec"] ?? [:], FieldPath("spec"))
    var errors = RequiredFields.check(spec, BuiltInSchemas.shared["CustomResourceDefinitionSpec"], path)
    let (group, plural) = (spec["group"]?.stringValue ?? "", spec["names"]?["plural"]?.stringValue ?? "")
    if object.objectName != "\(plural).\(group)" {
      errors.append(
        .invalid(
          FieldPath("metadata.name"), .string(object.objectName),
          "must be spec.names.plural+\".\"+spec.group"))
    }
    if !group.contains(".") {
      errors.append(.invalid(path.child("group"), .string(group), "should be a domain with at least one dot"))
    }
    let scope = spec["scope"]?.stringValue ?? ""
    if !scope.isEmpty, !["Cluster", "Namespaced"].contains(scope) {
      errors.append(.notSupported(path.child("scope"), .string(scope), ["Cluster", "Namespaced"]))
    }
    if let strategy = spec["conversion"]?["strategy"], strategy != "None" {
      errors.append(
        .forbidden(path.child("conversion.strategy"), "the sandbox API server converts with strategy None only"))
    }
    return errors + versions(spec, path.child("versions"))
  }

  private func versions(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
    let versions = spec["versions"]?.arrayValue ?? []
    var errors: [FieldError] = []
    if versions.count(where: { $0["storage"]?.boolValue == true }) != 1 {
      errors.append(
        .invalid(
          path, .array(versions.compactMap { $0["name"] }), "must have exactly one version marked as storage version"))
    }
    // Where all versions have one schema, it is named as if it stood outside of them.
    let schemas = versions.map { $0["schema"]?["openAPIV3Schema"] }
    let isShared = versions.count > 1 && schemas.allSatisfy { $0 != nil && $0 == schemas[0] } || versions.count == 1
    for (index, version) in versions.enumerated() {
      let own = path.index(index)
      errors += NameStyle.label(version["name"]?.stringValue ?? "").map {
        .invalid(own.child("name"), version["name"], $0)
      }
      let schemaPath =
        isShared ? FieldPath("spec.validation.openAPIV3Schema") : own.child("schema.openAPIV3Schema")
      guard let schema = version["schema"]?["openAPIV3Schema"] else {
        errors.append(.required(own.child("schema.openAPIV3Schema")))
        continue
      }
      if isShared, index > 0 { continue }
      errors += StructuralSchemaCheck.check(schema, schemaPath)
    }
    return errors
  }

  func validateUpdate(_ object: JSONValue, old: JSONValue) -> [FieldError] {
    var errors: [FieldError] = []
    for member in ["group", "scope"] where object["spec"]?[member] != old["spec"]?[member] {
      errors.append(.invalid(FieldPath("spec").child(member), object["spec"]?[member], "field is immutable"))
    }
    for member in ["plural", "kind"] where object["spec"]?["names"]?[member] != old["spec"]?["names"]?[member] {
      errors.append(
        .invalid(FieldPath("spec.names").child(member), object["spec"]?["names"]?[member], "field is immutable"))
    }
    return errors
  }

  /// Whether a schema has CEL rules anywhere.
  static func usesExpressions(_ definition: JSONValue) -> Bool {
    (definition["spec"]?["versions"]?.arrayValue ?? []).contains { contains("x-kubernetes-validations", in: $0) }
  }

  private static func contains(_ key: String, in value: JSONValue) -> Bool {
    switch value {
    case .object(let members): members[key] != nil || members.values.contains { contains(key, in: $0) }
    case .array(let elements): elements.contains { contains(key, in: $0) }
    default: false
    }
  }
}

/// Checks that a schema is structural
/// (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema).
enum StructuralSchemaCheck {
  private static let unsupported = [
    "$ref", "definitions", "dependencies", "patternProperties", "additionalItems", "id", "deprecated", "discriminator",
  ]

  static func check(_ schema: JSONValue, _ path: FieldPath) -> [FieldError] {
    let type = schema["type"]?.stringValue ?? ""
    if type.isEmpty { return [.required(path.child("type"), "must not be empty at the root")] }
    if type != "object" { return [.invalid(path.child("type"), .string(type), "must be object at the root")] }
    return check(schema, path, isRoot: true)
  }

  private static func check(_ schema: JSONValue, _ path: FieldPath, isRoot: Bool) -> [FieldError] {
    guard case .object(let members) = schema else { return [.invalid(path, schema, "must be a schema")] }
    var errors: [FieldError] = []
    let isAny =
      members["x-kubernetes-int-or-string"]?.boolValue == true
      || members["x-kubernetes-preserve-unknown-fields"]?.boolValue == true
    let type = members["type"]?.stringValue ?? ""
    if type.isEmpty, !isAny {
      errors.append(.required(path.child("type"), "must not be empty for specified object fields"))
    }
    if !type.isEmpty, Schema.ValueType(rawValue: type) == nil {
      errors.append(
        .notSupported(path.child("type"), .string(type), ["array", "boolean", "integer", "number", "object", "string"]))
    }
    for keyword in unsupported where members[keyword] != nil {
      errors.append(.forbidden(path.child(keyword), "\(keyword) is not supported"))
    }
    if members["uniqueItems"]?.boolValue == true {
      errors.append(
        .forbidden(
          path.child("uniqueItems"), "uniqueItems cannot be set to true since the runtime complexity becomes quadratic")
      )
    }
    if let pattern = members["pattern"]?.stringValue, !PatternCache.shared.isValid(pattern) {
      errors.append(.invalid(path.child("pattern"), .string(pattern), "must be a valid regular expression"))
    }
    errors += listType(members, path)
    if type == "array", members["items"] == nil { errors.append(.required(path.child("items"), "must be specified")) }
    for (name, property) in (members["properties"]?.objectValue ?? [:]).sorted(by: { $0.key < $1.key }) {
      if isRoot, ["apiVersion", "kind", "metadata"].contains(name) { continue }
      errors += check(property, path.child("properties").key(name), isRoot: false)
    }
    if let items = members["items"] { errors += check(items, path.child("items"), isRoot: false) }
    if let additional = members["additionalProperties"], case .object = additional {
      errors += check(additional, path.child("additionalProperties"), isRoot: false)
    }
    return errors + defaultValue(members, path)
  }

  private static func listType(_ members: [String: JSONValue], _ path: FieldPath) -> [FieldError] {
    let keys = members["x-kubernetes-list-map-keys"]?.arrayValue ?? []
    switch members["x-kubernetes-list-type"]?.stringValue {
    case "map"?:
      if keys.isEmpty {
        return [
          .required(path.child("x-kubernetes-list-map-keys"), "must not be empty if x-kubernetes-list-type is map")
        ]
      }
      let properties = members["items"]?["properties"]
      let required = members["items"]?["required"]?.arrayValue ?? []
      return keys.compactMap { key in
        let name = key.stringValue ?? ""
        guard let property = properties?[name] else {
          return .invalid(path.child("x-kubernetes-list-map-keys"), key, "entries must all be names of item properties")
        }
        return property["default"] != nil || required.contains(key)
          ? nil
          : .required(
            path.child("items.properties").key(name).child("default"),
            "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property")
      }
    case nil, "atomic"?, "set"?:
      return keys.isEmpty
        ? []
        : [.forbidden(path.child("x-kubernetes-list-map-keys"), "may only be set if x-kubernetes-list-type is map")]
    case let other?:
      return [.notSupported(path.child("x-kubernetes-list-type"), .string(other), ["atomic", "set", "map"])]
    }
  }

  private static func defaultValue(_ members: [String: JSONValue], _ path: FieldPath) -> [FieldError] {
    guard var value = members["default"] else { return [] }
    let schema = Schema(jsonSchemaProps: .object(members))
    SchemaDefaulter.apply(schema, to: &value)
    // Its messages leave the path out.
    return SchemaValidator.validate(value, schema).map { error in
      var error = error
      if error.field != "<nil>" {
        let own = path.child("default")
        error.field = (error.field.isEmpty ? own : own.child(error.field)).description
      }
      return error
    }
  }
}
