import Foundation
import Testing
import TestServers

/// Issuers of the whole cluster, whose Secrets are in cert-manager's own namespace, move with the certificates of a trusted
/// namespace: to a cluster that never saw them, and there to other names too.
@Suite(.enabled(if: !Cluster.isRealConfigured, "needs a second, empty cluster, and operators of its own"))
struct ClusterIssuerTests {
  private static let objects = """
    apiVersion: v1
    kind: Secret
    type: kubernetes.io/tls
    metadata: {name: corporate-ca, namespace: cert-manager, labels: {team: security}}
    data: {tls.key: KEY, tls.crt: CERTIFICATE}
    ---
    apiVersion: cert-manager.io/v1
    kind: ClusterIssuer
    metadata: {name: corporate}
    spec: {ca: {secretName: corporate-ca}}
    ---
    apiVersion: v1
    kind: Secret
    type: kubernetes.io/tls
    metadata:
      name: web-tls
      namespace: NAMESPACE
      annotations: {cert-manager.io/issuer-name: corporate, cert-manager.io/issuer-kind: ClusterIssuer, cert-manager.io/issuer-group: cert-manager.io, cert-manager.io/certificate-name: web}
    data: {tls.key: LEAF_KEY, tls.crt: LEAF, ca.crt: CERTIFICATE}
    ---
    apiVersion: cert-manager.io/v1
    kind: Certificate
    metadata: {name: web, namespace: NAMESPACE}
    spec: {secretName: web-tls, commonName: web, dnsNames: [web], privateKey: {algorithm: ECDSA}, issuerRef: {name: corporate, kind: ClusterIssuer}}
    """

  private static let certificates = """
    cd "$1"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout KEY -out CERTIFICATE \
      -subj /CN=corporate -days 365
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout LEAF_KEY -out leaf.csr -subj /CN=web
    printf 'subjectAltName=DNS:web\n' >extensions
    openssl x509 -req -in leaf.csr -CA CERTIFICATE -CAkey KEY -CAcreateserial -days 90 -out LEAF -extfile extensions
    """

  private func define(in cluster: Cluster) async throws {
    try await OverlayPKI.define(in: cluster)
    try await cluster.apply(
      """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata: {name: clusterissuers.cert-manager.io}
      spec:
        group: cert-manager.io
        scope: Cluster
        names: {plural: clusterissuers, singular: clusterissuer, kind: ClusterIssuer, listKind: ClusterIssuerList}
        versions:
          - name: v1
            served: true
            storage: true
            schema:
              openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
      """)
    try await cluster.kubectl(
      "wait", "--for=condition=Established", "crd/clusterissuers.cert-manager.io", "--timeout=30s"
    ).checked()
  }

  private func install(in scenario: Scenario) async throws {
    try await define(in: scenario.cluster)
    try await scenario.cluster.kubectl("create", "namespace", "cert-manager").checked()
    let folder = try ServerProcess.makeFolder("corporate")
    defer { try? FileManager.default.removeItem(at: folder) }
    _ = try await runCommand("sh", ["-ec", Self.certificates, "sh", folder.path]).checked()
    var text = Self.objects.replacing("NAMESPACE", with: scenario.namespace)
    for name in ["LEAF_KEY", "LEAF", "KEY", "CERTIFICATE"] {
      let data = try Data(contentsOf: folder.appendingPathComponent(name))
      text = text.replacing(": \(name)", with: ": \(data.base64EncodedString())")
    }
    try await scenario.cluster.apply(text)
  }

  private func content(_ cluster: Cluster, _ object: String, in namespace: String) async throws -> String {
    let fields = object.hasPrefix("secret") ? [".data", ".type", ".metadata.labels"] : [".spec"]
    var content = ""
    for field in fields { content += try await cluster.value(object, field, in: namespace) + "\n" }
    return content
  }

  private func expect(_ cluster: Cluster, _ place: (certificates: String, issuers: String), _ old: Scenario)
    async throws
  {
    for (object, from, to) in [
      ("clusterissuer.cert-manager.io/corporate", old.namespace, place.certificates),
      ("secret/corporate-ca", "cert-manager", place.issuers), ("secret/web-tls", old.namespace, place.certificates),
      ("certificate.cert-manager.io/web", old.namespace, place.certificates),
    ] {
      let expected = try await content(old.cluster, object, in: from)
      #expect(expected.count > 20, "\(object)")
      #expect(try await content(cluster, object, in: to) == expected, "\(object) in \(to)")
    }
  }

  @Test func clusterIssuersMoveWithTheirSecretsAndTheCertificatesOfThem() async throws {
    let oldCluster = try await Cluster.startSandbox()
    let old = try await Scenario.make("issuers", in: oldCluster)
    let oldOperator = try await Operator.start(in: oldCluster, "--trusted-namespace", old.namespace)
    try await install(in: old)
    let target =
      "{provider: s3, endpoint: \"\(old.store.endpoint)\", bucket: \(old.bucket), usePathStyle: true, "
      + "credentialsSecretRef: {name: s3}}"
    try await old.applyPolicy(
      """
      apiVersion: holdfast.dev/v1alpha1
      kind: BackupPolicy
      metadata: {name: pki, namespace: \(old.namespace)}
      spec:
        schedule: "0 3 1 1 *"
        sources: [{name: certificates, certManager: {issuers: All, clusterIssuers: All, clusterResourceNamespace: cert-manager}}]
        target: \(target)
        encryption: {age: {recipients: [\(old.recipient)]}}
        executor: {backoffLimit: 0}
      """, named: "pki")
    let phase = try await old.runJob("manual", policy: "pki")
    let failure = try await old.backup("manual", ".status.failure.message")
    try #require(phase == "Completed", "\(failure)")

    let cluster = try await Cluster.startSandbox()
    let two = "\(old.namespace)-two"
    let newOperator = try await Operator.start(
      in: cluster, "--trusted-namespace", old.namespace, "--trusted-namespace", two)
    try await define(in: cluster)
    for namespace in ["cert-manager", "issuers-two"] {
      try await cluster.kubectl("create", "namespace", namespace).checked()
    }
    for (namespace, more, place) in [
      (old.namespace, "", (old.namespace, "cert-manager")),
      (two, "{\(old.namespace): \(two), cert-manager: issuers-two}", (two, "issuers-two")),
    ] {
      _ = try await old.moved(to: namespace, in: cluster)
      try await cluster.apply(
        """
        apiVersion: holdfast.dev/v1alpha1
        kind: RestoreRequest
        metadata: {name: back, namespace: \(namespace)}
        spec:
          from: {location: {target: \(target), policy: \(old.namespace)/pki, id: latest}}
          decryption: {identitySecretRef: {name: age-identity}}
          sources: [{name: certificates, certManager: {}}]
          safetyBackup: false
          \(more.isEmpty ? "" : "namespaceMapping: \(more)")
        """)
      try await cluster.waitFor(
        "restorerequest/back", ".status.phase", in: namespace, toBe: "Completed", within: .seconds(120))
      try await expect(cluster, place, old)
    }
    // What was given for the time of the restores is taken back.
    let left = try await cluster.kubectl(
      "get", "rolebindings,clusterrolebindings", "--all-namespaces", "-l", "holdfast.dev/restore", "-o", "name"
    ).checked()
    #expect(left == "")
    withExtendedLifetime((oldOperator, newOperator)) {}
  }
}
