import Foundation
import KubernetesModel
import Testing

@testable import HoldfastAPI

/// Promise 10: a wrong field is named, with what is wrong and what to do. Each case changes one thing of a valid policy.
struct PolicyValidationTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var change: @Sendable (inout JSONValue) -> Void
    var field: String
    var message: String
    var testDescription: String { name }

    init(_ name: String, _ field: String, _ message: String, _ change: @escaping @Sendable (inout JSONValue) -> Void) {
      self.name = name
      self.change = change
      self.field = field
      self.message = message
    }
  }

  static let valid: JSONValue = [
    "apiVersion": "holdfast.dev/v1alpha1", "kind": "BackupPolicy", "metadata": ["name": "bao", "namespace": "openbao"],
    "spec": [
      "schedule": "0 3 * * *",
      "sources": [["name": "raft", "openBao": ["address": "https://bao:8200", "jwtAuthRole": "backup"]]],
      "target": ["bucket": "backups", "region": "us-east-1"],
      "encryption": ["age": ["recipients": [.string(Fixtures.recipient)]]],
      "retention": ["maxCount": 7, "maxAge": "168h"],
    ],
  ]

  static func set(_ path: String..., to value: JSONValue?) -> @Sendable (inout JSONValue) -> Void {
    { object in
      func assign(_ node: inout JSONValue, _ path: ArraySlice<String>) {
        guard let key = path.first else { return }
        guard path.count > 1 else {
          node[key] = value
          return
        }
        var child = node[key] ?? [:]
        if case .array(var items) = child, let index = Int(path[path.startIndex + 1]) {
          if path.count == 2 {
            if let value { items[index] = value } else { items.remove(at: index) }
          } else {
            assign(&items[index], path.dropFirst(2))
          }
          child = .array(items)
        } else {
          assign(&child, path.dropFirst())
        }
        node[key] = child
      }
      assign(&object, path[...])
    }
  }

  static func source(_ name: String) -> JSONValue {
    ["name": .string(name), "openBao": ["address": "https://bao:8200", "jwtAuthRole": "backup"]]
  }

  static let schedules: [Case] = [
    Case("bad cron", "spec.schedule", "minute '61' is out of range 0-59", set("spec", "schedule", to: "61 * * * *")),
    Case("no cron", "spec.schedule", "leave it out for manual runs", set("spec", "schedule", to: "")),
    Case("30 February", "spec.schedule", "never comes", set("spec", "schedule", to: "0 0 30 2 *")),
    Case(
      "zone in schedule", "spec.schedule", "put the zone into timeZone", set("spec", "schedule", to: "TZ=UTC 0 3 * * *")
    ),
    Case("interval", "spec.schedule", "write the times", set("spec", "schedule", to: "@every 6h")),
    Case("schedule as number", "spec.schedule", "must be text", set("spec", "schedule", to: 5)),
    Case("unknown zone", "spec.timeZone", "not an IANA time zone", set("spec", "timeZone", to: "Mars/Olympus")),
    Case("zone Local", "spec.timeZone", "not an IANA time zone", set("spec", "timeZone", to: "Local")),
    Case(
      "negative deadline", "spec.startingDeadlineSeconds", "at least 1 second",
      set("spec", "startingDeadlineSeconds", to: -1)),
    Case(
      "tiny deadline", "spec.startingDeadlineSeconds", "below 10 seconds", set("spec", "startingDeadlineSeconds", to: 5)
    ),
    Case("suspend as text", "spec.suspend", "true or false", set("spec", "suspend", to: "yes")),
  ]

  static let targets: [Case] = [
    Case("no target", "spec.target", "is required", set("spec", "target", to: nil)),
    Case(
      "unknown provider", "spec.target.provider", "use s3, gcs, azure, filesystem",
      set("spec", "target", "provider", to: "ftp")),
    Case("no bucket", "spec.target.bucket", "is required", set("spec", "target", "bucket", to: nil)),
    Case("bucket with slash", "spec.target.bucket", "pathPrefix", set("spec", "target", "bucket", to: "backups/prod")),
    Case("bucket as URL", "spec.target.bucket", "slash", set("spec", "target", "bucket", to: "s3://backups")),
    Case("bucket in capitals", "spec.target.bucket", "lower-case", set("spec", "target", "bucket", to: "Backups")),
    Case("bucket of two letters", "spec.target.bucket", "3 to 63", set("spec", "target", "bucket", to: "ab")),
    Case("bucket as IP", "spec.target.bucket", "not an IP address", set("spec", "target", "bucket", to: "10.0.0.1")),
    Case("dots in prefix", "spec.target.pathPrefix", "'.' or '..'", set("spec", "target", "pathPrefix", to: "a/../b")),
    Case(
      "control character in prefix", "spec.target.pathPrefix", "control character",
      set("spec", "target", "pathPrefix", to: "a\nb")),
    Case(
      "empty segment in prefix", "spec.target.pathPrefix", "empty segment",
      set("spec", "target", "pathPrefix", to: "a//b")),
    Case("part size 1", "spec.target.partSize", "use 5Mi to 5Gi", set("spec", "target", "partSize", to: 1)),
    Case("part size 6Gi", "spec.target.partSize", "use 5Mi to 5Gi", set("spec", "target", "partSize", to: "6Gi")),
    Case("part size many", "spec.target.partSize", "10485760 or 10Mi", set("spec", "target", "partSize", to: "many")),
    Case(
      "part size true", "spec.target.partSize", "quantity such as 20Mi", set("spec", "target", "partSize", to: true)),
    Case("concurrency 0", "spec.target.concurrency", "1 to 16", set("spec", "target", "concurrency", to: 0)),
    Case("concurrency 17", "spec.target.concurrency", "1 to 16", set("spec", "target", "concurrency", to: 17)),
    Case(
      "concurrency as fraction", "spec.target.concurrency", "whole number",
      set("spec", "target", "concurrency", to: 1.5)),
    Case(
      "endpoint without scheme", "spec.target.endpoint", "needs http:// or https://",
      set("spec", "target", "endpoint", to: "s3.amazonaws.com")),
    Case(
      "endpoint with bucket", "spec.target.endpoint", "path or query",
      set("spec", "target", "endpoint", to: "https://s3.example/backups")),
    Case(
      "Azure endpoint with container", "spec.target.endpoint", "the storage account",
      set(
        "spec", "target",
        to: ["provider": "azure", "bucket": "backups", "endpoint": "http://azurite:10000/devstoreaccount1/backups"])),
    Case(
      "exclude without a slash in front", "spec.sources[0].files.exclude[0]", "begin it with '/'",
      source("files", ["persistentVolumeClaim": ["claimName": "c", "paths": ["/"]], "exclude": ["etc/key.pem"]])),
    Case("role", "spec.target.roleArn", "ARN of an IAM role", set("spec", "target", "roleArn", to: "backup")),
    Case(
      "filesystem without claim", "spec.target.filesystem.persistentVolumeClaim", "claimName",
      set("spec", "target", to: ["provider": "filesystem"])),
    Case(
      "filesystem with path", "spec.target.filesystem.path", "outside a cluster",
      set("spec", "target", to: ["provider": "filesystem", "filesystem": ["path": "/backups"]])),
    Case(
      "claim beside s3", "spec.target.filesystem", "set provider: filesystem",
      set("spec", "target", "filesystem", to: ["persistentVolumeClaim": ["claimName": "c"]])),
    Case(
      "unknown encryption at rest", "spec.target.serverSideEncryption.type", "AES256 or aws:kms",
      set("spec", "target", "serverSideEncryption", to: ["type": "rot13"])),
    Case(
      "lock without end", "spec.target.objectLock.retainFor", "no unit",
      set("spec", "target", "objectLock", to: ["mode": "compliance", "retainFor": "30"])),
    Case(
      "lock of an unknown mode", "spec.target.objectLock.mode", "governance or compliance",
      set("spec", "target", "objectLock", to: ["mode": "strict", "retainFor": "30d"])),
    Case(
      "CA from both", "spec.target.caBundle", "exactly one",
      set(
        "spec", "target", "caBundle",
        to: ["secretRef": ["name": "a", "key": "b"], "configMapRef": ["name": "a", "key": "b"]])),
    Case("region with space", "spec.target.region", "us-east-1", set("spec", "target", "region", to: "us east")),
  ]

  static let rest: [Case] = [
    Case(
      "name of 253 characters", "metadata.name", "at most 63",
      set("metadata", "name", to: .string(String(repeating: "a", count: 253)))),
    Case("no encryption", "spec.encryption", "is required", set("spec", "encryption", to: nil)),
    Case("empty encryption", "spec.encryption", "exactly one", set("spec", "encryption", to: [:])),
    Case(
      "both encryptions", "spec.encryption", "exactly one",
      set("spec", "encryption", "none", to: ["acknowledged": true])),
    Case(
      "not acknowledged", "spec.encryption.none.acknowledged", "must be true",
      set("spec", "encryption", to: ["none": ["acknowledged": false]])),
    Case(
      "zero recipients", "spec.encryption.age.recipients", "at least one",
      set("spec", "encryption", "age", "recipients", to: [])),
    Case(
      "21 recipients", "spec.encryption.age.recipients", "at most 20",
      set(
        "spec", "encryption", "age", "recipients", to: .array(Array(repeating: .string(Fixtures.recipient), count: 21)))
    ),
    Case(
      "duplicate recipient", "spec.encryption.age.recipients[1]", "duplicate",
      set("spec", "encryption", "age", "recipients", to: [.string(Fixtures.recipient), .string(Fixtures.recipient)])),
    Case(
      "mistyped recipient", "spec.encryption.age.recipients[0]", "wrong checksum",
      set(
        "spec", "encryption", "age", "recipients",
        to: ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8q"])),
    Case(
      "identity as recipient", "spec.encryption.age.recipients[0]", "private key",
      set(
        "spec", "encryption", "age", "recipients",
        to: ["AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"])),
    Case(
      "recipients as text", "spec.encryption.age.recipients", "a list",
      set("spec", "encryption", "age", "recipients", to: .string(Fixtures.recipient))),
    Case("unknown compression", "spec.compression", "use zstd, none", set("spec", "compression", to: "gzip")),
    Case("negative age", "spec.retention.maxAge", "is negative", set("spec", "retention", "maxAge", to: "-5h")),
    Case("zero age", "spec.retention.maxAge", "is zero", set("spec", "retention", "maxAge", to: "0s")),
    Case("age without unit", "spec.retention.maxAge", "has no unit", set("spec", "retention", "maxAge", to: "168")),
    Case("age as number", "spec.retention.maxAge", "must be text", set("spec", "retention", "maxAge", to: 168)),
    Case(
      "an objective without a unit", "spec.objective.maxAge", "has no unit",
      set("spec", "objective", to: ["maxAge": "26"])),
    Case(
      "a ratio above 1", "spec.anomaly.minSizeRatio", "0 (off) to 1",
      set("spec", "anomaly", to: ["minSizeRatio": 1.5])),
    Case(
      "a ratio as text", "spec.anomaly.minSizeRatio", "a number", set("spec", "anomaly", to: ["minSizeRatio": "half"])),
    Case("no history", "spec.historyLimit", "1 to 10000", set("spec", "historyLimit", to: 0)),
    Case("count 0", "spec.retention.maxCount", "at least 1", set("spec", "retention", "maxCount", to: 0)),
    Case("count as text", "spec.retention.maxCount", "whole number", set("spec", "retention", "maxCount", to: "seven")),
    Case("image with space", "spec.executor.image", "space", set("spec", "executor", "image", to: "holdfast latest")),
    Case("two images", "spec.executorImage", "keep one") {
      set("spec", "executorImage", to: "a:1")(&$0)
      set("spec", "executor", to: ["image": "b:1"])(&$0)
    },
    Case(
      "bad memory", "spec.executor.resources.limits.memory", "not a quantity",
      set("spec", "executor", "resources", to: ["limits": ["memory": "lots"]])),
    Case(
      "reserved label", "spec.executor.podLabels[holdfast.dev/policy]", "key of your own",
      set("spec", "executor", "podLabels", to: ["holdfast.dev/policy": "x"])),
    Case(
      "reserved environment", "spec.executor.env[0].name", "is set by Holdfast",
      set("spec", "executor", "env", to: [["name": "HOLDFAST_TRIGGER", "value": "x"]])),
    Case(
      "no deadline", "spec.executor.activeDeadlineSeconds", "at least 1 second",
      set("spec", "executor", "activeDeadlineSeconds", to: 0)),
    Case("negative retries", "spec.executor.backoffLimit", "0 to 20", set("spec", "executor", "backoffLimit", to: -1)),
    Case(
      "tolerations as object", "spec.executor.tolerations", "a list",
      set("spec", "executor", "tolerations", to: ["key": "a"])),
    Case("no spec", "spec", "is required", set("spec", to: nil)),
  ]

  static func issues(of object: JSONValue) -> [ValidationIssue] {
    do {
      return try object.decoded(as: BackupPolicy.self).validate()
    } catch {
      return [ValidationIssue(decodingError: error, object: object)]
    }
  }

  @Test(arguments: schedules + sources + kinds + targets + providers + rest)
  func malformedPoliciesNameTheFieldAndTheRemedy(case: Case) throws {
    var object = Self.valid
    `case`.change(&object)
    let issues = Self.issues(of: object)
    #expect(issues.contains { $0.field == `case`.field && $0.message.contains(`case`.message) }, "\(issues)")
    #expect(issues.count <= 20)
    let summary = issues.summary()
    #expect(summary.count <= 1_100 && summary.contains(`case`.field))
    for secret in ["AGE-SECRET-KEY-1", "hunter2"] { #expect(!summary.contains(secret), "a secret in a message") }
  }

  @Test func theValidPolicyIsValidBeforeAndAfterDefaults() throws {
    let policy = try Self.valid.decoded(as: BackupPolicy.self)
    #expect(policy.validate() == [])
    #expect(policy.spec.defaulted(namespace: "openbao", name: "bao").validate() == [])
  }

  static let accepted: [@Sendable (inout JSONValue) -> Void] = [
    set("spec", "schedule", to: "H(0-29) 2 * * mon-fri"), set("spec", "schedule", to: nil),
    set("spec", "timeZone", to: "Europe/Berlin"), set("spec", "target", "partSize", to: "20Mi"),
    set("spec", "target", "endpoint", to: "http://10.0.0.7:8333"),
    set("spec", "target", "endpoint", to: "https://[::1]:8333/"),
    set(
      "spec", "target",
      to: ["provider": "azure", "bucket": "backups", "endpoint": "http://azurite:10000/devstoreaccount1"]),
    set("spec", "target", "pathPrefix", to: "/clusters/one/"), set("spec", "retention", to: nil),
    set("spec", "encryption", to: ["none": ["acknowledged": true]]), set("spec", "compression", to: "none"),
    set(
      "spec", "target",
      to: ["provider": "filesystem", "filesystem": ["persistentVolumeClaim": ["claimName": "backups"]]]),
    set(
      "spec", "executor",
      to: ["resources": ["limits": ["memory": "128Mi", "cpu": 1]], "env": [["name": "HTTPS_PROXY", "value": "x"]]]),
    set("spec", "sources", to: .array((1...16).map { source("s\($0)") })),
    source("openZiti", ["release": "ziti-controller", "retrieval": "volume", "snapshot": "managementAPI"]),
    source("etcd", ["endpoints": ["http://127.0.0.1:2379"], "api": "gateway", "timeout": "90s"]),
    source("certManager", [:]), source("certManager", ["issuers": ["a", "b"], "bundles": "None"]),
    source("resources", [:]),
    source("resources", ["namespaces": ["*"], "clusterScoped": true, "exclude": [["group": "", "kind": "Event"]]]),
    source("files", ["persistentVolumeClaim": ["claimName": "c", "paths": ["/"]], "exclude": ["*.tmp"]]),
    source("vault", ["address": "https://v", "appRole": ["roleID": "r", "secretIDSecretRef": ["name": "s"]]]),
    source("vault", ["address": "https://v", "tokenFile": "/vault/secrets/token"]),
  ]

  @Test func whatOperatorsWriteIsAccepted() throws {
    for change in Self.accepted + Self.acceptedTargets {
      var object = Self.valid
      change(&object)
      #expect(Self.issues(of: object) == [])
    }
  }

  @Test func aFolderIsATargetOutsideACluster() throws {
    var spec = Fixtures.spec()
    spec.target = Target(provider: .filesystem, filesystem: .init(path: "/backups"))
    #expect(spec.validate(isPlan: true) == [])
    #expect(!spec.validate().isEmpty)
    spec.target.filesystem?.path = "backups/../etc"
    #expect(!spec.validate(isPlan: true).isEmpty)
  }

  @Test func whatIsNoJSONIsAnIssueToo() {
    do {
      _ = try JSONDecoder.kubernetes.decode(BackupPolicy.self, from: Data("{".utf8))
      Issue.record("decoded")
    } catch {
      #expect(ValidationIssue(decodingError: error).message.hasPrefix("is not JSON"))
    }
  }
}
