import Foundation
import Testing
import TestServers

/// `kubectl holdfast restore` against a real OpenBao, from the plan to the end.
@Suite struct PluginRestoreTests {
  @Test func aRestoreIsPlannedAskedForAndFollowed() async throws {
    let openBao = try await OpenBaoServer.start()
    let scenario = try await Scenario.make("plugin-restore", openBao: openBao)
    let (plugin, namespace) = (try KubectlPlugin(scenario.cluster.kubeconfig), scenario.namespace)
    _ = try await openBao.request("POST", "sys/mounts/kv", json: #"{"type":"kv"}"#)
    _ = try await openBao.request("POST", "kv/database", json: #"{"password":"correct-horse"}"#)
    try await scenario.applyPolicy(scenario.policy())
    try await plugin("backup", "bao", "-n", namespace, "--name", "one", "--wait").checked()
    _ = try await openBao.request("DELETE", "kv/database")

    // The flags come first in every call.
    let flags = ["restore", "--backup", "one", "--identity-secret", "age-identity", "-n", namespace]
    func restore(_ command: String, _ arguments: String...) async throws -> CommandResult {
      let words = ["holdfast", "restore", command] + flags.dropFirst() + arguments
      return try await runCommand("kubectl", words, environment: plugin.environment)
    }
    let planned = try await restore("plan", "--name", "look")
    #expect(planned.status == 0, "\(planned.output)\(planned.errors)")
    #expect(planned.output.contains("raft") && planned.output.contains("nothing was touched"))
    #expect(try await openBao.request("GET", "kv/database").status == 404)

    let manifest = try await restore("start", "--dry-run", "client", "--name", "written").checked()
    #expect(manifest.contains("kind: RestoreRequest") && manifest.contains("backup: one"))
    let unasked = try await restore("start", "--name", "written")
    #expect(unasked.status == 2 && unasked.errors.contains("add --yes"))
    let declined = try await plugin.onTerminal(
      "restore", "start", "--backup", "one", "-n", namespace, "--name", "written", typing: "n\n", after: "[y/N]")
    #expect(declined.status == 1 && declined.output.contains("nothing was done"), "\(declined.output)")
    #expect(try await scenario.cluster.value("restorerequest/written", ".metadata.name", in: namespace) == "")

    let done = try await restore("start", "--yes", "--wait", "--name", "back")
    #expect(done.status == 0, "\(done.output)\(done.errors)")
    #expect(done.output.contains("RestoreRequest back is Completed"))
    let answer = try await openBao.request("GET", "kv/database")
    #expect(answer.status == 200 && answer.text.contains("correct-horse"))
    let status = try await plugin("restore", "status", "back", "-n", namespace).checked()
    #expect(status.contains("Phase:") && status.contains("Safety backup:") && status.contains("Steps:"))
    #expect(try await plugin("restore", "status", "-n", namespace).checked().contains("look"))
    #expect(try await plugin("logs", "restore/back", "-n", namespace).status == 0)

    let decided = try await plugin("restore", "resume", "back", "-n", namespace)
    #expect(decided.status == 1 && decided.errors.contains("only one whose phase is Unknown"))
    let nothing = try await plugin("restore", "plan", "--backup", "two", "-n", namespace)
    #expect(nothing.status == 1 && nothing.errors.contains("there is no Backup two"))
    #expect(try await plugin("restore", "plan", "-n", namespace).status == 2)
  }
}
