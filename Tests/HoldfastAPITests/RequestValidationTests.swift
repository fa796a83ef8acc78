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

  static func ziti(_ destination: RestoreRequest.OpenZitiDestination) -> [RestoreRequest.SourceSelection] {
    [.init(name: "controller", openZiti: destination)]
  }

  @Test func databasesMayGoToAClaimOrACluster() {
    let claim = RestoreRequest.OpenZitiDestination(
      persistentVolumeClaim: .init(claimName: "c", create: .init(storage: "2Gi")),
      workload: .init(kind: .deployment, name: "c"), fileMode: "600")
    #expect(Self.request { $0.sources = Self.ziti(claim) }.validate() == [])
    let cluster = RestoreRequest.OpenZitiDestination(clustered: true, podSelector: .init(matchLabels: ["a": "b"]))
    #expect(Self.request { $0.sources = Self.ziti(cluster) }.validate() == [])
    #expect(RestoreRequest.OpenZitiDestination(host: .init(path: "/var/lib/ctrl.db")).issues("f", isPlan: true) == [])
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
    (
      "spec.sources[0].openZiti.persistentVolumeClaim.create.storage", "not a size",
      { $0.sources = ziti(.init(persistentVolumeClaim: .init(claimName: "c", create: .init(storage: "big")))) }
    ),
    (
      "spec.sources[0].openZiti.persistentVolumeClaim.create.accessModes", "ReadOnlyMany",
      {
        $0.sources = ziti(
          .init(
            persistentVolumeClaim: .init(claimName: "c", create: .init(storage: "1Gi", accessModes: ["ReadOnlyMany"]))))
      }
    ),
    (
      "spec.sources[0].openZiti.persistentVolumeClaim.path", "from the root",
      { $0.sources = ziti(.init(persistentVolumeClaim: .init(claimName: "c", path: "/ctrl.db"))) }
    ),
    (
      "spec.sources[0].openZiti.persistentVolumeClaim.path", "'.' or '..'",
      { $0.sources = ziti(.init(persistentVolumeClaim: .init(claimName: "c", path: "../ctrl.db"))) }
    ),
    (
      "spec.sources[0].openZiti.persistentVolumeClaim.path", "clustered: true",
      { $0.sources = ziti(.init(persistentVolumeClaim: .init(claimName: "c", path: "raft/ctrl-ha.db"))) }
    ),
    (
      "spec.sources[0].openZiti.persistentVolumeClaim", "is required with workload",
      { $0.sources = ziti(.init(workload: .init(kind: .deployment, name: "w"))) }
    ),
    (
      "spec.sources[0].openZiti.clustered", "controllers that run",
      { $0.sources = ziti(.init(persistentVolumeClaim: .init(claimName: "c"), clustered: true)) }
    ),
    (
      "spec.sources[0].openZiti.podSelector", "clustered: true",
      { $0.sources = ziti(.init(release: "r", podSelector: .init(matchLabels: ["a": "b"]))) }
    ),
    (
      "spec.sources[0].openZiti.managementAPI", "no login",
      { $0.sources = ziti(.init(persistentVolumeClaim: .init(claimName: "c"), managementAPI: .init(url: "https://a"))) }
    ),
    ("spec.sources[0].openZiti.runAsUser", "is 0", { $0.sources = ziti(.init(release: "r", runAsUser: 0)) }),
    ("spec.sources[0].openZiti.fileMode", "0600", { $0.sources = ziti(.init(release: "r", fileMode: "0444")) }),
    (
      "spec.sources[0].openZiti.host", "holdfast restore --plan",
      { $0.sources = ziti(.init(host: .init(path: "/var/lib/ziti/ctrl.db"))) }
    ),
    (
      "spec.sources[0]", "two destinations",
      { $0.sources = [.init(name: "a", openZiti: .init(release: "r"), certManager: .init())] }
    ),
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
