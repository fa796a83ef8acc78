import KubernetesModel
import Testing

@testable import HoldfastAPI

/// A release fills what its chart calls its objects; what the policy says itself stays.
struct OpenZitiPresetTests {
  @Test(arguments: [
    ("ziti-controller", "ziti-controller"), ("my-controller-2", "my-controller-2"), ("overlay", "overlay-controller"),
    (String(repeating: "a", count: 53), String(repeating: "a", count: 53) + "-controlle"),
  ])
  func namesFollowTheChart(release: String, fullName: String) {
    #expect(OpenZitiPreset(release: release).fullName == String(fullName.prefix(63)))
    #expect(OpenZitiPreset(release: release).fullName.utf8.count <= 63)
  }

  @Test func aNameIsNotCutAtADash() {
    let release = String(repeating: "a", count: 62) + "-controller"
    #expect(OpenZitiPreset(release: release).fullName == String(repeating: "a", count: 62))
  }

  @Test func theAgentByExecNeedsNoSecretAndNoClaim() {
    let source = Source.OpenZiti(release: "ziti").defaulted()
    #expect(source.snapshot == .agent && source.retrieval == .exec)
    #expect(source.podSelector?.matchLabels?["app.kubernetes.io/instance"] == "ziti")
    #expect(source.podSelector?.matchLabels?["app.kubernetes.io/component"] == "ziti-controller")
    #expect(source.container == "ziti-controller" && source.databasePath == "/persistent/ctrl.db")
    #expect(source.managementAPI == nil && source.persistentVolumeClaim == nil)
    #expect(source.needsExec)
  }

  @Test func theManagementAPIAndTheClaimAreTheReleases() {
    let source = Source.OpenZiti(release: "ziti", snapshot: .managementAPI, retrieval: .volume).defaulted()
    #expect(source.managementAPI?.url == "https://ziti-controller-client:443")
    #expect(source.managementAPI?.adminSecretRef?.name == "ziti-controller-admin-secret")
    #expect(
      source.managementAPI?.caBundle?.configMapRef
        == KeyReference(name: "ziti-controller-ctrl-plane-cas", key: "ctrl-plane-cas.crt"))
    #expect(source.persistentVolumeClaim == SourceClaim(claimName: "ziti-controller", mountPath: "/persistent"))
    #expect(!source.needsExec)
    #expect(source.defaulted() == source)
  }

  @Test func whatThePolicySaysStays() {
    let given = Source.OpenZiti(
      release: "ziti", snapshot: .managementAPI, retrieval: .volume, podSelector: Populated.selector, container: "c",
      databasePath: "/persistent/raft/ctrl-ha.db", persistentVolumeClaim: SourceClaim(claimName: "data"),
      managementAPI: .init(
        url: "https://mgmt:1281", clientCertificateSecretRef: NameReference(name: "admin-client")))
    let source = given.defaulted()
    #expect(source.podSelector == Populated.selector && source.container == "c")
    #expect(source.databasePath == "/persistent/raft/ctrl-ha.db")
    #expect(source.persistentVolumeClaim == SourceClaim(claimName: "data", mountPath: "/persistent"))
    #expect(source.managementAPI?.url == "https://mgmt:1281")
    #expect(source.managementAPI?.adminSecretRef == nil, "a second login")
    #expect(source.managementAPI?.caBundle?.configMapRef?.name == "ziti-controller-ctrl-plane-cas")
  }

  @Test func aCommandOfTheMachineIsForPlansOnly() {
    var spec = Fixtures.spec()
    spec.sources = [
      Source(
        name: "ziti",
        openZiti: .init(
          host: .init(command: ["ziti", "agent", "controller", "snapshot-db"], snapshotPath: "/var/lib/ziti/s.db")))
    ]
    #expect(spec.validate(isPlan: true) == [])
    #expect(spec.validate().map(\.field) == ["spec.sources[0].openZiti.host"])
    spec.sources = [Source(name: "pki", files: .init(paths: ["/etc/ziti"]))]
    #expect(spec.validate(isPlan: true) == [])
    #expect(spec.validate().map(\.field) == ["spec.sources[0].files"])
  }
}
