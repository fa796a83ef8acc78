import Foundation
import KubernetesClient
import KubernetesModel
import KubernetesTestKit
import NIOCore
import PKIPreview
import Synchronization
import Testing

@testable import ResourceRestore
@testable import ResourceSet

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
