import Foundation
import Testing
import TestServers

/// Promise 5, for a restore of API objects.
@Suite struct ManyObjectsTests {
  private static let count = 10_000

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

  @Test(.enabled(if: !Cluster.isRealConfigured)) func tenThousandObjectsComeBackInBoundedMemory() async throws {
    let old = try await Cluster.startSandbox()
    let new = try await Cluster.startSandbox()
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("many-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder + "/store", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await old.kubectl("create", "namespace", "big").checked()
    try await runCommand("python3", ["-c", Self.makeObjects, old.kubeconfig, "\(Self.count)"]).checked()
    let plan = """
      {"planVersion": 1, "policy": {"namespace": "big", "name": "all"}, "spec": {
        "sources": [{"name": "objects", "resources": {"namespaces": ["big"]}}],
        "target": {"provider": "filesystem", "filesystem": {"path": "\(folder)/store"}},
        "encryption": {"none": {"acknowledged": true}}}}
      """
    try Data(plan.utf8).write(to: URL(fileURLWithPath: folder + "/plan.json"))
    let holdfast = try Binaries.path("holdfast")
    let arguments = ["--plan", folder + "/plan.json", "--log-level", "error"]
    try await runCommand(holdfast, ["backup"] + arguments, environment: ["KUBECONFIG": old.kubeconfig]).checked()

    let environment = ["KUBECONFIG": new.kubeconfig]
    let peak = try await runCommand(
      "python3", ["-c", Self.measure, holdfast, "restore"] + arguments + ["--id", "latest"], environment: environment
    ).checked()
    let kibibytes = try #require(Int(peak.trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(kibibytes < 128 << 10, "the restore took \(kibibytes) KiB")
    let names = try await new.kubectl(
      "get", "secrets,configmaps", "--namespace", "big", "--no-headers", "-o", "name"
    ).checked()
    #expect(names.split(separator: "\n").count { $0.contains("/o-") } == Self.count)

    // What a person is shown, as a table and for programs, once all of it is there.
    let table = try await runCommand(
      holdfast, ["restore", "plan"] + arguments + ["--id", "latest"], environment: environment
    ).checked()
    #expect(table.hasPrefix("SOURCE") && table.contains("Secret big/o-1"))
    #expect(!table.contains("create"), "something is left to do")
  }
}
