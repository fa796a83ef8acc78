import KubernetesModel

/// Lays an applied configuration over a live object: its leaves win, maps and associative lists are joined.
enum ApplyMerge {
  static func merge(_ live: JSONValue?, _ applied: JSONValue?, _ schema: Schema) -> JSONValue? {
    guard let applied else { return live }
    guard let live else { return applied }
    switch schema.structure(of: applied, live) {
    case .map:
      guard case .object(let old) = live, case .object(let new) = applied else { return applied }
      var result = old
      for (name, value) in new { result[name] = merge(old[name], value, schema.memberOrAny(name)) }
      return .object(result)
    case .list(let keys):
      guard case .array(let old) = live, case .array(let new) = applied else { return applied }
      return .array(ListMerge(old, new, keys: keys, schema: schema).result())
    case .leaf: return applied
    }
  }
}

/// Joins two associative lists. Items of both come in the applied order; items of the live list alone keep their place
/// between them, as far as the applied order allows.
private struct ListMerge {
  private typealias Entry = (element: FieldPathElement, item: JSONValue)

  private let live: [Entry]
  private let applied: [Entry]
  private let liveByElement: [FieldPathElement: JSONValue]
  private let appliedByElement: [FieldPathElement: JSONValue]
  private let schema: Schema

  init(_ live: [JSONValue], _ applied: [JSONValue], keys: [String], schema: Schema) {
    func entries(_ items: [JSONValue]) -> [Entry] {
      items.compactMap { item in schema.element(of: item, keys: keys).map { ($0, item) } }
    }
    self.live = entries(live)
    self.applied = entries(applied)
    self.schema = schema
    liveByElement = Dictionary(self.live.map { ($0.element, $0.item) }, uniquingKeysWith: { first, _ in first })
    appliedByElement = Dictionary(self.applied.map { ($0.element, $0.item) }, uniquingKeysWith: { first, _ in first })
  }

  private func merged(_ element: FieldPathElement) -> JSONValue {
    ApplyMerge.merge(liveByElement[element], appliedByElement[element], schema.itemsOrAny) ?? .null
  }

  /// The order of `structured-merge-diff` (typed/merge.go, visitListItems), which the API server uses.
  func result() -> [JSONValue] {
    var shared = applied.map(\.element).filter { liveByElement[$0] != nil }[...]
    var nextShared = shared.popFirst()
    var done: Set<FieldPathElement> = []
    var result: [JSONValue] = []
    var left = 0
    var right = 0
    while left < live.count || right < applied.count {
      if left < live.count, right < applied.count {
        let element = live[left].element
        if element == applied[right].element {
          done.insert(element)
          result.append(merged(element))
          left += 1
          right += 1
          nextShared = shared.popFirst()
          continue
        }
        if appliedByElement[element] != nil, let nextShared, nextShared != element {
          left += 1
          continue
        }
      }
      if left < live.count {
        let (element, item) = live[left]
        if appliedByElement[element] == nil {
          result.append(item)
          left += 1
          continue
        }
        if done.contains(element) { left += 1 }
      }
      if right < applied.count {
        let element = applied[right].element
        done.insert(element)
        result.append(merged(element))
        right += 1
        if nextShared == element { nextShared = shared.popFirst() }
      }
    }
    return result
  }
}
