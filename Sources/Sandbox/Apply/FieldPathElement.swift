import KubernetesModel

/// One step of a path in `managedFields`
/// (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/, `fieldsV1`).
enum FieldPathElement: Hashable, Sendable {
  /// `f:name`: a member of a map.
  case field(String)
  /// `k:{"name":"a"}`: the item of an associative list with these keys.
  case key([String: JSONValue])
  /// `v:"a"`: an item of a set.
  case value(JSONValue)
  /// `i:0`: an item by its position. Read from clients, never made here.
  case index(Int)

  /// Nil where the text is not an element.
  init?(serialized text: String) {
    guard text.dropFirst().first == ":" else { return nil }
    let rest = text.dropFirst(2)
    switch text.first {
    case "f": self = .field(String(rest))
    case "i":
      guard let index = Int(rest) else { return nil }
      self = .index(index)
    case "v":
      guard let value = try? JSONReader.parse(rest.utf8).value else { return nil }
      self = .value(value)
    case "k":
      guard case .object(let keys)? = try? JSONReader.parse(rest.utf8).value, !keys.isEmpty else { return nil }
      self = .key(keys)
    default: return nil
    }
  }

  var serialized: String {
    switch self {
    case .field(let name): "f:" + name
    case .key(let keys): "k:" + JSONWriter.text(.object(keys))
    case .value(let value): "v:" + JSONWriter.text(value)
    case .index(let index): "i:\(index)"
    }
  }

  fileprivate var rank: Int {
    switch self {
    case .field: 0
    case .key: 1
    case .value: 2
    case .index: 3
    }
  }
}

extension FieldPathElement: CustomStringConvertible, Comparable {
  /// As messages write it: `.spec`, `[name="a"]`, `[="a"]`, `[0]`.
  var description: String {
    switch self {
    case .field(let name): ".\(name)"
    case .key(let keys):
      "[" + keys.sorted { $0.key < $1.key }.map { "\($0.key)=\(JSONWriter.text($0.value))" }.joined(separator: ",")
        + "]"
    case .value(let value): "[=\(JSONWriter.text(value))]"
    case .index(let index): "[\(index)]"
    }
  }

  static func < (left: FieldPathElement, right: FieldPathElement) -> Bool {
    switch (left, right) {
    case (.index(let left), .index(let right)): left < right
    default: left.rank == right.rank ? left.serialized < right.serialized : left.rank < right.rank
    }
  }
}
