import KubernetesModel
import Testing

@testable import ResourceRestore

/// What is decided on one object.
@Suite struct PlannerTests {
  private func planner(
    _ policy: ResourceRestoreSettings.ConflictPolicy = .fail, _ mapping: [String: String] = [:]
  ) -> ObjectPlanner {
    ObjectPlanner(settings: ResourceRestoreSettings(namespaceMapping: mapping, conflictPolicy: policy))
  }

  private func wanted(
    _ object: JSONValue, _ resource: ResourceType, _ mapping: [String: String] = [:],
    _ fate: ObjectPlanner.Owner = .gone
  ) throws -> (JSONValue, [String]) {
    guard case .wanted(let wanted, let warnings) = planner(.fail, mapping).prepare(object, resource, { _ in fate })
    else { throw Excluded() }
    return (wanted, warnings)
  }
  private struct Excluded: Error {}

  private func reason(_ object: JSONValue, _ resource: ResourceType, _ fate: ObjectPlanner.Owner = .gone) -> String? {
    guard case .excluded(let entry) = planner().prepare(object, resource, { _ in fate }) else { return nil }
    return entry.reason
  }

  // MARK: Hygiene

  @Test func whatBelongsToTheOldClusterIsTakenOut() throws {
    let certificate = stored(
      object(
        Types.certificates, "web",
        ["spec": ["secretName": "web-tls"], "status": ["conditions": [["type": "Issuing", "status": "True"]]]],
        metadata: [
          "labels": ["app": "web"], "annotations": ["a": "b"], "deletionTimestamp": "2026-01-01T00:00:00Z",
          "finalizers": ["example.com/keep", "foregroundDeletion"], "selfLink": "/x",
        ]))
    let (clean, warnings) = try wanted(certificate, Types.certificates)
    #expect(
      clean
        == object(
          Types.certificates, "web", ["spec": ["secretName": "web-tls"]],
          metadata: ["labels": ["app": "web"], "annotations": ["a": "b"], "finalizers": ["example.com/keep"]]))
    #expect(warnings.contains { $0.contains("was being deleted") })
  }

  @Test func whatTheServerGaveOutIsTakenOut() throws {
    let service = object(
      Types.services, "web", ["spec": ["clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "ports": [["port": 80]]]])
    #expect(try wanted(service, Types.services).0["spec"] == ["ports": [["port": 80]]])
    let headless = object(Types.services, "web", ["spec": ["clusterIP": "None", "clusterIPs": ["None"]]])
    #expect(try wanted(headless, Types.services).0["spec"] == ["clusterIP": "None", "clusterIPs": ["None"]])
    let claim = object(
      Types.claims, "data", ["spec": ["volumeName": "pv-1", "storageClassName": "fast"]],
      metadata: ["annotations": ["pv.kubernetes.io/bind-completed": "yes", "mine": "x"]])
    let clean = try wanted(claim, Types.claims).0
    #expect(clean["spec"] == ["storageClassName": "fast"] && clean.annotations == ["mine": "x"])
    let job = object(
      Types.jobs, "once",
      [
        "spec": [
          "selector": ["matchLabels": ["controller-uid": "u"]],
          "template": ["metadata": ["labels": ["controller-uid": "u", "app": "x"]], "spec": [:]],
        ]
      ])
    #expect(
      try wanted(job, Types.jobs).0["spec"] == ["template": ["metadata": ["labels": ["app": "x"]], "spec": [:]]])
    let account = object(
      Types.accounts, "web", ["secrets": [["name": "web-token-x1"], ["name": "registry"]]])
    #expect(try wanted(account, Types.accounts).0["secrets"] == [["name": "registry"]])
  }

  private static let pods = ResourceType(group: "", version: "v1", kind: "Pod", plural: "pods")

  @Test(arguments: [
    (Types.requests, object(Types.requests, "web-1")),
    (Types.secrets, object(Types.secrets, "t", ["type": "kubernetes.io/service-account-token"])),
    (Types.secrets, object(Types.secrets, "n", metadata: ["labels": ["cert-manager.io/next-private-key": "true"]])),
    (Types.configMaps, object(Types.configMaps, "kube-root-ca.crt")),
    (Types.jobs, object(Types.jobs, "migrate", ["status": ["conditions": [["type": "Complete", "status": "True"]]]])),
    (Types.jobs, object(Types.jobs, "migrate", ["status": ["conditions": [["type": "Failed", "status": "True"]]]])),
    (Self.pods, object(Self.pods, "once", ["status": ["phase": "Succeeded"]])),
  ]) func whatTheClusterMakesItselfIsSkipped(_ resource: ResourceType, _ object: JSONValue) {
    #expect(reason(object, resource) != nil)
  }

  // MARK: Owners

  private func owned(_ resource: ResourceType, controller: Bool = true) -> JSONValue {
    object(
      resource, "web",
      metadata: [
        "ownerReferences": [
          [
            "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": "shop", "uid": "old",
            "controller": .bool(controller),
          ]
        ]
      ])
  }

  @Test func whatAnOwnerMakesAgainIsSkipped() {
    #expect(reason(owned(Types.certificates), Types.certificates, .lives(uid: "u"))?.contains("Ingress shop") == true)
    #expect(reason(owned(Types.certificates), Types.certificates, .coming)?.contains("makes it again") == true)
  }

  @Test func whatAnOwnerLeftBehindIsRestoredWithAWarning() throws {
    let (clean, warnings) = try wanted(owned(Types.certificates), Types.certificates, [:], .gone)
    #expect(clean[path: "metadata", "ownerReferences"] == nil)
    #expect(warnings.contains { $0.contains("Ingress shop") && $0.contains("without an owner") })
  }

  /// A private key that nobody makes again, whoever owns it.
  @Test(arguments: [ObjectPlanner.Owner.lives(uid: "u"), .coming, .gone]) func dataIsRestoredWhoeverOwnsIt(
    fate: ObjectPlanner.Owner
  ) {
    #expect(reason(owned(Types.secrets), Types.secrets, fate) == nil)
  }

  @Test func ownersThatLiveGetTheirNewUid() {
    let references = ObjectPlanner.references(owned(Types.secrets, controller: false))
    let at = ObjectKey(namespace: "new", name: "web")
    let found = planner().remapped(references, at: at) { owner in
      owner.key == ObjectKey(namespace: "new", name: "shop") && owner.kind == "Ingress" ? .lives(uid: "fresh") : .gone
    }
    #expect(found.count == 1 && found.first?["uid"] == "fresh" && found.first?["controller"] == false)
    #expect(planner().remapped(references, at: at) { _ in .coming }.isEmpty)
  }

  // MARK: Conflicts

  private let secret = object(Types.secrets, "s", ["data": ["password": "c2VjcmV0", "user": "YQ=="]])

  @Test(arguments: ResourceRestoreSettings.ConflictPolicy.allCases) func whatIsNotThereIsCreated(
    policy: ResourceRestoreSettings.ConflictPolicy
  ) {
    #expect(planner(policy).decide(secret, Types.secrets, live: nil).action == .create)
  }

  @Test(arguments: ResourceRestoreSettings.ConflictPolicy.allCases) func whatIsAsInTheBackupIsSkipped(
    policy: ResourceRestoreSettings.ConflictPolicy
  ) {
    let entry = planner(policy).decide(secret, Types.secrets, live: stored(secret))
    #expect(entry.action == .skip && entry.reason == "it is as in the backup")
  }

  @Test(arguments: [
    (ResourceRestoreSettings.ConflictPolicy.fail, PlannedObject.Action.conflict), (.skip, .skip), (.replace, .replace),
  ]) func whatDiffersIsDealtWithAsAsked(
    _ policy: ResourceRestoreSettings.ConflictPolicy, _ action: PlannedObject.Action
  ) {
    var live = stored(secret)
    live["data"]?["password"] = "b3RoZXI="
    let entry = planner(policy).decide(secret, Types.secrets, live: live)
    #expect(entry.action == action)
    let told = "\(entry.detail ?? "")"
    #expect(told.contains("data.password") && !told.contains("data.user"))
    #expect(!told.contains("c2VjcmV0") && !told.contains("b3RoZXI="), "a value of a Secret shows")
  }

  @Test func anImmutableObjectIsAConflictEvenForReplace() {
    var live = stored(secret)
    live["data"]?["password"] = "b3RoZXI="
    live["immutable"] = true
    let entry = planner(.replace).decide(secret, Types.secrets, live: live)
    #expect(entry.action == .conflict && entry.reason?.contains("immutable") == true)
  }

  @Test func whatIsBeingDeletedIsAConflict() {
    var live = stored(secret)
    live["metadata"]?["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    #expect(planner(.replace).decide(secret, Types.secrets, live: live).action == .conflict)
  }

  @Test func aReplacementKeepsWhatTheServerGaveOut() {
    let backup = object(Types.services, "web", ["spec": ["ports": [["port": 80]]]])
    let live = stored(
      object(Types.services, "web", ["spec": ["clusterIP": "10.0.0.9", "ports": [["port": 81]]]]), uid: "u")
    let entry = planner(.replace).decide(backup, Types.services, live: live)
    #expect(entry.action == .replace && entry.changes == ["spec.ports[0].port"])
    let replacement = ObjectPlanner.replacement(of: live, by: backup, Types.services)
    #expect(replacement["spec"] == ["clusterIP": "10.0.0.9", "ports": [["port": 80]]])
    #expect(replacement.uid == "u" && replacement.resourceVersion == "77")
  }

  @Test func aDefinitionThatServesTheVersionStays() {
    func definition(_ versions: [JSONValue]) -> JSONValue {
      object(Types.definitions, "issuers.cert-manager.io", ["spec": ["versions": .array(versions)]])
    }
    let v1: JSONValue = ["name": "v1", "served": true, "storage": true]
    let v2: JSONValue = ["name": "v2", "served": true, "storage": true]
    let v1Old: JSONValue = ["name": "v1", "served": true, "storage": false]
    let newer = definition([v1Old, v2])
    #expect(planner(.replace).decide(definition([v1]), Types.definitions, live: newer).action == .skip)
    #expect(planner().decide(definition([v2]), Types.definitions, live: definition([v1])).action == .conflict)
  }

  @Test func theDefaultAccountIsNoConflict() {
    let bare = object(Types.accounts, "default")
    var pulling = bare
    pulling["imagePullSecrets"] = [["name": "registry"]]
    #expect(planner().decide(bare, Types.accounts, live: nil).action == .skip)
    #expect(planner().decide(bare, Types.accounts, live: stored(bare)).action == .skip)
    #expect(planner().decide(pulling, Types.accounts, live: stored(bare)).action == .replace)
    #expect(planner().decide(bare, Types.accounts, live: stored(pulling)).action == .conflict)
  }

  @Test func differencesAreCountedBeyondALimit() {
    let many = JSONValue.object(Dictionary(uniqueKeysWithValues: (0..<30).map { ("k\($0)", "v") }))
    let paths = ObjectDifference.paths(from: ["data": [:]], to: ["data": many])
    #expect(paths.count == 21 && paths.last == "and 10 more")
    #expect(ObjectDifference.paths(from: ["a": [:], "b": 1], to: ["b": 1.0]) == [])
    #expect(ObjectDifference.paths(from: ["data": ["tls.key": "a"]], to: ["data": [:]]) == ["data[\"tls.key\"]"])
  }
}
