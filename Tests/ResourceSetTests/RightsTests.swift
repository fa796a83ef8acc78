import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import SandboxTestKit
import SnapshotSource
import Testing

@testable import ResourceSet

/// Against an API server with RBAC, as the ServiceAccount that an executor has, with the rights that the chart installs.
struct RightsTests {
  private func create(_ client: KubernetesClient, _ objects: JSONValue...) async throws {
    for object in objects {
      let resource = ResourceType(
        group: object.apiVersion?.contains("/") == true ? String(object.apiVersion!.prefix { $0 != "/" }) : "",
        version: object.apiVersion?.split(separator: "/").last.map(String.init) ?? "v1", kind: object.kind ?? "",
        plural: (object.kind ?? "").lowercased() + "s", isNamespaced: object.namespace != nil)
      try await client.create(resource, object)
    }
  }

  /// Everything as the operator makes it for the policy, under the roles that the chart installs.
  private func grant(_ client: KubernetesClient, _ spec: Source.Resources) async throws {
    for role in ExecutorRole.allCases {
      try await client.create(ClusterRole(metadata: ObjectMeta(name: role.name), rules: role.rules))
    }
    let policy = BackupPolicy(
      metadata: ObjectMeta(name: "bao", namespace: "shop", uid: "u"),
      spec: BackupPolicySpec(sources: [Source(name: "all", resources: spec)], target: Target()))
    let objects = PolicyObjects(
      policy: policy, spec: policy.spec, defaults: ExecutorDefaults(image: "i"), clusterID: nil)
    var account = try #require(objects.serviceAccount)
    account.metadata.ownerReferences = nil
    try await client.create(account)
    var bindings = try objects.bindings()
    for index in bindings.inNamespaces.indices { bindings.inNamespaces[index].metadata.ownerReferences = nil }
    for binding in bindings.inNamespaces { try await client.create(binding) }
    for binding in bindings.everywhere { try await client.create(binding) }
  }

  private func asExecutor(
    _ spec: Source.Resources,
    _ configuration: ResourcesConfiguration,
    _ check: (Captured, SnapshotFacts) throws -> Void
  ) async throws {
    try await withSandbox { admin, transport in
      for name in ["shop", "other"] {
        try await create(
          admin, ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]],
          [
            "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "password", "namespace": .string(name)],
            "data": ["p": "c2VjcmV0"],
          ],
          [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "web", "namespace": .string(name)],
            "spec": [
              "replicas": 0, "selector": ["matchLabels": ["a": "b"]],
              "template": [
                "metadata": ["labels": ["a": "b"]], "spec": ["containers": [["name": "c", "image": "i"]]],
              ],
            ],
          ])
      }
      try await grant(admin, spec)
      let http = try await transport("shop", "bao-backup")
      do {
        let (set, facts) = try await capture(source(KubernetesClient(transport: http), configuration))
        try check(set, facts)
      } catch {
        try? await http.shutdown()
        throw error
      }
      try await http.shutdown()
    }
  }

  @Test func theRightsOfANamespaceAreEnoughForItAndNoMore() async throws {
    try await asExecutor(.init(), ResourcesConfiguration(scope: .namespaces(["shop"]), includesDefinitions: false)) {
      set, facts in
      #expect(facts.missing == [], "the role is not enough")
      #expect(set.names.contains("secrets/password") && set.names.contains("deployments/web"))
      #expect(set.names.contains("namespaces/shop") && set.names.contains("serviceaccounts/default"))
      #expect(!set.names.contains("rolebindings/bao-backup-resources"), "what the operator makes again")
    }
    try await asExecutor(
      .init(),
      ResourcesConfiguration(scope: .namespaces(["shop", "other"]), isClusterScoped: true, includesDefinitions: true)
    ) { set, facts in
      #expect(!set.paths.contains { $0.contains("/other/") }, "another namespace's objects")
      #expect(facts.missing.contains { $0.hasPrefix("secrets in other: Forbidden") })
      #expect(facts.missing.contains { $0.hasPrefix("clusterroles.rbac.authorization.k8s.io: Forbidden") })
    }
  }

  @Test func theRightsOfATrustedPolicyAreEnoughForTheCluster() async throws {
    let spec = Source.Resources(namespaces: ["*"], clusterScoped: true, includeCRDs: true)
    let configuration = ResourcesConfiguration(scope: .allNamespaces, isClusterScoped: true)
    try await asExecutor(spec, configuration) { set, facts in
      #expect(facts.missing == [])
      #expect(set.names.contains("secrets/other/password") && set.names.contains("namespaces/other"))
      #expect(set.names.contains("clusterroles/holdfast-executor-resources"))
    }
  }
}
