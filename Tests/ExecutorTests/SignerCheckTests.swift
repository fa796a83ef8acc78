import BackupFormat
import JobPlan
import Testing

@testable import Executor

/// A database and the PKI it lives on belong together: whether they do is told, and is no failure.
@Suite struct SignerCheckTests {
  private func pki(_ authorities: Set<String>) -> FakeSource {
    FakeSource(name: "pki", kind: "certManager", size: 10, authorities: authorities)
  }

  @Test func aSignerInTheSameBackupIsAFact() async throws {
    let world = World()
    let result = await world.backup([FakeSource(name: "controller", signers: ["aa", "bb"]), pki(["bb", "cc"])])
    #expect(result.outcome == .succeeded)
    #expect(result.warnings == nil)
    #expect(result.facts?["controller"]?["signerInBackup"] == "true")
    #expect(result.facts?["pki"]?["signerInBackup"] == nil)
    let manifest = try #require(try await world.list().first?.manifest)
    #expect(manifest.artifacts.first?.facts["signerInBackup"] == "true")
  }

  @Test(arguments: [[], ["cc"]]) func aSignerThatIsElsewhereIsAWarning(authorities: Set<String>) async throws {
    let world = World()
    let result = await world.backup([pki(authorities), FakeSource(name: "controller", signers: ["aa"])])
    #expect(result.outcome == .succeeded, "both captures are good")
    #expect(result.facts?["controller"]?["signerInBackup"] == "false")
    let warning = try #require(result.warnings?.first)
    #expect(warning.hasPrefix("controller: ") && warning.contains("aa") && warning.contains("extraSecrets of pki"))
    #expect(authorities.isEmpty || warning.contains("cc"))
  }

  @Test func whereNothingCanBeToldNothingIsSaid() async {
    for sources in [
      [FakeSource(name: "controller"), pki(["aa"])], [FakeSource(name: "controller", signers: ["aa"])],
    ] {
      let result = await World().backup(sources)
      #expect(result.warnings == nil && result.facts?["controller"]?["signerInBackup"] == nil)
    }
  }
}
