import KubernetesModel

/// Checks an applied configuration against its schema before the merge. Unlike other writes, apply refuses fields that
/// the schema does not name, since it could not tell their owner. Messages are those of `structured-merge-diff`.
struct AppliedConfigurationValidator {
  private var errors: [String] = []

  /// The error messages, sorted by path; empty where the configuration is sound.
  static func errors(in configuration: JSONValue, schema: Schema) -> [String] {
    var validator = AppliedConfigurationValidator()
    validator.check(configuration, schema, "")
    return validator.errors.sorted()
  }

  private mutating func fail(_ path: String, _ message: String) {
    errors.append(path.isEmpty ? message : "\(path): \(message)")
  }

  private mutating func check(_ value: JSONValue, _ schema: Schema, _ path: String) {
    if value.isNull { return }
    switch schema.type {
    case .object: checkMap(value, schema, path)
    case .array: checkList(value, schema, path)
    case .string:
      if value.stringValue == nil {
        fail(path, "expected string, got &value.valueUnstructured{Value:\(value.goSyntax)}")
      }
    case .boolean:
      if value.boolValue == nil {
        fail(path, "expected boolean, got &value.valueUnstructured{Value:\(value.goSyntax)}")
      }
    case .integer, .number:
      if value.numberValue == nil { fail(path, "expected numeric (int or float), got \(value.goType)") }
    case nil:
      if schema.isIntOrString || schema.format == "quantity" {
        if value.numberValue == nil, value.stringValue == nil, value.boolValue == nil {
          fail(path, "expected any scalar, got &{\(value.goText)}")
        }
      } else if case .object = value, !schema.properties.isEmpty {
        checkMap(value, schema, path)
      }
    }
  }

  private mutating func checkMap(_ value: JSONValue, _ schema: Schema, _ path: String) {
    guard case .object(let members) = value else { return fail(path, "expected map, got &{\(value.goText)}") }
    for (name, member) in members {
      if let known = schema.member(name) {
        check(member, known, "\(path).\(name)")
      } else if !schema.preservesUnknownFields {
        fail("\(path).\(name)", "field not declared in schema")
      }
    }
  }

  private mutating func checkList(_ value: JSONValue, _ schema: Schema, _ path: String) {
    guard case .array(let items) = value else { return fail(path, "expected list, got &{\(value.goText)}") }
    guard case .list(let keys) = schema.structure(of: value) else {
      for (index, item) in items.enumerated() { check(item, schema.itemsOrAny, "\(path)[\(index)]") }
      return
    }
    var seen: Set<FieldPathElement> = []
    for (index, item) in items.enumerated() {
      guard let element = schema.element(of: item, keys: keys) else {
        fail(path, "element \(index): \(missingIdentity(item, keys))")
        continue
      }
      if !seen.insert(element).inserted { fail(path, "duplicate entries for key \(element)") }
      check(item, schema.itemsOrAny, "\(path)\(element)")
    }
  }

  private func missingIdentity(_ item: JSONValue, _ keys: [String]) -> String {
    if keys.isEmpty { return "sets of non-scalars are not supported" }
    switch item {
    case .null: return "associative list with keys may not have a null element"
    case .object:
      let names = keys.map { "\"\($0)\"" }.joined(separator: " ")
      return "associative list with keys has an element that omits all key fields [\(names)] "
        + "(and doesn't have default values for any key fields)"
    default: return "associative list with keys may not have non-map elements"
    }
  }
}

// How Go prints values in the messages above.
extension JSONValue {
  fileprivate var goType: String {
    switch self {
    case .null: "<nil>"
    case .bool: "bool"
    case .integer: "int64"
    case .number: "float64"
    case .string: "string"
    case .array: "[]interface {}"
    case .object: "map[string]interface {}"
    }
  }

  /// As `%v`.
  fileprivate var goText: String {
    switch self {
    case .null: "<nil>"
    case .string(let text): text
    case .array(let items): "[" + items.map(\.goText).joined(separator: " ") + "]"
    case .object(let members):
      "map[" + members.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value.goText)" }.joined(separator: " ") + "]"
    default: JSONWriter.text(self)
    }
  }

  /// As `%#v`.
  fileprivate var goSyntax: String {
    switch self {
    case .null: "interface {}(nil)"
    case .array(let items): "[]interface {}{" + items.map(\.goSyntax).joined(separator: ", ") + "}"
    case .object(let members):
      "map[string]interface {}{"
        + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value.goSyntax)" }.joined(separator: ", ") + "}"
    default: JSONWriter.text(self)
    }
  }
}
