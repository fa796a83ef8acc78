import Foundation
import Testing
import TestServers

/// Files and snapshots of etcd back onto claims and into pods, by RestoreRequests.
@Suite(.enabled(if: Cluster.canRunShells, Cluster.shellImageComment))
struct RestoreFilesTests {
  private func policy(_ scenario: Scenario, _ source: String) -> String {
    """
    apiVersion: holdfast.dev/v1alpha1
    kind: BackupPolicy
    metadata: {name: files, namespace: \(scenario.namespace)}
    spec:
      schedule: "0 3 1 1 *"
      sources:
        - {name: data, \(source)}
      target: {provider: s3, endpoint: "\(scenario.store.endpoint)", bucket: \(scenario.bucket), usePathStyle: true, credentialsSecretRef: {name: s3}}
      encryption: {age: {recipients: [\(scenario.recipient)]}}
      executor: {backoffLimit: 0}
    """
  }

  private func restore(
    _ scenario: Scenario, _ name: String, _ destination: String?, _ more: String = "", toBe phase: String = "Completed"
  ) async throws {
    try await scenario.cluster.apply(
      """
      apiVersion: holdfast.dev/v1alpha1
      kind: RestoreRequest
      metadata: {name: \(name), namespace: \(scenario.namespace)}
      spec:
        from: {backup: manual}
        decryption: {identitySecretRef: {name: age-identity}}
        sources: [{name: data\(destination.map { ", \($0)" } ?? "")}]
        \(more)
      """)
    try await scenario.cluster.waitFor(
      "restorerequest/\(name)", ".status.phase", in: scenario.namespace, toBe: phase, within: .seconds(180))
  }

  private func status(_ scenario: Scenario, _ name: String, _ path: String) async throws -> String {
    try await scenario.cluster.value("restorerequest/\(name)", path, in: scenario.namespace)
  }

  private func plan(_ scenario: Scenario, _ name: String) async throws -> String {
    try await scenario.cluster.kubectl(
      "get", "restorerequest", name, "--namespace", scenario.namespace, "-o",
      "jsonpath={range .status.plan[*]}{.action} {.object} {.detail}{\"\\n\"}{end}"
    ).checked()
  }

  @discardableResult
  private func inPod(_ scenario: Scenario, _ script: String) async throws -> String {
    try await scenario.cluster.kubectl(
      "exec", "router-0", "--namespace", scenario.namespace, "--", "/bin/sh", "-euc", script
    ).checked()
  }

  @Test func aClaimComesBackAndAnotherOneIsMade() async throws {
    let scenario = try await Scenario.make("claimback")
    try await FilesPod.claim(in: scenario)
    try await FilesPod.start(in: scenario)
    try await inPod(
      scenario,
      #"cd "$DATA"; mkdir -p pki/keys; echo cert >pki/tls.crt; echo key >pki/keys/tls.key; chmod 600 pki/keys/tls.key; ln -s tls.crt pki/current"#
    )
    try await scenario.applyPolicy(
      policy(scenario, "files: {persistentVolumeClaim: {claimName: data, paths: [/pki]}}"), named: "files")
    #expect(try await scenario.runJob("manual", policy: "files") == "Completed")
    let listing =
      #"cd "$DATA"; find pki | LC_ALL=C sort; cat pki/tls.crt pki/keys/tls.key; readlink pki/current; stat -c %a pki/keys/tls.key"#
    let before = try await inPod(scenario, listing)

    // Somebody changed one file and lost another.
    try await inPod(scenario, #"cd "$DATA"; echo broken >pki/tls.crt; rm pki/keys/tls.key; echo mine >pki/mine"#)
    try await restore(scenario, "look", nil, "dryRun: true", toBe: "Planned")
    let look = try await plan(scenario, "look")
    #expect(look.contains("conflict /pki/tls.crt") && look.contains("create /pki/keys/tls.key"), "\(look)")
    try await restore(scenario, "refused", nil, "safetyBackup: false", toBe: "Failed")
    #expect(try await status(scenario, "refused", ".status.failure.reason") == "RestoreConflict")
    #expect(
      try await inPod(scenario, #"cd "$DATA"; cat pki/tls.crt; ls pki/keys"#) == "broken\n", "nothing was changed")
    try await restore(scenario, "back", nil, "conflictPolicy: Replace")
    #expect(try await inPod(scenario, #"rm "$DATA/pki/mine"; "# + listing) == before)
    #expect(try await status(scenario, "back", ".status.safetyBackup").isEmpty == false)

    // A new claim, without a right at the API server.
    try await restore(
      scenario, "seen", "files: {persistentVolumeClaim: {claimName: new, create: {storage: 1Gi}, subPath: /old}}",
      "dryRun: true", toBe: "Planned")
    #expect(try await plan(scenario, "seen").contains("create claim new"))
    let claims = try await scenario.cluster.kubectl(
      "get", "pvc", "--namespace", scenario.namespace, "-o", "jsonpath={.items[*].metadata.name}"
    ).checked()
    #expect(claims == "data", "a dry run makes no claim")
    try await restore(
      scenario, "copy", "files: {persistentVolumeClaim: {claimName: new, create: {storage: 1Gi}, subPath: /old}}")
    let roles = try await scenario.cluster.kubectl(
      "get", "rolebindings", "--namespace", scenario.namespace, "-o", "jsonpath={.items[*].roleRef.name}"
    ).checked()
    #expect(roles == "")
    if let folder = scenario.cluster.claim("new", in: scenario.namespace) {
      let found = try await runCommand("sh", ["-c", "cd \(folder)/old; cat pki/tls.crt pki/keys/tls.key"]).checked()
      #expect(found == "cert\nkey\n")
    }
  }

  @Test func filesGoIntoAPod() async throws {
    let scenario = try await Scenario.make("podback")
    try await FilesPod.claim(in: scenario)
    try await FilesPod.start(in: scenario)
    // The container's root: a folder of this machine in the sandbox, which rewrites arguments and not what is typed in.
    let root = try await inPod(scenario, #"dirname "$DATA""#).trimmingCharacters(in: .whitespacesAndNewlines)
    let pod = "podSelector: {matchLabels: {app: router}}"
    let place = root == "/" ? nil : "files: {pod: {\(pod)}, path: \(root)}"
    try await inPod(
      scenario,
      #"cd "$DATA"; mkdir -p config/keys; echo yes >config/a; echo key >config/keys/k; chmod 600 config/keys/k"#)
    try await scenario.applyPolicy(
      policy(scenario, "files: {pod: {\(pod)}, paths: [/data/config]}"), named: "files")
    let phase = try await scenario.runJob("manual", policy: "files")
    let failure = try await scenario.backup("manual", ".status.failure.message")
    #expect(phase == "Completed", "\(failure)")
    try await inPod(scenario, #"cd "$DATA"; rm -r config/keys; echo no >config/a"#)
    try await restore(scenario, "refused", place, "safetyBackup: false", toBe: "Failed")
    let refusal = try await status(scenario, "refused", ".status.failure")
    #expect(refusal.contains("RestoreConflict") && refusal.contains("/data/config/a"), "\(refusal)")
    #expect(try await inPod(scenario, #"cat "$DATA/config/a"; ls "$DATA/config""#) == "no\na\n", "nothing was changed")
    // No safety backup is taken of another place than the policy's.
    let more = "conflictPolicy: Replace" + (place == nil ? "" : "\n  safetyBackup: false")
    try await restore(scenario, "back", place, more)
    #expect(
      try await inPod(scenario, #"cd "$DATA/config"; cat a keys/k; stat -c %a keys/k"#) == "yes\nkey\n600\n")
    let roles = try await scenario.cluster.kubectl(
      "get", "rolebindings", "--namespace", scenario.namespace, "-l", "holdfast.dev/restore", "-o",
      "jsonpath={.items[*].roleRef.name}"
    ).checked()
    #expect(roles == "", "the rights went with the restore")
  }

  @Test(.disabled(if: Cluster.isRealConfigured, "reads the data directory in the sandbox's folders"))
  func anEtcdStartsFromTheRestoredDirectory() async throws {
    let scenario = try await Scenario.make("etcdback")
    let etcd = try await EtcdCluster.start()
    defer { etcd.stop() }
    try await etcd.etcdctl("put", "hello", "from before")
    try await scenario.applyPolicy(policy(scenario, "etcd: {endpoints: [\"\(etcd.endpoints[0])\"]}"), named: "files")
    #expect(try await scenario.runJob("manual", policy: "files") == "Completed")
    try await etcd.etcdctl("put", "hello", "too late")

    let claim = "persistentVolumeClaim: {claimName: restored, create: {storage: 1Gi}, path: /snapshots/etcd.db}"
    try await restore(scenario, "look", "etcd: {\(claim)}", "dryRun: true", toBe: "Planned")
    let look = try await plan(scenario, "look")
    #expect(look.contains("create /snapshots/etcd.db of claim restored"), "\(look)")
    #expect(look.contains("etcdutl snapshot restore etcd.db --data-dir"))
    // A place that nobody named is refused with the way out.
    try await restore(scenario, "nowhere", nil, "safetyBackup: false", toBe: "Failed")
    #expect(try await status(scenario, "nowhere", ".status.failure.message").contains("never touches a running etcd"))

    // The sandbox's image stands for etcd's; the tool is the real one.
    let tool = try EtcdCluster.program("etcdutl", .pypi)
    let run = "runRestore: {image: \"\(Cluster.shellImage)\", command: [\"\(tool)\"], dataDir: /data/m0}"
    try await restore(scenario, "back", "etcd: {\(claim), \(run)}")
    let folder = try #require(scenario.cluster.claim("restored", in: scenario.namespace))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/data") == ["m0"])
    #expect(FileManager.default.fileExists(atPath: folder + "/snapshots/etcd.db.sha256"))
    let found = try await startWithFreePorts(2) { ports in
      let client = "http://127.0.0.1:\(ports[0])"
      let process = try ServerProcess(
        [
          try EtcdCluster.program("etcd", .pypi), "--data-dir", folder + "/data/m0", "--listen-client-urls", client,
          "--advertise-client-urls", client, "--listen-peer-urls", "http://127.0.0.1:\(ports[1])", "--unsafe-no-fsync",
        ], folder: try ServerProcess.makeFolder("etcd"))
      defer { process.stop() }
      try await process.waitUntil("etcd serves") { process.fullLog.contains("ready to serve client requests") }
      return try await EtcdCluster.run([
        try EtcdCluster.program("etcdctl", .pypi), "--endpoints", client, "get", "hello", "--print-value-only",
      ])
    }
    #expect(found == "from before\n")

    // Once more: the directory is there, and nothing begins.
    try await restore(scenario, "again", "etcd: {\(claim), \(run)}", toBe: "Failed")
    #expect(try await status(scenario, "again", ".status.failure.reason") == "RestoreConflict")
    // A tool that fails: the snapshot is there, the directory is not.
    let bad =
      "runRestore: {image: \"\(Cluster.shellImage)\", command: [/bin/sh, -c, \"echo no such luck; exit 3\"], dataDir: /data/m1}"
    try await restore(scenario, "bad", "etcd: {\(claim), \(bad)}", toBe: "Failed")
    let failure = try await status(scenario, "bad", ".status.failure.message")
    #expect(failure.contains("no data directory") && failure.contains("no such luck"), "\(failure)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/data").contains("m1") == false)
  }
}
