import HoldfastAPI
import JobPlan
import KubernetesModel
import Testing

/// What the pods of each kind of source mount, where they run, and what they may do.
@Suite struct SourcePodTests {
  static let selector = LabelSelector(matchLabels: ["app": "ziti"])
  static let root = "/var/run/holdfast"

  private func policy(_ source: Source) -> BackupPolicy { Fixture.policy { $0.sources = [source] } }

  private func pod(_ policy: BackupPolicy) throws -> PodSpec {
    try Fixture.objects(policy).cronJob(schedule: "0 3 * * *").spec.jobTemplate.spec.template.spec
  }

  private func paths(_ pod: PodSpec) -> Set<String> { Set(pod.containers[0].volumeMounts?.map(\.mountPath) ?? []) }

  private func grants(_ source: Source, in namespace: String = "a") -> [SourcePermissions.Grant] {
    SourcePermissions(spec: policy(source).spec, namespace: namespace).grants
  }

  @Test func aSourceThatReadsTheAPIGetsATokenAmongItsMounts() throws {
    let pod = try pod(policy(Source(name: "all", resources: .init())))
    #expect(pod.automountServiceAccountToken == false)
    #expect(pod.serviceAccountName == "bao-backup")
    #expect(paths(pod).contains("\(Self.root)/api"))
    let sources = try #require(pod.volumes?.first { $0.name == "api" }?.projected?.sources)
    #expect(sources.compactMap(\.serviceAccountToken).map(\.audience) == [nil])
    #expect(sources.compactMap(\.configMap).map(\.name) == ["kube-root-ca.crt"])
    let etcd = try self.pod(policy(Source(name: "etcd", etcd: .init(endpoints: ["https://e:2379"]))))
    #expect(!paths(etcd).contains("\(Self.root)/api") && etcd.serviceAccountName == nil)
  }

  @Test func aDeletionMountsNothingOfTheSources() throws {
    let policy = policy(Source(name: "pki", files: .init(persistentVolumeClaim: .init(claimName: "c"), paths: ["/"])))
    let backup = Backup(metadata: ObjectMeta(name: "b", uid: "u"), spec: .init(policyRef: .init(name: "bao")))
    let job = try Fixture.objects(policy).deletion(of: backup, id: "i").job
    #expect(!paths(job.spec.template.spec).contains { $0.contains("volumes/") })
  }

  @Test func filesOfAClaimAreReadBesideThePodsThatMountIt() throws {
    let claim = Source.Files.Claim(claimName: "data", paths: ["/"], podSelector: Self.selector)
    let pod = try pod(policy(Source(name: "f", files: .init(persistentVolumeClaim: claim))))
    let mount = pod.containers[0].volumeMounts?.first { $0.mountPath == "\(Self.root)/volumes/data" }
    #expect(mount?.readOnly == true)
    #expect(pod.volumes?.compactMap(\.persistentVolumeClaim) == [.init(claimName: "data", readOnly: true)])
    let terms = pod.affinity?[path: "podAffinity", "requiredDuringSchedulingIgnoredDuringExecution"]?.arrayValue
    #expect(terms?.map { $0["labelSelector"] } == [["matchLabels": ["app": "ziti"]]])
    #expect(terms?.map { $0["topologyKey"] } == ["kubernetes.io/hostname"])
    #expect(pod.serviceAccountName == nil && !paths(pod).contains("\(Self.root)/api"))
    #expect(pod.securityContext?.fsGroup == nil, "the owner of somebody else's files stays")
  }

  @Test func theControllersClaimIsReadBesideTheController() throws {
    var source = Source.OpenZiti(retrieval: .volume, podSelector: Self.selector)
    source.persistentVolumeClaim = SourceClaim(claimName: "ziti")
    let policy = Fixture.policy {
      $0.sources = [Source(name: "z", openZiti: source)]
      $0.executor = ExecutorTemplate(
        affinity: [
          "nodeAffinity": ["x": 1],
          "podAffinity": ["requiredDuringSchedulingIgnoredDuringExecution": [["topologyKey": "zone"]]],
        ])
    }
    let pod = try pod(policy)
    let mount = pod.containers[0].volumeMounts?.first { $0.mountPath == "\(Self.root)/volumes/ziti" }
    #expect(mount?.readOnly == true)
    #expect(pod.volumes?.compactMap(\.persistentVolumeClaim).map(\.readOnly) == [true])
    let terms = pod.affinity?[path: "podAffinity", "requiredDuringSchedulingIgnoredDuringExecution"]?.arrayValue
    #expect(terms?.count == 2 && terms?.first?["topologyKey"] == "zone")
    #expect(terms?.last?["labelSelector"] == ["matchLabels": ["app": "ziti"]])
    #expect(terms?.last?["topologyKey"] == "kubernetes.io/hostname")
    #expect(pod.affinity?["nodeAffinity"] == ["x": 1])
    #expect(pod.securityContext?.runAsUser == 2_171 && pod.securityContext?.runAsGroup == 2_171)
    #expect(pod.securityContext?.runAsNonRoot == true)
    #expect(pod.securityContext?.fsGroup == nil, "the kubelet would change owners on a volume of somebody else")
  }

  /// Without the agent only the executor can remove the copy that the controller made.
  @Test func theClaimIsWritableWhereNobodyElseRemovesTheCopy() throws {
    let source = Source.OpenZiti(release: "ziti", snapshot: .managementAPI, retrieval: .volume)
    let pod = try pod(policy(Source(name: "z", openZiti: source)))
    #expect(pod.volumes?.compactMap(\.persistentVolumeClaim).map(\.readOnly) == [nil])
    #expect(paths(pod).contains("\(Self.root)/secrets/ziti-controller-admin-secret"))
    #expect(paths(pod).contains("\(Self.root)/configmaps/ziti-controller-ctrl-plane-cas"))
    #expect(!paths(pod).contains("\(Self.root)/api"))
    let other = try self.pod(
      Fixture.policy {
        $0.sources = [Source(name: "z", openZiti: source)]
        $0.executor = ExecutorTemplate(runAsUser: 1_000)
      })
    #expect(other.securityContext?.runAsUser == 1_000 && other.securityContext?.runAsGroup == nil)
    let exec = try self.pod(self.policy(Source(name: "z", openZiti: .init(release: "ziti"))))
    #expect(exec.securityContext?.runAsUser == nil && exec.securityContext?.runAsGroup == nil)
    #expect(exec.volumes?.contains { $0.persistentVolumeClaim != nil } == false && exec.affinity == nil)
  }

  @Test func secretsOfEtcdAndLoginsAreMounted() throws {
    let etcd = Source.Etcd(
      endpoints: ["https://e:2379"],
      tls: .init(
        caBundle: CABundle(secretRef: KeyReference(name: "ca", key: "ca.crt")),
        clientCertificateSecretRef: NameReference(name: "client")), authSecretRef: NameReference(name: "user"))
    let policy = Fixture.policy {
      $0.target.credentialsSecretRef = nil
      $0.sources = [
        Source(name: "etcd", etcd: etcd),
        Source(
          name: "bao",
          openBao: .init(
            address: "https://b", appRole: .init(roleID: "r", secretIDSecretRef: SecretReference(name: "secret-id")))),
        Source(name: "vault", vault: .init(address: "https://v", kubernetesAuth: .init(role: "r"))),
      ]
    }
    let inputs = ExecutorInputs(spec: policy.spec)
    #expect(inputs.secrets == ["ca", "client", "secret-id", "user"])
    #expect(inputs.tokens.map(\.source) == ["vault"] && inputs.tokens[0].audience == nil)
    #expect(inputs.needsIdentity && !inputs.needsAPI)
  }

  @Test func aClaimThatIsTargetAndSourceStaysWritable() {
    let policy = Fixture.policy {
      $0.target.filesystem = .init(persistentVolumeClaim: .init(claimName: "disk"))
      $0.sources = [Source(name: "f", files: .init(persistentVolumeClaim: .init(claimName: "disk"), paths: ["/x"]))]
    }
    #expect(ExecutorInputs(spec: policy.spec).claims.map(\.isReadOnly) == [false])
  }

  @Test func everyKindIsGrantedWhatItNeedsAndNoMore() {
    #expect(grants(Source(name: "s", openZiti: .init(release: "z"))) == [.init(.exec, in: "a")])
    #expect(
      grants(Source(name: "s", openZiti: .init(release: "z", snapshot: .managementAPI, retrieval: .volume))) == [])
    #expect(grants(Source(name: "s", files: .init(pod: .init(podSelector: Self.selector)))) == [.init(.exec, in: "a")])
    #expect(grants(Source(name: "s", files: .init(persistentVolumeClaim: .init(claimName: "c")))) == [])
    #expect(grants(Source(name: "s", certManager: .init())) == [.init(.certManager, in: "a")])
    #expect(grants(Source(name: "s", resources: .init())) == [.init(.resources, in: "a")])
    #expect(
      grants(Source(name: "s", certManager: .init(clusterIssuers: .all, includeCRDs: true))) == [
        .init(.certManagerCluster, in: nil), .init(.definitions, in: nil), .init(.certManager, in: "a"),
        .init(.secrets, in: "cert-manager"),
      ])
    #expect(grants(Source(name: "s", resources: .init(namespaces: ["*"]))) == [.init(.resources, in: nil)])
    #expect(
      grants(Source(name: "s", resources: .init(namespaces: ["b", "c"]))) == [
        .init(.resources, in: "b"), .init(.resources, in: "c"),
      ])
  }

  @Test func trustIsAskedForByField() {
    func fields(_ source: Source) -> [String] {
      SourceTrust.issues(of: policy(source).spec, in: "a").map(\.field)
    }
    #expect(fields(Source(name: "s", resources: .init(namespaces: ["a"]))) == [])
    #expect(
      fields(Source(name: "s", resources: .init(namespaces: ["a", "b"]))) == ["spec.sources[0].resources.namespaces"])
    #expect(fields(Source(name: "s", resources: .init(includeCRDs: true))) == ["spec.sources[0].resources.includeCRDs"])
    #expect(
      fields(Source(name: "s", certManager: .init(clusterIssuers: .names(["x"]), bundles: .all))) == [
        "spec.sources[0].certManager.clusterIssuers", "spec.sources[0].certManager.bundles",
      ])
    #expect(fields(Source(name: "s", certManager: .init(clusterIssuers: .nothing))) == [])
  }

  @Test func namesOfBindingsFitAndDiffer() {
    let long = String(repeating: "p", count: 63)
    for role in ExecutorRole.allCases {
      #expect(ObjectNames.binding(policy: long, role: role).utf8.count <= 63)
      #expect(ObjectNames.foreignBinding(policy: long, namespace: long, role: role).utf8.count <= 63)
    }
    #expect(
      ObjectNames.foreignBinding(policy: "b-c", namespace: "a", role: .exec)
        != ObjectNames.foreignBinding(policy: "c", namespace: "a-b", role: .exec))
  }
}
