import KubernetesModel

extension APIServer {
  /// Serves what a CustomResourceDefinition says, sets its conditions, and removes the objects of a deleted one.
  func reconcileDefinition(named name: String) {
    let definitions = BuiltInResources.resource(.customResourceDefinitions)
    guard let (definition, _) = store.get(definitions.collection, StoredKey(namespace: "", name: name)) else { return }
    if definition.isBeingDeleted { return finalize(definition, definitions) }
    let conflict = nameConflict(of: definition)
    if conflict == nil { registry.replace(definition: name, with: Self.resources(of: definition)) }
    let status = status(of: definition, conflict: conflict)
    if status == definition["status"] { return }
    // Fails only where the definition is changed or deleted meanwhile; that write reconciles again.
    _ = try? modify(
      definitions, namespace: nil, name: name, subresource: "status", options: WriteOptions(),
      tracksManagedFields: false
    ) { current throws(APIError) in
      var current = current
      current["status"] = status
      return current
    }
  }

  private func nameConflict(of definition: JSONValue) -> String? {
    let names = definition["spec"]?["names"] ?? [:]
    let others = registry.all().filter {
      $0.type.group == definition["spec"]?["group"]?.stringValue && $0.custom?.definitionName != definition.objectName
    }
    for other in others {
      if other.type.kind == names["kind"]?.stringValue { return "\"\(other.type.kind)\" is already in use" }
    }
    return nil
  }

  private func status(of definition: JSONValue, conflict: String?) -> JSONValue {
    var status = definition["status"] ?? [:]
    let before = status["conditions"]?.arrayValue ?? []
    func condition(_ type: String, _ isTrue: Bool, _ reason: String, _ message: String) -> JSONValue {
      let old = before.first { $0["type"]?.stringValue == type }
      let state: JSONValue = isTrue ? "True" : "False"
      let time = old?["status"] == state ? old?["lastTransitionTime"] : nil
      return [
        "type": .string(type), "status": state, "reason": .string(reason), "message": .string(message),
        "lastTransitionTime": time ?? .string(Timestamp(clock()).description),
      ]
    }
    if let conflict {
      status["conditions"] = [
        condition("NamesAccepted", false, "KindConflict", conflict),
        condition("Established", false, "NotAccepted", "not all names are accepted"),
      ]
      return status
    }
    status["acceptedNames"] = definition["spec"]?["names"]
    status["conditions"] = [
      condition("NamesAccepted", true, "NoConflicts", "no conflicts found"),
      condition("Established", true, "InitialNamesAccepted", "the initial names have been accepted"),
    ]
    if let storage = (definition["spec"]?["versions"]?.arrayValue ?? []).first(where: {
      $0["storage"]?.boolValue == true
    }),
      let name = storage["name"], status["storedVersions"]?.arrayValue?.contains(name) != true
    {
      status["storedVersions"] = .array((status["storedVersions"]?.arrayValue ?? []) + [name])
    }
    return status
  }

  /// Deletes the objects; lets the definition go once none is left.
  private func finalize(_ definition: JSONValue, _ definitions: ServedResource) {
    guard definition.finalizers.contains(CustomResourceDefinitionRules.cleanupFinalizer),
      let resource = Self.resources(of: definition).first
    else { return }
    let objects = (try? store.list(resource.collection, namespace: nil))?.items ?? []
    for (key, object) in objects where !object.isBeingDeleted {
      _ = try? delete(resource, namespace: key.namespace, name: key.name, options: DeleteOptions())
    }
    guard store.isEmpty(resource.collection) else { return }
    _ = try? modify(
      definitions, namespace: nil, name: definition.objectName, subresource: nil, options: WriteOptions(),
      tracksManagedFields: false
    ) { current throws(APIError) in
      var current = current
      current["metadata", default: [:]]["finalizers"] = .array(
        current.finalizers.filter { $0 != CustomResourceDefinitionRules.cleanupFinalizer }.map { .string($0) })
      return current
    }
  }

  /// What a definition asks to be served: one for each served version, the stored version's first.
  static func resources(of definition: JSONValue) -> [ServedResource] {
    let spec = definition["spec"] ?? [:]
    let (group, names) = (spec["group"]?.stringValue ?? "", spec["names"] ?? [:])
    let versions = spec["versions"]?.arrayValue ?? []
    let storage = versions.first { $0["storage"]?.boolValue == true }?["name"]?.stringValue ?? ""
    return versions.filter { $0["served"]?.boolValue == true }.map { version in
      let type = ResourceType(
        group: group, version: version["name"]?.stringValue ?? "", kind: names["kind"]?.stringValue ?? "",
        plural: names["plural"]?.stringValue ?? "", isNamespaced: spec["scope"]?.stringValue == "Namespaced")
      return resource(
        type, names: names, version: version, definition: definition.objectName, storage: "\(group)/\(storage)")
    }.sorted { first, _ in first.type.version == storage }
  }

  private static func resource(
    _ type: ResourceType, names: JSONValue, version: JSONValue, definition: String, storage: String
  ) -> ServedResource {
    let declared = Schema(jsonSchemaProps: version["schema"]?["openAPIV3Schema"] ?? [:])
    let schema = declared.with(property: "apiVersion", .string).with(property: "kind", .string)
      .with(property: "metadata", BuiltInSchemas.shared["ObjectMeta"])
    // `metadata` has its own checks; the declared schema may restrict its name or generateName only.
    let validated = declared.with(
      property: "metadata",
      Schema(Schema.Rules(properties: declared.properties["metadata"]?.properties ?? [:], preservesUnknownFields: true))
    )
    var resource = ServedResource(
      type, singular: names["singular"]?.stringValue, shortNames: strings(names["shortNames"]),
      categories: strings(names["categories"]), schema: schema, rules: CustomResourceRules(schema: validated))
    resource.listKind = names["listKind"]?.stringValue ?? type.kind + "List"
    resource.storageVersion = storage
    let subresources = version["subresources"] ?? [:]
    if subresources["status"] != nil { resource.subresources.insert("status") }
    if subresources["scale"] != nil { resource.subresources.insert("scale") }
    resource.custom = ServedResource.Custom(
      definitionName: definition, columns: version["additionalPrinterColumns"]?.arrayValue ?? [],
      scale: scalePaths(subresources["scale"]),
      selectableFields: (version["selectableFields"]?.arrayValue ?? []).compactMap { $0["jsonPath"]?.stringValue },
      deprecationWarning: version["deprecated"]?.boolValue == true
        ? version["deprecationWarning"]?.stringValue ?? "\(type.apiVersion) \(type.kind) is deprecated" : nil)
    return resource
  }

  private static func scalePaths(_ scale: JSONValue?) -> ServedResource.ScalePaths? {
    guard let scale, let replicas = scale["specReplicasPath"]?.stringValue,
      let status = scale["statusReplicasPath"]?.stringValue
    else { return nil }
    func names(_ path: String) -> [String] { path.split(separator: ".").map(String.init) }
    return ServedResource.ScalePaths(
      replicas: names(replicas), statusReplicas: names(status),
      selector: scale["labelSelectorPath"]?.stringValue.map(names))
  }

  private static func strings(_ value: JSONValue?) -> [String] { (value?.arrayValue ?? []).compactMap(\.stringValue) }
}
