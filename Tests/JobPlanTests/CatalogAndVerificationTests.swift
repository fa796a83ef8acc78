import BackupFormat
import Foundation
import HoldfastAPI
import KubernetesModel
import Testing

@testable import JobPlan

@Suite struct CatalogAndVerificationTests {
  private let manifest = Manifest(
    id: BackupID("20261121T030000Z-k3x9ab")!, policy: .init(namespace: "openbao", name: "bao"), clusterID: "cluster-2",
    createdAt: "2026-11-21T03:00:00Z", completedAt: "2026-11-21T03:00:30Z", trigger: "scheduled",
    holdfastVersion: "1", recipients: [],
    artifacts: [
      .init(
        source: "raft", kind: "openBao", key: "openbao/bao/20261121T030000Z-k3x9ab/raft.snap", encodings: [],
        plainSize: 5, plainSHA256: String(repeating: "a", count: 64), storedSize: 5,
        storedSHA256: String(repeating: "a", count: 64), facts: ["index": "7"])
    ])

  @Test func equalManifestsGiveEqualBackups() throws {
    let one = Backup(manifest: manifest, policy: "bao", namespace: "openbao")
    #expect(one == Backup(manifest: manifest, policy: "bao", namespace: "openbao"))
    #expect(one.metadata.name == "bao-20261121t030000z-k3x9ab" && one.validate() == [])
    let long = String(repeating: "p", count: 63)
    #expect(Backup(manifest: manifest, policy: long, namespace: "n").validate() == [])
    let status = Backup.Status(
      manifest: manifest, location: "s3://b/openbao/bao/x", ownCluster: "cluster-1",
      now: Timestamp(Date(timeIntervalSince1970: 0)))
    #expect(status.trigger == .scheduled && status.clusterID == "cluster-2")
    #expect(status.startTime == Timestamp("2026-11-21T03:00:00Z"))
    #expect(status.completionTime == Timestamp("2026-11-21T03:00:30Z"))
    let own = Backup.Status(
      manifest: manifest, location: "l", ownCluster: "cluster-2", now: Timestamp(Date(timeIntervalSince1970: 0)))
    #expect(own.clusterID == nil)
  }

  @Test func verificationMountsTheIdentityAndABackupDoesNot() throws {
    let policy = Fixture.policy {
      $0.verification = Verification(schedule: "0 5 * * 0", identitySecretRef: .init(name: "age-identity"))
    }
    let objects = Fixture.objects(policy)
    func secrets(_ pod: PodSpec) -> [String] { (pod.volumes ?? []).compactMap { $0.secret?.secretName } }
    let cronJob = try #require(try objects.verificationCronJob())
    #expect(cronJob.metadata.name == "bao-verify")
    let pod = cronJob.spec.jobTemplate.spec.template.spec
    #expect(Set(secrets(pod)) == ["s3-credentials", "age-identity"])
    #expect(pod.volumes?.contains { $0.name == "api" } == true && pod.serviceAccountName == "bao-backup")
    let backup = try objects.cronJob(schedule: "0 3 * * *").spec.jobTemplate.spec.template.spec
    #expect(!secrets(backup).contains("age-identity"))
    #expect(backup.volumes?.contains { $0.name == "api" } == false)
    #expect(try objects.bindings().inNamespaces.map(\.roleRef.name) == ["holdfast-executor-verification"])
    let catalog = try objects.catalog(request: nil, after: nil).spec.template.spec
    #expect(Set(secrets(catalog)) == ["s3-credentials"] && catalog.volumes?.contains { $0.name == "api" } == true)
    #expect(try Fixture.objects(Fixture.policy()).verificationCronJob() == nil)
  }

  @Test func theCatalogueJobHasAnotherNameForEachListing() throws {
    let objects = Fixture.objects(Fixture.policy())
    let time = Timestamp(Date(timeIntervalSince1970: 5))
    let names = [
      try objects.catalogName(request: nil, after: nil), try objects.catalogName(request: "1", after: nil),
      try objects.catalogName(request: nil, after: time),
    ]
    #expect(Set(names).count == 3 && names.allSatisfy { $0.utf8.count <= 63 })
    #expect(try objects.catalogName(request: nil, after: nil) == names[0])
  }

  @Test func bothSchedulesHaveMinutesOfTheirOwn() {
    let spec = Fixture.policy {
      $0.schedule = "H H * * *"
      $0.verification = Verification(schedule: "H H * * *")
    }.spec.defaulted(namespace: "openbao", name: "bao")
    #expect(spec.schedule?.contains("H") == false && spec.verification?.schedule.contains("H") == false)
    #expect(spec.schedule != spec.verification?.schedule)
  }

  @Test func theUnpauseJobReachesTheAPIServerAlone() throws {
    let request = Fixture.request {
      $0.sources = [.init(name: "pki", certManager: .init(pauseControllers: true))]
      $0.decryption = .init(identitySecretRef: .init(name: "age-identity"))
    }
    let objects = Fixture.restore(request)
    #expect(objects.pausesControllers)
    let job = try objects.unpauseJob()
    let pod = job.spec.template.spec
    #expect((pod.volumes ?? []).allSatisfy { $0.secret == nil })
    #expect(pod.volumes?.contains { $0.name == "api" } == true)
    #expect(pod.containers[0].args?.first == "unpause")
    #expect(job.metadata.labels?[HoldfastAPI.restoreLabel] == "back")
    #expect(objects.permissions.grants.contains(.init(.controllers, in: "cert-manager")))
  }
}
