import Foundation
import Testing
import TestServers

/// A namespace's PKI, backed up on one cluster and brought back on another one that never saw it, by executors under RBAC.
@Suite struct ObjectRestoreTests {
  private static let kinds = ["secrets", "issuers.cert-manager.io", "certificates.cert-manager.io"]

  /// Definitions of cert-manager's names, with no controller behind them.
  func installDefinitions(_ cluster: Cluster) async throws {
    for kind in ["Issuer", "Certificate"] {
      let plural = kind.lowercased() + "s"
      try await cluster.apply(
        """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: \(plural).cert-manager.io}
        spec:
          group: cert-manager.io
          scope: Namespaced
          names: {kind: \(kind), listKind: \(kind)List, plural: \(plural), singular: \(kind.lowercased())}
          versions:
            - name: v1
              served: true
              storage: true
              subresources: {status: {}}
              schema:
                openAPIV3Schema:
                  type: object
                  properties:
                    spec: {type: object, x-kubernetes-preserve-unknown-fields: true}
                    status: {type: object, x-kubernetes-preserve-unknown-fields: true}
        """)
      try await cluster.kubectl(
        "wait", "--for=condition=Established", "--timeout=30s", "crd/\(plural).cert-manager.io"
      ).checked()
    }
  }

  /// A self-signed CA with its Issuer, as cert-manager leaves them.
  func makePKI(_ scenario: Scenario) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("pki-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await runCommand(
      "openssl",
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=root",
        "-days", "90", "-keyout", "\(folder)/key", "-out", "\(folder)/crt",
      ]
    ).checked()
    func encoded(_ file: String) throws -> String {
      try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(file)")).base64EncodedString()
    }
    try await scenario.cluster.apply(
      """
      apiVersion: v1
      kind: Secret
      type: kubernetes.io/tls
      metadata:
        name: root-tls
        namespace: \(scenario.namespace)
        labels: {controller.cert-manager.io/fao: "true"}
        annotations:
          cert-manager.io/issuer-name: self
          cert-manager.io/issuer-kind: Issuer
          cert-manager.io/issuer-group: cert-manager.io
          cert-manager.io/certificate-name: root
      data: {tls.key: \(try encoded("key")), tls.crt: \(try encoded("crt")), ca.crt: \(try encoded("crt"))}
      ---
      apiVersion: cert-manager.io/v1
      kind: Issuer
      metadata: {name: self, namespace: \(scenario.namespace)}
      spec: {selfSigned: {}}
      ---
      apiVersion: cert-manager.io/v1
      kind: Issuer
      metadata: {name: ca, namespace: \(scenario.namespace)}
      spec: {ca: {secretName: root-tls}}
      ---
      apiVersion: cert-manager.io/v1
      kind: Certificate
      metadata: {name: root, namespace: \(scenario.namespace), labels: {team: a}}
      spec:
        secretName: root-tls
        commonName: root
        isCA: true
        privateKey: {algorithm: ECDSA}
        issuerRef: {name: self, kind: Issuer}
      """)
  }

  func target(_ scenario: Scenario) -> String {
    "{provider: s3, endpoint: \"\(scenario.store.endpoint)\", bucket: \(scenario.bucket), usePathStyle: true, "
      + "credentialsSecretRef: {name: s3}}"
  }

  private func request(
    _ scenario: Scenario, from origin: Scenario, named name: String, _ more: String
  ) async throws {
    try await scenario.cluster.apply(
      """
      apiVersion: holdfast.dev/v1alpha1
      kind: RestoreRequest
      metadata: {name: \(name), namespace: \(scenario.namespace)}
      spec:
        from: {location: {target: \(target(origin)), policy: \(origin.namespace)/pki, id: latest}}
        decryption: {identitySecretRef: {name: age-identity}}
        sources: [{name: certificates, certManager: {}}]
        \(more)
      """)
  }

  /// What counts of a namespace: everything but what a cluster gives its objects.
  func content(_ scenario: Scenario) async throws -> [String: String] {
    var content: [String: String] = [:]
    for kind in Self.kinds {
      let text = try await scenario.cluster.kubectl(
        "get", kind, "--namespace", scenario.namespace, "-o", "json"
      ).checked()
      let list = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
      for case var object as [String: Any] in list["items"] as? [Any] ?? [] {
        guard var metadata = object["metadata"] as? [String: Any], let name = metadata["name"] as? String,
          !["s3", "bao-token", "age-identity"].contains(name)
        else { continue }
        for field in ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "namespace"] {
          metadata[field] = nil
        }
        var annotations = metadata["annotations"] as? [String: Any] ?? [:]
        annotations["kubectl.kubernetes.io/last-applied-configuration"] = nil
        metadata["annotations"] = annotations.isEmpty ? nil : annotations
        object["metadata"] = metadata
        object["status"] = nil
        let bytes = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
        content["\(kind)/\(name)"] = String(decoding: bytes, as: UTF8.self)
      }
    }
    return content
  }

  @Test(.disabled(if: Cluster.isRealConfigured, "needs a second, empty cluster"))
  func aNamespacesPKIMovesToAnotherCluster() async throws {
    let oldCluster = try await Cluster.startSandbox()
    let oldOperator = try await Operator.start(in: oldCluster)
    let old = try await Scenario.make("pki", in: oldCluster)
    try await installDefinitions(oldCluster)
    try await makePKI(old)
    try await old.applyPolicy(
      """
      apiVersion: holdfast.dev/v1alpha1
      kind: BackupPolicy
      metadata: {name: pki, namespace: \(old.namespace)}
      spec:
        schedule: "0 3 1 1 *"
        sources: [{name: certificates, certManager: {issuers: All}}]
        target: \(target(old))
        encryption: {age: {recipients: [\(old.recipient)]}}
        executor: {backoffLimit: 0}
      """, named: "pki")
    #expect(try await old.runJob("manual", policy: "pki") == "Completed")
    let expected = try await content(old)
    #expect(expected.count == 4, "\(expected.keys)")
    withExtendedLifetime(oldOperator) {}

    let newCluster = try await Cluster.startSandbox()
    let newOperator = try await Operator.start(in: newCluster)
    try await installDefinitions(newCluster)
    let new = try await old.moved(to: old.namespace, in: newCluster)

    // Beforehand.
    try await request(new, from: old, named: "look", "dryRun: true")
    try await new.cluster.waitFor("restorerequest/look", ".status.phase", in: new.namespace, toBe: "Planned")
    let plan = try await new.cluster.value(
      "restorerequest/look", ".status.plan[?(@.object==\"Certificate \(new.namespace)/root\")]", in: new.namespace)
    #expect(plan.contains("\"action\":\"create\"") && plan.contains("keeps serial"), "\(plan)")
    #expect(try await content(new).isEmpty, "a dry run wrote")

    // With the names kept.
    try await request(new, from: old, named: "back", "safetyBackup: false")
    try await new.cluster.waitFor("restorerequest/back", ".status.phase", in: new.namespace, toBe: "Completed")
    #expect(try await content(new) == expected)
    let steps = try await new.cluster.value(
      "restorerequest/back", ".status.steps[?(@.name==\"restore\")].done", in: new.namespace)
    #expect(steps == "4")
    #expect(
      try await new.cluster.value("certificate.cert-manager.io/root", ".status", in: new.namespace) == "")

    // Into another namespace.
    let moved = try await old.moved(to: "\(old.namespace)-two", in: newCluster)
    try await request(
      moved, from: old, named: "move", "namespaceMapping: {\(old.namespace): \(moved.namespace)}")
    try await moved.cluster.waitFor("restorerequest/move", ".status.phase", in: moved.namespace, toBe: "Completed")
    #expect(try await content(moved) == expected)

    // What is there and differs is not overwritten, and said so.
    try await new.cluster.kubectl(
      "patch", "issuer", "ca", "--namespace", new.namespace, "--type", "merge", "-p",
      #"{"spec":{"ca":{"secretName":"other"}}}"#
    ).checked()
    try await request(new, from: old, named: "again", "safetyBackup: false")
    try await new.cluster.waitFor("restorerequest/again", ".status.phase", in: new.namespace, toBe: "Failed")
    let failure = try await new.cluster.value("restorerequest/again", ".status.failure", in: new.namespace)
    #expect(failure.contains("RestoreConflict") && failure.contains("spec.ca.secretName"), "\(failure)")
    // The rights are taken back, in all ways to end.
    let bindings = try await new.cluster.kubectl(
      "get", "rolebindings,clusterrolebindings", "--all-namespaces", "-l", "holdfast.dev/restore", "-o", "name"
    ).checked()
    #expect(bindings == "")

    // To where the request is not trusted: refused before a pod is made.
    try await request(moved, from: old, named: "elsewhere", "safetyBackup: false")
    try await moved.cluster.waitFor("restorerequest/elsewhere", ".status.phase", in: moved.namespace, toBe: "Failed")
    let refusal = try await moved.cluster.value("restorerequest/elsewhere", ".status.failure", in: moved.namespace)
    #expect(refusal.contains("NotTrusted") && refusal.contains("namespaceMapping"), "\(refusal)")
    withExtendedLifetime(newOperator) {}
  }
}
