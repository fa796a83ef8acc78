import Foundation
import Testing
import TestServers

/// Files of a claim by a policy, and of a machine by the command line, restored with common tools: promise 8.
@Suite(.enabled(if: Cluster.canRunShells, Cluster.shellImageComment))
struct FilesTests {
  private func policy(_ scenario: Scenario, _ files: String) -> String {
    """
    apiVersion: holdfast.dev/v1alpha1
    kind: BackupPolicy
    metadata: {name: files, namespace: \(scenario.namespace)}
    spec:
      schedule: "0 3 1 1 *"
      sources:
        - {name: data, files: \(files)}
      target: {provider: s3, endpoint: "\(scenario.store.endpoint)", bucket: \(scenario.bucket), usePathStyle: true, credentialsSecretRef: {name: s3}}
      encryption: {age: {recipients: [\(scenario.recipient)]}}
      executor: {backoffLimit: 0}
    """
  }

  /// A pod of the tests' own writes into the claim, as an application does.
  private func fill(_ scenario: Scenario, _ script: String) async throws {
    let job = """
      apiVersion: batch/v1
      kind: Job
      metadata: {name: fill, namespace: \(scenario.namespace)}
      spec:
        backoffLimit: 0
        template:
          metadata: {labels: {app: data}}
          spec:
            restartPolicy: Never
            containers:
              - name: fill
                image: "\(Cluster.shellImage)"
                command: [/bin/sh, -euc, \(quoted(script))]
                env: [{name: DATA, value: /data}]
                volumeMounts: [{name: data, mountPath: /data}]
            volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
      """
    try await scenario.cluster.apply(job)
    try await scenario.cluster.waitFor(
      "job/fill", ".status.conditions[?(@.type==\"Complete\")].status", in: scenario.namespace, toBe: "True")
  }

  private func quoted(_ text: String) -> String {
    "'" + text.replacingOccurrences(of: "'", with: "''") + "'"
  }

  private func extract(_ scenario: Scenario, source: String, into folder: String) async throws {
    let key = try #require(try await scenario.keys().first { $0.hasSuffix("/\(source).tar.zst.age") })
    let artifact = try await scenario.download(key)
    try FileManager.default.createDirectory(atPath: folder + "/out", withIntermediateDirectories: true)
    try Data(scenario.identity.utf8).write(to: URL(fileURLWithPath: folder + "/identity"))
    _ = try await runCommand(
      "sh", ["-c", "age -d -i \(folder)/identity \(artifact.path) | zstd -dq | tar -xpf - -C \(folder)/out"]
    ).checked()
    let report = try await runCommand(
      "env", [try Binaries.path("holdfast"), "inspect", "--identity", folder + "/identity", artifact.path])
    #expect(report.succeeded, "\(report.output) \(report.errors)")
    #expect(report.output.contains("tar"))
  }

  private func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("files-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
  }

  @Test func aClaimComesBackByHand() async throws {
    let scenario = try await Scenario.make("claim")
    try await FilesPod.claim(in: scenario)
    try await fill(
      scenario,
      "cd \"$DATA\"; mkdir -p pki/keys; echo cert >pki/tls.crt; echo key >pki/keys/tls.key; "
        + "chmod 600 pki/keys/tls.key; ln -s tls.crt pki/current; echo scratch >pki/a.tmp; echo no >other"
    )
    try await scenario.applyPolicy(
      policy(scenario, "{persistentVolumeClaim: {claimName: data, paths: [/pki]}, exclude: ['*.tmp']}"), named: "files")
    let roles = try await scenario.cluster.kubectl(
      "get", "rolebindings", "--namespace", scenario.namespace, "-o", "jsonpath={.items[*].roleRef.name}"
    ).checked()
    #expect(roles == "", "a claim needs no right at the API server")
    #expect(try await scenario.runJob("manual", policy: "files") == "Completed")
    #expect(try await scenario.backup("manual", ".status.facts.data.files") == "2")
    try await withFolder { folder in
      try await extract(scenario, source: "data", into: folder)
      let found = try await runCommand(
        "sh",
        [
          "-c",
          "cd \(folder)/out; find . | LC_ALL=C sort; cat pki/tls.crt pki/keys/tls.key; readlink pki/current; stat -c %a pki/keys/tls.key",
        ]
      ).checked()
      #expect(
        found == """
          .
          ./pki
          ./pki/current
          ./pki/keys
          ./pki/keys/tls.key
          ./pki/tls.crt
          cert
          key
          tls.crt
          600

          """)
    }
  }

  /// The executor runs tar in the pod under the rights that the operator gives it, and no more.
  @Test func filesOfAPodComeBackByHand() async throws {
    let scenario = try await Scenario.make("pod")
    try await FilesPod.claim(in: scenario)
    try await FilesPod.start(in: scenario)
    let script =
      #"cd "$DATA"; mkdir -p config/keys; echo yes >config/ziti.yaml; echo key >config/keys/k; chmod 600 config/keys/k; "#
      + #"ln -s ziti.yaml config/current; ln config/ziti.yaml config/copy; echo no >config/x.tmp; echo no >other"#
    try await scenario.cluster.kubectl(
      "exec", "router-0", "--namespace", scenario.namespace, "--", "/bin/sh", "-euc", script
    ).checked()
    try await scenario.applyPolicy(
      policy(scenario, "{pod: {podSelector: {matchLabels: {app: router}}}, paths: [/data/config], exclude: ['*.tmp']}"),
      named: "files")
    let roles = try await scenario.cluster.kubectl(
      "get", "rolebindings", "--namespace", scenario.namespace, "-o", "jsonpath={.items[*].roleRef.name}"
    ).checked()
    #expect(roles == "holdfast-executor-exec")
    let phase = try await scenario.runJob("manual", policy: "files")
    let failure = try await scenario.backup("manual", ".status.failure.message")
    #expect(phase == "Completed", "\(failure)")
    #expect(try await scenario.backup("manual", ".status.facts.data.pod") == "router-0")
    #expect(try await scenario.backup("manual", ".status.facts.data.files") == "3")
    try await withFolder { folder in
      try await extract(scenario, source: "data", into: folder)
      let found = try await runCommand(
        "sh",
        [
          "-c",
          "cd \(folder)/out/data/config; find . | LC_ALL=C sort; cat copy; readlink current; stat -c '%a %h' keys/k copy",
        ]
      ).checked()
      #expect(found == ".\n./copy\n./current\n./keys\n./keys/k\n./ziti.yaml\nyes\nziti.yaml\n600 1\n644 2\n")
    }
    try await scenario.cluster.kubectl(
      "exec", "router-0", "--namespace", scenario.namespace, "--", "/bin/sh", "-c", #"rm -r "$DATA/config""#
    ).checked()
    #expect(try await scenario.runJob("gone", policy: "files") == "Failed")
    let message = try await scenario.backup("gone", ".status.failure.message")
    #expect(message.contains("data/config") && message.contains("No such file"), "\(message)")
    #expect(try await scenario.keys().filter { $0.hasSuffix("manifest.json") }.count == 1)
  }

  /// Promises 4 and 10.
  @Test func aPathThatIsNotInTheClaimIsNamed() async throws {
    let scenario = try await Scenario.make("nopath")
    try await FilesPod.claim(in: scenario)
    try await scenario.applyPolicy(
      policy(scenario, "{persistentVolumeClaim: {claimName: data, paths: [/nope]}}"), named: "files")
    #expect(try await scenario.runJob("manual", policy: "files") == "Failed")
    let message = try await scenario.backup("manual", ".status.failure.message")
    #expect(message.contains("/nope of claim data") && message.contains("correct paths"), "\(message)")
    #expect(try await scenario.keys().filter { $0.hasSuffix("manifest.json") } == [])
  }

  @Test func filesOfThisMachineAreTakenWithoutACluster() async throws {
    try await withFolder { folder in
      let plan = """
        {"policy": {"name": "host"}, "spec": {
          "sources": [{"name": "pki", "files": {"paths": ["\(folder)/etc"], "exclude": ["*.log"]}}],
          "target": {"provider": "filesystem", "filesystem": {"path": "\(folder)/store"}},
          "encryption": {"none": {"acknowledged": true}}}}
        """
      try Data(plan.utf8).write(to: URL(fileURLWithPath: folder + "/plan.json"))
      _ = try await runCommand(
        "sh",
        [
          "-euc",
          "cd \(folder); mkdir -p etc/keys store; echo a >etc/keys/a; ln etc/keys/a etc/b; truncate -s 50M etc/sparse; "
            + "echo no >etc/x.log",
        ]
      ).checked()
      let run = try await runCommand(
        "env", [try Binaries.path("holdfast"), "backup", "--plan", folder + "/plan.json"],
        environment: ["KUBECONFIG": "/nonexistent"])
      #expect(run.succeeded, "\(run.output) \(run.errors)")
      _ = try await runCommand(
        "sh",
        [
          "-euc",
          "cd \(folder); mkdir out; cat $(find store -name 'pki.tar.zst') | zstd -dq | tar -xpf - -C out; rm etc/x.log; "
            + "diff -r etc out/\(folder)/etc; [ $(du -k out/\(folder)/etc/sparse | cut -f1) -lt 100 ]; "
            + "[ $(stat -c %h out/\(folder)/etc/b) = 2 ]",
        ]
      ).checked()
      try FileManager.default.removeItem(atPath: folder + "/etc/keys/a")
      try Data(plan.replacingOccurrences(of: "/etc\"]", with: "/etc/keys/a\"]").utf8).write(
        to: URL(fileURLWithPath: folder + "/plan.json"))
      let failed = try await runCommand(
        "env", [try Binaries.path("holdfast"), "backup", "--plan", folder + "/plan.json"])
      #expect(!failed.succeeded && failed.errors.contains("there is no such file"), "\(failed.errors)")
    }
  }
}
