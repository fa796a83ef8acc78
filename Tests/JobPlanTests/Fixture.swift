import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel

/// Builders with defaults, for tests of what is made from a policy.
enum Fixture {
  static let defaults = ExecutorDefaults(image: "holdfast:1.0.0")

  static func policy(name: String = "bao", _ modify: (inout BackupPolicySpec) -> Void = { _ in }) -> BackupPolicy {
    var spec = BackupPolicySpec(
      schedule: "0 3 * * *",
      sources: [
        Source(
          name: "raft",
          openBao: Source.OpenBao(
            address: "https://bao-active.openbao.svc:8200", jwtAuthRole: "backup", jwtAudience: "openbao-internal",
            caBundle: CABundle(secretRef: KeyReference(name: "bao-tls-ca", key: "ca.crt"))))
      ],
      target: Target(
        provider: .s3, endpoint: "https://s3.amazonaws.com", bucket: "openbao-backups", region: "us-east-1",
        credentialsSecretRef: SecretReference(name: "s3-credentials"), partSize: 20_971_520, concurrency: 5),
      encryption: Encryption(
        age: .init(recipients: ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"])),
      compression: .zstd, retention: Retention(maxCount: 7, maxAge: "168h"))
    modify(&spec)
    return BackupPolicy(metadata: ObjectMeta(name: name, namespace: "openbao", uid: "uid-of-\(name)"), spec: spec)
  }

  static func objects(_ policy: BackupPolicy) -> PolicyObjects {
    PolicyObjects(policy: policy, spec: policy.spec, defaults: defaults, clusterID: "cluster-1")
  }

  static func request(_ modify: (inout RestoreRequest.Spec) -> Void = { _ in }) -> RestoreRequest {
    var spec = RestoreRequest.Spec(from: .init(backup: "bao-1"))
    modify(&spec)
    return RestoreRequest(metadata: ObjectMeta(name: "back", namespace: "openbao", uid: "uid-of-back"), spec: spec)
  }

  static func restore(_ request: RestoreRequest, policy: BackupPolicy = policy()) -> RestoreObjects {
    RestoreObjects(
      request: request, origin: Plan.Policy(namespace: "openbao", name: "bao"), spec: policy.spec, policy: "bao",
      id: "20261121T030000Z-k3x9ab", defaults: defaults, clusterID: "cluster-1")
  }

  /// A file beside the tests, or the reason why there is none.
  static func golden(_ name: String) throws -> JSONValue {
    guard let url = Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "json") else { return .null }
    return try JSONValue(parsing: Data(contentsOf: url))
  }
}
