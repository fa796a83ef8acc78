import KubernetesModel

/// One field error in the words of Kubernetes' `field.Error`.
typealias FieldError = APIError.Cause

extension APIError.Cause {
  static func required(_ path: FieldPath, _ detail: String = "") -> FieldError {
    FieldError(
      reason: "FieldValueRequired", message: detail.isEmpty ? "Required value" : "Required value: \(detail)",
      field: path.description)
  }

  static func invalid(_ path: FieldPath, _ value: JSONValue?, _ detail: String) -> FieldError {
    FieldError(
      reason: "FieldValueInvalid", message: "Invalid value: \(display(value)): \(detail)", field: path.description)
  }

  static func invalidType(_ path: FieldPath, _ value: JSONValue, _ detail: String) -> FieldError {
    FieldError(
      reason: "FieldValueTypeInvalid", message: "Invalid value: \"\(value.typeName)\": \(detail)",
      field: path.description)
  }

  static func notSupported(_ path: FieldPath, _ value: JSONValue?, _ supported: [String]) -> FieldError {
    let list = supported.map { "\"\($0)\"" }.joined(separator: ", ")
    return FieldError(
      reason: "FieldValueNotSupported", message: "Unsupported value: \(display(value)): supported values: \(list)",
      field: path.description)
  }

  static func forbidden(_ path: FieldPath, _ detail: String) -> FieldError {
    FieldError(reason: "FieldValueForbidden", message: "Forbidden: \(detail)", field: path.description)
  }

  static func duplicate(_ path: FieldPath, _ value: JSONValue) -> FieldError {
    FieldError(
      reason: "FieldValueDuplicate", message: "Duplicate value: \(display(value))", field: path.description)
  }

  static func tooLong(_ path: FieldPath, maximum: Int64) -> FieldError {
    FieldError(
      reason: "FieldValueTooLong", message: "Too long: may not be more than \(maximum) bytes",
      field: path.description)
  }

  static func tooMany(_ path: FieldPath, actual: Int, maximum: Int64) -> FieldError {
    FieldError(
      reason: "FieldValueTooMany",
      message: "Too many: \(actual): must have at most \(maximum) item\(maximum == 1 ? "" : "s")",
      field: path.description)
  }

  static func notFound(_ path: FieldPath, _ value: JSONValue) -> FieldError {
    FieldError(reason: "FieldValueNotFound", message: "Not found: \(display(value))", field: path.description)
  }

  /// A value as messages show it: text in quotes, everything else as JSON.
  static func display(_ value: JSONValue?) -> String { value.map(JSONWriter.text) ?? "null" }
}

extension JSONValue {
  /// The JSON type in OpenAPI's words.
  var typeName: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .integer: "integer"
    case .number: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }
}
