import Foundation
import Testing
import TestServers

/// `kubectl holdfast backup` and what looks at backups, with kubectl, an operator and a store.
@Suite struct PluginBackupTests {
  @Test func aBackupIsTakenFollowedLookedAtAndFetched() async throws {
    let scenario = try await Scenario.make("plugin")
    try await scenario.applyPolicy(scenario.policy())
    let (plugin, namespace) = (try KubectlPlugin(scenario.cluster.kubeconfig), scenario.namespace)

    let taken = try await plugin("backup", "bao", "-n", namespace, "--wait", "--trigger", "preUpgrade")
    #expect(taken.status == 0, "\(taken.output)\(taken.errors)")
    let lines = taken.output.split(separator: "\n").map(String.init)
    let name = try #require(lines.first?.wholeMatch(of: /backup\.holdfast\.dev\/(bao-[a-z0-9]{5}) created/)?.1)
      .description
    #expect(lines.last?.hasPrefix("Backup \(name) is Completed after ") == true)
    // What it waits for goes beside the result (on a slow machine not each step is seen), and nothing steers a terminal that
    // is not there.
    let waits = ["Waiting for the operator", "Pending: ", "Running: "]
    #expect(waits.contains(where: taken.errors.contains), "\(taken.errors)")
    #expect(!(taken.output + taken.errors).contains("\u{1B}"))
    #expect(try await scenario.backup(name, ".status.trigger") == "preUpgrade")

    try await scenario.cluster.waitFor(
      "backuppolicy/bao", ".status.conditions[?(@.type==\"Protected\")].status", in: namespace, toBe: "True")
    let status = try await plugin("status", "-n", namespace, "-o", "json").checked()
    let rows = try #require(try JSONSerialization.jsonObject(with: Data(status.utf8)) as? [[String: Any]])
    #expect(rows.count == 1 && rows[0]["policy"] as? String == "bao" && rows[0]["protected"] as? String == "True")
    #expect(rows[0]["lastGoodBackup"] as? String == name)
    // Global flags before the command, as kubectl takes them.
    #expect(try await plugin("-n", namespace, "status").checked().contains("PROTECTED"))
    #expect(try await plugin("status", "-A").checked().contains(namespace))
    #expect(try await plugin("list", "bao", "-n", namespace).checked().contains(name))
    let described = try await plugin("describe", name, "-n", namespace).checked()
    let digest = try await scenario.backup(name, ".status.artifacts[0].storedSHA256")
    #expect(described.contains(digest))
    #expect(try await plugin("logs", name, "-n", namespace).checked().contains("backup complete"))

    try await plugin("hold", name, "-n", namespace, "--reason", "before the upgrade").checked()
    #expect(try await scenario.backup(name, ".metadata.annotations.holdfast\\.dev/hold") == "before the upgrade")
    try await plugin("unhold", name, "-n", namespace).checked()
    #expect(try await scenario.backup(name, ".metadata.annotations.holdfast\\.dev/hold") == "")

    #expect(try await plugin.complete("describe", "-n", namespace, "bao-") == [name, ":4"])
    #expect(try await plugin.complete("backup", "-n", namespace, "") == ["bao", ":4"])
  }

  @Test func aBackupIsFetchedDecryptedAndNeverHalf() async throws {
    let scenario = try await Scenario.make("fetch")
    try await scenario.applyPolicy(scenario.policy())
    let (plugin, namespace) = (try KubectlPlugin(scenario.cluster.kubeconfig), scenario.namespace)
    try await plugin("backup", "bao", "-n", namespace, "--name", "one", "--wait").checked()
    let folder = plugin.folder.appendingPathComponent("out").path
    let identity = plugin.folder.appendingPathComponent("identity").path
    try Data(scenario.identity.utf8).write(to: URL(fileURLWithPath: identity))
    let temporary = plugin.folder.appendingPathComponent("tmp").path
    try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
    func download(_ arguments: String...) async throws -> CommandResult {
      var words = ["download", "one", "-n", namespace, "-o", folder] + arguments
      words.insert("holdfast", at: 0)
      return try await runCommand(
        "env",
        [
          "KUBECONFIG=\(plugin.kubeconfig)", "TMPDIR=\(temporary)",
          "PATH=\(plugin.folder.path):\(ProcessInfo.processInfo.environment["PATH"] ?? "")", "kubectl",
        ] + words)
    }

    let sealed = try await download()
    #expect(sealed.status == 1 && sealed.errors.contains("encrypted to \(scenario.recipient)"))
    let fetched = try await download("-i", identity)
    #expect(fetched.status == 0, "\(fetched.errors)")
    let digest = try await scenario.backup("one", ".status.artifacts[0].plainSHA256")
    #expect(fetched.output.contains("sha256:\(digest)"))
    let sum = try await runCommand("sha256sum", ["\(folder)/raft.snap"]).checked()
    #expect(sum.hasPrefix(digest))
    let again = try await download("-i", identity)
    #expect(again.status == 1 && again.errors.contains("exists"))
    try await download("--stored", "--source", "raft").checked()

    let wrong = try await runCommand("age-keygen", []).checked()
    try Data(wrong.utf8).write(to: URL(fileURLWithPath: identity))
    let refused = try await download("-i", identity, "--force")
    #expect(refused.status == 1 && refused.errors.contains("DecryptionFailed"))
    // The whole file of before stands, no half one is beside it, and no credential stayed.
    #expect(try await runCommand("sha256sum", ["\(folder)/raft.snap"]).checked().hasPrefix(digest))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["raft.snap", "raft.snap.zst.age"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: temporary).isEmpty)

    // Bytes that are not those of the manifest.
    let key = try #require(try await scenario.keys().first { $0.hasSuffix("raft.snap.zst.age") })
    let artifact = try await scenario.download(key)
    var bytes = try Data(contentsOf: artifact)
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: artifact)
    try await scenario.upload(artifact, to: key)
    try FileManager.default.removeItem(atPath: "\(folder)/raft.snap")
    try Data(scenario.identity.utf8).write(to: URL(fileURLWithPath: identity))
    #expect(try await download("-i", identity).status == 1)
    let stored = try await download("--stored", "--force")
    #expect(stored.status == 1 && stored.errors.contains("DigestMismatch"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["raft.snap.zst.age"])
  }

  @Test func aFailedRunSaysWhyAndWhatToDo() async throws {
    let scenario = try await Scenario.make("plugin-bad")
    try await scenario.applyPolicy(scenario.policy(bucket: "no-such-bucket"))
    let plugin = try KubectlPlugin(scenario.cluster.kubeconfig)
    let failed = try await plugin("backup", "bao", "-n", scenario.namespace, "--wait")
    #expect(failed.status == 1)
    #expect(failed.output.contains("reason:  BucketNotFound"))
    #expect(failed.output.contains("remedy:  make the bucket, or correct spec.target.bucket"))

    let unknown = try await plugin("backup", "boa", "-n", scenario.namespace)
    #expect(unknown.status == 1 && unknown.output.isEmpty)
    #expect(unknown.errors.contains("there is no BackupPolicy boa in namespace \(scenario.namespace)"))
    #expect(unknown.errors.contains("there is: bao"))
    #expect(try await plugin("backup").status == 2)
    #expect(try await plugin("backup", "bao", "--timeout", "soon").status == 2)
    let name = failed.output.split(separator: " ")[0].split(separator: "/").last.map(String.init) ?? ""
    let unfinished = try await plugin("hold", name, "-n", scenario.namespace)
    #expect(unfinished.status == 1 && unfinished.errors.contains("stands for nothing in the bucket"))
  }

  @Test func aTerminalHasABarAndColours() async throws {
    let scenario = try await Scenario.make("plugin-tty")
    try await scenario.applyPolicy(scenario.policy())
    let plugin = try KubectlPlugin(scenario.cluster.kubeconfig)
    let shown = try await plugin.onTerminal("backup", "bao", "-n", scenario.namespace, "--wait")
    #expect(shown.status == 0, "\(shown.output)")
    #expect(shown.output.contains("\r\u{1B}[2K["), "no bar: \(shown.output)")
    #expect(shown.output.contains("\u{1B}[32mBackup bao-"))
    let plain = try await plugin.onTerminal(
      "status", "-n", scenario.namespace, environment: ["NO_COLOR": "1"])
    #expect(plain.status == 0 && plain.output.contains("bao") && !plain.output.contains("\u{1B}["))
  }
}
