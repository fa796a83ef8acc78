import Foundation
import Testing
import TestServers

/// Bad input gets a clear error: refused by the schema, or `Ready=False` with a reason from the list; either way the
/// message names the field.
@Suite struct BadInputTests {
  /// What is wrong: a change to a good policy's text, and the field that the error must name.
  struct Case: Sendable, CustomTestStringConvertible {
    var what: String
    var field: String
    var change: @Sendable (String) -> String
    var testDescription: String { what }

    init(_ what: String, _ field: String, _ change: @escaping @Sendable (String) -> String) {
      self.what = what
      self.field = field
      self.change = change
    }

    /// Replaces one part, which must be there.
    init(_ what: String, _ field: String, replace old: String, with new: String) {
      self.init(what, field) { text in
        precondition(text.contains(old), "the good policy has no '\(old)'")
        return text.replacing(old, with: new)
      }
    }
  }

  static let good = """
    apiVersion: holdfast.dev/v1alpha1
    kind: BackupPolicy
    metadata: {name: NAME, namespace: NAMESPACE}
    spec:
      schedule: "0 3 * * *"
      timeZone: Europe/Berlin
      sources:
        - name: raft
          openBao: {address: "https://bao:8200", tokenSecretRef: {name: bao-token}}
      target:
        provider: s3
        endpoint: https://s3.example.com
        bucket: backups
        pathPrefix: prod
        partSize: 10485760
        concurrency: 3
        credentialsSecretRef: {name: s3}
      encryption:
        age: {recipients: [age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p]}
      retention: {maxCount: 7, maxAge: 168h}
    """

  static let source = "{address: \"https://bao:8200\", tokenSecretRef: {name: bao-token}}"
  static let recipients = "[age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p]"
  static let sourceLine = "    - name: raft\n      openBao: \(source)\n"

  static let cases: [Case] = [
    Case("a cron of six fields", "schedule", replace: "0 3 * * *", with: "0 0 3 * * *"),
    Case("a cron with hour 24", "schedule", replace: "0 3 * * *", with: "0 24 * * *"),
    Case("a cron that never comes", "schedule", replace: "0 3 * * *", with: "0 3 30 2 *"),
    Case("an unknown time zone", "timeZone", replace: "Europe/Berlin", with: "Europe/Atlantis"),
    Case("no source", "sources") {
      $0.replacing(Self.sourceLine, with: "").replacing("sources:\n", with: "sources: []\n")
    },
    Case(
      "two kinds in one source", "sources", replace: "openBao: \(source)",
      with: "openBao: \(source)\n      vault: \(source)"),
    Case("a source of no kind", "sources", replace: "\n      openBao: \(source)", with: ""),
    Case("an unknown kind", "sources", replace: "openBao: ", with: "openBoa: "),
    Case("two sources of one name", "sources", replace: sourceLine, with: sourceLine + sourceLine),
    Case("17 sources", "sources") { text in
      let many = (0..<17).map { sourceLine.replacing("raft", with: "raft-\($0)") }.joined()
      return text.replacing(sourceLine, with: many)
    },
    Case("a source name with a slash", "sources", replace: "name: raft", with: "name: a/b"),
    Case("an address without a scheme", "address", replace: "https://bao:8200", with: "bao:8200"),
    Case(
      "two logins", "openBao", replace: "tokenSecretRef: {name: bao-token}",
      with: "tokenSecretRef: {name: bao-token}, jwtAuthRole: backup"),
    Case("no login", "openBao", replace: ", tokenSecretRef: {name: bao-token}", with: ""),
    Case("an unknown provider", "provider", replace: "provider: s3", with: "provider: ftp"),
    Case("no bucket", "bucket", replace: "    bucket: backups\n", with: ""),
    Case("a bucket with a slash", "bucket", replace: "bucket: backups", with: "bucket: back/ups"),
    Case("an endpoint that is no URL", "endpoint", replace: "https://s3.example.com", with: "s3.example.com"),
    Case("a prefix that climbs", "pathPrefix", replace: "pathPrefix: prod", with: "pathPrefix: a/../b"),
    Case("a part size of 1", "partSize", replace: "10485760", with: "1"),
    Case("a part size that is no quantity", "partSize", replace: "10485760", with: "plenty"),
    Case("a concurrency of 0", "concurrency", replace: "concurrency: 3", with: "concurrency: 0"),
    Case("a concurrency of 17", "concurrency", replace: "concurrency: 3", with: "concurrency: 17"),
    Case("no encryption", "encryption") { text in
      text.replacing("  encryption:\n    age: {recipients: \(Self.recipients)}\n", with: "")
    },
    Case("zero recipients", "recipients", replace: recipients, with: "[]"),
    Case("a recipient with a wrong checksum", "recipients", replace: "mcac8p]", with: "mcac8q]"),
    Case(
      "encryption not acknowledged as none", "none", replace: "age: {recipients: \(recipients)}",
      with: "none: {acknowledged: false}"),
    Case("a negative age", "maxAge", replace: "168h", with: "-1h"),
    Case("an age without a unit", "maxAge", replace: "168h", with: "\"168\""),
    Case("a count of 0", "maxCount", replace: "maxCount: 7", with: "maxCount: 0"),
    Case("a name of 253 characters", "name") { text in
      text.replacing("name: NAME", with: "name: " + String(repeating: "a", count: 253))
    },
    Case("a word where a number belongs", "concurrency", replace: "concurrency: 3", with: "concurrency: many"),
    Case(
      "a CA from two places", "caBundle", replace: "    bucket: backups",
      with: "    bucket: backups\n    caBundle: {secretRef: {name: a, key: b}, configMapRef: {name: a, key: b}}"),
  ]

  @Test(arguments: cases.indices) func aMalformedPolicyIsRefusedOrNotReadyAndTheFieldIsNamed(index: Int) async throws {
    let malformed = Self.cases[index]
    let cluster = try await Cluster.withOperator()
    let namespace = try await Self.namespace.get()
    let text = malformed.change(Self.good).replacing("name: NAME", with: "name: bad-\(index)")
      .replacing("NAMESPACE", with: namespace)
    // The name that is too long is the case's own.
    let name = text.contains("name: bad-\(index)") ? "bad-\(index)" : String(repeating: "a", count: 253)
    let result = try await cluster.kubectl("apply", "-f", "-", input: text)
    if !result.succeeded {
      #expect(result.errors.contains(malformed.field), "\(malformed.what): \(result.errors)")
      return
    }
    let condition = ".status.conditions[?(@.type==\"Ready\")]"
    try await cluster.waitFor("backuppolicy/\(name)", condition + ".status", in: namespace, toBe: "False")
    let reason = try await cluster.value("backuppolicy/\(name)", condition + ".reason", in: namespace)
    let message = try await cluster.value("backuppolicy/\(name)", condition + ".message", in: namespace)
    #expect(reason == "InvalidSpec", "\(malformed.what): \(message)")
    #expect(message.contains(malformed.field), "\(malformed.what): \(message)")
    let cronJob = try await cluster.value("cronjob/\(name)-backup", ".metadata.name", in: namespace)
    #expect(cronJob.isEmpty, "a malformed policy must not be scheduled")
  }

  /// A broken object must not stand in the way of a good one.
  @Test func theGoodPolicyIsReady() async throws {
    let cluster = try await Cluster.withOperator()
    let namespace = try await Self.namespace.get()
    try await cluster.apply(
      Self.good.replacing("name: NAME", with: "name: good").replacing("NAMESPACE", with: namespace))
    try await cluster.waitFor(
      "backuppolicy/good", ".status.conditions[?(@.type==\"Ready\")].status", in: namespace, toBe: "True")
  }

  private static let namespace = SharedServer {
    let name = "bad-input-\(UUID().uuidString.prefix(6).lowercased())"
    try await Cluster.withOperator().kubectl("create", "namespace", name).checked()
    return name
  }
}
