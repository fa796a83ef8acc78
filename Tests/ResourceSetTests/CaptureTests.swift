import Foundation
import KubernetesClient
import KubernetesModel
import KubernetesTestKit
import NIOCore
import SnapshotSource
import TestServers

import Testing

@testable import ResourceSet

/// The source's conformance: what is taken, and what is said of what is not.
struct CaptureTests {
  typealias Stub = StubCluster

  private func shop(isAggregated: Bool = true) throws -> StubCluster {
    let cluster = try StubCluster(isAggregated: isAggregated)
    try cluster.put(Stub.configMaps, "conf", ["data": ["a": "1"]], labels: ["tier": "critical"])
    try cluster.put(Stub.secrets, "password", ["type": "Opaque", "data": ["p": "c2VjcmV0"]])
    try cluster.put(Stub.deployments, "web", labels: ["tier": "critical"])
    try cluster.put(Stub.configMaps, "theirs", in: "other")
    return cluster
  }

  @Test(arguments: [true, false]) func aNamespaceIsTaken(isAggregated: Bool) async throws {
    let cluster = try shop(isAggregated: isAggregated)
    let (set, facts) = try await capture(source(cluster))
    #expect(set.names == ["configmaps/conf", "deployments/web", "namespaces/shop", "secrets/password"])
    let secret = set.objects["resources/core/v1/secrets/shop/password.yaml"]
    #expect(secret?["data"] == ["p": "c2VjcmV0"] && secret?.kind == "Secret")
    #expect(secret?.uid != nil && secret?.resourceVersion != nil, "metadata is stripped at a restore, not here")
    #expect(facts.values["objects"] == "4" && facts.values["kinds"] == "4" && facts.values["namespaces"] == "shop")
    #expect(facts.values["serverVersion"] == "v1.36.2")
    #expect(facts.missing == [] && facts.warnings == [])
    #expect(set.header.serverVersion == "v1.36.2")
    #expect((set.index.lists ?? []).allSatisfy { !$0.resourceVersion.isEmpty && $0.consistent })
    #expect(cluster.lists(of: Stub.clusterRoles).isEmpty, "nobody asked for what is in no namespace")
  }

  @Test func whatMakesItselfAgainIsLeftOut() async throws {
    let cluster = try shop()
    try cluster.put(Stub.events, "e")
    try cluster.put(Stub.pods, "of-web", owner: "ReplicaSet")
    try cluster.put(Stub.pods, "alone")
    try cluster.put(Stub.secrets, "token", ["type": "kubernetes.io/service-account-token"])
    try cluster.put(Stub.configMaps, "kube-root-ca.crt")
    try cluster.put(Stub.configMaps, "bao-plan", labels: ["app.kubernetes.io/managed-by": "holdfast-operator"])
    let (set, _) = try await capture(source(cluster))
    #expect(
      set.names == ["configmaps/conf", "deployments/web", "namespaces/shop", "pods/alone", "secrets/password"])
    #expect(cluster.lists(of: Stub.events).isEmpty)
    // Who names a kind wants it.
    let (asked, _) = try await capture(source(cluster) { $0.include = [.init(group: "", kind: "Event")] })
    #expect(asked.names == ["events/e", "namespaces/shop"])
    let (named, _) = try await capture(
      source(cluster) { $0.include = [.init(kind: "Secret", names: ["token"])] })
    #expect(named.names == ["namespaces/shop", "secrets/token"])
  }

  @Test func kindsGoInAndOut() async throws {
    let cluster = try shop()
    try cluster.put(Stub.widgets, "w")
    let (out, _) = try await capture(
      source(cluster) { $0.exclude = [.init(group: "", kind: "Secret"), .init(group: "apps")] })
    #expect(out.names == ["configmaps/conf", "namespaces/shop", "widgets/w"])
    #expect(cluster.lists(of: Stub.secrets).isEmpty && cluster.lists(of: Stub.deployments).isEmpty)
    let (into, _) = try await capture(source(cluster) { $0.include = [.init(group: "example.com")] })
    #expect(into.names == ["namespaces/shop", "widgets/w"])
    let (one, _) = try await capture(source(cluster) { $0.exclude = [.init(kind: "ConfigMap", names: ["conf"])] })
    #expect(!one.names.contains("configmaps/conf") && one.names.contains("widgets/w"))
  }

  @Test func selectorsGoToTheServer() async throws {
    let cluster = try shop()
    let (set, _) = try await capture(
      source(cluster) {
        $0.labelSelector = "tier=critical"
        $0.fieldSelector = "metadata.name!=x"
      })
    #expect(set.names == ["configmaps/conf", "deployments/web", "namespaces/shop"])
    let query = cluster.lists(of: Stub.deployments).first?.query ?? []
    #expect(query.contains { $0.name == "labelSelector" && $0.value == "tier=critical" })
    #expect(query.contains { $0.name == "fieldSelector" && $0.value == "metadata.name!=x" })
  }

  @Test func helmReleasesComeWithTheirSecrets() async throws {
    let cluster = try shop()
    let release: JSONValue = ["type": "helm.sh/release.v1"]
    try cluster.put(Stub.secrets, "sh.helm.release.v1.web.v1", release, labels: ["owner": "helm"])
    let (all, _) = try await capture(source(cluster))
    #expect(all.names.filter { $0.contains("helm") }.count == 1)
    let (selected, _) = try await capture(source(cluster) { $0.labelSelector = "tier=critical" })
    #expect(
      selected.names.contains("secrets/sh.helm.release.v1.web.v1") && !selected.names.contains("secrets/password"))
    let (both, _) = try await capture(source(cluster) { $0.labelSelector = "owner=helm" })
    #expect(both.names.filter { $0.contains("helm") }.count == 1, "taken twice")
    let (never, _) = try await capture(source(cluster) { $0.helmReleases = .never })
    #expect(!never.names.contains { $0.contains("helm") } && never.names.contains("secrets/password"))
    let (always, _) = try await capture(
      source(cluster) {
        $0.include = [.init(kind: "ConfigMap")]
        $0.helmReleases = .always
      })
    #expect(always.names.contains { $0.contains("helm") })
    let (without, _) = try await capture(source(cluster) { $0.include = [.init(kind: "ConfigMap")] })
    #expect(!without.names.contains { $0.contains("helm") })
  }

  @Test func definitionsFollowWhatIsTaken() async throws {
    let cluster = try shop()
    for name in ["widgets.example.com", "gadgets.example.com"] { try cluster.put(Export.definitions, name, in: nil) }
    let (none, _) = try await capture(source(cluster))
    #expect(!none.names.contains { $0.hasPrefix("customresourcedefinitions") })
    try cluster.put(Stub.widgets, "w")
    let (set, facts) = try await capture(source(cluster))
    #expect(set.names.filter { $0.hasPrefix("custom") } == ["customresourcedefinitions/widgets.example.com"])
    #expect(facts.values["definitions"] == "1")
    let (left, said) = try await capture(source(cluster) { $0.includesDefinitions = false })
    #expect(!left.names.contains { $0.hasPrefix("custom") } && said.values["definitions"] == "not taken")
    #expect(said.warnings.contains { $0.contains("without their definitions") })
  }

  @Test func theWholeClusterIsTaken() async throws {
    let cluster = try shop()
    try cluster.put(Stub.clusterRoles, "custom", in: nil)
    try cluster.put(Stub.clusterRoles, "system:x", in: nil, labels: ["kubernetes.io/bootstrapping": "rbac-defaults"])
    let (set, facts) = try await capture(
      source(cluster) {
        $0.scope = .allNamespaces
        $0.isClusterScoped = true
      })
    #expect(
      set.names == [
        "clusterroles/custom", "configmaps/conf", "configmaps/other/theirs", "deployments/web", "namespaces/other",
        "namespaces/shop", "secrets/password",
      ])
    #expect(cluster.lists(of: Stub.configMaps).count == 1 && facts.values["namespaces"] == "*")
  }

  @Test func theVersionThatIsAskedForIsTaken() async throws {
    let beta = ResourceType(group: "example.com", version: "v1beta1", kind: "Widget", plural: "widgets")
    let cluster = try StubCluster([Stub.widgets, beta, Stub.namespaces], isAggregated: false)
    try cluster.put(Stub.widgets, "w")
    try cluster.put(beta, "w")
    // `preferredVersion` of the stub is the last one.
    let (preferred, _) = try await capture(source(cluster))
    #expect(preferred.paths.contains("resources/example.com/v1beta1/widgets/shop/w.yaml"))
    let (asked, _) = try await capture(
      source(cluster) { $0.include = [.init(group: "example.com", version: "v1", kind: "Widget")] })
    #expect(asked.paths.contains("resources/example.com/v1/widgets/shop/w.yaml"))
    #expect(!asked.paths.contains { $0.contains("v1beta1") })
  }

  // MARK: What is missing is named

  @Test(arguments: [(403, "Forbidden"), (503, "ServiceUnavailable"), (500, "InternalError"), (404, "NotFound")])
  func aKindThatCannotBeListedIsNamed(code: Int, reason: String) async throws {
    let cluster = try shop()
    try cluster.put(Stub.widgets, "w")
    cluster.onRequest { $0.verb == .list && $0.path.hasSuffix("/widgets") ? Stub.failure(code, reason) : nil }
    let (set, facts) = try await capture(source(cluster))
    #expect(set.names.contains("deployments/web"))
    #expect(facts.missing == ["widgets.example.com in shop: \(reason): the stub says \(reason)"])
    #expect(set.index.failures?.map(\.reason) == [reason])
  }

  @Test func aGroupWhoseServerIsDownIsNamedUnlessItIsLeftOut() async throws {
    let metrics = ResourceType(group: "metrics.k8s.io", version: "v1", kind: "PodMetrics", plural: "pods")
    let cluster = try StubCluster(Stub.standard + [metrics], isAggregated: false)
    cluster.onRequest {
      ["/apis/example.com/v1", "/apis/metrics.k8s.io/v1"].contains($0.path)
        ? Stub.failure(503, "ServiceUnavailable") : nil
    }
    let (_, facts) = try await capture(source(cluster))
    #expect(facts.missing == ["example.com: ServiceUnavailable: the stub says ServiceUnavailable"])
    let (_, other) = try await capture(source(cluster) { $0.exclude = [.init(group: "example.com")] })
    #expect(other.missing == [])
  }

  @Test func aStaleGroupIsNamed() async throws {
    let cluster = try shop()
    cluster.onRequest { request in
      guard request.path == "/apis" else { return nil }
      return Stub.answer([
        "kind": "APIGroupDiscoveryList",
        "items": [
          ["metadata": ["name": "broken.example.com"], "versions": [["version": "v1", "freshness": "Stale"]]]
        ],
      ])
    }
    let (_, facts) = try await capture(source(cluster))
    #expect(facts.missing.count == 1 && facts.missing[0].hasPrefix("broken.example.com: ServiceUnavailable"))
  }

  /// A backup of nothing is none.
  @Test func withoutAnyRightTheCaptureFails() async throws {
    let cluster = try shop()
    cluster.onRequest { request in
      request.verb == .list || request.path.hasPrefix("/api/v1/namespaces") ? Stub.failure(403, "Forbidden") : nil
    }
    #expect(await refusal(source(cluster))?.code == .unauthorized)
  }

  @Test func aNamespaceThatDoesNotExistIsAMistake() async throws {
    let cluster = try shop()
    let error = await refusal(source(cluster) { $0.scope = .namespaces(["nowhere"]) })
    #expect(error?.code == .configuration && "\(String(describing: error))".contains("no namespace nowhere"))
  }

  @Test func anEmptySelectionIsSaid() async throws {
    let cluster = try StubCluster()
    let (set, facts) = try await capture(source(cluster) { $0.include = [.init(kind: "Widget")] })
    #expect(set.names == ["namespaces/shop"] && facts.missing == [])
  }

  // MARK: Trouble

  @Test func theServerGoingAwayEndsTheCapture() async throws {
    let cluster = try shop()
    cluster.onRequest { request in
      guard request.path.hasSuffix("/secrets") else { return nil }
      throw KubernetesError(code: .connection, operation: request.operation, message: "reset by peer")
    }
    #expect(await refusal(source(cluster))?.code == .unreachable)
  }

  @Test func aServerThatAnswersNothingIsNotAskedForEverything() async throws {
    let cluster = try shop()
    cluster.onRequest { request in
      guard request.verb == .list else { return nil }
      throw KubernetesError(code: .timeout, operation: request.operation, message: "no answer")
    }
    #expect(await refusal(source(cluster))?.code == .unreachable)
    #expect(cluster.requests.filter { $0.verb == .list }.count == 3)
  }

  @Test func aWrongCredentialEndsTheCapture() async throws {
    let cluster = try shop()
    cluster.onRequest { $0.path.hasSuffix("/secrets") ? Stub.failure(401, "Unauthorized") : nil }
    #expect(await refusal(source(cluster))?.code == .unauthorized)
  }

  @Test(arguments: [
    "", "{", "[]", "<html>", "{\"items\":7,\"metadata\":{}}", "{\"items\":[1 2],\"metadata\":{}}", "{\"metadata\":{}}",
    "{\"items\":[{\"metadata\":{}}],\"metadata\":{}}", "{\"items\":[7],\"metadata\":{}}",
    "{\"items\":[{\"metadata\":{\"name\":\"\\ud800\"}}],\"metadata\":{}}", String(repeating: "[", count: 100_000),
  ])
  func anAnswerThatIsNoListIsNamed(body: String) async throws {
    let cluster = try shop()
    cluster.onRequest { $0.path.hasSuffix("/widgets") ? Response(status: 200, body: Data(body.utf8)) : nil }
    let (set, facts) = try await capture(source(cluster))
    #expect(facts.missing.count == 1 && facts.missing[0].hasPrefix("widgets.example.com in shop: "), "\(facts.missing)")
    #expect(set.names.contains("deployments/web"))
  }

  @Test func aHostileNameStaysInItsFolder() async throws {
    let cluster = try shop()
    let list: JSONValue = [
      "metadata": ["resourceVersion": "1"],
      "items": [["metadata": ["name": "../../../etc/passwd", "namespace": "../x"]]],
    ]
    cluster.onRequest { $0.path.hasSuffix("/widgets") ? Stub.answer(list) : nil }
    let (set, _) = try await capture(source(cluster))
    #expect(set.paths.contains("resources/example.com/v1/widgets/%2e.%2fx/%2e.%2f..%2f..%2fetc%2fpasswd.yaml"))
  }

  @Test func aCancelledCaptureEnds() async throws {
    let cluster = try shop()
    cluster.api.onRequest { $0.path.hasSuffix("/secrets") ? .hang : nil }
    let task = Task { try await capture(source(cluster)) }
    try await eventually("the list is asked for") { !cluster.lists(of: Stub.secrets).isEmpty }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func anErrorOfTheSinkIsThrownOn() async throws {
    struct Full: Error {}
    let cluster = try shop()
    await #expect(throws: Full.self) { _ = try await source(cluster).capture { _ in throw Full() } }
  }
}
