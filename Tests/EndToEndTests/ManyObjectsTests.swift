import Foundation
import Testing
import TestServers

/// Promise 5, for a restore of API objects.
@Suite struct ManyObjectsTests {
  /// kubectl makes fifty objects a second.
  private static let makeObjects = """
    import base64, concurrent.futures, http.client, json, os, re, ssl, sys
    text = open(sys.argv[1]).read()
    port = int(re.search(r"127\\.0\\.0\\.1:(\\d+)", text).group(1))
    headers = {"Authorization": "Bearer " + re.search(r"token: (\\S+)", text).group(1), "Content-Type": "application/json"}
    authority = base64.b64decode(re.search(r"certificate-authority-data: (\\S+)", text).group(1)).decode()
    context = ssl.create_default_context(cadata=authority)
    def work(numbers):
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=context)
        for number in numbers:
            kind = "Secret" if number % 2 else "ConfigMap"
            value = base64.b64encode(os.urandom(1000)).decode()
            body = {"apiVersion": "v1", "kind": kind, "metadata": {"name": f"o-{number}", "namespace": "big"}, "data": {"k": value}}
            connection.request("POST", f"/api/v1/namespaces/big/{kind.lower()}s", json.dumps(body), headers)
            answer = connection.getresponse()
            assert answer.status == 201, answer.read()
            answer.read()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(work, [range(k, int(sys.argv[2]), 4) for k in range(4)]))
    """

  /// Prints the peak of memory in KiB.
  private static let measure = """
    import resource, subprocess, sys
    code = subprocess.call(sys.argv[1:], stdout=sys.stderr)
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    sys.exit(code)
    """

  /// A namespace `big` of so many objects, backed up into a folder.
  private struct Prepared {
    var folder: String
    var arguments: [String]
    var environment: [String: String]
    var new: Cluster
  }

  private func withBackup(of count: Int, _ body: (Prepared) async throws -> Void) async throws {
    let old = try await Cluster.startSandbox()
    let new = try await Cluster.startSandbox()
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("many-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder + "/store", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await old.kubectl("create", "namespace", "big").checked()
    try await runCommand("python3", ["-c", Self.makeObjects, old.kubeconfig, "\(count)"]).checked()
    let plan = """
      {"planVersion": 1, "policy": {"namespace": "big", "name": "all"}, "spec": {
        "sources": [{"name": "objects", "resources": {"namespaces": ["big"]}}],
        "target": {"provider": "filesystem", "filesystem": {"path": "\(folder)/store"}},
        "encryption": {"none": {"acknowledged": true}}}}
      """
    try Data(plan.utf8).write(to: URL(fileURLWithPath: folder + "/plan.json"))
    let arguments = ["--plan", folder + "/plan.json", "--log-level", "error"]
    try await runCommand(
      try Binaries.path("holdfast"), ["backup"] + arguments, environment: ["KUBECONFIG": old.kubeconfig]
    ).checked()
    try await body(
      Prepared(
        folder: folder, arguments: arguments + ["--id", "latest"], environment: ["KUBECONFIG": new.kubeconfig],
        new: new))
  }

  @Test(.disabled(if: Cluster.isRealConfigured, "makes 10,000 objects, in a cluster of its own"))
  func tenThousandObjectsComeBackInBoundedMemory() async throws {
    let count = 10_000
    try await withBackup(of: count) { prepared in
      let peak = try await runCommand(
        "python3", ["-c", Self.measure, try Binaries.path("holdfast"), "restore"] + prepared.arguments,
        environment: prepared.environment
      ).checked()
      let kibibytes = try #require(Int(peak.trimmingCharacters(in: .whitespacesAndNewlines)))
      #expect(kibibytes < 128 << 10, "the restore took \(kibibytes) KiB")
      let names = try await prepared.new.kubectl(
        "get", "secrets,configmaps", "--namespace", "big", "--no-headers", "-o", "name"
      ).checked()
      #expect(names.split(separator: "\n").count { $0.contains("/o-") } == count)
    }
  }

  /// What a person is shown beforehand, as a table and for programs; and what the exit status says.
  @Test(.disabled(if: Cluster.isRealConfigured, "runs in a cluster of its own"))
  func restorePlanShowsWhatWouldHappen() async throws {
    try await withBackup(of: 4) { prepared in
      let holdfast = try Binaries.path("holdfast")
      func plan(_ more: String...) async throws -> CommandResult {
        try await runCommand(
          holdfast, ["restore", "plan"] + prepared.arguments + more, environment: prepared.environment)
      }
      let table = try await plan().checked()
      #expect(table.hasPrefix("SOURCE") && table.contains("Namespace big"))
      #expect(table.split(separator: "\n").contains { $0.contains("create") && $0.contains("Secret big/o-1") })
      let json = try await plan("--json", "--map-namespace", "big=small").checked()
      #expect(json.contains("\"object\" : \"Secret small/o-3\""), "\(json)")
      #expect(try await prepared.new.kubectl("get", "namespace", "big").succeeded == false, "a plan wrote")

      try await prepared.new.kubectl("create", "namespace", "big").checked()
      try await prepared.new.kubectl(
        "create", "secret", "generic", "o-1", "--namespace", "big", "--from-literal=k=mine"
      ).checked()
      let refused = try await plan()
      #expect(refused.status == 1 && refused.output.contains("conflict") && refused.output.contains("data.k"))
      #expect(!refused.output.contains("bWluZQ"), "a value of a Secret shows")
      let replacing = try await plan("--conflict-policy", "Replace").checked()
      #expect(replacing.contains("replace"))
    }
  }
}
