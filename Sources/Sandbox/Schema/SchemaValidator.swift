import KubernetesModel

/// Validates a value against a structural schema, in the words of a real API server.
///
/// CEL rules (`x-kubernetes-validations`) are not evaluated.
struct SchemaValidator {
  private(set) var errors: [FieldError] = []
  private let patterns: PatternCache

  init(patterns: PatternCache = .shared) { self.patterns = patterns }

  static func validate(_ value: JSONValue, _ schema: Schema, at path: FieldPath = .root) -> [FieldError] {
    var validator = SchemaValidator()
    validator.check(value, schema, path)
    return validator.errors
  }

  /// The errors after which a real server leaves out the rules in CEL.
  private static let blocking: Set = [
    "FieldValueTypeInvalid", "FieldValueRequired", "FieldValueNotSupported", "FieldValueTooLong", "FieldValueTooMany",
  ]

  /// The same for a whole object: where the schema has rules in CEL too, it says that they were left out.
  static func validateObject(_ value: JSONValue, _ schema: Schema) -> [FieldError] {
    let errors = validate(value, schema)
    guard schema.hasExpressions, errors.contains(where: { blocking.contains($0.reason) }) else { return errors }
    return errors + [
      FieldError(
        reason: "FieldValueInvalid",
        message:
          "Invalid value: null: some validation rules were not checked because the object was invalid; correct the "
          + "existing errors to complete validation", field: "<nil>")
    ]
  }

  private mutating func check(_ value: JSONValue, _ schema: Schema, _ path: FieldPath) {
    if value == .null, schema.isNullable { return }
    guard checkType(value, schema, path) else { return }
    if let enumeration = schema.enumeration, !enumeration.contains(value) {
      errors.append(
        .notSupported(path, value, enumeration.map { $0.stringValue ?? JSONWriter.text($0) }))
    }
    switch value {
    case .object(let members): checkObject(members, schema, path)
    case .array(let elements): checkArray(elements, schema, path)
    case .string(let text): checkString(text, schema, path)
    case .integer, .number: checkNumber(value, schema, path)
    default: break
    }
    checkCombinations(value, schema, path)
  }

  private mutating func checkType(_ value: JSONValue, _ schema: Schema, _ path: FieldPath) -> Bool {
    if schema.isIntOrString {
      if value.integerValue != nil || value.stringValue != nil { return true }
      errors.append(.invalidType(path, value, "\(path) in body must be of type integer,string: \"\(value.typeName)\""))
      return false
    }
    guard let type = schema.type else { return true }
    let matches =
      switch (type, value) {
      case (.object, .object), (.array, .array), (.string, .string), (.boolean, .bool), (.number, .integer),
        (.number, .number), (.integer, .integer):
        true
      case (.integer, .number): value.integerValue != nil
      default: false
      }
    if !matches {
      errors.append(
        .invalidType(path, value, "\(path) in body must be of type \(type.rawValue): \"\(value.typeName)\""))
    }
    return matches
  }

  private mutating func checkObject(_ members: [String: JSONValue], _ schema: Schema, _ path: FieldPath) {
    for name in schema.required where members[name] == nil { errors.append(.required(path.child(name))) }
    let count = Int64(members.count)
    if let minimum = schema.minProperties, count < minimum {
      errors.append(
        .invalid(path, .integer(count), "\(path) in body should have at least \(minimum) properties"))
    }
    if let maximum = schema.maxProperties, count > maximum {
      errors.append(.tooMany(path, actual: members.count, maximum: maximum))
    }
    if schema.isEmbeddedResource { checkEmbeddedResource(members, path) }
    for (name, member) in members.sorted(by: { $0.key < $1.key }) {
      guard let known = schema.member(name) else { continue }
      check(member, known, path.child(name))
    }
  }

  private mutating func checkEmbeddedResource(_ members: [String: JSONValue], _ path: FieldPath) {
    for name in ["apiVersion", "kind"] where (members[name]?.stringValue ?? "").isEmpty {
      errors.append(.required(path.child(name)))
    }
  }

  private mutating func checkArray(_ elements: [JSONValue], _ schema: Schema, _ path: FieldPath) {
    if let minimum = schema.minItems, elements.count < minimum {
      errors.append(
        .invalid(path, .integer(Int64(elements.count)), "\(path) in body should have at least \(minimum) items"))
    }
    if let maximum = schema.maxItems, elements.count > maximum {
      errors.append(.tooMany(path, actual: elements.count, maximum: maximum))
    }
    if schema.uniqueItems, Set(elements).count != elements.count {
      errors.append(.invalid(path, .array(elements), "\(path) in body shouldn't contain duplicates"))
    }
    checkListType(elements, schema, path)
    guard let items = schema.items else { return }
    for (index, element) in elements.enumerated() { check(element, items, path.index(index)) }
  }

  private mutating func checkListType(_ elements: [JSONValue], _ schema: Schema, _ path: FieldPath) {
    var seen: Set<JSONValue> = []
    for (index, element) in elements.enumerated() {
      let key: JSONValue
      switch schema.effectiveListType {
      case .atomic: return
      case .set: key = element
      case .map:
        guard let members = element.objectValue else { return }
        key = .object(
          members.filter { schema.listMapKeys.contains($0.key) }.merging(
            schema.listMapKeys.compactMap { name in
              schema.items?.properties[name]?.defaultValue.map { (name, $0) }
            }, uniquingKeysWith: { present, _ in present }))
      }
      if !seen.insert(key).inserted { errors.append(.duplicate(path.index(index), key)) }
    }
  }

  private mutating func checkString(_ text: String, _ schema: Schema, _ path: FieldPath) {
    let length = Int64(text.unicodeScalars.count)
    if let minimum = schema.minLength, length < minimum {
      errors.append(.invalid(path, .string(text), "\(path) in body should be at least \(minimum) chars long"))
    }
    if let maximum = schema.maxLength, length > maximum { errors.append(.tooLong(path, maximum: maximum)) }
    if let pattern = schema.pattern, !patterns.matches(text, pattern) {
      errors.append(.invalid(path, .string(text), "\(path) in body should match '\(pattern)'"))
    }
    if let format = schema.format, !StringFormat.matches(text, format) {
      errors.append(
        FieldError(
          reason: "FieldValueTypeInvalid",
          message: "Invalid value: \"\(text)\": \(path) in body must be of type \(format): \"\(text)\"",
          field: path.description))
    }
  }

  private mutating func checkNumber(_ value: JSONValue, _ schema: Schema, _ path: FieldPath) {
    guard let number = value.numberValue else { return }
    checkIntegerFormat(value, schema, path)
    if let minimum = schema.minimum, schema.exclusiveMinimum ? number <= minimum : number < minimum {
      let words = schema.exclusiveMinimum ? "greater than" : "greater than or equal to"
      errors.append(.invalid(path, value, "\(path) in body should be \(words) \(display(minimum))"))
    }
    if let maximum = schema.maximum, schema.exclusiveMaximum ? number >= maximum : number > maximum {
      let words = schema.exclusiveMaximum ? "less than" : "less than or equal to"
      errors.append(.invalid(path, value, "\(path) in body should be \(words) \(display(maximum))"))
    }
    if let factor = schema.multipleOf, (number / factor).rounded() * factor != number {
      errors.append(.invalid(path, value, "\(path) in body should be a multiple of \(display(factor))"))
    }
  }

  private mutating func checkIntegerFormat(_ value: JSONValue, _ schema: Schema, _ path: FieldPath) {
    guard schema.format == "int32", let integer = value.integerValue, Int32(exactly: integer) == nil else { return }
    errors.append(Self.whole("Checked value must be of type integer with format int32 in \(path)"))
  }

  private mutating func checkCombinations(_ value: JSONValue, _ schema: Schema, _ path: FieldPath) {
    for part in schema.allOf { check(value, part, path) }
    if !schema.anyOf.isEmpty {
      let attempts = schema.anyOf.map { Self.validate(value, $0, at: path) }
      if !attempts.contains(where: \.isEmpty) {
        errors.append(Self.whole("\"\(path)\" must validate at least one schema (anyOf)"))
        errors += attempts.min(by: { $0.count < $1.count }) ?? []
      }
    }
    if !schema.oneOf.isEmpty {
      let attempts = schema.oneOf.map { Self.validate(value, $0, at: path) }
      let count = attempts.count(where: \.isEmpty)
      if count == 0 {
        errors.append(Self.whole("\"\(path)\" must validate one and only one schema (oneOf). Found none valid"))
        errors += attempts.min(by: { $0.count < $1.count }) ?? []
      } else if count > 1 {
        errors.append(
          Self.whole(
            "\"\(path)\" must validate one and only one schema (oneOf). Found \(count) valid alternatives"))
      }
    }
    if let not = schema.not, Self.validate(value, not, at: path).isEmpty {
      errors.append(Self.whole("\"\(path)\" must not validate the schema (not)"))
    }
  }

  /// An error that a real server, too, puts at no field and at no value.
  private static func whole(_ message: String) -> FieldError {
    FieldError(reason: "FieldValueInvalid", message: "Invalid value: \"\": \(message)", field: "<nil>")
  }

  private func display(_ number: Double) -> String { JSONWriter.text(.number(number)) }
}
