import Testing

@testable import OpenZitiSource

/// A newer schema is never given to an older controller.
@Suite struct VersionGateTests {
  private func controller(_ version: String? = nil, database: Int64? = nil) -> VersionGate.Controller {
    .init(version: version.flatMap { ControllerVersion($0) }, origin: "test", databaseSchema: database)
  }

  @Test(arguments: [
    ("v1.6.8", 41), ("1.6.20", 41), ("v1.7.1", 43), ("2.0.3", 44), ("v1.1.0", 36), ("2.1.0-pre1", 47), ("v1.5.17", 37),
  ])
  func eachReleaseReadsItsSchemaAndNoNewer(version: String, schema: Int64) {
    guard case .pass = VersionGate.judge(schema: schema, controller(version)) else {
      Issue.record("\(version) reads \(schema)")
      return
    }
    guard case .refused(let message) = VersionGate.judge(schema: schema + 1, controller(version)) else {
      Issue.record("\(version) does not read \(schema + 1)")
      return
    }
    #expect(message.contains("up to \(schema)") && message.contains("or newer"), "\(message)")
  }

  /// The image decides, and not the database that an older controller left.
  @Test func anUpgradedControllerMayBeGivenANewerSchemaThanItsOldDatabase() {
    guard case .pass = VersionGate.judge(schema: 44, controller("v1.7.2", database: 41)) else {
      Issue.record("refused")
      return
    }
  }

  @Test func withoutAVersionTheDatabaseThatIsThereDecides() {
    guard case .pass = VersionGate.judge(schema: 41, controller(database: 41)),
      case .refused(let message) = VersionGate.judge(schema: 44, controller(database: 41))
    else {
      Issue.record("wrong verdict")
      return
    }
    #expect(message.contains("schema 41") && message.contains("v1.7.2 or newer"), "\(message)")
  }

  @Test func aReleaseThatIsNotKnownYetReadsWhatTheLastKnownOneReads() {
    guard case .pass = VersionGate.judge(schema: 48, controller("v2.3.0")),
      case .unknown = VersionGate.judge(schema: 60, controller("v2.3.0")),
      case .unknown(let message) = VersionGate.judge(schema: 44, controller())
    else {
      Issue.record("wrong verdict")
      return
    }
    #expect(message.contains("v1.7.2 or newer"), "\(message)")
  }

  @Test func aSchemaThatNobodyMigratesIsRefused() {
    guard case .refused = VersionGate.judge(schema: 12, controller("v2.0.0")) else {
      Issue.record("accepted")
      return
    }
  }

  @Test func versionsAreReadFromImages() {
    #expect(ControllerVersion(image: "docker.io/openziti/ziti-controller:1.6.8") == ControllerVersion(1, 6, 8))
    #expect(
      ControllerVersion(image: "r:5000/z/ziti-controller:v2.1.0-pre2@sha256:00")
        == ControllerVersion(2, 1, 0, preview: 2))
    #expect(ControllerVersion(image: "r:5000/z/ziti-controller") == nil)
    #expect(ControllerVersion(image: "openziti/ziti-controller:latest") == nil)
    #expect(ControllerVersion(2, 1, 0, preview: 2) < ControllerVersion(2, 1, 0))
    #expect(ControllerVersion("v1.6.8-custom") == ControllerVersion(1, 6, 8))
  }
}
