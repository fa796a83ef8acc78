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
