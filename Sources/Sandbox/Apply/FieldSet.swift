import KubernetesModel

/// A set of field paths, as a trie: what `fieldsV1` holds.
///
/// A node is the set of the paths below it, and tells with ``isMember`` whether its own path belongs to the set.
/// No node is kept that leads to no member.
struct FieldSet: Sendable, Equatable {
  var isMember = false
  private(set) var children: [FieldPathElement: FieldSet] = [:]

  static let empty = FieldSet()
  static let member = FieldSet(isMember: true)

  init(isMember: Bool = false) { self.isMember = isMember }

  var isEmpty: Bool { !isMember && children.isEmpty }

  /// The set below an element. Setting an empty set removes it.
  subscript(element: FieldPathElement) -> FieldSet {
    get { children[element] ?? .empty }
    set { children[element] = newValue.isEmpty ? nil : newValue }
  }

  mutating func insert(_ path: some Collection<FieldPathElement>) {
    guard let first = path.first else {
      isMember = true
      return
    }
    children[first, default: .empty].insert(path.dropFirst())
  }

  /// All paths: those of a node before those below its children, as the API server lists conflicts.
  var paths: [[FieldPathElement]] {
    let sorted = children.sorted { $0.key < $1.key }
    let own = sorted.filter(\.value.isMember).map { [$0.key] }
    let below = sorted.flatMap { element, set in
      FieldSet(children: set.children).paths.map { [element] + $0 }
    }
    return own + below
  }

  private init(children: [FieldPathElement: FieldSet]) { self.children = children }
}

// Set algebra, path by path: a path that is removed leaves the paths below it.
extension FieldSet {
  func union(_ other: FieldSet) -> FieldSet {
    var result = self
    result.isMember = isMember || other.isMember
    for (element, set) in other.children { result[element] = self[element].union(set) }
    return result
  }

  func intersection(_ other: FieldSet) -> FieldSet {
    var result = FieldSet(isMember: isMember && other.isMember)
    for (element, set) in children {
      if let counterpart = other.children[element] { result[element] = set.intersection(counterpart) }
    }
    return result
  }

  func subtracting(_ other: FieldSet) -> FieldSet {
    var result = self
    result.isMember = isMember && !other.isMember
    for (element, set) in other.children {
      if let own = children[element] { result[element] = own.subtracting(set) }
    }
    return result
  }
}

// The wire form.
extension FieldSet {
  /// - Parameter value: `{"f:spec": {".": {}, "f:replicas": {}}}`; nil where a member is not a field path.
  init?(fieldsV1 value: JSONValue) {
    guard let members = value.objectValue else { return nil }
    for (name, below) in members {
      if name == "." {
        isMember = true
        continue
      }
      guard let element = FieldPathElement(serialized: name), var set = FieldSet(fieldsV1: below) else { return nil }
      if set.isEmpty { set.isMember = true }
      children[element] = set
    }
  }

  var fieldsV1: JSONValue {
    var members: [String: JSONValue] = [:]
    for (element, set) in children {
      var below = set.fieldsV1
      if set.isMember, !set.children.isEmpty { below["."] = [:] }
      members[element.serialized] = below
    }
    return .object(members)
  }
}
