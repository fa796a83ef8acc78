import KubernetesModel

/// Fills in a schema's defaults
/// (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting).
enum SchemaDefaulter {
  static func apply(_ schema: Schema, to value: inout JSONValue) {
    switch value {
    case .object(var members):
      value = .null
      for (name, property) in schema.properties {
        // A null that is not allowed counts as absent where a default waits for it.
        if let fallback = property.defaultValue,
          members[name] == nil || (members[name] == .null && !property.isNullable)
        {
          members[name] = fallback
        }
        guard var member = members[name] else { continue }
        members[name] = nil
        apply(property, to: &member)
        members[name] = member
      }
      if let additional = schema.additionalProperties {
        for (name, var member) in members where schema.properties[name] == nil {
          if member == .null, !additional.isNullable, let fallback = additional.defaultValue { member = fallback }
          apply(additional, to: &member)
          members[name] = member
        }
      }
      value = .object(members)
    case .array(var elements):
      guard let items = schema.items else { return }
      value = .null
      for index in elements.indices {
        if elements[index] == .null, !items.isNullable, let fallback = items.defaultValue { elements[index] = fallback }
        apply(items, to: &elements[index])
      }
      value = .array(elements)
    default: break
    }
  }
}
