import KubernetesModel

extension FieldSet {
  /// The fields that a value names: what an applier of it owns. Leaves, items of lists, members of maps without fixed
  /// names, and empty maps.
  init(of value: JSONValue, schema: Schema) {
    self.init()
    switch schema.structure(of: value) {
    case .leaf: isMember = true
    case .map:
      for (name, member) in value.objectValue ?? [:] {
        var set = FieldSet(of: member, schema: schema.memberOrAny(name))
        if member.isNull || member.objectValue?.isEmpty == true || schema.properties[name] == nil {
          set.isMember = true
        }
        self[.field(name)] = set
      }
    case .list(let keys):
      for item in value.arrayValue ?? [] {
        guard let element = schema.element(of: item, keys: keys) else { continue }
        var set = FieldSet(of: item, schema: schema.itemsOrAny)
        set.isMember = true
        self[element] = self[element].union(set)
      }
    }
  }

  /// With every fixed-name member on the way to a path, so that removing the set removes what holds nothing else.
  func includingNamedFields(_ schema: Schema) -> FieldSet {
    var result = self
    for (element, set) in children {
      var below = set.includingNamedFields(schema.below(element))
      if case .field(let name) = element, schema.properties[name] != nil { below.isMember = true }
      result[element] = below
    }
    return result
  }
}

extension JSONValue {
  /// This value without the members and items of a set; nil where nothing is left of a map or a list.
  func removing(_ fields: FieldSet, schema: Schema) -> JSONValue? {
    switch schema.structure(of: self) {
    case .leaf: return schema.type == .object || schema.type == .array ? nil : self
    case .map:
      var result: [String: JSONValue] = [:]
      for (name, member) in objectValue ?? [:] {
        let below = fields[.field(name)]
        if below.isMember { continue }
        result[name] = below.isEmpty ? member : member.removing(below, schema: schema.memberOrAny(name))
      }
      return result.isEmpty ? nil : .object(result)
    case .list(let keys):
      var result: [JSONValue] = []
      for item in arrayValue ?? [] {
        let below = schema.element(of: item, keys: keys).map { fields[$0] } ?? .empty
        if below.isMember { continue }
        if let kept = below.isEmpty ? item : item.removing(below, schema: schema.itemsOrAny) { result.append(kept) }
      }
      return result.isEmpty ? nil : .array(result)
    }
  }
}
