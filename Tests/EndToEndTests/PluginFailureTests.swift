import Foundation
import Testing
import TestServers

/// What `kubectl holdfast` does where something is missing: an operator, the API server, a right, patience.
@Suite(.enabled(if: !Cluster.isRealConfigured, "needs API servers of its own"))
struct PluginFailureTests {
  private static let policy = """
    apiVersion: holdfast.dev/v1alpha1
    kind: BackupPolicy
    metadata: {name: bao, namespace: default}
    spec:
      sources: [{name: raft, openBao: {address: "http://127.0.0.1:1", tokenSecretRef: {name: t}}}]
      target: {provider: s3, endpoint: "http://127.0.0.1:1", bucket: backups, credentialsSecretRef: {name: s3}}
      encryption: {none: {acknowledged: true}}
    """

  /// A cluster with a policy and no operator.
  private func cluster() async throws -> (Cluster, KubectlPlugin) {
    let cluster = try await Cluster.startSandbox()
    try await cluster.apply(Self.policy)
    return (cluster, try KubectlPlugin(cluster.kubeconfig))
  }

  @Test func withoutAnOperatorTheTimeIsUpAndTheBackupGoesOn() async throws {
    let (cluster, plugin) = try await cluster()
    let late = try await plugin("backup", "bao", "--name", "late", "--wait", "--timeout", "2s")
    #expect(late.status == 3)
    #expect(late.output.contains("goes on: no operator has picked it up: kubectl holdfast doctor"))
    #expect(try await cluster.value("backup/late", ".metadata.name", in: "default") == "late")

    let stopped = try await plugin.onTerminal("backup", "bao", "--wait", typing: "\u{3}", after: "Waiting")
    #expect(stopped.status == 130, "\(stopped.output)")
    #expect(stopped.output.contains("stopped waiting; Backup bao-"))

    // A pod that is told to stop.
    let told = try await runCommand(
      "timeout",
      ["--preserve-status", "-s", "TERM", "4", "\(plugin.folder.path)/kubectl-holdfast", "backup", "bao", "--wait"],
      environment: ["KUBECONFIG": cluster.kubeconfig])
    #expect(told.status == 143, "\(told.output)\(told.errors)")

    let twice = try await plugin("backup", "bao", "--name", "late")
    #expect(twice.status == 1 && twice.errors.contains("there is a Backup late in namespace default already"))
    let logs = try await plugin("logs", "late")
    #expect(logs.errors.contains("has no Job yet"))
    let sick = try await plugin("doctor")
    #expect(sick.status == 1 && sick.output.contains("no operator has seen it"), "\(sick.output)")
  }

  @Test func aBackupThatIsDeletedMeanwhileEndsWaiting() async throws {
    let (cluster, plugin) = try await cluster()
    async let waiting = plugin("backup", "bao", "--name", "gone", "--wait", "--timeout", "2m")
    try await cluster.waitFor("backup/gone", ".metadata.name", in: "default", toBe: "gone")
    try await cluster.kubectl("delete", "backup", "gone").checked()
    let result = try await waiting
    #expect(result.status == 1 && result.output.contains("was deleted before it ended"), "\(result.output)")
  }

  @Test func anAPIServerThatIsAwayForAWhileEndsNothing() async throws {
    let (cluster, _) = try await cluster()
    let relay = try await Relay.start(to: cluster)
    let plugin = try KubectlPlugin(relay.kubeconfig)
    async let waiting = plugin("backup", "bao", "--name", "patient", "--wait", "--timeout", "3m")
    try await cluster.waitFor("backup/patient", ".metadata.name", in: "default", toBe: "patient")
    let restarted = try await relay.restarted {
      // What happens meanwhile is seen afterwards.
      try await cluster.kubectl(
        "patch", "backup", "patient", "--subresource", "status", "--type", "merge", "-p",
        #"{"status":{"phase":"Completed","id":"20261121T030000Z-abcdef","size":1024}}"#
      ).checked()
    }
    let result = try await waiting
    #expect(result.status == 0, "\(result.output)\(result.errors)")
    #expect(result.output.contains("Backup patient is Completed"))
    // It ends with its value.
    withExtendedLifetime(restarted) {}
  }

  @Test func noAPIServerAndNoRightAreSaidWithARemedy() async throws {
    let (cluster, plugin) = try await cluster()
    try await cluster.kubectl("create", "serviceaccount", "hook").checked()
    try await cluster.apply(
      """
      apiVersion: rbac.authorization.k8s.io/v1
      kind: Role
      metadata: {name: hook, namespace: default}
      rules: [{apiGroups: [holdfast.dev], resources: [backups], verbs: [create]}]
      """)
    try await cluster.kubectl("create", "rolebinding", "hook", "--role=hook", "--serviceaccount=default:hook").checked()
    let token = try await cluster.kubectl("create", "token", "hook").checked().trimmingCharacters(in: .newlines)
    let file = plugin.folder.appendingPathComponent("hook").path
    let view = try await cluster.kubectl("config", "view", "--raw", "--minify", "--flatten").checked()
    try Data(view.utf8).write(to: URL(fileURLWithPath: file))
    for change in [
      ["unset", "users"], ["set-credentials", "hook", "--token", token],
      ["set-context", "--current", "--user", "hook"],
    ] {
      try await runCommand("kubectl", ["--kubeconfig", file, "config"] + change).checked()
    }
    // To create is enough for a backup, and for nothing else.
    try await plugin("backup", "bao", "--kubeconfig", file).checked()
    let refused = try await plugin("list", "--kubeconfig", file)
    #expect(refused.status == 1 && refused.errors.contains("not allowed") && refused.errors.contains("holdfast-view"))
    let doctor = try await plugin("doctor", "--kubeconfig", file)
    #expect(doctor.output.contains("you may not"), "\(doctor.output)")
    #expect(!(refused.errors + doctor.output).contains(token))

    try await cluster.sandbox?.stopAndWait()
    let gone = try await plugin("status", "--kubeconfig", file)
    #expect(gone.status == 1 && gone.errors.contains("does not answer"), "\(gone.errors)")
  }

  /// As of the clouds: a program that prints a token.
  @Test func aCredentialPluginOfTheKubeconfigIsRun() async throws {
    let (cluster, plugin) = try await cluster()
    try await cluster.kubectl("create", "serviceaccount", "person").checked()
    try await cluster.kubectl(
      "create", "clusterrolebinding", "person", "--clusterrole=cluster-admin", "--serviceaccount=default:person"
    ).checked()
    let token = try await cluster.kubectl("create", "token", "person").checked().trimmingCharacters(in: .newlines)
    let file = plugin.folder.appendingPathComponent("person").path
    let view = try await cluster.kubectl("config", "view", "--raw", "--minify", "--flatten").checked()
    try Data(view.utf8).write(to: URL(fileURLWithPath: file))
    func use(_ command: String, _ arguments: String...) async throws {
      for change in [
        ["unset", "users"],
        [
          "set-credentials", "person", "--exec-command=\(command)", "--exec-interactive-mode=Never",
          "--exec-api-version=client.authentication.k8s.io/v1",
        ] + arguments.map { "--exec-arg=\($0)" },
        ["set-context", "--current", "--user", "person"],
      ] {
        try await runCommand("kubectl", ["--kubeconfig", file, "config"] + change).checked()
      }
    }
    let answer =
      #"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"\#(token)"}}"#
    let script = plugin.folder.appendingPathComponent("answer.sh").path
    try Data("test -n \"$KUBERNETES_EXEC_INFO\" && echo '\(answer)'\n".utf8).write(to: URL(fileURLWithPath: script))
    try await use("sh", script)
    let status = try await plugin("status", "--kubeconfig", file)
    #expect(status.status == 0 && status.output.contains("bao"), "\(status.errors)")
    #expect(try await plugin.complete("backup", "--kubeconfig", file, "") == ["bao", ":4"])

    try await use("no-such-credential-plugin")
    let missing = try await plugin("status", "--kubeconfig", file)
    #expect(
      missing.status == 1 && missing.errors.contains("'no-such-credential-plugin' cannot be run"), "\(missing.errors)")
    try await use("false")
    #expect(try await plugin("status", "--kubeconfig", file).errors.contains("'false' failed"))
  }

  @Test func aClusterWithoutDefinitionsSaysHowToInstallThem() async throws {
    let cluster = try await Cluster.startSandbox(isEmpty: true)
    let plugin = try KubectlPlugin(cluster.kubeconfig)
    let status = try await plugin("status")
    #expect(status.status == 1 && status.errors.contains("does not know holdfast.dev"), "\(status.errors)")
    let doctor = try await plugin("doctor")
    #expect(doctor.status == 1 && doctor.output.contains("there is no backuppolicies.holdfast.dev"))
    #expect(try await plugin.complete("sta") == ["status", ":4"])
    #expect(try await plugin.complete("backup", "") == [":4"])
  }
}

/// A way to a cluster that can be cut.
private struct Relay: Sendable {
  let kubeconfig: String
  private let port: Int
  private let target: Int
  private let process: ServerProcess

  static func start(to cluster: Cluster) async throws -> Relay {
    let server = try await cluster.kubectl("config", "view", "-o", "jsonpath={.clusters[0].cluster.server}").checked()
    let target = Int(server.split(separator: ":").last ?? "") ?? 443
    let port = try freePorts(1)[0]
    let folder = try ServerProcess.makeFolder("relay")
    let file = folder.appendingPathComponent("kubeconfig").path
    let view = try await cluster.kubectl("config", "view", "--raw", "--flatten").checked()
    try Data(view.replacingOccurrences(of: ":\(target)", with: ":\(port)").utf8).write(to: URL(fileURLWithPath: file))
    let relay = Relay(kubeconfig: file, port: port, target: target, process: try launch(port, target))
    try await relay.waitUntilItAnswers()
    return relay
  }

  private init(kubeconfig: String, port: Int, target: Int, process: ServerProcess) {
    (self.kubeconfig, self.port, self.target, self.process) = (kubeconfig, port, target, process)
  }

  /// Cuts every connection and refuses new ones while `body` runs, and for a moment after.
  func restarted(_ body: () async throws -> Void) async throws -> Relay {
    try await process.stopAndWait()
    try await body()
    let next = Relay(kubeconfig: kubeconfig, port: port, target: target, process: try Self.launch(port, target))
    try await next.waitUntilItAnswers()
    return next
  }

  private func waitUntilItAnswers() async throws {
    try await eventually("the relay answers", within: .seconds(60), every: .milliseconds(200)) {
      try await runCommand("kubectl", ["--kubeconfig", kubeconfig, "get", "--raw", "/readyz"]).succeeded
    }
  }

  private static func launch(_ port: Int, _ target: Int) throws -> ServerProcess {
    try ServerProcess(
      ["python3", "-c", program, "\(port)", "\(target)"], folder: try ServerProcess.makeFolder("relay"))
  }

  private static let program = """
    import asyncio, sys
    port, target = int(sys.argv[1]), int(sys.argv[2])
    async def pump(reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        writer.close()
    async def serve(reader, writer):
        try:
            there = await asyncio.open_connection("127.0.0.1", target)
        except OSError:
            return writer.close()
        await asyncio.gather(pump(reader, there[1]), pump(there[0], writer))
    async def main():
        async with await asyncio.start_server(serve, "127.0.0.1", port) as server:
            await server.serve_forever()
    asyncio.run(main())
    """
}
