import Foundation
import KubernetesModel

/// Reads the JSON of a built-in kind as the API server's typed decoder does: unknown fields fall away, nulls and absent
/// fields are the same, and a value of a wrong type is an error.
struct BuiltInDecoder {
  struct TypeMismatch: Error {
    /// In the words of Go's JSON decoder.
    var message: String
  }

  /// The paths of fields that the kind does not have.
  private(set) var unknown: [String] = []
  private let kind: String

  init(kind: String) { self.kind = kind }

  mutating func decode(_ value: JSONValue, _ schema: Schema) throws(TypeMismatch) -> JSONValue {
    let decoded = try decode(value, schema, .root)
    unknown.sort()
    return decoded
  }

  private mutating func decode(
    _ value: JSONValue, _ schema: Schema, _ path: FieldPath
  ) throws(TypeMismatch) -> JSONValue {
    switch value {
    case .object(let members) where schema.type == .object || schema.preservesUnknownFields:
      if schema.preservesUnknownFields { return value }
      var result: [String: JSONValue] = [:]
      for (name, member) in members {
        guard let known = schema.member(name) else {
          unknown.append(path.child(name).description)
          continue
        }
        if member == .null { continue }
        result[name] = try decode(member, known, path.child(name))
      }
      return .object(result)
    case .array(let elements) where schema.type == .array:
      guard let items = schema.items else { return value }
      var result: [JSONValue] = []
      for (index, element) in elements.enumerated() {
        result.append(try decode(element, items, path.index(index)))
      }
      return .array(result)
    default:
      try checkScalar(value, schema, path)
      return value
    }
  }

  private func checkScalar(_ value: JSONValue, _ schema: Schema, _ path: FieldPath) throws(TypeMismatch) {
    if schema.preservesUnknownFields { return }
    if schema.format == "quantity" { return try checkQuantity(value, path) }
    if schema.isIntOrString {
      if value.integerValue != nil || value.stringValue != nil { return }
      throw mismatch(value, path, "intstr.IntOrString")
    }
    switch (schema.type, value) {
    case (.string, .string(let text)): try checkFormat(text, schema, path)
    case (.boolean, .bool), (.number, .integer), (.number, .number): return
    case (.integer, .integer(let number)):
      if schema.format == "int32", Int32(exactly: number) == nil {
        throw TypeMismatch(
          message: "json: cannot unmarshal number \(number) into Go struct field \(kind).\(path) of type int32")
      }
    case (.integer, _) where value.integerValue != nil: return
    default: throw mismatch(value, path, goType(schema))
    }
  }

  private func checkQuantity(_ value: JSONValue, _ path: FieldPath) throws(TypeMismatch) {
    if value.numberValue != nil { return }
    if let text = value.stringValue, (try? Quantity(text)) != nil { return }
    throw TypeMismatch(
      message: "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$' (\(path))")
  }

  private func checkFormat(_ text: String, _ schema: Schema, _ path: FieldPath) throws(TypeMismatch) {
    if schema.format == "date-time", !text.isEmpty, RFC3339.parse(text) == nil {
      throw TypeMismatch(
        message: "parsing time \"\(text)\" as \"2006-01-02T15:04:05Z07:00\": cannot parse it as RFC 3339 (\(path))")
    }
    if schema.format == "byte", Data(base64Encoded: text, options: .ignoreUnknownCharacters) == nil {
      throw TypeMismatch(message: "illegal base64 data at \(path)")
    }
  }

  private func mismatch(_ value: JSONValue, _ path: FieldPath, _ type: String) -> TypeMismatch {
    let name =
      switch value {
      case .bool: "bool"
      case .integer, .number: "number"
      default: value.typeName
      }
    return TypeMismatch(message: "json: cannot unmarshal \(name) into Go struct field \(kind).\(path) of type \(type)")
  }

  private func goType(_ schema: Schema) -> String {
    switch schema.type {
    case .object:
      schema.reference?.split(separator: ".").last.map { "v1.\($0)" }
        ?? "map[string]\(schema.additionalProperties.map(goType) ?? "interface {}")"
    case .array: "[]" + (schema.items.map(goType) ?? "interface {}")
    case .integer: schema.format ?? "int64"
    case .number: "float64"
    case .boolean: "bool"
    default: schema.format == "date-time" ? "v1.Time" : "string"
    }
  }
}
