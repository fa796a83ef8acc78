import KubernetesModel

/// The `labelSelector` parameter: equality and set terms
/// (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors).
struct LabelQuery: Sendable, Equatable {
  enum Term: Sendable, Equatable {
    case isIn(String, [String])
    case isNotIn(String, [String])
    case exists(String)
    case absent(String)
    case greater(String, Int64)
    case less(String, Int64)
  }

  let terms: [Term]

  /// - Throws: `BadRequest` where the text is no selector.
  init(_ text: String) throws(APIError) {
    var parser = Parser(rest: Substring(text))
    var terms: [Term] = []
    while true {
      parser.skipSpace()
      if parser.rest.isEmpty { break }
      terms.append(try parser.term())
      parser.skipSpace()
      if parser.rest.isEmpty { break }
      guard parser.take(",") else { throw parser.failure("expected ','") }
    }
    self.terms = terms
  }

  func matches(_ labels: [String: String]) -> Bool {
    terms.allSatisfy { term in
      switch term {
      case .isIn(let key, let values): labels[key].map(values.contains) ?? false
      case .isNotIn(let key, let values): labels[key].map { !values.contains($0) } ?? true
      case .exists(let key): labels[key] != nil
      case .absent(let key): labels[key] == nil
      case .greater(let key, let bound): labels[key].flatMap { Int64($0) }.map { $0 > bound } ?? false
      case .less(let key, let bound): labels[key].flatMap { Int64($0) }.map { $0 < bound } ?? false
      }
    }
  }

  private struct Parser {
    var rest: Substring

    func failure(_ message: String) -> APIError {
      .badRequest("unable to parse requirement: \(message), found '\(rest.prefix(40))'")
    }

    mutating func skipSpace() { rest = rest.drop { $0 == " " } }

    mutating func take(_ text: String) -> Bool {
      guard rest.hasPrefix(text) else { return false }
      rest = rest.dropFirst(text.count)
      return true
    }

    mutating func word() -> String {
      skipSpace()
      let word = rest.prefix { !" ,()=!<>".contains($0) }
      rest = rest.dropFirst(word.count)
      return String(word)
    }

    mutating func term() throws(APIError) -> Term {
      if take("!") { return .absent(try key()) }
      let key = try key()
      skipSpace()
      if rest.isEmpty || rest.hasPrefix(",") { return .exists(key) }
      if take("!=") { return .isNotIn(key, [try value()]) }
      if take("==") || take("=") { return .isIn(key, [try value()]) }
      if take(">") { return .greater(key, try number()) }
      if take("<") { return .less(key, try number()) }
      switch word() {
      case "in": return .isIn(key, try values())
      case "notin": return .isNotIn(key, try values())
      default: throw failure("expected one of: =, ==, !=, in, notin, >, <")
      }
    }

    private mutating func key() throws(APIError) -> String {
      let key = word()
      let problems = MetadataRules.qualifiedName(key)
      if let first = problems.first {
        throw .badRequest("unable to parse requirement: key: Invalid value: \"\(key)\": \(first)")
      }
      return key
    }

    private mutating func value() throws(APIError) -> String {
      let value = word()
      if let first = MetadataRules.labelValue(value).first {
        throw .badRequest("unable to parse requirement: values[0]: Invalid value: \"\(value)\": \(first)")
      }
      return value
    }

    private mutating func number() throws(APIError) -> Int64 {
      guard let number = Int64(word()) else { throw failure("expected an integer") }
      return number
    }

    private mutating func values() throws(APIError) -> [String] {
      skipSpace()
      guard take("(") else { throw failure("expected '('") }
      var values: [String] = []
      while true {
        values.append(try value())
        skipSpace()
        if take(",") { continue }
        if take(")") { return values }
        throw failure("expected ',' or ')'")
      }
    }
  }
}

/// The `fieldSelector` parameter
/// (https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/).
struct FieldQuery: Sendable, Equatable {
  struct Term: Sendable, Equatable {
    var path: String
    var value: String
    var isEqual: Bool
  }

  let terms: [Term]

  /// - Throws: `BadRequest` for a malformed term or a field that the resource cannot be selected by.
  init(_ text: String, resource: ServedResource) throws(APIError) {
    var terms: [Term] = []
    for part in text.split(separator: ",") {
      guard let match = part.firstMatch(of: /(!=|==|=)/) else {
        throw .badRequest("invalid selector: '\(text)'; can't understand '\(part)'")
      }
      let path = String(part[..<match.range.lowerBound])
      guard Self.supported(by: resource).contains(path) else {
        let known = Self.supported(by: resource)
        if known.count > 2 || resource.custom != nil { throw .badRequest("field label not supported: \(path)") }
        let list = known.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
        throw .badRequest("\"\(path)\" is not a known field selector: only \(list)")
      }
      terms.append(
        Term(path: path, value: String(part[match.range.upperBound...]), isEqual: match.1 != "!="))
    }
    self.terms = terms
  }

  /// - Parameter object: As it is stored: Events are in the core group's shape.
  func matches(_ object: JSONValue) -> Bool {
    terms.allSatisfy { term in
      (Self.value(term.path, in: object) == term.value) == term.isEqual
    }
  }

  private static func supported(by resource: ServedResource) -> Set<String> {
    var paths: Set = ["metadata.name", "metadata.namespace"]
    switch resource.type {
    case .pods:
      paths.formUnion([
        "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
        "status.phase", "status.podIP", "status.nominatedNodeName",
      ])
    case .events, .eventsV1:
      let reference = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"]
      paths.formUnion(reference.map { (resource.type == .events ? "involvedObject." : "regarding.") + $0 })
      paths.formUnion(["reason", "type", "source", "reportingComponent", "reportingController"])
    case .secrets: paths.insert("type")
    case .namespaces: paths.insert("status.phase")
    case .nodes: paths.insert("spec.unschedulable")
    case .jobs: paths.insert("status.successful")
    default: break
    }
    for field in resource.custom?.selectableFields ?? [] { paths.insert(String(field.drop { $0 == "." })) }
    return paths
  }

  private static func value(_ path: String, in object: JSONValue) -> String {
    let path = path.hasPrefix("regarding.") ? "involvedObject." + path.dropFirst("regarding.".count) : path
    switch path {
    case "source", "reportingController", "reportingComponent":
      let component = object["reportingComponent"]?.stringValue ?? ""
      return path == "source" || component.isEmpty
        ? object["source"]?["component"]?.stringValue ?? component : component
    case "status.successful": return object["status"]?["succeeded"].map(JSONWriter.text) ?? "0"
    default:
      let value = object.value(at: path.split(separator: ".").map(String.init))
      return value.map { $0.stringValue ?? JSONWriter.text($0) } ?? ""
    }
  }
}
