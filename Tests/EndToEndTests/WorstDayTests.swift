import Foundation
import Testing
import TestServers
import ZitiStandIn

/// `docs/runbooks/worst-day.md`, tried word for word: its `sh` blocks are run in their order on an empty API server that never
/// saw the policy. Only the first block, which its reader edits, is replaced; the helm release installs the rights and the
/// definitions, and a process stands for its Deployment.
@Suite(.enabled(if: !Cluster.isRealConfigured, "needs a second, empty cluster"))
struct WorstDayTests {
  private struct Section {
    var title: String
    var script = ""
  }

  private static func sections() throws -> [Section] {
    let text = try String(contentsOfFile: Binaries.repository + "/docs/runbooks/worst-day.md", encoding: .utf8)
    var sections: [Section] = []
    var isScript = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("## ") { sections.append(Section(title: String(line.dropFirst(3)))) }
      if line.hasPrefix("```") {
        isScript = line == "```sh"
      } else if isScript, !sections.isEmpty {
        sections[sections.count - 1].script += line + "\n"
      }
    }
    return sections
  }

  /// A lost cluster's backup, and what is left of it: a bucket, a key, and a policy in Git.
  private func lose() async throws -> Scenario {
    let cluster = try await Cluster.startSandbox()
    let running = try await Operator.start(in: cluster)
    let old = try await Scenario.make("worst", in: cluster)
    try await OverlayPKI.install(in: old)
    _ = try await ZitiController.install(in: old)
    let overlay = Overlay(scenario: old)
    let phase = try await overlay.run("manual-1", overlay.policy())
    try #require(phase == "Completed")
    withExtendedLifetime(running) {}
    return old
  }

  @Test func everyCommandWorksWordForWord() async throws {
    let sections = try Self.sections()
    let scripts = sections.filter { !$0.script.isEmpty }
    #expect(scripts.map { $0.title.prefix(1) } == ["0", "1", "2", "3", "4", "5", "7"])
    let old = try await lose()
    let folder = try ServerProcess.makeFolder("worst-day")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/charts", withDestinationPath: Binaries.repository + "/charts")
    try Data(old.identity.utf8).write(to: folder.appendingPathComponent("identity.txt"))
    let policy = Overlay(scenario: old).policy().replacing("{name: s3}", with: "{name: bucket}")
    try Data(policy.utf8).write(to: folder.appendingPathComponent("policy.yaml"))

    let cluster = try await Cluster.startSandbox(isEmpty: true)
    let new = Scenario(
      cluster: cluster, namespace: old.namespace, openBao: old.openBao, store: old.store, bucket: old.bucket,
      identity: old.identity, recipient: old.recipient)
    // "cert-manager first, as you install it anyway".
    try await OverlayPKI.define(in: cluster)
    let values = """
      export NAMESPACE=\(old.namespace) POLICY=overlay ENDPOINT=\(old.store.endpoint) BUCKET=\(old.bucket) PREFIX=prod
      export AWS_ACCESS_KEY_ID=\(old.store.accessKeyID) AWS_SECRET_ACCESS_KEY=\(old.store.secretAccessKey)
      export IDENTITY=identity.txt IMAGE=holdfast TAG=dev
      """
    func run(_ range: ClosedRange<Int>) async throws -> String {
      let body = scripts.filter { range.contains(Int($0.title.prefix(1)) ?? -1) }.map(\.script).joined()
      return try await runCommand(
        "bash", ["-c", "cd \"$1\"; set -euxo pipefail\n\(values)\n\(body)", "bash", folder.path],
        environment: [
          "KUBECONFIG": cluster.kubeconfig,
          "PATH": "\(URL(fileURLWithPath: try Binaries.path("holdfast")).deletingLastPathComponent().path):"
            + (ProcessInfo.processInfo.environment["PATH"] ?? ""),
        ]
      ).checked()
    }

    let before = try await run(1...3)
    #expect(before.contains("controller,pki"), "\(before)")
    let running = try await Operator.start(in: cluster)
    let restored = try await run(4...5)
    #expect(restored.contains("controller\tcreate\t") && restored.contains("pki\tcreate\tSecret"), "\(restored)")
    #expect(restored.contains("Planned") && restored.contains("verify\tCompleted"), "\(restored.suffix(3_000))")
    #expect(
      try await new.cluster.value("restorerequest/after-the-fire", ".status.phase", in: new.namespace) == "Completed")

    // "Install the controller with the values that you always used, and its claim."
    let controller = try await ZitiController.install(in: new)
    let live = try await controller.shell("sha256sum <\"$DATA/ctrl.db\"")
    let snapshot = try await runCommand(
      "sh", ["-c", "sha256sum <\"$1\"", "sh", StandIn.fixture("ctrl-schema44.db").path]
    )
    .checked()
    #expect(live == snapshot, "the controller opens the database of the lost cluster")

    let after = try await run(7...7)
    #expect(after.contains("after-the-fire") && after.contains("Completed"), "\(after)")
    #expect(try await cluster.value("secret/age-identity", ".metadata.name", in: new.namespace).isEmpty)
    withExtendedLifetime(running) {}
  }
}
