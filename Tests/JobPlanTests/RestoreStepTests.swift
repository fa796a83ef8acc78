import HoldfastAPI
import KubernetesModel
import Testing

@testable import JobPlan

/// The pods of restores of etcd and files: what they mount, and in which order containers work.
@Suite struct RestoreStepTests {
  private func objects(
    _ sources: [RestoreRequest.SourceSelection]?, policySources: [Source] = [], dryRun: Bool = false,
    _ change: (inout RestoreRequest.Spec) -> Void = { _ in }
  ) -> RestoreObjects {
    var spec = RestoreRequest.Spec(from: .init(backup: "b"), sources: sources)
    change(&spec)
    return RestoreObjects(
      request: RestoreRequest(metadata: ObjectMeta(name: "back", namespace: "kube-system", uid: "u"), spec: spec),
      origin: Plan.Policy(namespace: "kube-system", name: "cp"),
      spec: BackupPolicySpec(sources: policySources, target: Target(bucket: "b")), policy: "cp", id: "i",
      defaults: ExecutorDefaults(image: "holdfast:1"), clusterID: nil)
  }

  private func pod(_ objects: RestoreObjects, dryRun: Bool = false) throws -> PodSpec {
    try objects.job(isDryRun: dryRun).spec.template.spec
  }

  private var etcd: RestoreRequest.SourceSelection {
    RestoreRequest.SourceSelection(
      name: "etcd",
      etcd: .init(
        persistentVolumeClaim: .init(claimName: "restored", create: .init(storage: "8Gi")),
        members: [.init(name: "m1", peerURL: "https://a:2380"), .init(name: "m2", peerURL: "https://b:2380")],
        initialClusterToken: "t",
        runRestore: .init(
          image: "registry.k8s.io/etcd:3.6.5-0", name: "m2", bumpRevision: 1_000_000_000, markCompacted: true)))
  }

  @Test func threeContainersWorkOneAfterTheOther() throws {
    let pod = try pod(objects([etcd]))
    #expect(pod.initContainers?.map(\.name) == ["restore", "etcd-restore"])
    #expect(pod.containers.map(\.name) == ["executor"])
    let first = try #require(pod.initContainers?.first)
    #expect(first.args?.first == "restore" && first.args?.suffix(2) == ["--handover", "/tmp/handover.json"])
    let last = try #require(pod.containers.first)
    #expect(last.args?.prefix(2) == ["restore", "finish"])
    #expect(last.args?.suffix(2) == ["--first-result", "/tmp/handover.json"])
    #expect(Set(last.volumeMounts?.map(\.name) ?? []) == ["plan", "tmp", "api", "claim-0"], "no Secret")
    let tool = try #require(pod.initContainers?.last)
    let volume = "/var/run/holdfast/volumes/restored"
    #expect(
      tool.command == [
        "etcdutl", "snapshot", "restore", "\(volume)/etcd.db", "--data-dir", "\(volume)/.holdfast-etcd-data", "--name",
        "m2", "--initial-cluster", "m1=https://a:2380,m2=https://b:2380", "--initial-advertise-peer-urls",
        "https://b:2380", "--initial-cluster-token", "t", "--bump-revision", "1000000000", "--mark-compacted",
      ])
    #expect(tool.volumeMounts?.map(\.mountPath) == [volume], "the tool sees the claim alone")
    #expect(tool.image == "registry.k8s.io/etcd:3.6.5-0")
    for container in (pod.initContainers ?? []) + pod.containers {
      let security = try #require(container.securityContext)
      #expect(security.allowPrivilegeEscalation == false && security.readOnlyRootFilesystem == true)
      #expect(security.runAsNonRoot == true && security.capabilities?.drop == ["ALL"])
      #expect(security.seccompProfile?.type == "RuntimeDefault")
    }
    // etcd's images have root, and a new volume is root's.
    #expect(pod.securityContext?.runAsUser == 65_532 && pod.securityContext?.fsGroup == 65_532)
    #expect(pod.automountServiceAccountToken == false)
    let job = try objects([etcd]).job(isDryRun: false)
    #expect(job.spec.backoffLimit == 0 && job.spec.suspend == true)
  }

  @Test func aDryRunChangesNothing() throws {
    let wanted = objects([etcd])
    let look = try pod(wanted, dryRun: true)
    #expect(look.initContainers == nil && look.containers.first?.args?.first == "restore")
    #expect(look.volumes?.first { $0.persistentVolumeClaim != nil }?.persistentVolumeClaim?.readOnly == true)
    #expect(look.securityContext?.fsGroup == nil, "the kubelet would change the volume")
    let without = try wanted.job(isDryRun: true, absentClaims: ["restored"]).spec.template.spec
    #expect(without.volumes?.contains { $0.persistentVolumeClaim != nil } == false)
    #expect(try pod(wanted).volumes?.contains { $0.persistentVolumeClaim != nil } == true)
  }

  @Test func withoutMembersEtcdsOwnDefaultsHold() throws {
    var one = etcd
    one.etcd?.members = nil
    one.etcd?.initialClusterToken = nil
    one.etcd?.runRestore = .init(image: "etcd:v3.4.27", dataDir: "/a/data")
    let tool = try #require(try pod(objects([one])).initContainers?.last)
    let volume = "/var/run/holdfast/volumes/restored"
    #expect(
      tool.command == [
        "etcdctl", "snapshot", "restore", "\(volume)/etcd.db", "--data-dir", "\(volume)/a/.holdfast-data", "--name",
        "default",
      ])
    #expect(tool.env?.contains { $0.name == "ETCDCTL_API" && $0.value == "3" } == true)
  }

  @Test func claimsOfOthersKeepTheirGroup() throws {
    let selector = LabelSelector(matchLabels: ["app": "router"])
    let source = Source(
      name: "config",
      files: .init(persistentVolumeClaim: .init(claimName: "router", paths: ["/"], podSelector: selector)))
    let back = try pod(objects(nil, policySources: [source]))
    let volume = try #require(back.volumes?.first { $0.persistentVolumeClaim != nil }?.persistentVolumeClaim)
    #expect(volume.claimName == "router" && volume.readOnly != true)
    #expect(back.securityContext?.fsGroup == nil)
    #expect(back.affinity != nil, "beside the pod that has the volume")
    let elsewhere = try pod(
      objects(
        [
          .init(
            name: "config", files: .init(persistentVolumeClaim: .init(claimName: "new", create: .init(storage: "1Gi"))))
        ],
        policySources: [source]))
    #expect(elsewhere.volumes?.compactMap { $0.persistentVolumeClaim?.claimName } == ["new"])
    #expect(elsewhere.securityContext?.fsGroup == 65_532)
    let other = try pod(objects([.init(name: "else")], policySources: [source]))
    #expect(other.volumes?.contains { $0.persistentVolumeClaim != nil } == false, "not asked for")
  }

  @Test func onlyFilesIntoPodsNeedExec() throws {
    let pods = PodSelection(podSelector: LabelSelector(matchLabels: ["app": "router"]))
    let source = Source(name: "config", files: .init(pod: pods, paths: ["/etc/x"]))
    func roles(_ sources: [RestoreRequest.SourceSelection]?) -> [String] {
      objects(sources, policySources: [source]).permissions.grants.map { "\($0.namespace ?? "*"):\($0.role)" }
    }
    let withExec = ["kube-system:exec", "kube-system:results"]
    #expect(roles(nil) == withExec)
    #expect(roles([.init(name: "config")]) == withExec)
    #expect(roles([.init(name: "config", files: .init(pod: pods))]) == withExec)
    #expect(roles([.init(name: "config", files: .init(conflictPolicy: .skip))]) == withExec)
    #expect(
      roles([.init(name: "config", files: .init(persistentVolumeClaim: .init(claimName: "c")))])
        == ["kube-system:results"])
    #expect(roles([etcd]) == ["kube-system:results"])
    #expect(objects(nil, policySources: [source]).permissions.reach(beyond: "kube-system") == nil)
    let exec = objects(nil, policySources: [source])
    #expect(exec.serviceAccount != nil)
    #expect(
      try exec.bindings(isDryRun: false).inNamespaces.map(\.roleRef.name) == [
        "holdfast-executor-exec", "holdfast-executor-results",
      ])
  }

  @Test func aClaimIsMadeOnceAndBelongsToNobody() throws {
    let all = objects([
      etcd,
      .init(
        name: "f", files: .init(persistentVolumeClaim: .init(claimName: "restored", create: .init(storage: "1Gi")))),
    ])
    #expect(all.databaseClaims.map(\.claimName) == ["restored"])
    let claim = try #require(try all.persistentVolumeClaim(all.databaseClaims[0]))
    #expect(claim.metadata.ownerReferences == nil, "what was restored outlives the request")
    #expect(claim.spec?.accessModes == ["ReadWriteOnce"])
    #expect(claim.spec?.resources?["requests"]?["storage"] == "8Gi")
  }
}
