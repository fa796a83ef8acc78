import KubernetesModel

/// Where in an object a value is: member names, `[]` after one for each element of a list.
///
///     spec.acme.solvers[].dns01.akamai.clientTokenSecretRef.name
struct FieldPath: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
  let description: String

  init(stringLiteral value: String) { description = value }

  /// The strings at the path, but for empty ones: an empty name is no reference.
  func strings(in object: JSONValue) -> [String] {
    var values = [object]
    for step in description.split(separator: ".") {
      let isList = step.hasSuffix("[]")
      let name = String(isList ? step.dropLast(2) : step)
      values = values.compactMap { $0[name] }
      if isList { values = values.flatMap { $0.arrayValue ?? [] } }
    }
    return values.compactMap(\.stringValue).filter { !$0.isEmpty }
  }
}
