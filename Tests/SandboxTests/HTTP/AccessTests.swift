import Foundation
import KubernetesModel
import NIOCore
import Synchronization
import Testing

@testable import Sandbox

@Suite struct AccessTests {
  private let client = TestClient()

  private func token(_ audiences: [String] = [], seconds: Int = 3_600) -> String {
    client.tokens.token(
      namespace: "default", serviceAccount: "default", uid: "u", audiences: audiences, expirationSeconds: seconds)
  }

  @Test func withoutATokenOnlyTheProbesAnswer() async throws {
    #expect(try await client.send("GET", "/api/v1/namespaces", token: "").status == 401)
    #expect(try await client.send("GET", "/api/v1/namespaces", token: "wrong").status == 401)
    #expect(try await client.send("GET", "/readyz", token: "").status == 200)
  }

  @Test func tokensForOthersAndOldOnesAreRefused() async throws {
    #expect(try await client.send("GET", "/version", token: token()).status == 200)
    #expect(try await client.send("GET", "/version", token: token(["openbao"])).status == 401)
    #expect(try await client.send("GET", "/version", token: token(seconds: -1)).status == 401)
    #expect(try await client.send("GET", "/version", token: token() + "x").status == 401)
  }

  /// Promise 1 is checked against a server that enforces roles.
  @Test func aServiceAccountMayDoWhatItsRolesSay() async throws {
    let token = token()
    let path = "/api/v1/namespaces/default/configmaps"
    let refused = try await client.send("GET", path, token: token)
    #expect(refused.status == 403)
    #expect(
      refused.body["message"]
        == "configmaps is forbidden: User \"system:serviceaccount:default:default\" cannot list resource \"configmaps\" in API group \"\" in the namespace \"default\""
    )
    let roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/default"
    _ = try await client.send(
      "POST", roles + "/roles",
      [
        "metadata": ["name": "r"],
        "rules": [["apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"], "resourceNames": []]],
      ])
    _ = try await client.send(
      "POST", roles + "/rolebindings",
      [
        "metadata": ["name": "b"], "roleRef": ["kind": "Role", "name": "r", "apiGroup": "rbac.authorization.k8s.io"],
        "subjects": [["kind": "ServiceAccount", "name": "default", "namespace": "default"]],
      ])
    #expect(try await client.send("GET", path, token: token).status == 200)
    #expect(try await client.send("GET", path + "/x", token: token).status == 403)
    #expect(try await client.send("GET", "/api/v1/namespaces/default/secrets", token: token).status == 403)
    #expect(try await client.send("GET", "/api/v1/namespaces/kube-system/configmaps", token: token).status == 403)
  }

  /// Who may write bindings gives what they have, or what they may bind by name, and nothing else.
  @Test func nobodyGivesMoreThanTheyHave() async throws {
    let token = token()
    let group = "rbac.authorization.k8s.io"
    let roles = "/apis/\(group)/v1/namespaces/default"
    func role(_ name: String, _ rules: JSONValue...) async throws {
      _ = try await client.send(
        "POST", roles + "/roles", ["metadata": ["name": .string(name)], "rules": .array(rules)])
    }
    func bind(_ name: String, _ role: String, kind: String = "Role", token: String?) async throws -> Int {
      let body: JSONValue = [
        "metadata": ["name": .string(name)],
        "roleRef": ["kind": .string(kind), "name": .string(role), "apiGroup": .string(group)],
        "subjects": [["kind": "ServiceAccount", "name": "default", "namespace": "default"]],
      ]
      guard let token else { return try await client.send("POST", roles + "/rolebindings", body).status }
      return try await client.send("POST", roles + "/rolebindings", body, token: token).status
    }
    let reads: JSONValue = ["apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]]
    let one: JSONValue = [
      "apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"], "resourceNames": ["x"],
    ]
    let writes: JSONValue = ["apiGroups": [""], "resources": ["configmaps"], "verbs": ["list", "create"]]
    try await role(
      "granter", ["apiGroups": [.string(group)], "resources": ["rolebindings"], "verbs": ["create"]], reads,
      ["apiGroups": [.string(group)], "resources": ["roles"], "verbs": ["bind"], "resourceNames": ["named"]])
    try await role("less", one)
    try await role("more", writes)
    try await role("named", writes)
    #expect(try await bind("start", "granter", token: nil) == 201)
    #expect(try await bind("a", "less", token: token) == 201)
    #expect(try await bind("b", "more", token: token) == 403)
    #expect(try await bind("c", "named", token: token) == 201)
    #expect(try await bind("d", "cluster-admin", kind: "ClusterRole", token: token) == 403)
  }

  @Test(arguments: ["attach", "portforward"]) func whatIsNotBuiltSaysSo(subresource: String) async throws {
    let answer = try await client.send("GET", "/api/v1/namespaces/default/pods/p/\(subresource)")
    #expect(answer.status == 501)
    #expect(answer.body["message"]?.stringValue?.contains("pods/\(subresource)") == true)
  }

  @Test func anUnknownPathIsAStatus() async throws {
    let answer = try await client.send("GET", "/nope")
    #expect(answer.status == 404)
    #expect(answer.body["kind"] == "Status")
  }

  @Test func aBodyBeyondTheLimitIsRefused() async throws {
    let answer = try await client.send(
      "POST", "/api/v1/namespaces/default/configmaps", bytes: ByteBuffer(repeating: 0x20, count: 3 * 1024 * 1024 + 1),
      contentType: "application/json")
    #expect(answer.status == 413)
  }

  /// RFC 5280: other programs check these, so only the shape is checked here.
  @Test func certificatesAreMadeForEachServer() throws {
    let (first, second) = (try CertificateAuthority(), try CertificateAuthority())
    #expect(first.certificate.hasPrefix("-----BEGIN CERTIFICATE-----\n"))
    #expect(first.certificate != second.certificate)
    #expect(first.serverKey != second.serverKey)
  }

  @Test func descriptionsHoldNoSecret() throws {
    #expect("\(client.tokens)" == "TokenAuthority")
  }
}
