import KubernetesModel

/// How a merge treats one value (https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy).
enum MergeStructure: Equatable {
  /// One value: a scalar, an atomic map or an atomic list.
  case leaf
  case map
  /// An associative list (with keys) or a set (without).
  case list(keys: [String])
}

extension Schema {
  /// - Parameter values: Of a schema that allows anything, the first value that is not null decides.
  func structure(of values: JSONValue?...) -> MergeStructure {
    switch rules.type {
    case .object: return isAtomicObject ? .leaf : .map
    case .array:
      switch effectiveListType {
      case .atomic: return .leaf
      case .set: return .list(keys: [])
      case .map: return .list(keys: rules.listMapKeys)
      }
    case nil where rules.preservesUnknownFields || !rules.properties.isEmpty:
      if case .object? = values.lazy.compactMap(\.self).first(where: { !$0.isNull }) { return .map }
      return .leaf
    default: return .leaf
    }
  }

  /// The schema of a map's member; anything where the schema does not know it.
  func memberOrAny(_ name: String) -> Schema { member(name) ?? .any }

  var itemsOrAny: Schema { rules.items ?? .any }

  /// The schema below a path element.
  func below(_ element: FieldPathElement) -> Schema {
    if case .field(let name) = element { return memberOrAny(name) }
    return itemsOrAny
  }

  /// The identity of a list's item; nil where it has none of the keys or, in a set, is no scalar.
  func element(of item: JSONValue, keys: [String]) -> FieldPathElement? {
    if keys.isEmpty {
      switch item {
      case .null, .object, .array: return nil
      default: return .value(item)
      }
    }
    guard case .object(let members) = item else { return nil }
    var found: [String: JSONValue] = [:]
    let defaults = itemsOrAny.reference == nil ? [:] : Self.builtInKeyDefaults
    for key in keys {
      found[key] = members[key] ?? itemsOrAny.memberOrAny(key).defaultValue ?? defaults[key]
    }
    return found.isEmpty ? nil : .key(found)
  }

  /// The keys of built-in lists that the API server defaults: ports of containers and of Services.
  private static let builtInKeyDefaults: [String: JSONValue] = ["protocol": "TCP"]

  /// The value that the API server's typed object has where the JSON has none, so that nobody adds or removes it:
  /// a struct that is no pointer. Nil for custom resources, and where absence is real.
  func implied(_ name: String) -> JSONValue? {
    guard rules.reference != nil, let member = rules.properties[name] else { return nil }
    guard rules.required.contains(name) || Self.impliedStructs.contains(name) else { return nil }
    switch member.type {
    case .object where member.reference != nil: return [:]
    case .array: return []
    default: return nil
    }
  }

  private static let impliedStructs: Set<String> = [
    "metadata", "spec", "status", "template", "jobTemplate", "strategy", "updateStrategy", "resources", "loadBalancer",
  ]
}
