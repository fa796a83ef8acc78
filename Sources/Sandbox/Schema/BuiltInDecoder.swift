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
    let decoded = try decode(value, schema, .root, GoField(structure: kind, path: ""))
    unknown.sort()
    return decoded
  }

  /// A field as Go's messages name it: the innermost struct, then the path without indices and keys of maps.
  private struct GoField {
    var structure: String
    var path: String

    func child(_ name: String, of schema: Schema) -> GoField {
      if schema.properties[name] == nil { return self }
      let structure = schema.reference?.split(separator: ".").last.map(String.init) ?? structure
      return GoField(structure: structure, path: path.isEmpty ? name : "\(path).\(name)")
    }
  }

  private mutating func decode(
    _ value: JSONValue, _ schema: Schema, _ path: FieldPath, _ field: GoField
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
        result[name] = try decode(member, known, path.child(name), field.child(name, of: schema))
      }
      return .object(result)
    case .array(let elements) where schema.type == .array:
      guard let items = schema.items else { return value }
      var result: [JSONValue] = []
      for (index, element) in elements.enumerated() {
        result.append(try decode(element, items, path.index(index), field))
      }
      return .array(result)
    default:
      try checkScalar(value, schema, field)
      return value
    }
  }

  private func checkScalar(_ value: JSONValue, _ schema: Schema, _ field: GoField) throws(TypeMismatch) {
    if schema.preservesUnknownFields { return }
    if schema.format == "quantity" { return try checkQuantity(value) }
    if schema.isIntOrString {
      if value.integerValue != nil || value.stringValue != nil { return }
      throw mismatch(value, field, "intstr.IntOrString")
    }
    switch (schema.type, value) {
    case (.string, .string(let text)): try checkFormat(text, schema)
    case (.boolean, .bool), (.number, .integer), (.number, .number): return
    case (.integer, .integer(let number)):
      if schema.format == "int32", Int32(exactly: number) == nil {
        throw TypeMismatch(
          message:
            "json: cannot unmarshal number \(number) into Go struct field \(field.structure).\(field.path) of type int32"
        )
      }
    case (.integer, _) where value.integerValue != nil: return
    default: throw mismatch(value, field, goType(schema))
    }
  }

  private func checkQuantity(_ value: JSONValue) throws(TypeMismatch) {
    if value.numberValue != nil { return }
    if let text = value.stringValue, (try? Quantity(text)) != nil { return }
    throw TypeMismatch(
      message: "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
  }

  private func checkFormat(_ text: String, _ schema: Schema) throws(TypeMismatch) {
    if schema.format == "date-time", !text.isEmpty, RFC3339.parse(text) == nil {
      throw TypeMismatch(
        message: "parsing time \"\(text)\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\(text)\" as \"2006\"")
    }
    if schema.format == "byte", Data(base64Encoded: text, options: .ignoreUnknownCharacters) == nil {
      throw TypeMismatch(message: "illegal base64 data at input byte \(Self.base64Offset(text))")
    }
  }

  /// The first byte that cannot be in base64 text.
  private static func base64Offset(_ text: String) -> Int {
    let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/\r\n".utf8)
    return Array(text.utf8).firstIndex { !alphabet.contains($0) } ?? text.utf8.count / 4 * 4
  }

  private func mismatch(_ value: JSONValue, _ field: GoField, _ type: String) -> TypeMismatch {
    let name =
      switch value {
      case .bool: "bool"
      case .integer, .number: "number"
      default: value.typeName
      }
    return TypeMismatch(
      message: "json: cannot unmarshal \(name) into Go struct field \(field.structure).\(field.path) of type \(type)")
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
