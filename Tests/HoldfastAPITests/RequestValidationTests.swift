import KubernetesModel
import Testing

@testable import HoldfastAPI

struct RequestValidationTests {
  static func request(_ change: (inout RestoreRequest.Spec) -> Void) -> RestoreRequest {
    var spec = RestoreRequest.Spec(
      from: .init(backup: "bao-29482"),
      decryption: .init(identitySecretRef: .init(name: "age-identity", key: "identity.txt")))
    change(&spec)
    return RestoreRequest(metadata: ObjectMeta(name: "back", namespace: "openbao"), spec: spec)
  }

  static func location(policy: String = "openbao/bao", id: String = "latest", bucket: String? = "backups")
    -> RestoreRequest.From
  {
    .init(location: .init(target: Target(bucket: bucket), policy: policy, id: id))
  }

  @Test func validRequestsAreAccepted() {
    #expect(Self.request { _ in }.validate() == [])
    #expect(Self.request { $0.from = .init(latest: .init(policyRef: .init(name: "bao"))) }.validate() == [])
    #expect(Self.request { $0.from = Self.location(id: "20261121T030000Z-k3x9ab") }.validate() == [])
    #expect(
      Self.request { $0.sources = [.init(name: "raft", openBao: .init(address: "https://b:8200", jwtAuthRole: "r"))] }
        .validate() == [])
  }

  static let cases: [(String, String, @Sendable (inout RestoreRequest.Spec) -> Void)] = [
    ("spec.from", "exactly one", { $0.from = .init() }),
    ("spec.from", "exactly one", { $0.from.latest = .init(policyRef: .init(name: "p")) }),
    ("spec.from.backup", "not a valid object name", { $0.from = .init(backup: "A B") }),
    ("spec.from.latest.policyRef.name", "is empty", { $0.from = .init(latest: .init(policyRef: .init(name: ""))) }),
    ("spec.from.location.policy", "namespace/name", { $0.from = location(policy: "bao") }),
    ("spec.from.location.policy", "namespace/name", { $0.from = location(policy: "a/b/c") }),
    ("spec.from.location.id", "not a backup id", { $0.from = location(id: "newest") }),
    ("spec.from.location.id", "not a backup id", { $0.from = location(id: "20261121T030000Z-../../") }),
    ("spec.from.location.target.bucket", "is required", { $0.from = location(bucket: nil) }),
    (
      "spec.decryption.identitySecretRef.name", "not a valid object name",
      { $0.decryption?.identitySecretRef?.name = "No" }
    ),
    ("spec.decryption.identitySecretRef.key", "not a valid key", { $0.decryption?.identitySecretRef?.key = "../x" }),
    ("spec.sources", "leave it out", { $0.sources = [] }),
    ("spec.sources[1].name", "taken", { $0.sources = [.init(name: "a"), .init(name: "a")] }),
    ("spec.sources[0].openBao", "no login", { $0.sources = [.init(name: "a", openBao: .init(address: "https://b"))] }),
    (
      "spec.sources[0]", "two destinations",
      {
        let server = Source.OpenBao(address: "https://b", jwtAuthRole: "r")
        $0.sources = [.init(name: "a", openBao: server, vault: server)]
      }
    ),
    ("spec.namespaceMapping[a]", "DNS label", { $0.namespaceMapping = ["a": "B"] }),
    ("spec.executor.image", "is empty", { $0.executor = .init(image: "") }),
  ]

  @Test func malformedRequestsNameTheFieldAndTheRemedy() {
    for (field, message, change) in Self.cases {
      let issues = Self.request(change).validate()
      #expect(issues.contains { $0.field == field && $0.message.contains(message) }, "\(field): \(issues)")
    }
  }

  @Test func backupsNameTheirPolicy() {
    var backup = Backup(metadata: ObjectMeta(name: "now", namespace: "n"), spec: .init(policyRef: .init(name: "bao")))
    #expect(backup.validate() == [])
    backup.spec.policyRef.name = "Bao"
    #expect(backup.validate().map(\.field) == ["spec.policyRef.name"])
    backup.metadata.name = String(repeating: "a", count: 64)
    #expect(backup.validate().map(\.field) == ["metadata.name", "spec.policyRef.name"])
  }
}
