import KubernetesModel
import Testing

@testable import ResourceRestore

/// Objects that go to another namespace.
@Suite struct RemapTests {
  private func move(
    _ object: JSONValue, _ resource: ResourceType, _ mapping: [String: String] = ["shop": "new"]
  ) -> (JSONValue, [String]) {
    let planner = ObjectPlanner(settings: ResourceRestoreSettings(namespaceMapping: mapping))
    guard case .wanted(let wanted, let warnings) = planner.prepare(object, resource, { _ in .gone }) else {
      return (.null, [])
    }
    return (wanted, warnings)
  }

  @Test func namespacesThemselvesAreRenamed() {
    let moved = move(
      object(Types.namespaces, "shop", metadata: ["labels": ["kubernetes.io/metadata.name": "shop", "a": "b"]]),
      Types.namespaces
    ).0
    #expect(moved.name == "new" && moved.labels == ["a": "b"])
    #expect(move(object(Types.namespaces, "other"), Types.namespaces).0.name == "other")
  }

  @Test func aNamespaceThatIsNotNamedStays() {
    #expect(move(object(Types.secrets, "s", in: "other"), Types.secrets).0.namespace == "other")
    #expect(move(object(Types.secrets, "s"), Types.secrets).0.namespace == "new")
  }

  @Test func referencesGoAlong() {
    let binding = object(
      Types.roles, "b",
      [
        "subjects": [
          ["kind": "ServiceAccount", "name": "a", "namespace": "shop"],
          ["kind": "ServiceAccount", "name": "b", "namespace": "other"],
        ]
      ])
    let subjects = move(binding, Types.roles).0["subjects"]?.arrayValue ?? []
    #expect(subjects.map { $0["namespace"] } == ["new", "other"])
    let injected = object(
      Types.definitions, "x", [:], metadata: ["annotations": ["cert-manager.io/inject-ca-from": "shop/web"]])
    #expect(move(injected, Types.definitions).0.annotations["cert-manager.io/inject-ca-from"] == "new/web")
    let issuer = object(
      Types.clusterIssuers, "dns",
      [
        "spec": [
          "acme": ["solvers": [["dns01": ["webhook": ["config": ["secretName": "k", "secretNamespace": "shop"]]]]]]
        ]
      ])
    let config = move(issuer, Types.clusterIssuers).0[path: "spec", "acme"]?["solvers"]?.arrayValue?.first?[
      path: "dns01", "webhook", "config"]
    #expect(config == ["secretName": "k", "secretNamespace": "new"])
  }

  /// A member `namespace` of something that is no reference, and data, stay as they are.
  @Test func whatIsNoReferenceStays() {
    let map = object(Types.configMaps, "m", ["data": ["namespace": "shop", "secretNamespace": "shop"]])
    #expect(move(map, Types.configMaps).0["data"] == ["namespace": "shop", "secretNamespace": "shop"])
    let deployment = object(
      Types.deployments, "d",
      ["spec": ["template": ["spec": ["containers": [["env": [["name": "namespace", "value": "shop"]]]]]]]])
    #expect(move(deployment, Types.deployments).0["spec"] == deployment["spec"])
  }

  @Test func issuerAnnotationsStay() {
    let annotations: JSONValue = [
      "cert-manager.io/issuer-name": "shop", "cert-manager.io/issuer-kind": "Issuer", "cert-manager.io/alt-names": "a",
    ]
    let moved = move(object(Types.secrets, "s", metadata: ["annotations": annotations]), Types.secrets).0
    #expect(moved[path: "metadata", "annotations"] == annotations)
  }

  @Test func whatCannotGoAlongIsToldOf() {
    let certificate = object(
      Types.certificates, "web",
      [
        "spec": [
          "commonName": "shop.example.com", "dnsNames": ["web.shop.svc", "a.other"],
          "uris": ["spiffe://x/ns/shop/sa/web"],
        ]
      ])
    let names = move(certificate, Types.certificates).1
    #expect(names.count == 1)
    #expect(names.first?.contains("web.shop.svc") == true && names.first?.contains("shop.example.com") == false)
    let vault = object(
      Types.issuers, "v", ["spec": ["vault": ["auth": ["kubernetes": ["role": "issuer", "mountPath": "/v1/auth/k"]]]]])
    #expect(move(vault, Types.issuers).1.contains { $0.contains("role issuer") })
    let account = object(
      Types.accounts, "app", metadata: ["annotations": ["eks.amazonaws.com/role-arn": "arn:x"]])
    #expect(move(account, Types.accounts).1.contains { $0.contains("cloud identity") })
    let deployment = object(
      Types.deployments, "d",
      ["spec": ["template": ["spec": ["containers": [["args": ["--to=http://db.shop.svc:80"]]]]]]])
    #expect(move(deployment, Types.deployments).1.contains { $0.contains(".shop.svc") })
    #expect(move(deployment, Types.deployments, [:]).1.isEmpty && move(vault, Types.issuers, ["x": "y"]).1.isEmpty)
  }

  /// A ClusterIssuer finds its Secret where the controller of the new cluster looks.
  @Test func secretsOfClusterIssuersFollowTheController() {
    var planner = ObjectPlanner(
      settings: ResourceRestoreSettings(
        oldClusterResourceNamespace: "cert-manager", clusterResourceNamespace: "security"))
    planner.clusterIssuerSecrets = ["root"]
    func place(_ name: String) -> String? {
      planner.target(of: object(Types.secrets, name, in: "cert-manager"), Types.secrets).namespace
    }
    #expect(place("root") == "security" && place("other") == "cert-manager")
  }
}
