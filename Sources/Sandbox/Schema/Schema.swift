import KubernetesModel

/// The shape of a value: an OpenAPI v3 schema with Kubernetes' extensions, for built-in kinds and for custom resources.
///
/// A class, since a schema is a graph whose parts are shared and never change.
@dynamicMemberLookup
final class Schema: Sendable {
  enum ValueType: String, Sendable { case object, array, string, integer, number, boolean }

  /// `x-kubernetes-list-type`.
  enum ListType: String, Sendable { case atomic, set, map }

  struct Rules: Sendable {
    /// Nil where any type is allowed.
    var type: ValueType?
    var format: String?
    var description: String?
    var isNullable = false
    var defaultValue: JSONValue?
    var enumeration: [JSONValue]?

    var properties: [String: Schema] = [:]
    var required: [String] = []
    /// The values of members that `properties` does not name.
    var additionalProperties: Schema?
    var items: Schema?

    var pattern: String?
    var minLength: Int64?
    var maxLength: Int64?
    var minimum: Double?
    var maximum: Double?
    var exclusiveMinimum = false
    var exclusiveMaximum = false
    var multipleOf: Double?
    var minItems: Int64?
    var maxItems: Int64?
    var uniqueItems = false
    var minProperties: Int64?
    var maxProperties: Int64?
    var allOf: [Schema] = []
    var anyOf: [Schema] = []
    var oneOf: [Schema] = []
    var not: Schema?

    var isIntOrString = false
    var preservesUnknownFields = false
    /// `x-kubernetes-validations`, here or further down. They are not evaluated.
    var hasExpressions = false
    var isEmbeddedResource = false
    var listType: ListType?
    var listMapKeys: [String] = []
    /// `x-kubernetes-map-type: atomic`.
    var isAtomicMap = false
    /// Of a strategic merge patch: `merge`, `replace` or `retainKeys`, several separated by commas.
    var patchStrategy: String?
    var patchMergeKey: String?

    /// Where the field is in the protobuf message of a built-in type: its number, or several where Go's type embeds
    /// another one without a name of its own in JSON.
    var protobufPath: [Int] = []
    /// Whether Go's field is a pointer: protobuf then tells an absent value from a zero one.
    var isPointer = false

    /// The name among an OpenAPI document's components; built-in types only.
    var reference: String?
  }

  let rules: Rules

  init(_ rules: Rules) { self.rules = rules }

  subscript<Value>(dynamicMember member: KeyPath<Rules, Value>) -> Value { rules[keyPath: member] }

  /// Anything goes.
  static let any = Schema(Rules(preservesUnknownFields: true))
  static let string = Schema(Rules(type: .string))

  /// The schema of a member, whether named or additional.
  func member(_ name: String) -> Schema? { rules.properties[name] ?? rules.additionalProperties }

  /// Whether a merge treats a map as one value.
  var isAtomicObject: Bool { rules.isAtomicMap }

  /// How a merge treats a list: without a list type it is one value.
  var effectiveListType: ListType { rules.listType ?? .atomic }

  /// This schema with one member set, for example a shared `metadata`.
  func with(property name: String, _ schema: Schema) -> Schema {
    var rules = rules
    rules.properties[name] = schema
    return Schema(rules)
  }
}
