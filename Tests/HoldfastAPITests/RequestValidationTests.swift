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

  static func etcd(
    _ change: (inout RestoreRequest.EtcdDestination) -> Void = { _ in }
  ) -> RestoreRequest.EtcdDestination {
    var etcd = RestoreRequest.EtcdDestination(persistentVolumeClaim: .init(claimName: "c"))
    change(&etcd)
    return etcd
  }

  static func etcds(_ change: (inout RestoreRequest.EtcdDestination) -> Void) -> [RestoreRequest.SourceSelection] {
    [.init(name: "a", etcd: etcd(change))]
  }

  @Test func destinationsOfEtcdAndFilesAreAccepted() {
    let accepted: [RestoreRequest.SourceSelection] = [
      .init(name: "a", etcd: Self.etcd()),
      .init(
        name: "a",
        etcd: Self.etcd {
          $0.persistentVolumeClaim?.create = .init(
            storage: "8Gi", storageClassName: "fast", accessModes: ["ReadWriteOnce"])
          $0.persistentVolumeClaim?.path = "/snapshots/etcd.db"
          $0.members = [.init(name: "m1", peerURL: "https://10.0.0.11:2380")]
          $0.runRestore = .init(image: "registry.k8s.io/etcd:3.6.5-0", name: "m1", bumpRevision: 1, markCompacted: true)
        }),
      .init(name: "a", files: .init()), .init(name: "a", files: .init(conflictPolicy: .skip)),
      .init(name: "a", files: .init(persistentVolumeClaim: .init(claimName: "c", subPath: "/a/b"))),
      .init(name: "a", files: .init(pod: .init(podSelector: .init(matchLabels: ["a": "b"])), path: "/etc/x")),
    ]
    for selection in accepted {
      let issues = Self.request { $0.sources = [selection] }.validate()
      #expect(issues == [], "\(issues)")
    }
  }

  @Test(arguments: [
    ("registry.k8s.io/etcd:3.5.21-0", "etcdutl"), ("quay.io/coreos/etcd:v3.4.27", "etcdctl"),
    ("r:5000/etcd", "etcdutl"),
    ("etcd:latest", "etcdutl"), ("etcd:3.6", "etcdutl"), ("etcd:v3.3.1@sha256:00", "etcdctl"),
  ])
  func theToolFollowsFromTheImagesTag(image: String, tool: String) {
    #expect(RestoreRequest.EtcdDestination.RunRestore(image: image).resolvedCommand == [tool])
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
    ("spec.sources[0]", "two destinations", { $0.sources = [.init(name: "a", etcd: etcd(), files: .init())] }),
    ("spec.sources[0].etcd", "no place", { $0.sources = [.init(name: "a", etcd: .init())] }),
    ("spec.sources[0].etcd.path", "holdfast restore", { $0.sources = [.init(name: "a", etcd: .init(path: "/x/y"))] }),
    (
      "spec.sources[0].etcd.persistentVolumeClaim.path", "names no file",
      { $0.sources = etcds { $0.persistentVolumeClaim?.path = "/" } }
    ),
    (
      "spec.sources[0].etcd.persistentVolumeClaim.path", "'..'",
      { $0.sources = etcds { $0.persistentVolumeClaim?.path = "/a/../b" } }
    ),
    (
      "spec.sources[0].etcd.persistentVolumeClaim.create.storage", "8Gi",
      { $0.sources = etcds { $0.persistentVolumeClaim?.create = .init(storage: "much") } }
    ),
    (
      "spec.sources[0].etcd.persistentVolumeClaim.create.accessModes", "ReadOnlyMany",
      { $0.sources = etcds { $0.persistentVolumeClaim?.create = .init(storage: "1Gi", accessModes: ["ReadOnlyMany"]) } }
    ),
    (
      "spec.sources[0].etcd.members[0].name", "'='",
      { $0.sources = etcds { $0.members = [.init(name: "a=b", peerURL: "https://a:1")] } }
    ),
    (
      "spec.sources[0].etcd.members[0].peerURL", "peer URL",
      { $0.sources = etcds { $0.members = [.init(name: "a", peerURL: "a:1")] } }
    ),
    (
      "spec.sources[0].etcd.members", "twice",
      {
        $0.sources = etcds {
          $0.members = [.init(name: "a", peerURL: "https://a:1"), .init(name: "a", peerURL: "https://b:1")]
        }
      }
    ),
    (
      "spec.sources[0].etcd.runRestore.image", "is required",
      { $0.sources = etcds { $0.runRestore = .init(image: "") } }
    ),
    (
      "spec.sources[0].etcd.runRestore.markCompacted", "bumpRevision",
      { $0.sources = etcds { $0.runRestore = .init(image: "i", markCompacted: true) } }
    ),
    (
      "spec.sources", "two runRestore",
      {
        let one = etcd { $0.runRestore = .init(image: "i") }
        $0.sources = [.init(name: "a", etcd: one), .init(name: "b", etcd: one)]
      }
    ),
    (
      "spec.sources[0].files", "two places",
      {
        $0.sources = [
          .init(
            name: "a",
            files: .init(
              persistentVolumeClaim: .init(claimName: "c"), pod: .init(podSelector: .init(matchLabels: ["a": "b"]))))
        ]
      }
    ),
    ("spec.sources[0].files.path", "for pod", { $0.sources = [.init(name: "a", files: .init(path: "/x"))] }),
    (
      "spec.sources[0].files.persistentVolumeClaim.subPath", "absolute",
      { $0.sources = [.init(name: "a", files: .init(persistentVolumeClaim: .init(claimName: "c", subPath: "x")))] }
    ),
    (
      "spec.sources[0].files.pod.podSelector", "every pod",
      { $0.sources = [.init(name: "a", files: .init(pod: .init(podSelector: .init())))] }
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
