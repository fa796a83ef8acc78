import Foundation
import Testing

/// What the operator can be told, at the command line.
@Suite struct OperatorCommandTests {
  private static let page: String = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return (try? String(contentsOf: root.appending(path: "docs/configuration.md"), encoding: .utf8)) ?? ""
  }()

  /// The page has every setting: a test of the operator holds it to the code.
  @Test func helpListsEverySetting() async throws {
    let help = try await Program.run(["operator", "--help"])
    #expect(help.status == 0)
    let rows = Self.page.matches(of: /\| `(--[a-z-]+)` \| `(HOLDFAST_[A-Z_]+)` \| `(\w+)`/)
    #expect(rows.count > 15)
    // Lines are folded at spaces.
    let words = Set(help.output.split { $0.isWhitespace || "[],/".contains($0) }.map(String.init))
    for row in rows {
      for name in [row.1, row.2, row.3] { #expect(words.contains(String(name)), "\(name)") }
    }
    #expect(words.contains("HOLDFAST_CONFIG") && words.contains("--config"))
  }

  @Test func wrongSettingsAreRefusedAtStartAllAtOnce() async throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "holdfast-\(UUID().uuidString).yaml").path
    try "healthPort: high\nworkerz: 2\n".write(toFile: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: file) }
    let run = try await Program.run(
      ["operator", "--workers", "many", "--config", file], environment: ["HOLDFAST_LOG_FORMAT": "xml"])
    #expect(run.status == 2)
    for part in [
      "--workers 'many' is not a whole number from 1 to 64", "HOLDFAST_LOG_FORMAT 'xml' is none of text, json",
      "\(file): workerz is no setting", "no image for executor pods",
    ] {
      #expect(run.errors.contains(part), "\(run.errors)")
    }
    let unknown = try await Program.run(["operator", "--executor-image", "i", "--no-such-flag"])
    #expect(unknown.status != 0 && unknown.errors.contains("no-such-flag"))
  }

  @Test func logsAreOneJSONObjectALineOrText() async throws {
    let arguments = ["operator", "--executor-image", "i", "--kubeconfig", "/nonexistent/kubeconfig"]
    let json = try await Program.run(arguments + ["--log-format", "json"])
    #expect(json.status == 1)
    let lines = json.errors.split(separator: "\n").filter { $0.hasPrefix("{") }
    #expect(!lines.isEmpty)
    for line in lines {
      let fields = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
      #expect(fields["time"] != nil && fields["level"] == "error" && fields["message"] == "The operator ends.")
      #expect(fields["error"]?.contains("/nonexistent/kubeconfig") == true)
    }
    let text = try await Program.run(arguments, environment: ["HOLDFAST_LOG_FORMAT": "text"])
    #expect(text.errors.contains(" error The operator ends. error="))
    let quiet = try await Program.run(arguments + ["--log-level", "critical"])
    #expect(!quiet.errors.contains("The operator ends."))
  }
}
