import KubernetesModel
import Testing

@testable import HoldfastAPI

@Suite struct VerificationValidationTests {
  private func issues(_ verification: Verification) -> [ValidationIssue] {
    var spec = BackupPolicySpec(
      sources: [Source(name: "raft", openBao: .init(address: "https://b:8200", jwtAuthRole: "r"))],
      target: Target(bucket: "backups"), encryption: Encryption(none: .init(acknowledged: true)))
    spec.verification = verification
    return BackupPolicy(metadata: ObjectMeta(name: "p", namespace: "n"), spec: spec).validate()
  }

  @Test func whatIsRightIsTaken() {
    #expect(issues(Verification(schedule: "@weekly")) == [])
    #expect(issues(Verification(schedule: "H 5 * * 0", identitySecretRef: .init(name: "age"), latest: 3)) == [])
    #expect(issues(Verification(schedule: "@daily", latest: nil, all: true)) == [])
    #expect(issues(Verification(schedule: "@daily", latest: 3, all: false)) == [])
  }

  @Test func whatIsWrongIsNamed() {
    let cases: [(Verification, String, String)] = [
      (Verification(schedule: ""), "spec.verification.schedule", "is empty"),
      (Verification(schedule: "whenever"), "spec.verification.schedule", ""),
      (Verification(schedule: "0 0 31 2 *"), "spec.verification.schedule", "never comes"),
      (Verification(schedule: "@daily", latest: 0), "spec.verification.latest", "1 to 1000"),
      (Verification(schedule: "@daily", latest: 2, all: true), "spec.verification.all", "exclude each other"),
      (
        Verification(schedule: "@daily", identitySecretRef: .init(name: "Not A Name")),
        "spec.verification.identitySecretRef.name", "not a valid object name"
      ),
    ]
    for (verification, field, message) in cases {
      let found = issues(verification)
      #expect(found.count == 1 && found.first?.field == field, "\(found)")
      #expect(found.first?.message.contains(message) == true || message.isEmpty, "\(found)")
    }
  }

  @Test func aControllerIsOnlyNamedToBePaused() {
    func issues(_ destination: RestoreRequest.ObjectDestination) -> [String] {
      RequestValidationTests.request { $0.sources = [.init(name: "pki", certManager: destination)] }.validate().map(
        \.field)
    }
    #expect(issues(.init(pauseControllers: true)) == [])
    #expect(issues(.init(pauseControllers: true, controller: .init(namespace: "cm", name: "cm"))) == [])
    #expect(issues(.init(controller: .init(name: "cm"))) == ["spec.sources[0].certManager.controller"])
    #expect(
      issues(.init(pauseControllers: true, controller: .init(namespace: "A"))) == [
        "spec.sources[0].certManager.controller.namespace"
      ])
  }

  @Test func depthsAreInOrder() {
    #expect(Backup.VerificationDepth.stored < .plain && Backup.VerificationDepth.plain < .content)
  }
}
