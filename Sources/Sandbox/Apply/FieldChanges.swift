import KubernetesModel

/// Which fields differ between two versions of an object.
struct FieldChanges {
  /// With every map and item that is new.
  private(set) var added = FieldSet.empty
  /// Leaves whose value differs.
  private(set) var modified = FieldSet.empty
  /// With every map and item that is gone.
  private(set) var removed = FieldSet.empty

  init(from before: JSONValue, to after: JSONValue, schema: Schema) {
    compare(before, after, schema, [])
  }

  private mutating func compare(
    _ before: JSONValue?, _ after: JSONValue?, _ schema: Schema, _ path: [FieldPathElement]
  ) {
    switch schema.structure(of: after, before) {
    case .map where !Self.bothEmpty(before?.objectValue, after?.objectValue):
      compareMaps(before, after, schema, path)
    case .list(let keys) where !Self.bothEmpty(before?.arrayValue, after?.arrayValue):
      compareLists(before?.arrayValue ?? [], after?.arrayValue ?? [], keys, schema, path)
    default:
      if let before, let after, before != after { modified.insert(path) }
    }
    if before == nil {
      added.insert(path)
    } else if after == nil {
      removed.insert(path)
    }
  }

  /// Two empty values are compared as leaves, which keeps null and empty apart.
  private static func bothEmpty(_ left: (some Collection)?, _ right: (some Collection)?) -> Bool {
    left?.isEmpty != false && right?.isEmpty != false
  }

  private mutating func compareMaps(
    _ before: JSONValue?, _ after: JSONValue?, _ schema: Schema, _ path: [FieldPathElement]
  ) {
    let old = before?.objectValue ?? [:]
    let new = after?.objectValue ?? [:]
    for name in Set(old.keys).union(new.keys) {
      compare(
        old[name] ?? (before == nil ? nil : schema.implied(name)),
        new[name] ?? (after == nil ? nil : schema.implied(name)), schema.memberOrAny(name), path + [.field(name)])
    }
  }

  private mutating func compareLists(
    _ before: [JSONValue], _ after: [JSONValue], _ keys: [String], _ schema: Schema, _ path: [FieldPathElement]
  ) {
    let old = Self.index(before, keys, schema)
    let new = Self.index(after, keys, schema)
    for element in Set(old.keys).union(new.keys) {
      compare(old[element], new[element], schema.itemsOrAny, path + [element])
    }
  }

  private static func index(_ items: [JSONValue], _ keys: [String], _ schema: Schema) -> [FieldPathElement: JSONValue] {
    var result: [FieldPathElement: JSONValue] = [:]
    for item in items {
      guard let element = schema.element(of: item, keys: keys), result[element] == nil else { continue }
      result[element] = item
    }
    return result
  }
}
