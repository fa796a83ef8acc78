internal import KubernetesModel

/// Decides on one object at a time. Pure: whoever calls it has looked at the server.
struct ObjectPlanner: Sendable {
  /// What becomes of an owner.
  enum Owner: Sendable, Hashable {
    case lives(uid: String)
    /// It is in the backup, and will be restored.
    case coming
    case gone
  }

  struct OwnerKey: Sendable, Hashable {
    var apiVersion: String
    var kind: String
    /// Where the owner is on the server that is restored to; nil for an owner that is in none.
    var key: ObjectKey
  }

  enum Prepared: Sendable {
    case excluded(PlannedObject)
    /// As it is to be written, but for owners.
    case wanted(JSONValue, warnings: [String])
  }

  let settings: ResourceRestoreSettings
  /// Secrets of ClusterIssuers, where they were and by name.
  var clusterIssuerSecrets: Set<String> = []

  private var remap: NamespaceRemap { NamespaceRemap(mapping: settings.namespaceMapping) }

  // MARK: Where it goes

  /// Where an object of the backup goes.
  func target(of object: JSONValue, _ resource: ResourceType) -> ObjectKey {
    let name = object.name ?? ""
    guard resource.isNamespaced else {
      let isNamespace = resource.group.isEmpty && resource.kind == "Namespace"
      return ObjectKey(namespace: nil, name: isNamespace ? remap.name(name) : name)
    }
    let old = object.namespace ?? ""
    if old == settings.oldClusterResourceNamespace, let new = settings.clusterResourceNamespace, new != old,
      settings.namespaceMapping[old] == nil, resource.group.isEmpty, resource.kind == "Secret",
      clusterIssuerSecrets.contains(name)
    {
      // A ClusterIssuer looks for its Secrets where its controller was told to.
      return ObjectKey(namespace: new, name: name)
    }
    return ObjectKey(namespace: remap.name(old), name: name)
  }

  // MARK: Owners

  /// The owners of an object, as they would be found now.
  func owners(of object: JSONValue, at target: ObjectKey) -> [OwnerKey] {
    Self.references(object).compactMap { reference in
      guard let apiVersion = reference["apiVersion"]?.stringValue, let kind = reference["kind"]?.stringValue,
        let name = reference["name"]?.stringValue
      else { return nil }
      return OwnerKey(
        apiVersion: apiVersion, kind: kind, key: ObjectKey(namespace: target.namespace, name: name))
    }
  }

  static func references(_ object: JSONValue) -> [JSONValue] {
    object[path: "metadata", "ownerReferences"]?.arrayValue ?? []
  }

  /// The owner references as they hold on this server: those of owners that live, with the uids that they have here.
  func remapped(_ references: [JSONValue], at target: ObjectKey, _ fate: (OwnerKey) -> Owner) -> [JSONValue] {
    references.compactMap { reference in
      var carrier: JSONValue = [:]
      carrier["metadata"] = ["ownerReferences": [reference]]
      guard let key = owners(of: carrier, at: target).first, case .lives(let uid) = fate(key) else { return nil }
      var reference = reference
      reference["uid"] = .string(uid)
      return reference
    }
  }

  // MARK: What is wanted

  func prepare(
    _ object: JSONValue, _ resource: ResourceType, _ fate: (OwnerKey) -> Owner
  ) -> Prepared {
    let key = target(of: object, resource)
    func excluded(_ reason: String) -> Prepared { .excluded(PlannedObject(resource, key, .skip, reason: reason)) }
    if let reason = ObjectHygiene.exclusion(object, of: resource) { return excluded(reason) }
    var warnings: [String] = []
    let references = Self.references(object)
    if let controller = references.first(where: { $0["controller"]?.boolValue == true }),
      !ObjectHygiene.holdsData(resource)
    {
      var carrier: JSONValue = [:]
      carrier["metadata"] = ["ownerReferences": [controller]]
      if let owner = owners(of: carrier, at: key).first {
        let name = "\(owner.kind) \(owner.key.name)"
        switch fate(owner) {
        case .lives, .coming: return excluded("\(name) owns it and makes it again")
        case .gone:
          warnings.append(
            "\(name), which owned it, is not there and not in the backup: it is restored without an owner")
        }
      }
    }
    if object[path: "metadata", "deletionTimestamp"] != nil {
      warnings.append("it was being deleted when the backup was taken")
    }
    let (renamed, notes) = remap.apply(
      ObjectHygiene.cleaned(object, of: resource), of: resource, to: key.namespace)
    if renamed[path: "spec", "acme", "privateKeySecretRef"] != nil, resource.kind.hasSuffix("Issuer"),
      !settings.restoresACMEStatus
    {
      warnings.append("it registers its ACME account once more, with the key of the backup")
    }
    return .wanted(renamed, warnings: warnings + notes)
  }

  // MARK: What to do

  /// - Parameters:
  ///   - live: What is there under the name; nil for nothing.
  func decide(
    _ wanted: JSONValue, _ resource: ResourceType, live: JSONValue?, warnings: [String] = []
  ) -> PlannedObject {
    let key = ObjectKey(namespace: resource.isNamespaced ? wanted.namespace : nil, name: wanted.name ?? "")
    func entry(
      _ action: PlannedObject.Action, _ reason: String? = nil, changes: [String] = [], uid: String? = nil
    ) -> PlannedObject {
      PlannedObject(
        resource, key, action, changes: changes, reason: reason, warnings: action == .skip ? [] : warnings,
        liveUID: uid)
    }
    guard let live else {
      if Self.isMadeEverywhere(wanted, resource) { return entry(.skip, "every namespace has it") }
      return entry(.create)
    }
    if live[path: "metadata", "deletionTimestamp"] != nil {
      return entry(.conflict, "it is being deleted; wait until it is gone, or take its finalizers off")
    }
    switch (resource.group, resource.kind) {
    case ("", "Namespace"): return entry(.skip, "it is there")
    case ("apiextensions.k8s.io", "CustomResourceDefinition"):
      return decideOnDefinition(wanted, live, entry(.skip, "the definition is there and serves what is needed"))
    default: break
    }
    let changes = Self.changes(from: live, to: wanted, resource)
    if changes.isEmpty { return entry(.skip, "it is as in the backup") }
    if Self.isMadeEverywhere(live, resource) {
      return Self.isMadeEverywhere(wanted, resource)
        ? entry(.skip, "every namespace has it") : entry(.replace, changes: changes, uid: live.uid)
    }
    switch settings.conflictPolicy {
    case .skip: return entry(.skip, "it exists and differs in \(changes.joined(separator: ", "))")
    case .fail:
      return entry(
        .conflict, "it exists and differs; conflictPolicy Skip keeps it, Replace overwrites it", changes: changes)
    case .replace:
      if live["immutable"]?.boolValue == true {
        return entry(.conflict, "it exists and is immutable; delete it first", changes: changes)
      }
      return entry(.replace, changes: changes, uid: live.uid)
    }
  }

  /// Fields that a restore would change; empty where the object is as the backup has it.
  static func changes(from live: JSONValue, to wanted: JSONValue, _ resource: ResourceType) -> [String] {
    var wanted = wanted
    // Owners are looked at when it is written.
    wanted["metadata"]?["ownerReferences"] = nil
    var live = ObjectHygiene.cleaned(live, of: resource)
    if resource.group.isEmpty, resource.kind == "Service" {
      // Kept where it can be, and no reason to write a Service again.
      live = ObjectHygiene.withoutNodePorts(live)
      wanted = ObjectHygiene.withoutNodePorts(wanted)
    }
    return ObjectDifference.paths(from: live, to: wanted)
  }

  /// What takes the place of an object: the fields that the server gave out stay.
  static func replacement(of live: JSONValue, by wanted: JSONValue, _ resource: ResourceType) -> JSONValue {
    var result = wanted
    for path in ObjectHygiene.assigned(wanted, of: resource) where live[at: path[...]] != nil {
      result = result.setting(live[at: path[...]], at: path[...])
    }
    for field in ["uid", "resourceVersion"] { result["metadata"]?[field] = live[path: "metadata", field] }
    if result[path: "metadata", "ownerReferences"] == nil {
      result["metadata"]?["ownerReferences"] = live[path: "metadata", "ownerReferences"]
    }
    return result
  }

  /// An older definition in place of a newer one would take fields away from objects that live.
  private func decideOnDefinition(_ wanted: JSONValue, _ live: JSONValue, _ skip: PlannedObject) -> PlannedObject {
    func served(_ definition: JSONValue) -> Set<String> {
      Set(
        (definition[path: "spec", "versions"]?.arrayValue ?? []).filter { $0["served"]?.boolValue == true }
          .compactMap { $0["name"]?.stringValue })
    }
    let stored = (wanted[path: "spec", "versions"]?.arrayValue ?? []).filter { $0["storage"]?.boolValue == true }
      .compactMap { $0["name"]?.stringValue }
    let missing = Set(stored).subtracting(served(live))
    guard !missing.isEmpty else { return skip }
    var conflict = skip
    conflict.action = .conflict
    conflict.reason =
      "the definition that is there does not serve version \(missing.sorted().joined(separator: ", ")) of the backup"
    return conflict
  }

  /// The account `default` as every namespace has it, with nothing in it.
  private static func isMadeEverywhere(_ object: JSONValue, _ resource: ResourceType) -> Bool {
    guard resource.group.isEmpty, resource.kind == "ServiceAccount", object.name == "default" else { return false }
    let own = (object.objectValue ?? [:]).filter { !["apiVersion", "kind", "metadata"].contains($0.key) }
    return own.values.allSatisfy(\.isVoid) && object.labels.isEmpty && object.annotations.isEmpty
  }
}
