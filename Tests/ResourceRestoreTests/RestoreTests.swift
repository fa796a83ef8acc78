import CertManagerSource
import Foundation
import KubernetesClient
import KubernetesModel
import KubernetesTestKit
import Logging
import NIOCore
import PKIPreview
import Synchronization
import SandboxTestKit
import Testing

@testable import ResourceRestore
@testable import ResourceSet

/// From one API server to another, empty one.
@Suite struct MigrationTests {
  static let pki = [
    object(Types.issuers, "ca", ["spec": ["ca": ["secretName": "root-tls"]]]),
    object(Types.issuers, "self", ["spec": ["selfSigned": [:]]]),
  ]

  /// A namespace as a person has it: a root, a leaf of it, an application.
  private func populate(_ client: KubernetesClient, _ chain: Chain) async throws {
    try await CertManagerDefinitions.install(client)
    try await client.create(Types.namespaces, object(Types.namespaces, "shop", metadata: ["labels": ["team": "a"]]))
    for secret in try chain.secrets() { try await client.create(Types.secrets, secret) }
    for issuer in Self.pki { try await client.create(Types.issuers, issuer) }
    for certificate in Chain.certificates {
      try await client.create(Types.certificates, certificate)
      _ = try await client.patch(
        Types.certificates, name: certificate.name ?? "", namespace: "shop",
        .merge(["status": ["revision": 4, "conditions": [["type": "Issuing", "status": "True"]]]]),
        subresource: .status)
    }
    try await client.create(
      Types.secrets, object(Types.secrets, "password", ["type": "Opaque", "data": ["p": "c2VjcmV0"]]))
    try await client.create(Types.configMaps, object(Types.configMaps, "settings", ["data": ["on": "yes"]]))
    try await client.create(
      Types.services, object(Types.services, "web", ["spec": ["ports": [["port": 80]], "selector": ["app": "web"]]]))
    try await client.create(
      Types.deployments,
      object(
        Types.deployments, "web",
        [
          "spec": [
            "replicas": 0, "selector": ["matchLabels": ["app": "web"]],
            "template": [
              "metadata": ["labels": ["app": "web"]],
              "spec": ["serviceAccountName": "web", "containers": [["name": "c", "image": "i"]]],
            ],
          ]
        ]))
    try await client.create(Types.accounts, object(Types.accounts, "web"))
  }

  private func capture(_ client: KubernetesClient) async throws -> ByteBuffer {
    var configuration = ResourcesConfiguration(scope: .namespaces(["shop"]))
    configuration.includesDefinitions = true
    let source = ResourcesSource(
      name: "all", configuration: configuration, client: client,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    var bytes = ByteBuffer()
    _ = try await source.capture { bytes.writeImmutableBuffer($0) }
    return bytes
  }

  private func compare(
    _ old: KubernetesClient, _ new: KubernetesClient, in namespace: String = "shop"
  ) async throws {
    for type in [Types.secrets, Types.configMaps, Types.services, Types.issuers, Types.certificates, Types.deployments]
    {
      // The cluster's own in every namespace.
      let before = try await old.list(type, namespace: "shop").items.filter { $0.name != "kube-root-ca.crt" }
      let after = try await new.list(type, namespace: namespace).items.filter { $0.name != "kube-root-ca.crt" }
      #expect(Set(before.compactMap(\.name)) == Set(after.compactMap(\.name)), "\(type.kind)")
      for object in before {
        let restored = try #require(after.first { $0.name == object.name })
        var expected = ObjectHygiene.cleaned(object, of: type)
        expected["metadata"]?["namespace"] = .string(namespace)
        #expect(ObjectHygiene.cleaned(restored, of: type) == expected)
        #expect(restored.uid != object.uid)
        #expect(type != Types.certificates || restored["status"] == nil, "a status was restored")
      }
    }
  }

  @Test func aNamespaceComesBackWithItsNames() async throws {
    let chain = try Chain()
    try await withSandbox { old, _ in
      try await populate(old, chain)
      let read = reading(try await capture(old))
      try await withSandbox { new, _ in
        let restore = makeRestore(new, read, now: Chain.now)
        let plan = try await restore.plan()
        #expect(plan.count(.conflict) == 0 && plan.count(.replace) == 0)
        #expect(plan.certificates.allSatisfy { "\($0.verdict)".hasPrefix("keeps serial ") }, "\(plan.certificates)")
        #expect(plan.certificates.filter(\.isRoot).map(\.name) == ["root"])
        let seen = Mutex<[ResourceRestore.Progress]>([])
        let outcome = try await restore.apply(plan) { progress in seen.withLock { $0.append(progress) } }
        #expect(outcome.written == plan.total)
        #expect(seen.withLock { $0.last } == .init(done: plan.total, total: plan.total))
        #expect(seen.withLock { $0.map(\.done) == $0.map(\.done).sorted() })
        #expect(outcome.warnings.count == 2, "nobody looks at the two issuers: \(outcome.warnings)")
        try await compare(old, new)

        // Once more: nothing is left to do, whatever the policy.
        let again = try await restore.plan()
        #expect(again.total == 0 && again.count(.conflict) == 0, "\(again.entries.filter { $0.action != .skip })")
      }
    }
  }

  @Test func aNamespaceComesBackUnderAnotherName() async throws {
    let chain = try Chain()
    try await withSandbox { old, _ in
      try await populate(old, chain)
      let read = reading(try await capture(old))
      try await withSandbox { new, _ in
        let restore = makeRestore(
          new, read, ResourceRestoreSettings(namespaceMapping: ["shop": "store"]), now: Chain.now)
        let plan = try await restore.plan()
        #expect(plan.entries.allSatisfy { $0.key.namespace == nil || $0.key.namespace == "store" })
        _ = try await restore.apply(plan)
        try await compare(old, new, in: "store")
        #expect(try await new.get(Types.namespaces, name: "store").labels["team"] == "a")
        await #expect(throws: KubernetesError.self) { try await new.get(Types.namespaces, name: "shop") }
      }
    }
  }

  /// What the cert-manager source captures has no Namespace in it.
  @Test func aNamespacesPKIComesBackIntoAClusterWithoutTheNamespace() async throws {
    let chain = try Chain()
    try await withSandbox { old, _ in
      try await populate(old, chain)
      let source = CertManagerSource(
        name: "pki", configuration: CertManagerConfiguration(namespace: "shop", includesDefinitions: true), client: old)
      var bytes = ByteBuffer()
      _ = try await source.capture { bytes.writeImmutableBuffer($0) }
      let read = reading(bytes)
      try await withSandbox { new, _ in
        let restore = makeRestore(new, read, now: Chain.now)
        let plan = try await restore.plan()
        #expect(plan.entries.contains { $0.name == "Namespace shop" && $0.action == .create })
        #expect(ApplyWork.passes(plan.objects).count == 1, "it is captured in the order of a restore")
        _ = try await restore.apply(plan)
        for type in [Types.issuers, Types.certificates] {
          let before = try await old.list(type, namespace: "shop").items.map { ObjectHygiene.cleaned($0, of: type) }
          let after = try await new.list(type, namespace: "shop").items.map { ObjectHygiene.cleaned($0, of: type) }
          #expect(Set(before) == Set(after))
        }
        let secret = try await new.get(Types.secrets, name: "web-tls", namespace: "shop")
        #expect(secret["data"] == (try await old.get(Types.secrets, name: "web-tls", namespace: "shop"))["data"])
        #expect(secret.annotations["cert-manager.io/certificate-name"] == "web")
      }
    }
  }

  /// The account of a restore says what it lacks, and nothing of Secrets.
  @Test func aMissingRightNamesVerbResourceAndNamespace() async throws {
    let read = try await makeSet([
      (object(Types.configMaps, "a", ["data": ["k": "v"]]), Types.configMaps),
      (object(Types.secrets, "s", ["data": ["k": "c2VjcmV0"]]), Types.secrets),
    ])
    try await withSandbox { admin, transport in
      try await admin.create(Types.namespaces, object(Types.namespaces, "shop"))
      try await admin.create(Types.accounts, object(Types.accounts, "reader"))
      try await admin.create(
        ClusterRole(
          metadata: ObjectMeta(name: "reader"),
          rules: [PolicyRule(apiGroups: [""], resources: ["secrets", "configmaps", "namespaces"], verbs: ["get"])]))
      try await admin.create(
        RoleBinding(
          metadata: ObjectMeta(name: "reader", namespace: "shop"),
          roleRef: RoleReference(kind: "ClusterRole", name: "reader"),
          subjects: [Subject(kind: "ServiceAccount", name: "reader", namespace: "shop")]))
      let http = try await transport("shop", "reader")
      let result: Result<ResourceRestore.Outcome, any Error>
      do {
        let restore = makeRestore(KubernetesClient(transport: http), read)
        result = .success(try await restore.apply(try await restore.plan()))
      } catch {
        result = .failure(error)
      }
      try await http.shutdown()
      let error = #expect(throws: ResourceRestoreError.self) { try result.get() }
      #expect(error?.code == .forbidden)
      let message = error?.message ?? ""
      #expect(message.contains("create") && message.contains("in namespace shop"), "\(message)")
      #expect(message.contains("configmaps") || message.contains("secrets"), "\(message)")
      #expect(!message.contains("c2VjcmV0"))
    }
  }
}

/// What goes wrong on the way, against a server in memory.
@Suite struct ApplyTests {
  /// Without discovery: every kind is served.
  final class Stub: Transport {
    let api = InMemoryAPI()
    let types: [ResourceType]
    init(_ types: [ResourceType] = [Types.secrets, Types.configMaps, Types.issuers, Types.certificates]) {
      self.types = types
    }
    var client: KubernetesClient { KubernetesClient(transport: self) }
    var writes: [Request] {
      api.requests.filter {
        [.create, .update, .patch, .delete].contains($0.verb) && !$0.query.contains { $0.name == "dryRun" }
      }
    }

    func send(_ request: Request) async throws -> Response {
      if request.path.hasPrefix("/api/v1/namespaces/"), request.path.split(separator: "/").count == 4 {
        return Response(status: 200, body: Data(#"{"metadata":{"name":"shop"}}"#.utf8))
      }
      let parts = request.path.split(separator: "/")
      guard parts.count == (parts.first == "api" ? 2 : 3) else {
        return request.query.contains { $0.name == "dryRun" }
          ? Response(status: 201, body: Data("{}".utf8)) : try await api.send(request)
      }
      let version = parts.dropFirst().joined(separator: "/")
      let list = types.filter { $0.apiVersion == version }.map { type -> JSONValue in
        ["name": .string(type.plural), "kind": .string(type.kind), "namespaced": .bool(type.isNamespaced)]
      }
      return Response(status: 200, body: try JSONValue.object(["resources": .array(list)]).serialized())
    }

    func stream<Value: Sendable>(
      _ request: Request, consume: @escaping @Sendable (StreamedResponse) async throws -> Value
    ) async throws -> Value { try await api.stream(request, consume: consume) }

    func webSocket<Value: Sendable>(
      _ request: Request, subprotocols: [String], limits: WebSocketLimits,
      _ body: (WebSocketConnection) async throws -> Value
    ) async throws -> Value { throw KubernetesError(code: .configuration, operation: "", message: "no WebSockets") }
  }

  private func secrets(_ count: Int) -> [(JSONValue, ResourceType)] {
    (0..<count).map { (object(Types.secrets, "s\($0)", ["data": ["k": "c2VjcmV0"]]), Types.secrets) }
  }

  @Test func aConflictLeavesEverythingUntouched() async throws {
    let stub = Stub()
    try stub.api.put(Types.secrets, object(Types.secrets, "s1", ["data": ["k": "b3RoZXI="]]))
    let restore = makeRestore(stub.client, try await makeSet(secrets(3)))
    let plan = try await restore.plan()
    #expect(plan.summary == "2 to create, 0 to replace, 0 to skip, 1 in conflict")
    let error = await #expect(throws: ResourceRestoreError.self) { try await restore.apply(plan) }
    #expect(error?.code == .conflict && error?.message.contains("Secret shop/s1") == true)
    #expect(stub.writes.isEmpty)
  }

  @Test(arguments: [(ResourceRestoreSettings.ConflictPolicy.skip, "b3RoZXI="), (.replace, "c2VjcmV0")])
  func whatIsInTheWayIsKeptOrReplaced(
    _ policy: ResourceRestoreSettings.ConflictPolicy, _ value: String
  ) async throws {
    let stub = Stub()
    try stub.api.put(Types.secrets, object(Types.secrets, "s1", ["data": ["k": "b3RoZXI="]]))
    let restore = makeRestore(
      stub.client, try await makeSet(secrets(3)), ResourceRestoreSettings(conflictPolicy: policy))
    let outcome = try await restore.apply(try await restore.plan())
    #expect(outcome.written == (policy == .skip ? 2 : 3))
    let live = stub.api.object(Types.secrets, ObjectKey(namespace: "shop", name: "s1"))
    #expect(live?[path: "data", "k"]?.stringValue == value)
  }

  /// The order of a restore, whatever the order of the set; and no more readings than that needs.
  @Test func secretsComeBeforeIssuersAndIssuersBeforeCertificates() async throws {
    let stub = Stub()
    let read = try await makeSet(
      [
        (
          object(Types.certificates, "web", ["spec": ["secretName": "s0", "issuerRef": ["name": "ca"]]]),
          Types.certificates
        ),
        (object(Types.issuers, "ca", ["spec": ["acme": [:]]]), Types.issuers),
        (object(Types.configMaps, "m"), Types.configMaps),
      ] + secrets(20))
    let restore = makeRestore(stub.client, read)
    let plan = try await restore.plan()
    #expect(ApplyWork.passes(plan.objects).count == 3)
    _ = try await restore.apply(plan)
    let paths = stub.writes.map { $0.path.split(separator: "/").last ?? "" }
    #expect(paths.count == 23 && paths[21] == "issuers" && paths[22] == "certificates")
  }

  /// An answer that is lost, a server that fails and one that is busy: the object is there once.
  @Test(arguments: [InMemoryAPI.Fault.answerLost, .status(500), .status(503), .status(429), .connectionLost])
  func aWriteIsTriedAgain(_ fault: InMemoryAPI.Fault) async throws {
    let stub = Stub()
    let left = Mutex(2)
    stub.api.onRequest { request in
      guard request.verb == .create else { return nil }
      return left.withLock { left in
        left -= 1
        return left >= 0 ? fault : nil
      }
    }
    let restore = makeRestore(stub.client, try await makeSet(secrets(5)))
    let outcome = try await restore.apply(try await restore.plan())
    #expect(outcome.written + outcome.unchanged == 5)
    #expect(stub.api.objects(Types.secrets).count == 5)
  }

  @Test func aServerThatGoesOnFailingEndsIt() async throws {
    let stub = Stub()
    stub.api.onRequest { $0.verb == .create ? .status(500) : nil }
    let restore = makeRestore(stub.client, try await makeSet(secrets(1)))
    let plan = try await restore.plan()
    let error = await #expect(throws: ResourceRestoreError.self) { try await restore.apply(plan) }
    #expect(error?.code == .unreachable && error?.message.contains("secrets shop/s0") == true)
  }

  /// It died in the middle: a second run does the rest.
  @Test func aRestoreThatDiedIsRunAgain() async throws {
    let stub = Stub()
    stub.api.onRequest { $0.verb == .create && $0.path.hasSuffix("/issuers") ? .status(403, reason: "Forbidden") : nil }
    let objects = secrets(9) + [(object(Types.issuers, "ca", ["spec": ["acme": [:]]]), Types.issuers)]
    let restore = makeRestore(stub.client, try await makeSet(objects))
    let plan = try await restore.plan()
    await #expect(throws: ResourceRestoreError.self) { try await restore.apply(plan) }
    #expect(stub.api.objects(Types.secrets).count == 9)
    stub.api.clearFaults()
    let second = try await restore.plan()
    #expect(second.summary == "1 to create, 0 to replace, 9 to skip, 0 in conflict")
    #expect(try await restore.apply(second).written == 1)
  }

  @Test func somebodyElsesObjectAfterThePlanIsNotOverwritten() async throws {
    let stub = Stub()
    let restore = makeRestore(stub.client, try await makeSet(secrets(1)))
    let plan = try await restore.plan()
    try stub.api.put(Types.secrets, object(Types.secrets, "s0", ["data": ["k": "b3RoZXI="]]))
    let error = await #expect(throws: ResourceRestoreError.self) { try await restore.apply(plan) }
    #expect(error?.code == .conflict && error?.message.contains("after the plan") == true)
  }

  @Test func aKindThatIsNotServedIsAConflict() async throws {
    let stub = Stub([Types.secrets])
    let restore = makeRestore(
      stub.client, try await makeSet(secrets(1) + [(object(Types.issuers, "ca"), Types.issuers)]))
    let plan = try await restore.plan()
    #expect(plan.conflicts.map(\.name) == ["Issuer shop/ca"])
    #expect(plan.conflicts.first?.reason?.contains("does not serve issuers of cert-manager.io/v1") == true)
  }

  @Test func twoNamespacesIntoOneCollide() async throws {
    let stub = Stub()
    let read = try await makeSet([
      (object(Types.configMaps, "m", in: "a", ["data": ["k": "1"]]), Types.configMaps),
      (object(Types.configMaps, "m", in: "b", ["data": ["k": "2"]]), Types.configMaps),
    ])
    let restore = makeRestore(stub.client, read, ResourceRestoreSettings(namespaceMapping: ["a": "c", "b": "c"]))
    let plan = try await restore.plan()
    #expect(plan.conflicts.first?.reason?.contains("goes to the same place") == true)
  }

  /// A root that cert-manager would make anew.
  @Test func aRootThatWouldBeIssuedAgainStopsItUnlessForced() async throws {
    let stub = Stub()
    let root = object(
      Types.certificates, "root",
      ["spec": ["secretName": "root-tls", "isCA": true, "issuerRef": ["name": "self"]]])
    let read = try await makeSet([
      (object(Types.issuers, "self", ["spec": ["selfSigned": [:]]]), Types.issuers), (root, Types.certificates),
    ])
    let plan = try await makeRestore(stub.client, read).plan()
    #expect(plan.certificateErrors.map(\.name) == ["root"])
    #expect(plan.allWarnings.contains { $0.contains("its Secret is not there") })
    let error = await #expect(throws: ResourceRestoreError.self) {
      try await makeRestore(stub.client, read).apply(plan)
    }
    #expect(error?.code == .certificates && stub.writes.isEmpty)
    let forced = makeRestore(stub.client, read, ResourceRestoreSettings(force: true))
    #expect(try await forced.apply(plan).written == 2)
  }

  @Test func aWebhookThatNeverAnswersEndsItBeforeAnyIssuer() async throws {
    let stub = Stub()
    var restore = makeRestore(
      KubernetesClient(transport: FailingDryRun(stub: stub)),
      try await makeSet(secrets(2) + [(object(Types.issuers, "ca", ["spec": ["acme": [:]]]), Types.issuers)]))
    restore.limits.webhook = 3
    let plan = try await restore.plan()
    let failing = restore
    let error = await #expect(throws: ResourceRestoreError.self) { try await failing.apply(plan) }
    #expect(error?.code == .unreachable && error?.message.contains("webhook does not answer") == true)
    #expect(stub.api.objects(Types.issuers).isEmpty && stub.api.objects(Types.secrets).count == 2)
  }

  struct FailingDryRun: Transport {
    let stub: Stub
    func send(_ request: Request) async throws -> Response {
      request.query.contains { $0.name == "dryRun" }
        ? Response(
          status: 500,
          body: Data(#"{"kind":"Status","reason":"InternalError","message":"failed calling webhook"}"#.utf8))
        : try await stub.send(request)
    }
    func stream<Value: Sendable>(
      _ request: Request, consume: @escaping @Sendable (StreamedResponse) async throws -> Value
    ) async throws -> Value { try await stub.stream(request, consume: consume) }
    func webSocket<Value: Sendable>(
      _ request: Request, subprotocols: [String], limits: WebSocketLimits,
      _ body: (WebSocketConnection) async throws -> Value
    ) async throws -> Value { throw KubernetesError(code: .configuration, operation: "", message: "no WebSockets") }
  }

  struct TakenNodePort: Transport {
    let stub: Stub
    func send(_ request: Request) async throws -> Response {
      let isTaken =
        request.verb == .create && String(decoding: request.body ?? Data(), as: UTF8.self).contains("nodePort")
      let refusal =
        #"{"kind":"Status","code":422,"reason":"Invalid","message":"spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated"}"#
      return isTaken ? Response(status: 422, body: Data(refusal.utf8)) : try await stub.send(request)
    }
    func stream<Value: Sendable>(
      _ request: Request, consume: @escaping @Sendable (StreamedResponse) async throws -> Value
    ) async throws -> Value { try await stub.stream(request, consume: consume) }
    func webSocket<Value: Sendable>(
      _ request: Request, subprotocols: [String], limits: WebSocketLimits,
      _ body: (WebSocketConnection) async throws -> Value
    ) async throws -> Value { throw KubernetesError(code: .configuration, operation: "", message: "no WebSockets") }
  }

  /// In a cluster where the old Service lives on, as in a move to another namespace.
  @Test func aNodePortThatIsTakenIsGivenOutAnew() async throws {
    let stub = Stub([Types.services])
    let service = object(
      Types.services, "web", ["spec": ["type": "NodePort", "ports": [["port": 80, "nodePort": 30080]]]])
    let restore = makeRestore(
      KubernetesClient(transport: TakenNodePort(stub: stub)), try await makeSet([(service, Types.services)]))
    #expect(try await restore.apply(try await restore.plan()).written == 1)
    let live = stub.api.object(Types.services, ObjectKey(namespace: "shop", name: "web"))
    #expect(live?["spec"] == ["type": "NodePort", "ports": [["port": 80]]])
    #expect(try await restore.plan().total == 0, "another node port is no difference")
  }

  /// A set that is not whole is not restored in part.
  @Test func aSetThatEndsEarlyIsRefusedBeforeAnythingIsTouched() async throws {
    let stub = Stub()
    let whole = try await makeSet(secrets(40))
    let cut: ReadResourceSet = { consume in
      var left = 30_000
      try await whole { piece in
        guard left > 0 else { return }
        left -= piece.readableBytes
        try await consume(piece)
      }
    }
    await #expect(throws: (any Error).self) { try await makeRestore(stub.client, cut).plan() }
    #expect(stub.writes.isEmpty)
  }

  /// A member under another object's name is no way to write that object.
  @Test func aMemberThatIsNotWhatItsNameSaysIsRefused() {
    #expect(throws: ResourceSetError.self) {
      try SetSurvey.resource(
        of: object(Types.secrets, "other"), path: "resources/core/v1/secrets/shop/s0.yaml")
    }
  }
}
