import KubernetesModel

/// Whether a live object is as the operator wants it. The server fills in defaults and others may add fields, so that what
/// counts is that everything wanted is there, and that lists are as long as wanted.
enum ObjectMatch {
  /// - Returns: The path of the first difference, for example `spec.schedule`; nil where there is none.
  static func firstDifference(wanted: JSONValue, live: JSONValue?, path: String = "") -> String? {
    switch (wanted, live) {
    case (.object(let members), .object(let liveMembers)?):
      for (key, value) in members.sorted(by: { $0.key < $1.key }) {
        let inner = path.isEmpty ? key : "\(path).\(key)"
        if let found = firstDifference(wanted: value, live: liveMembers[key], path: inner) { return found }
      }
      return nil
    case (.array(let elements), .array(let liveElements)?):
      guard elements.count == liveElements.count else { return path }
      for (index, pair) in zip(elements, liveElements).enumerated() {
        let inner = "\(path)[\(index)]"
        if let found = firstDifference(wanted: pair.0, live: pair.1, path: inner) { return found }
      }
      return nil
    // The server leaves out what is empty.
    case (_, nil), (_, .null?): return isZero(wanted) ? nil : path
    case (_, let live?): return wanted == live || isSameQuantity(wanted, live) ? nil : path
    }
  }

  private static func isZero(_ value: JSONValue) -> Bool {
    switch value {
    case .null, .bool(false), .integer(0), .number(0), .string(""): true
    case .array(let elements): elements.isEmpty
    case .object(let members): members.values.allSatisfy(isZero)
    default: false
    }
  }

  // `0.5` comes back as `500m`. Two texts that are the same quantity count as the same, wherever they stand.
  private static func isSameQuantity(_ left: JSONValue, _ right: JSONValue) -> Bool {
    guard let left = quantity(left), let right = quantity(right) else { return false }
    return left == right
  }

  private static func quantity(_ value: JSONValue) -> KubernetesModel.Quantity? {
    switch value {
    case .string(let text): try? KubernetesModel.Quantity(text)
    case .integer(let number): KubernetesModel.Quantity(number)
    case .number(let number): try? KubernetesModel.Quantity(String(number))
    default: nil
    }
  }
}

extension JSONValue {
  /// The RFC 7386 patch that turns `old` into `new`; nil where they are equal.
  static func mergePatch(from old: JSONValue, to new: JSONValue) -> JSONValue? {
    guard old != new else { return nil }
    guard case .object(let oldMembers) = old, case .object(let newMembers) = new else { return new }
    var patch: [String: JSONValue] = [:]
    for key in oldMembers.keys where newMembers[key] == nil { patch[key] = .null }
    for (key, value) in newMembers {
      // A new object is written whole: a member that is null in it would otherwise be dropped anyway.
      patch[key] = oldMembers[key].map { mergePatch(from: $0, to: value) } ?? value
    }
    return .object(patch)
  }
}
