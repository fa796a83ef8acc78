import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel
import Testing

@Suite struct PolicyObjectsTests {
  @Test func cronJobMatchesItsGoldenFile() throws {
    var cronJob = try Fixture.objects(Fixture.policy()).cronJob(schedule: "0 3 * * *")
    // The digest has a test of its own.
    cronJob.metadata.annotations = nil
    let made = try JSONValue(encoding: cronJob)
    let golden = try Fixture.golden("cronjob")
    let text = String(decoding: try made.serialized(prettyPrinted: true), as: UTF8.self)
    #expect(made == golden, "\(text)")
  }

  @Test func equalPoliciesGiveEqualBytes() throws {
    let policy = Fixture.policy { $0.executor = ExecutorTemplate(nodeSelector: ["a": "1", "b": "2", "c": "3"]) }
    let texts = try (0..<20).map { _ in
      try JSONEncoder.kubernetes.encode(Fixture.objects(policy).cronJob(schedule: "0 3 * * *"))
    }
    #expect(Set(texts).count == 1)
  }

  @Test func labelsAreOnTheJobTemplateSoThatJobsMadeFromItAreFound() throws {
    let template = try Fixture.objects(Fixture.policy()).cronJob(schedule: "0 3 * * *").spec.jobTemplate
    for labels in [template.metadata?.labels, template.spec.template.metadata?.labels] {
      #expect(labels?["holdfast.dev/policy"] == "bao")
      #expect(labels?["holdfast.dev/operation"] == "backup")
    }
  }

  @Test func hashChangesWithWhatIsWantedAndWithNothingElse() throws {
    func hash(_ policy: BackupPolicy) throws -> String? {
      try Fixture.objects(policy).cronJob(schedule: "0 3 * * *").metadata.annotations?["holdfast.dev/spec-hash"]
    }
    let first = try hash(Fixture.policy { $0.executor = ExecutorTemplate(nodeSelector: ["a": "b"]) })
    #expect(try first != hash(Fixture.policy()))
    #expect(try hash(Fixture.policy()) == hash(Fixture.policy { $0.retention = nil }))
  }

  @Test func thePlanIsThePolicyWithoutItsPodTemplate() throws {
    let policy = Fixture.policy {
      $0.executor = ExecutorTemplate(env: [["name": "PASSWORD", "value": "hunter2"]])
    }
    let configMap = try Fixture.objects(policy).plan(protectedIDs: ["b", "a", "b"])
    let text = try #require(configMap.data?["plan.json"])
    #expect(!text.contains("hunter2"))
    let plan = try JSONDecoder().decode(Plan.self, from: Data(text.utf8))
    #expect(plan.policy == Plan.Policy(namespace: "openbao", name: "bao", uid: "uid-of-bao"))
    #expect(plan.protectedIDs == ["a", "b"] && plan.clusterID == "cluster-1")
    #expect(plan.spec.target == policy.spec.target && plan.spec.sources == policy.spec.sources)
    #expect(configMap.metadata.ownerReferences?.first?.controller == true)
  }

  @Test func aJobForABackupIsOwnedByItAndKnowsItsTrigger() throws {
    var backup = Backup(
      metadata: ObjectMeta(name: "now", namespace: "openbao", uid: "u1"),
      spec: .init(policyRef: NameReference(name: "bao")))
    let job = try Fixture.objects(Fixture.policy()).job(for: backup, trigger: .manual)
    #expect(job.metadata.labels?["holdfast.dev/backup"] == "now")
    #expect(job.metadata.ownerReferences?.first?.uid == "u1")
    let env = job.spec.template.spec.containers[0].env ?? []
    #expect(env.first { $0.name == "HOLDFAST_TRIGGER" }?.value == "manual")
    #expect(!env.contains { $0.name == "HOLDFAST_CRONJOB_NAME" })
    backup.metadata.uid = "u2"
    #expect(try Fixture.objects(Fixture.policy()).job(for: backup, trigger: .manual).metadata.name != job.metadata.name)
  }

  @Test func aDeletionNamesOnlyItsOwnBackup() throws {
    let backup = Backup(
      metadata: ObjectMeta(name: "old", namespace: "openbao", uid: "u1"),
      spec: .init(policyRef: NameReference(name: "bao"), deletionPolicy: .delete))
    let (configMap, job) = try Fixture.objects(Fixture.policy()).deletion(of: backup, id: "20261121T030000Z-k3x9ab")
    let plan = try JSONDecoder().decode(Plan.self, from: Data(#require(configMap.data?["plan.json"]).utf8))
    #expect(plan.deleteIDs == ["20261121T030000Z-k3x9ab"])
    #expect(job.spec.template.spec.containers[0].args?.first == "delete")
    #expect(job.spec.template.spec.volumes?.first?.configMap?.name == configMap.metadata.name)
  }
}

@Suite struct RestoreObjectsTests {
  /// Promise 7.
  @Test func theJobIsTriedOnceAndWaitsForItsRelease() throws {
    let policy = Fixture.policy { $0.executor = ExecutorTemplate(backoffLimit: 5) }
    let job = try Fixture.restore(Fixture.request(), policy: policy).job(isDryRun: false)
    #expect(job.spec.backoffLimit == 0 && job.spec.suspend == true)
    #expect(job.spec.podReplacementPolicy == "Failed" && job.spec.template.spec.restartPolicy == "Never")
    let rules = job.spec.podFailurePolicy?["rules"]?.arrayValue ?? []
    #expect(!rules.isEmpty && rules.allSatisfy { $0["action"]?.stringValue == "FailJob" })
  }

  @Test func aDryRunNeedsNoRelease() throws {
    let objects = Fixture.restore(Fixture.request { $0.dryRun = true })
    #expect(try objects.job(isDryRun: true).spec.suspend == nil)
    #expect(try objects.job(isDryRun: true).metadata.name != objects.job(isDryRun: false).metadata.name)
    let text = try #require(objects.plan(isDryRun: true).data?["plan.json"])
    #expect(try JSONDecoder().decode(Plan.self, from: Data(text.utf8)).restore?.dryRun == true)
  }

  @Test func theIdentityAndTheDestinationAreMounted() throws {
    let request = Fixture.request {
      $0.decryption = .init(identitySecretRef: SecretReference(name: "age-identity"))
      $0.sources = [
        .init(name: "raft", openBao: .init(address: "https://new", tokenSecretRef: SecretReference(name: "root")))
      ]
    }
    let pod = try Fixture.restore(request).job(isDryRun: false).spec.template.spec
    #expect(
      pod.volumes?.compactMap(\.secret?.secretName) == ["age-identity", "bao-tls-ca", "root", "s3-credentials"])
    #expect(pod.volumes?.filter { $0.projected != nil }.count == 1, "the API server's token, for the journal")
    #expect(pod.automountServiceAccountToken == false)
  }
}
