import KubernetesModel

extension Patching {
  /// Kubernetes' own patch format for built-in kinds
  /// (https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md):
  /// like a merge patch, but lists with a merge key are merged item by item, and the directives `$patch`,
  /// `$deleteFromPrimitiveList`, `$setElementOrder` and `$retainKeys` are followed.
  static func strategicMergePatch(_ patch: JSONValue, on target: JSONValue, kind: ResourceType) throws(APIError)
    -> JSONValue
  {
    guard patch.objectValue != nil else {
      throw APIError.badRequest("error decoding patch: a strategic merge patch is an object")
    }
    return try StrategicMerge(kind: kind).merge(patch, into: target, at: [])
  }
}

private struct StrategicMerge {
  let kind: ResourceType

  /// `patchMergeKey` differs from the list map keys of server-side apply in a few places: ports have one key here.
  private func topology(at path: [String]) -> ListTopology {
    let topology = BuiltInTopology(resource: kind).list(at: path)
    guard case .map(let keys) = topology, keys.count > 1, let first = keys.first else { return topology }
    return .map(keys: [first])
  }

  func merge(_ patch: JSONValue, into target: JSONValue, at path: [String]) throws(APIError) -> JSONValue {
    guard case .object(var changes) = patch else { return patch }
    switch changes.removeValue(forKey: "$patch")?.stringValue {
    case "replace": return .object(changes)
    case "delete": return .object([:])
    default: break
    }
    var members = target.objectValue ?? [:]
    if let retained = changes.removeValue(forKey: "$retainKeys")?.arrayValue?.compactMap(\.stringValue) {
      members = members.filter { retained.contains($0.key) }
    }
    let orders = changes.filter { $0.key.hasPrefix("$setElementOrder/") }
    let deletions = changes.filter { $0.key.hasPrefix("$deleteFromPrimitiveList/") }
    for (directive, values) in deletions {
      let key = String(directive.dropFirst("$deleteFromPrimitiveList/".count))
      let gone = values.arrayValue ?? []
      members[key] = members[key]?.arrayValue.map { items in .array(items.filter { !gone.contains($0) }) }
    }
    for (key, change) in changes where !key.hasPrefix("$") {
      members[key] = try merged(change, into: members[key], at: path + [key])
    }
    for (directive, order) in orders {
      let key = String(directive.dropFirst("$setElementOrder/".count))
      guard let items = members[key]?.arrayValue else { continue }
      members[key] = .array(sorted(items, by: order.arrayValue ?? [], topology: topology(at: path + [key])))
    }
    return .object(members)
  }

  private func merged(_ change: JSONValue, into current: JSONValue?, at path: [String]) throws(APIError) -> JSONValue? {
    switch change {
    case .null:
      return nil
    case .object:
      return try merge(change, into: current ?? .null, at: path)
    case .array(let items):
      return .array(try mergeList(items, into: current?.arrayValue ?? [], at: path))
    default:
      return change
    }
  }

  private func mergeList(_ changes: [JSONValue], into current: [JSONValue], at path: [String]) throws(APIError)
    -> [JSONValue]
  {
    switch topology(at: path) {
    case .atomic:
      return changes
    case .set:
      return current + changes.filter { !current.contains($0) }
    case .map(let keys):
      guard let key = keys.first else { return changes }
      if changes.contains(where: { $0["$patch"]?.stringValue == "replace" && $0.objectValue?.count == 1 }) {
        return changes.filter { $0["$patch"] == nil }
      }
      var result = current
      for change in changes {
        guard let value = change[key] else {
          throw APIError.badRequest("map: \(path.joined(separator: ".")) does not contain declared merge key: \(key)")
        }
        let index = result.firstIndex { $0[key] == value }
        if change["$patch"]?.stringValue == "delete" {
          if let index { result.remove(at: index) }
        } else if let index {
          result[index] = try merge(change, into: result[index], at: path)
        } else {
          result.append(try merge(change, into: .object([:]), at: path))
        }
      }
      return result
    }
  }

  /// Items that `order` names come in its order; others keep their place after the one they followed.
  private func sorted(_ items: [JSONValue], by order: [JSONValue], topology: ListTopology) -> [JSONValue] {
    func identity(_ item: JSONValue) -> JSONValue {
      if case .map(let keys) = topology, let key = keys.first { return item[key] ?? .null }
      return item
    }
    let rank = Dictionary(
      order.enumerated().map { (identity($0.element), $0.offset) }, uniquingKeysWith: { first, _ in first })
    var named = items.filter { rank[identity($0)] != nil }
    named.sort { (rank[identity($0)] ?? 0) < (rank[identity($1)] ?? 0) }
    var result: [JSONValue] = []
    var position = 0
    for item in items {
      if rank[identity(item)] == nil {
        result.append(item)
      } else {
        result.append(named[position])
        position += 1
      }
    }
    return result
  }
}
