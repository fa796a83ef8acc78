import Foundation
import TestServers

/// A namespace with a policy that backs up a real OpenBao to a real S3 server.
struct Scenario: Sendable {
  let cluster: Cluster
  let namespace: String
  let openBao: OpenBaoServer
  let store: SeaweedServer
  let bucket: String
  /// An age key pair made by `age-keygen`.
  let identity: String
  let recipient: String

  /// - Parameter openBao: A server of the test's own where it changes what is in there.
  static func make(
    _ name: String, in cluster: Cluster? = nil, openBao: OpenBaoServer? = nil
  ) async throws -> Scenario {
    let chosen: Cluster
    if let cluster { chosen = cluster } else { chosen = try await Cluster.withOperator() }
    let source: OpenBaoServer
    if let openBao { source = openBao } else { source = try await OpenBaoServer.shared.get() }
    let store = try await SeaweedServer.shared.get()
    let namespace = "\(name)-\(UUID().uuidString.prefix(6).lowercased())"
    let keys = try await runCommand("age-keygen", []).checked()
    let identity = keys.split(separator: "\n").first { $0.hasPrefix("AGE-SECRET-KEY-") }.map(String.init) ?? ""
    let recipient = try await runCommand("age-keygen", ["-y"], input: identity).checked()
    let scenario = Scenario(
      cluster: chosen, namespace: namespace, openBao: source, store: store, bucket: try await store.makeBucket(),
      identity: identity, recipient: recipient.trimmingCharacters(in: .whitespacesAndNewlines))
    try await scenario.prepare()
    return scenario
  }

  /// The same store, bucket and key in a namespace of another cluster, with the Secrets that a restore needs.
  func moved(to namespace: String, in cluster: Cluster) async throws -> Scenario {
    let other = Scenario(
      cluster: cluster, namespace: namespace, openBao: openBao, store: store, bucket: bucket, identity: identity,
      recipient: recipient)
    try await cluster.kubectl("create", "namespace", namespace).checked()
    try await other.secret("s3", ["accessKeyId": store.accessKeyID, "secretAccessKey": store.secretAccessKey])
    try await other.secret("age-identity", ["identity.txt": identity])
    return other
  }

  private func prepare() async throws {
    try await cluster.kubectl("create", "namespace", namespace).checked()
    try await secret("s3", ["accessKeyId": store.accessKeyID, "secretAccessKey": store.secretAccessKey])
    try await secret("bao-token", ["token": openBao.rootToken])
    try await secret("age-identity", ["identity.txt": identity])
  }

  func secret(_ name: String, _ values: [String: String]) async throws {
    let data = values.map { "  \($0.key): \(Data($0.value.utf8).base64EncodedString())" }.joined(separator: "\n")
    try await cluster.apply(
      """
      apiVersion: v1
      kind: Secret
      metadata: {name: \(name), namespace: \(namespace)}
      data:
      \(data)
      """)
  }

  /// The text of a policy; everything that a test varies is a parameter.
  func policy(
    _ name: String = "bao", schedule: String? = "0 3 1 1 *", address: String? = nil, tokenSecret: String = "bao-token",
    endpoint: String? = nil, bucket: String? = nil, retention: String = "{maxCount: 7}",
    executor: String = "{backoffLimit: 0}",
    credentials: String = "s3", concurrency: Int = 3
  ) -> String {
    """
    apiVersion: holdfast.dev/v1alpha1
    kind: BackupPolicy
    metadata: {name: \(name), namespace: \(namespace)}
    spec:
      \(schedule.map { "schedule: \"\($0)\"" } ?? "suspend: false")
      sources:
        - name: raft
          openBao: {address: "\(address ?? openBao.address)", tokenSecretRef: {name: \(tokenSecret)}}
      target:
        provider: s3
        endpoint: \(endpoint ?? store.endpoint)
        bucket: \(bucket ?? self.bucket)
        pathPrefix: e2e
        usePathStyle: true
        concurrency: \(concurrency)
        credentialsSecretRef: {name: \(credentials)}
      encryption:
        age: {recipients: [\(recipient)]}
      retention: \(retention)
      executor: \(executor)
    """
  }

  /// Applies a policy and waits until it is ready.
  func applyPolicy(_ text: String, named name: String = "bao") async throws {
    try await cluster.apply(text)
    // What is True may be so of the policy before this change, whose CronJob still stands.
    let generation = try await cluster.value("backuppolicy/\(name)", ".metadata.generation", in: namespace)
    try await cluster.waitFor("backuppolicy/\(name)", ".status.observedGeneration", in: namespace, toBe: generation)
    try await cluster.waitFor(
      "backuppolicy/\(name)", ".status.conditions[?(@.type==\"Ready\")].status", in: namespace, toBe: "True")
  }

  /// `kubectl create job --from=cronjob/<policy>-backup`.
  func startJob(_ name: String, policy: String = "bao") async throws {
    try await cluster.kubectl(
      "create", "job", "--from=cronjob/\(policy)-backup", name, "--namespace", namespace
    ).checked()
  }

  /// Runs a job to its end and gives the phase of its Backup.
  func runJob(_ name: String, policy: String = "bao", within deadline: Duration = .seconds(120)) async throws -> String
  {
    try await startJob(name, policy: policy)
    return try await cluster.waitFor(
      "backup/\(name)", ".status.phase", in: namespace, toBe: "Completed", "Failed", within: deadline)
  }

  func backup(_ name: String, _ path: String) async throws -> String {
    try await cluster.value("backup/\(name)", path, in: namespace)
  }

  /// The bucket's keys, by a client that is not ours (boto3), without what a preflight writes for a moment.
  func keys() async throws -> [String] { try await allKeys().filter { !$0.contains("/.preflight-") } }

  func allKeys() async throws -> [String] {
    try await s3("ls", bucket).split(separator: "\n").compactMap { $0.split(separator: " ").last.map(String.init) }
  }

  /// Keys of multipart uploads that were begun and not ended.
  func openUploads() async throws -> [String] {
    try await s3("uploads", bucket).split(separator: "\n").map(String.init)
  }

  func download(_ key: String) async throws -> URL {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("holdfast-\(UUID().uuidString)")
    _ = try await s3("get", bucket, key, file.path)
    return file
  }

  /// Replaces an object, as nobody but a fault or a thief would.
  func upload(_ file: URL, to key: String) async throws { _ = try await s3("put", bucket, key, file.path) }

  private func s3(_ arguments: String...) async throws -> String {
    try await runCommand(
      "python3", [Binaries.repository + "/deploy/lib/s3.py"] + arguments,
      environment: [
        "S3_ENDPOINT": store.endpoint, "AWS_ACCESS_KEY_ID": store.accessKeyID,
        "AWS_SECRET_ACCESS_KEY": store.secretAccessKey,
      ]
    ).checked()
  }

  /// An event comes after the status that it tells of.
  func waitForEvent(_ text: String) async throws {
    try await eventually("an event with \(text)", within: .seconds(60), every: .milliseconds(200)) {
      try await events().contains(text)
    }
  }

  /// Events of the namespace, one a line: reason, kind/name, message.
  func events() async throws -> String {
    try await cluster.kubectl(
      "get", "events", "--namespace", namespace, "-o",
      "jsonpath={range .items[*]}{.reason} {.involvedObject.kind}/{.involvedObject.name} {.message}{\"\\n\"}{end}"
    ).output
  }
}
