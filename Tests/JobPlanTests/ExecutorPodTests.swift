import HoldfastAPI
import JobPlan
import KubernetesModel
import Testing

@Suite struct ExecutorPodTests {
  private func pod(_ policy: BackupPolicy) throws -> PodSpec {
    try Fixture.objects(policy).cronJob(schedule: "0 3 * * *").spec.jobTemplate.spec.template.spec
  }

  @Test func passesPodSecurityRestricted() throws {
    let pod = try pod(Fixture.policy())
    let context = try #require(pod.containers.first?.securityContext)
    #expect(pod.securityContext?.runAsNonRoot == true && pod.securityContext?.runAsUser == nil)
    #expect(pod.securityContext?.seccompProfile?.type == "RuntimeDefault")
    #expect(context.allowPrivilegeEscalation == false && context.readOnlyRootFilesystem == true)
    #expect(context.capabilities?.drop == ["ALL"])
    #expect(pod.volumes?.allSatisfy { $0.hostPath == nil } == true)
  }

  @Test func hasNoAccessToTheAPI() throws {
    #expect(try pod(Fixture.policy()).automountServiceAccountToken == false)
  }

  @Test func everySecretIsOptionalSoThatTheExecutorCanNameWhatIsMissing() throws {
    let volumes = try pod(Fixture.policy()).volumes ?? []
    #expect(volumes.compactMap(\.secret?.secretName) == ["bao-tls-ca", "s3-credentials"])
    #expect(volumes.compactMap(\.secret?.optional) == [true, true])
  }

  @Test func mountsFollowTheLayoutThatTheExecutorReads() throws {
    let policy = Fixture.policy {
      $0.target.filesystem = .init(persistentVolumeClaim: .init(claimName: "disk"))
      $0.target.caBundle = CABundle(configMapRef: KeyReference(name: "cas", key: "ca.crt"))
    }
    let pod = try pod(policy)
    let paths = Set(pod.containers[0].volumeMounts?.map(\.mountPath) ?? [])
    let root = "/var/run/holdfast"
    #expect(
      paths == [
        "\(root)/plan", "\(root)/secrets/bao-tls-ca", "\(root)/secrets/s3-credentials", "\(root)/configmaps/cas",
        "\(root)/tokens/raft", "\(root)/volumes/disk", "/tmp",
      ])
    #expect(pod.securityContext?.fsGroup == 65_532)
    let writable = pod.containers[0].volumeMounts?.filter { $0.readOnly != true }.map(\.mountPath)
    #expect(writable == ["\(root)/volumes/disk", "/tmp"])
  }

  @Test func aTokenIsProjectedForEachSourceThatLogsInByJWT() throws {
    let policy = Fixture.policy {
      $0.jwtAuthRole = "shared"
      $0.sources.append(Source(name: "other", vault: .init(address: "https://v", jwtAudience: "vault")))
      $0.sources.append(
        Source(name: "token", openBao: .init(address: "https://t", tokenSecretRef: SecretReference(name: "t"))))
    }
    let tokens = try pod(policy).volumes?.compactMap { $0.projected?.sources?.first?.serviceAccountToken }
    #expect(tokens?.map(\.audience) == ["vault", "openbao-internal"])
    #expect(tokens?.map(\.expirationSeconds) == [600, 600])
    #expect(ExecutorInputs(spec: policy.spec).tokens.map(\.source) == ["other", "raft"])
  }

  @Test func aServiceAccountIsMadeOnlyWhereAStableSubjectIsNeeded() throws {
    #expect(Fixture.objects(Fixture.policy()).serviceAccount?.metadata.name == "bao-backup")
    #expect(try pod(Fixture.policy()).serviceAccountName == "bao-backup")
    let own = Fixture.policy { $0.executor = ExecutorTemplate(serviceAccountName: "mine") }
    #expect(Fixture.objects(own).serviceAccount == nil)
    #expect(try pod(own).serviceAccountName == "mine")
    let token = Fixture.policy { $0.sources[0].openBao?.jwtAuthRole = nil }
    #expect(Fixture.objects(token).serviceAccount == nil)
    #expect(try pod(token).serviceAccountName == nil)
  }

  @Test func theTemplateOfThePolicyIsPassedThrough() throws {
    let policy = Fixture.policy {
      $0.executorImage = "old/place:1"
      $0.executor = ExecutorTemplate(
        resources: ["limits": ["memory": "1Gi"]], nodeSelector: ["disk": "ssd"],
        tolerations: [["key": "backup", "operator": "Exists"]],
        env: [["name": "HTTPS_PROXY", "value": "http://p"], ["name": "HOLDFAST_POD_NAME", "value": "forged"]],
        podLabels: ["team": "a", "holdfast.dev/policy": "forged"], podAnnotations: ["x": "y"])
    }
    let template = try Fixture.objects(policy).cronJob(schedule: "@daily").spec.jobTemplate.spec.template
    let container = template.spec.containers[0]
    #expect(container.image == "old/place:1")
    #expect(container.resources?.limits?["memory"]?.description == "1Gi" && container.resources?.requests == nil)
    #expect(template.spec.tolerations?.count == 1 && template.spec.nodeSelector == ["disk": "ssd"])
    #expect(container.env?.first?.name == "HTTPS_PROXY")
    #expect(container.env?.filter { $0.name == "HOLDFAST_POD_NAME" }.map(\.value) == [nil])
    #expect(template.metadata?.labels?["holdfast.dev/policy"] == "bao" && template.metadata?.labels?["team"] == "a")
  }

  @Test func aBrokenTemplateNamesItsField() {
    let policy = Fixture.policy { $0.executor = ExecutorTemplate(env: "A=1") }
    #expect {
      _ = try Fixture.objects(policy).cronJob(schedule: "@daily")
    } throws: { error in
      (error as? JobPlanError)?.field == "spec.executor.env"
    }
  }
}
