import HoldfastAPI
import JobPlan
import KubernetesModel
import Testing

/// What a pod gets so that it can show a store who it is.
@Suite struct TargetPodTests {
  private func template(_ target: Target, _ modify: (inout BackupPolicySpec) -> Void = { _ in }) throws
    -> PodTemplateSpec
  {
    let policy = Fixture.policy {
      $0.target = target
      // A source without an identity of its own, so that only the target's counts.
      $0.sources[0].openBao?.jwtAuthRole = nil
      $0.sources[0].openBao?.tokenSecretRef = SecretReference(name: "token")
      modify(&$0)
    }
    return try Fixture.objects(policy).cronJob(schedule: "0 3 * * *").spec.jobTemplate.spec.template
  }

  private func targetToken(_ pod: PodSpec) -> ServiceAccountTokenProjection? {
    pod.volumes?.first { $0.name == "token-target" }?.projected?.sources?.first?.serviceAccountToken
  }

  private let role = "arn:aws:iam::123456789012:role/backup"
  private let pool = "projects/1/locations/global/workloadIdentityPools/p/providers/q"

  @Test func aSecretNeedsNoIdentity() throws {
    let pod = try template(Target(bucket: "b", credentialsSecretRef: SecretReference(name: "s3")))
    #expect(pod.spec.serviceAccountName == nil && targetToken(pod.spec) == nil)
    #expect(pod.metadata?.labels?["azure.workload.identity/use"] == nil)
  }

  @Test(arguments: [Target.Provider.s3, .gcs, .azure])
  func anAmbientIdentityIsThatOfAServiceAccountWhoseNameStays(provider: Target.Provider) throws {
    let target = Target(
      provider: provider, bucket: "backups",
      azure: provider == .azure ? Target.Azure(storageAccount: "account") : nil)
    let pod = try template(target)
    #expect(pod.spec.serviceAccountName == "bao-backup" && targetToken(pod.spec) == nil)
    // The platforms' own volumes and variables come without it.
    #expect(pod.spec.automountServiceAccountToken == false)
    #expect(pod.metadata?.labels?["azure.workload.identity/use"] == (provider == .azure ? "true" : nil))
    let named = try template(target) { $0.executor = ExecutorTemplate(serviceAccountName: "mine") }
    #expect(named.spec.serviceAccountName == "mine")
  }

  @Test func aRoleIsTakenOnWithAProjectedToken() throws {
    let pod = try template(Target(bucket: "b", roleArn: role))
    let token = targetToken(pod.spec)
    #expect(token?.audience == "sts.amazonaws.com" && token?.expirationSeconds == 3_600 && token?.path == "token")
    let mount = pod.spec.containers[0].volumeMounts?.first { $0.name == "token-target" }
    #expect(mount?.mountPath == "/var/run/holdfast/tokens/.target" && mount?.readOnly == true)
    #expect(pod.spec.serviceAccountName == "bao-backup" && pod.spec.automountServiceAccountToken == false)
  }

  @Test func theKeysOfASecretTakeOnARoleWithoutAToken() throws {
    let pod = try template(
      Target(bucket: "b", roleArn: role, credentialsSecretRef: SecretReference(name: "s3")))
    #expect(targetToken(pod.spec) == nil)
  }

  @Test func azureNeedsNoWebhookWhereThePolicyNamesClientAndTenant() throws {
    let pod = try template(
      Target(
        provider: .azure, bucket: "backups",
        azure: .init(storageAccount: "account", clientID: "client", tenantID: "tenant")))
    #expect(targetToken(pod.spec)?.audience == "api://AzureADTokenExchange")
    #expect(pod.metadata?.labels?["azure.workload.identity/use"] == nil)
  }

  @Test func googlesFederationHasATokenForItsProvider() throws {
    let pod = try template(
      Target(provider: .gcs, bucket: "backups", gcs: .init(workloadIdentityProvider: pool)))
    #expect(targetToken(pod.spec)?.audience == "https://iam.googleapis.com/\(pool)")
  }

  @Test func thePolicysOwnLabelGoesBeforeOurs() throws {
    let pod = try template(Target(provider: .azure, bucket: "b", azure: .init(storageAccount: "account"))) {
      $0.executor = ExecutorTemplate(podLabels: ["azure.workload.identity/use": "false"])
    }
    #expect(pod.metadata?.labels?["azure.workload.identity/use"] == "false")
  }

  @Test func noSourceCanHaveTheNameOfTheTargetsToken() {
    var source = Fixture.policy().spec
    source.sources[0].name = ".target"
    #expect(source.validate().contains { $0.field == "spec.sources[0].name" })
  }

  @Test func aRestoreUsesTheTargetAsABackupDoes() throws {
    let policy = Fixture.policy {
      $0.target = Target(bucket: "b", roleArn: role)
    }
    let restore = Fixture.restore(Fixture.request(), policy: policy)
    let pod = try restore.job(isDryRun: true).spec.template.spec
    #expect(targetToken(pod)?.audience == "sts.amazonaws.com")
    #expect(pod.serviceAccountName == "bao-backup" && restore.serviceAccount?.metadata.name == "bao-backup")
  }
}

@Suite struct PreflightJobTests {
  @Test func itMatchesItsGoldenFile() throws {
    let policy = Fixture.policy { $0.target.credentialsSecretRef = nil }
    let job = try JSONValue(encoding: Fixture.objects(policy).preflight(after: nil))
    let text = String(decoding: try job.serialized(prettyPrinted: true), as: UTF8.self)
    #expect(try job == Fixture.golden("preflight"), "\(text)")
  }

  /// The same until an end is recorded, and then another.
  @Test func itsNameFollowsFromTheTargetAndTheLastCheck() throws {
    let objects = Fixture.objects(Fixture.policy())
    let time = Timestamp("2026-11-21T12:00:00Z")
    #expect(try objects.preflightName(after: nil) == objects.preflightName(after: nil))
    #expect(try objects.preflightName(after: nil) != objects.preflightName(after: time))
    let other = Fixture.objects(Fixture.policy { $0.target.bucket = "other" })
    #expect(try objects.preflightName(after: nil) != other.preflightName(after: nil))
    let long = Fixture.objects(Fixture.policy(name: String(repeating: "a", count: 63)))
    #expect(try long.preflightName(after: nil).utf8.count <= 63)
  }

  @Test func defaultsThatAreWrittenOutChangeNothing() throws {
    let bare = Fixture.policy { $0.target = Target(bucket: "backups") }
    let written = Fixture.policy { $0.target = Target(bucket: "backups").defaulted() }
    #expect(try Fixture.objects(bare).targetHash() == Fixture.objects(written).targetHash())
  }

  @Test func itMountsWhatTheTargetNeedsAndNothingOfTheSources() throws {
    let pod = try Fixture.objects(Fixture.policy()).preflight(after: nil).spec.template.spec
    #expect(pod.volumes?.compactMap(\.secret?.secretName) == ["s3-credentials"])
    #expect(pod.volumes?.contains { $0.projected != nil } == false)
  }
}
