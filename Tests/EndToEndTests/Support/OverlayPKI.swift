import Foundation
import TestServers

/// The certificates that a controller lives on, as cert-manager keeps them: an Issuer of a CA, a Certificate of it, and the
/// Secrets of both and of the chart.
struct OverlayPKI: Sendable {
  static func install(in scenario: Scenario) async throws {
    try await define(in: scenario.cluster)
    let folder = try ServerProcess.makeFolder("pki")
    defer { try? FileManager.default.removeItem(at: folder) }
    _ = try await runCommand("sh", ["-ec", certificates, "sh", folder.path]).checked()
    func file(_ name: String) throws -> String {
      try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }
    let root = ["tls.crt": try file("ca.crt"), "tls.key": try file("ca.key"), "ca.crt": try file("ca.crt")]
    let leaf = ["tls.crt": try file("leaf.crt"), "tls.key": try file("leaf.key"), "ca.crt": try file("ca.crt")]
    try await scenario.secret("ziti-controller-ctrl-plane-root-secret", root)
    try await scenario.secret("ziti-controller-ctrl-plane-identity-secret", leaf)
    for (name, issuer, certificate) in [
      ("root", "root-issuer", "root-cert"), ("identity", "intermediate-issuer", "identity"),
    ] {
      // As cert-manager marks what it issued: without it, it would issue all of it again.
      try await scenario.cluster.kubectl(
        "annotate", "secret", "ziti-controller-ctrl-plane-\(name)-secret", "--namespace", scenario.namespace,
        "cert-manager.io/issuer-name=ziti-controller-ctrl-plane-\(issuer)", "cert-manager.io/issuer-kind=Issuer",
        "cert-manager.io/issuer-group=cert-manager.io",
        "cert-manager.io/certificate-name=ziti-controller-ctrl-plane-\(certificate)"
      ).checked()
    }
    try await scenario.secret(
      "ziti-controller-admin-secret", ["admin-user": "admin", "admin-password": "admin-password"])
    try await scenario.secret("ziti-controller-trust-domain", ["trust-domain": "spiffe://overlay"])
    try await scenario.cluster.apply(objects(scenario.namespace))
  }

  /// Stand-ins for cert-manager's definitions where there is no cert-manager.
  static func define(in cluster: Cluster) async throws {
    for (plural, kind) in [("issuers", "Issuer"), ("certificates", "Certificate")] {
      let name = "\(plural).cert-manager.io"
      if try await cluster.kubectl("get", "crd", name).succeeded { continue }
      let definition = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: \(name)}
        spec:
          group: cert-manager.io
          scope: Namespaced
          names: {plural: \(plural), singular: \(kind.lowercased()), kind: \(kind), listKind: \(kind)List}
          versions:
            - name: v1
              served: true
              storage: true
              schema:
                openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
        """
      // Other tests may do the same at the same time.
      try await cluster.kubectl(
        "apply", "--server-side", "--force-conflicts", "-f", "-", input: definition
      ).checked()
      try await cluster.kubectl("wait", "--for=condition=Established", "crd/\(name)", "--timeout=30s").checked()
    }
  }

  private static let certificates = """
    cd "$1"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.crt \
      -subj /CN=ctrl-plane-root -days 365
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout leaf.key -out leaf.csr \
      -subj /CN=ziti-controller
    openssl x509 -req -in leaf.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 90 -out leaf.crt
    """

  private static func objects(_ namespace: String) -> String {
    """
    apiVersion: cert-manager.io/v1
    kind: Issuer
    metadata: {name: ziti-controller-ctrl-plane-root-issuer, namespace: \(namespace)}
    spec: {selfSigned: {}}
    ---
    apiVersion: cert-manager.io/v1
    kind: Certificate
    metadata: {name: ziti-controller-ctrl-plane-root-cert, namespace: \(namespace)}
    spec:
      isCA: true
      commonName: ctrl-plane-root
      privateKey: {algorithm: ECDSA}
      secretName: ziti-controller-ctrl-plane-root-secret
      issuerRef: {name: ziti-controller-ctrl-plane-root-issuer, kind: Issuer}
    ---
    apiVersion: cert-manager.io/v1
    kind: Issuer
    metadata: {name: ziti-controller-ctrl-plane-intermediate-issuer, namespace: \(namespace)}
    spec: {ca: {secretName: ziti-controller-ctrl-plane-root-secret}}
    ---
    apiVersion: cert-manager.io/v1
    kind: Certificate
    metadata: {name: ziti-controller-ctrl-plane-identity, namespace: \(namespace)}
    spec:
      commonName: ziti-controller
      privateKey: {algorithm: ECDSA}
      secretName: ziti-controller-ctrl-plane-identity-secret
      issuerRef: {name: ziti-controller-ctrl-plane-intermediate-issuer, kind: Issuer}
    """
  }
}
