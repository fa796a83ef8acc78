internal import Foundation
internal import KubernetesClient
internal import KubernetesModel
internal import PKIPreview
internal import ResourceSet

/// Compares a set with a server.
struct PlanWork: Sendable {
  let client: KubernetesClient
  let planner: ObjectPlanner
  let survey: SetSurvey
  let served: ServedResources
  let now: Date

  /// What the comparison of one object gave.
  private struct Verdict: Sendable {
    var ordinal: Int
    var entry: PlannedObject
    /// What will be there, where the PKI preview needs it.
    var effective: JSONValue?
  }

  func run(_ read: ReadResourceSet, width: Int) async throws -> ResourceRestorePlan {
    let superseded = survey.superseded
    let needed = neededSecrets()
    var preview = PKIPreview(
      clusterResourceNamespace: planner.settings.effectiveClusterResourceNamespace, now: now)
    var objects: [PlannedObject?] = Array(repeating: nil, count: survey.paths.count)
    var targets: Set<String> = []
    var secrets: Set<ObjectKey> = []
    try await SetReading.pass(read, wants: { !superseded.contains($0) }) { members in
      for verdict in try await inParallel(members, width: width, { try await self.verdict($0, needed) }) {
        var entry = verdict.entry
        if entry.action != .skip || entry.reason == nil {
          let target = "\(entry.resource.plural).\(entry.resource.group)/\(entry.key)"
          if !targets.insert(target).inserted {
            entry.action = .conflict
            entry.reason = "another object of the backup goes to the same place; change namespaceMapping"
          }
        }
        objects[verdict.ordinal] = entry
        guard let effective = verdict.effective else { continue }
        switch entry.phase {
        case .certificates: preview.add(certificate: effective)
        case .issuers: preview.add(issuer: effective)
        default:
          secrets.insert(effective.key)
          preview.add(secret: effective)
        }
      }
    }
    // What the backup does not have may live.
    for key in needed.subtracting(secrets).sorted() {
      if let live = try await find(Self.secretType, key) { preview.add(secret: live) }
    }
    var plan = ResourceRestorePlan(
      objects: objects, certificates: await preview.previews(), warnings: warnings)
    plan.clusterIssuerSecrets = planner.clusterIssuerSecrets
    plan.namespaces = try await missingNamespaces(objects.compactMap(\.self))
    return plan
  }

  /// A set of one namespace's PKI does not hold the Namespace itself.
  private func missingNamespaces(_ entries: [PlannedObject]) async throws -> [PlannedObject] {
    var wanted = Set(entries.filter { $0.action == .create || $0.action == .replace }.compactMap(\.key.namespace))
    wanted.subtract(entries.filter { $0.resource == Self.namespaceType }.map(\.key.name))
    var missing: [PlannedObject] = []
    for name in wanted.sorted() {
      do {
        let key = ObjectKey(namespace: nil, name: name)
        guard try await find(Self.namespaceType, key) == nil else { continue }
        missing.append(PlannedObject(Self.namespaceType, key, .create, reason: "objects of the backup go there"))
      } catch let error as ResourceRestoreError where error.code == .forbidden {
        // Whoever may write there and not look at it: the first object tells.
        continue
      }
    }
    return missing
  }

  static let namespaceType = ResourceType(
    group: "", version: "v1", kind: "Namespace", plural: "namespaces", isNamespaced: false)
  static let secretType = ResourceType(group: "", version: "v1", kind: "Secret", plural: "secrets")

  private var warnings: [String] {
    (survey.index?.failures ?? []).map { "the backup lacks \($0)" }
  }

  private func neededSecrets() -> Set<ObjectKey> {
    var preview = PKIPreview(
      clusterResourceNamespace: planner.settings.effectiveClusterResourceNamespace, now: now)
    for certificate in survey.certificates { preview.add(certificate: moved(certificate, Self.certificateType)) }
    for issuer in survey.issuers {
      preview.add(issuer: issuer.kind == "ClusterIssuer" ? issuer : moved(issuer, Self.issuerType))
    }
    return preview.neededSecrets
  }

  private static let certificateType = ResourceType(
    group: "cert-manager.io", version: "v1", kind: "Certificate", plural: "certificates")
  private static let issuerType = ResourceType(
    group: "cert-manager.io", version: "v1", kind: "Issuer", plural: "issuers")

  private func moved(_ object: JSONValue, _ resource: ResourceType) -> JSONValue {
    let namespace = planner.target(of: object, resource).namespace
    var object = object
    object["metadata"]?["namespace"] = namespace.map { .string($0) }
    return object
  }

  // MARK: One object

  private func verdict(_ member: SetReading.Member, _ needed: Set<ObjectKey>) async throws -> Verdict {
    guard survey.resources.indices.contains(member.ordinal) else {
      throw ResourceSetError(.invalidMember, "the set is another one than when it was read first")
    }
    let resource = survey.resources[member.ordinal]
    let owners = try await fates(of: member.object, resource)
    switch planner.prepare(member.object, resource, { owners[$0] ?? .gone }) {
    case .excluded(let entry): return Verdict(ordinal: member.ordinal, entry: entry, effective: nil)
    case .wanted(let wanted, let warnings):
      let key = planner.target(of: member.object, resource)
      guard try await isServed(resource) else {
        let entry = PlannedObject(
          resource, key, .conflict,
          reason: "the server does not serve \(resource.plural) of \(resource.apiVersion); install what defines them")
        return Verdict(ordinal: member.ordinal, entry: entry, effective: nil)
      }
      let live = try await find(resource, key)
      let entry = planner.decide(wanted, resource, live: live, warnings: warnings)
      let isNeeded =
        entry.phase == .certificates || entry.phase == .issuers
        || entry.phase == .secrets && resource.kind == "Secret" && needed.contains(key)
      let effective = entry.action == .create || entry.action == .replace ? wanted : live ?? wanted
      return Verdict(ordinal: member.ordinal, entry: entry, effective: isNeeded ? effective : nil)
    }
  }

  private func fates(
    of object: JSONValue, _ resource: ResourceType
  ) async throws -> [ObjectPlanner.OwnerKey: ObjectPlanner.Owner] {
    var fates: [ObjectPlanner.OwnerKey: ObjectPlanner.Owner] = [:]
    for owner in planner.owners(of: object, at: planner.target(of: object, resource)) {
      if let uid = try await uid(of: owner, client, served) {
        fates[owner] = .lives(uid: uid)
      } else {
        fates[owner] = survey.coming.contains(owner) ? .coming : .gone
      }
    }
    return fates
  }

  /// Also where a definition in the set is going to define it.
  private func isServed(_ resource: ResourceType) async throws -> Bool {
    if try await served.serves(resource) { return true }
    return survey.defined.contains("\(resource.plural).\(resource.group)/\(resource.version)")
  }

  private func find(_ resource: ResourceType, _ key: ObjectKey) async throws -> JSONValue? {
    do {
      return try await absentIfNotFound {
        try await client.get(resource, name: key.name, namespace: key.namespace)
      }
    } catch let error as KubernetesError {
      throw ResourceRestoreError(error, "get", resource, key)
    }
  }
}

/// nil where the owner does not live; one that the account may not look at does not count as living either.
func uid(
  of owner: ObjectPlanner.OwnerKey, _ client: KubernetesClient, _ served: ServedResources
) async throws -> String? {
  guard let resource = try await served.resource(apiVersion: owner.apiVersion, kind: owner.kind) else { return nil }
  do {
    return try await absentIfNotFound {
      try await client.get(
        resource, name: owner.key.name, namespace: resource.isNamespaced ? owner.key.namespace : nil)
    }?.uid
  } catch let error as KubernetesError where error.code == .forbidden {
    return nil
  }
}
