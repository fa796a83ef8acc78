import KubernetesModel

/// Drops fields that a schema does not name, as the API server does before it stores a custom resource
/// (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning).
struct SchemaPruner {
  /// The paths of what was dropped, such as `spec.targe`.
  private(set) var unknown: [String] = []

  /// - Parameter isRoot: `apiVersion`, `kind` and `metadata` are known there and in embedded resources.
  mutating func prune(_ value: inout JSONValue, _ schema: Schema, isRoot: Bool = true) {
    prune(&value, schema, .root, isResource: isRoot)
    unknown.sort()
  }

  private mutating func prune(_ value: inout JSONValue, _ schema: Schema, _ path: FieldPath, isResource: Bool) {
    switch value {
    case .object(var members):
      value = .null
      for (name, var member) in members {
        if isResource, name == "apiVersion" || name == "kind" || name == "metadata" { continue }
        if let known = schema.member(name) {
          // A null that the schema does not allow counts as absent; a default is filled in later.
          if member == .null, !known.isNullable, known.type != nil || known.isIntOrString {
            members[name] = nil
            continue
          }
          prune(&member, known, path.child(name), isResource: known.isEmbeddedResource)
          members[name] = member
        } else if !schema.preservesUnknownFields {
          members[name] = nil
          unknown.append(path.child(name).description)
        }
      }
      value = .object(members)
    case .array(var elements):
      guard let items = schema.items else { return }
      value = .null
      for index in elements.indices {
        prune(&elements[index], items, path.index(index), isResource: items.isEmbeddedResource)
      }
      value = .array(elements)
    default: break
    }
  }
}
