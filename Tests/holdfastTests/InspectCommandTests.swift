import Foundation
import Subprocess
import TestServers
import Testing

/// `holdfast inspect`, as a person calls it: what it prints, and its exit codes.
@Suite struct InspectCommandTests {
  private static func fixture(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("BoltTests/Fixtures/openziti/\(name).db").path
  }

  @Test func soundUnsoundAndUnknownHaveTheirOwnExitCodes() async throws {
    let good = try await Program.run(["inspect", Self.fixture("ctrl-schema44")])
    #expect(good.status == 0, "\(good.errors)")
    #expect(good.output.contains("database of an OpenZiti controller"))
    #expect(good.output.contains("schemaVersion  44"))

    let bad = try await Program.run(["inspect", Self.fixture("ctrl-truncated")])
    #expect(bad.status == 1)
    #expect(bad.output.contains("NOT SOUND"))
    #expect(bad.output.contains("page 307"))

    let unknown = try await Program.run(["inspect", "-"], input: "hello")
    #expect(unknown.status == 2)
    #expect(unknown.output.contains("cannot be told"))

    let absent = try await Program.run(["inspect", "/nonexistent"])
    #expect(absent.status == 2)
    #expect(absent.errors.contains("/nonexistent"))
  }

  @Test func layersAreOpenedWithAnyOfTheIdentities() async throws {
    let place = try await Workplace.make()
    let other = try await Workplace.make()
    let file = "\(place.folder.path)/ctrl.db.zst.age"
    let made = try await Program.run(
      "bash",
      [
        "-c", "set -o pipefail; zstd -q -c '\(Self.fixture("ctrl-schema38"))' | age -r \(place.recipient) > '\(file)'",
      ])
    #expect(made.status == 0, "\(made.errors)")

    let opened = try await Program.run(
      ["inspect", "--json", "--identity", other.identity, "--identity", place.identity, file])
    #expect(opened.status == 0, "\(opened.errors)")
    struct Report: Decodable {
      var kind: String
      var layers: [String]
      var sound: Bool?
      var facts: [String: String]
    }
    let report = try JSONDecoder().decode(Report.self, from: Data(opened.output.utf8))
    #expect(report.kind == "openZitiDatabase")
    #expect(report.layers == ["age", "zstd"])
    #expect(report.sound == true)
    #expect(report.facts["schemaVersion"] == "38")

    for arguments in [[file], ["--identity", other.identity, file]] {
      let closed = try await Program.run(["inspect"] + arguments)
      #expect(closed.status == 2)
      #expect(closed.output.contains("identity") || closed.output.contains("identities"), "\(closed.output)")
    }
    #expect(try await Program.run(["inspect", "--identity", "/nonexistent", file]).status == 2)
  }

  @Test func needsNoHome() async throws {
    let run = try await Program.run(
      "env", ["-i", try Program.path(), "inspect", Self.fixture("ctrl-schema38")])
    #expect(run.status == 0, "\(run.errors)")
  }

  @Test func interruptEndsTheWaitForAPipe() async throws {
    let place = try await Workplace.make()
    let pipe = "\(place.folder.path)/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    let run = try await Program.run(["inspect", pipe], signal: .interrupt) {
      // A pipe can be opened for writing without waiting once somebody reads it. It stays open: the reader waits.
      open(pipe, O_WRONLY | O_NONBLOCK) >= 0
    }
    #expect(run.status == 143, "\(run.output) \(run.errors)")
    #expect(run.output.isEmpty)
  }
}
