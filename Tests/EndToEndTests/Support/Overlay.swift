import Foundation
import TestServers

/// The policy of an overlay network, as its users write it, with the scenario's S3 server as the target.
struct Overlay: Sendable {
  let scenario: Scenario

  static let controllerSource = "{release: ziti-controller}"
  static let pkiSource =
    "{issuers: All, extraSecrets: [ziti-controller-admin-secret, ziti-controller-trust-domain]}"

  /// - Parameters:
  ///   - controller: nil leaves the source out.
  ///   - executor: In addition to `backoffLimit: 0`.
  func policy(
    _ name: String = "overlay", controller: String? = controllerSource, pki: String = pkiSource
  ) -> String {
    let controllerItem = controller.map { "    - {name: controller, openZiti: \($0)}\n" } ?? ""
    return """
      apiVersion: holdfast.dev/v1alpha1
      kind: BackupPolicy
      metadata: {name: \(name), namespace: \(scenario.namespace)}
      spec:
        schedule: "H 2 * * *"
        timeZone: Europe/Berlin
        startingDeadlineSeconds: 3600
        sources:
      \(controllerItem)    - {name: pki, certManager: \(pki)}
        target:
          provider: s3
          endpoint: \(scenario.store.endpoint)
          bucket: \(scenario.bucket)
          pathPrefix: prod
          usePathStyle: true
          credentialsSecretRef: {name: s3}
        encryption:
          age: {recipients: [\(scenario.recipient)]}
        retention: {maxCount: 30, maxAge: 90d}
        executor: {backoffLimit: 0}
        preUpgrade:
          window: 30m
          requireVerified: true
          workloads: [{kind: Deployment, name: ziti-controller}]
      """
  }

  /// Applies the policy and runs it once.
  /// - Returns: The phase of the Backup.
  func run(_ job: String, _ text: String, named name: String = "overlay") async throws -> String {
    try await scenario.applyPolicy(text, named: name)
    return try await scenario.runJob(job, policy: name, within: .seconds(180))
  }

  /// Promise 4: not a half of it, and the status says which source failed and why.
  func failure(of job: String) async throws -> (source: String, reason: String, message: String) {
    (
      try await scenario.backup(job, ".status.failure.source"),
      try await scenario.backup(job, ".status.failure.reason"),
      try await scenario.backup(job, ".status.failure.message")
    )
  }

  func hasManifest() async throws -> Bool { try await scenario.keys().contains { $0.hasSuffix("/manifest.json") } }
}
