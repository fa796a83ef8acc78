import KubernetesModel

/// The schemas of the built-in kinds.
///
/// They are written in a notation of one entry for a type:
///
///     # io.k8s.api.core.v1                      the prefix of the names that follow, in OpenAPI documents
///     PodSpec: containers! [Container] keys=name; nodeSelector {string} atomic
///
/// A field has a name (`!`: required), a type and attributes. Types: `string`, `int32`, `int64`, `double`, `bool`,
/// `time`, `microtime`, `quantity`, `intstr`, `bytes` (base64), `any`, `[T]` a list, `{T}` a map, or the name of another
/// type. Attributes: `keys=a,b` (associative list), `set`, `atomic`, `patch=strategy:mergeKey`, `#7` the number in protobuf
/// (`#2.6` within an embedded message, `#7?` a pointer). A list with a merge key is associative by that key. A line that
/// is indented goes on with the one before.
final class BuiltInSchemas: Sendable {
  static let shared = BuiltInSchemas()

  /// By type name, such as `PodSpec`; where two groups have one, the second's is `events.Event`.
  let types: [String: Schema]

  private init() {
    var parser = Parser()
    for text in [Self.coreAtoM, Self.coreNtoZ, Self.apps, Self.batch, Self.policy, Self.coordination] {
      parser.read(text)
    }
    types = parser.resolved()
  }

  subscript(_ type: String) -> Schema { types[type] ?? .any }

  /// The type that an object says it is; nil where there is none.
  func type(apiVersion: String, kind: String) -> Schema? {
    types[apiVersion == "events.k8s.io/v1" && kind == "Event" ? "events.Event" : kind]
  }

  private struct Parser {
    private struct Entry {
      var prefix: String
      var isAtomic: Bool
      var fields: [Substring]
    }

    private var entries: [String: Entry] = [:]
    private var schemas: [String: Schema] = [:]

    mutating func read(_ text: String) {
      var prefix = ""
      for line in Self.joined(text) {
        if line.hasPrefix("# ") {
          prefix = String(line.dropFirst(2))
        } else if let colon = line.firstIndex(of: ":") {
          var name = line[..<colon]
          let isAtomic = name.hasSuffix("(atomic)")
          if isAtomic { name = name.dropLast("(atomic)".count) }
          let fields = line[line.index(after: colon)...].split(separator: ";")
          entries[String(name)] = Entry(prefix: prefix, isAtomic: isAtomic, fields: fields)
        }
      }
    }

    private static func joined(_ text: String) -> [String] {
      var lines: [String] = []
      for line in text.split(separator: "\n") {
        if line.hasPrefix(" "), !lines.isEmpty {
          lines[lines.count - 1] += " " + line.drop { $0 == " " }
        } else {
          lines.append(String(line))
        }
      }
      return lines
    }

    mutating func resolved() -> [String: Schema] {
      for name in entries.keys { _ = schema(named: name) }
      return schemas
    }

    private mutating func schema(named name: String) -> Schema {
      if let known = schemas[name] { return known }
      guard let entry = entries[name] else { preconditionFailure("the schema tables name an unknown type \(name)") }
      var rules = Schema.Rules()
      rules.type = .object
      rules.isAtomicMap = entry.isAtomic
      rules.reference = entry.prefix + "." + (name.split(separator: ".").last ?? "")
      for field in entry.fields {
        let words = field.split(separator: " ")
        var key = words[0]
        if key.hasSuffix("!") {
          key = key.dropLast()
          rules.required.append(String(key))
        }
        rules.properties[String(key)] = self.field(type: words[1], attributes: words.dropFirst(2))
      }
      let schema = Schema(rules)
      schemas[name] = schema
      return schema
    }

    private mutating func field(type: Substring, attributes: ArraySlice<Substring>) -> Schema {
      let base = schema(type: type)
      if attributes.isEmpty { return base }
      var rules = base.rules
      for attribute in attributes {
        if attribute == "set" {
          rules.listType = .set
        } else if attribute == "atomic" {
          rules.isAtomicMap = true
        } else if attribute.hasPrefix("#") {
          rules.isPointer = attribute.hasSuffix("?")
          rules.protobufPath = attribute.split(whereSeparator: { "#.?".contains($0) }).compactMap { Int($0) }
        } else if attribute.hasPrefix("keys=") {
          rules.listType = .map
          rules.listMapKeys = attribute.dropFirst(5).split(separator: ",").map(String.init)
        } else if attribute.hasPrefix("patch=") {
          let parts = attribute.dropFirst(6).split(separator: ":")
          rules.patchStrategy = String(parts[0])
          rules.patchMergeKey = parts.count > 1 ? String(parts[1]) : nil
        }
      }
      if rules.type == .array, rules.listType == nil, rules.patchStrategy?.contains("merge") == true {
        rules.listType = rules.patchMergeKey == nil ? .set : .map
        rules.listMapKeys = rules.patchMergeKey.map { [$0] } ?? []
      }
      return Schema(rules)
    }

    private mutating func schema(type: Substring) -> Schema {
      if type.hasPrefix("[") {
        return Schema(Schema.Rules(type: .array, items: schema(type: type.dropFirst().dropLast())))
      }
      if type.hasPrefix("{") {
        return Schema(Schema.Rules(type: .object, additionalProperties: schema(type: type.dropFirst().dropLast())))
      }
      switch type {
      case "string": return .string
      case "int32", "int64": return Schema(Schema.Rules(type: .integer, format: String(type)))
      case "double": return Schema(Schema.Rules(type: .number, format: "double"))
      case "bool": return Schema(Schema.Rules(type: .boolean))
      case "time", "microtime": return Schema(Schema.Rules(type: .string, format: "date-time"))
      case "bytes": return Schema(Schema.Rules(type: .string, format: "byte"))
      case "quantity": return Schema(Schema.Rules(format: "quantity"))
      case "intstr": return Schema(Schema.Rules(isIntOrString: true))
      case "any": return .any
      default: return schema(named: String(type))
      }
    }
  }
}
