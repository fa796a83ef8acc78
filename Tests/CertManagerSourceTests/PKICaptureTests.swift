import Foundation
import KubernetesClient
import KubernetesModel
import KubernetesTestKit
import NIOCore
import ResourceSet
import SnapshotSource
import Synchronization
import Testing
import X509

@testable import CertManagerSource

/// What is taken from an API server, and what is said of it.
@Suite struct PKICaptureTests {
  private let api = InMemoryAPI()

  private func put(_ resource: ResourceType, _ objects: JSONValue...) throws {
    for object in objects { try api.put(resource, object) }
  }

  private func run(
    _ configuration: CertManagerConfiguration = CertManagerConfiguration(namespace: "app")
  ) async throws -> (capture: PKICapture, written: [JSONValue]) {
    let reader = CertManagerReader(client: api.client)
    let places = try await ControllerPlaces.find(configuration, reader)
    let inventory = try await InventoryReader(configuration: configuration, reader: reader, places: places).read()
    var capture = PKICapture(
      inventory: inventory, reader: reader, clusterResourceNamespace: places.clusterResourceNamespace, now: PKI.now)
    var written: [JSONValue] = []
    try await capture.run { written.append($0) }
    return (capture, written)
  }

  private func failure(_ configuration: CertManagerConfiguration) async -> SnapshotSourceError? {
    do {
      _ = try await run(configuration)
      return nil
    } catch {
      return error as? SnapshotSourceError
    }
  }

  private func keys(_ written: [JSONValue]) -> [String] { written.map { "\($0.kind ?? "")/\($0.name ?? "")" } }

  /// A root that signs itself, an issuer of it, and a leaf.
  private func putChain() throws -> (root: PKI.Identity, leaf: PKI.Identity) {
    let root = try PKI.authority()
    let leaf = try PKI.make("leaf", signer: root)
    try put(
      CertManagerResources.issuers, Objects.issuer("self", ["selfSigned": [:]]),
      Objects.issuer("ca", ["ca": ["secretName": "root-tls"]]))
    try put(
      CertManagerResources.certificates, Objects.certificate("root", issuer: ["name": "self"]),
      Objects.certificate("leaf", issuer: ["name": "ca", "kind": "Issuer"]))
    try put(
      CertManagerResources.secrets,
      Objects.secret("root-tls", ["tls.crt": root.pem, "ca.crt": root.pem, "tls.key": "k"]),
      Objects.secret("leaf-tls", ["tls.crt": leaf.pem, "ca.crt": root.pem, "tls.key": "k"]),
      Objects.secret("unrelated"))
    return (root, leaf)
  }

  @Test func aChainIsTakenWholeWithItsSecretsBeforeItsIssuers() async throws {
    let (_, leaf) = try putChain()
    let (capture, written) = try await run()
    #expect(
      keys(written) == [
        "Secret/leaf-tls", "Secret/root-tls", "Issuer/ca", "Issuer/self", "Certificate/leaf", "Certificate/root",
      ])
    #expect(capture.warnings.isEmpty, "\(capture.warnings)")
    #expect(capture.facts.map(\.chain) == [.verifies, .verifies])
    let facts = try #require(capture.facts.first { $0.name == "leaf" })
    #expect(facts.issuer == "Issuer/ca")
    #expect(facts.serial?.isEmpty == false)
    #expect(facts.fingerprint?.count == 64)
    #expect(facts.publicKeySHA256?.count == 64)
    #expect(facts.notAfter == leaf.certificate.notValidAfter.formatted(.iso8601))
    #expect(capture.summary["chainsVerified"] == "2")
    #expect(capture.summary["earliestExpiry"] == facts.notAfter)
  }

  /// By these a database of the same backup is matched with who signed what it holds.
  @Test func authoritiesAreThoseWhoseKeyIsThere() async throws {
    let (root, _) = try putChain()
    let keyless = try PKI.authority("keyless")
    try put(CertManagerResources.secrets, Objects.secret("keyless-tls", ["tls.crt": keyless.pem]))
    let (capture, _) = try await run(CertManagerConfiguration(namespace: "app", extraSecrets: ["keyless-tls"]))
    let identifier = try #require(try root.certificate.extensions.subjectKeyIdentifier?.keyIdentifier)
    let hexadecimal = identifier.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    #expect(capture.authorities == [hexadecimal], "not the leaf, and no CA without its key")
  }

  @Test func theArtifactIsAResourceSetWithTheCertificatesFacts() async throws {
    _ = try putChain()
    let source = CertManagerSource(
      name: "pki", configuration: CertManagerConfiguration(namespace: "app"), client: api.client, clusterID: "c1",
      now: { PKI.now })
    let reader = Mutex(ResourceSetReader(parsesObjects: true))
    let facts = try await source.capture { bytes in _ = try reader.withLock { try $0.consume(bytes) } }
    let (header, index) = try reader.withLock { try $0.finish() }
    #expect(header.clusterID == "c1")
    #expect(index.objects == 6)
    #expect(facts.values["certificates"] == "2")
    let recorded = index.facts?["certificates"]?.arrayValue ?? []
    #expect(recorded.compactMap { $0["name"]?.stringValue } == ["leaf", "root"])
    #expect(recorded.allSatisfy { $0["chain"]?.stringValue == "verifies" })
  }

  @Test func aLeafOfAnotherCAIsNamed() async throws {
    _ = try putChain()
    let stranger = try PKI.make("leaf", signer: try PKI.authority())
    try put(CertManagerResources.secrets, Objects.secret("leaf-tls", ["tls.crt": stranger.pem]))
    let (capture, _) = try await run()
    #expect(capture.facts.first { $0.name == "leaf" }?.chain == .doesNotVerify)
    #expect(capture.warnings.contains { $0.contains("do not verify") && $0.contains("leaf") }, "\(capture.warnings)")
  }

  @Test func anExpiredLeafIsToldApartFromOneOfAnotherCA() async throws {
    let (root, _) = try putChain()
    let old = try PKI.make("leaf", signer: root, from: PKI.now.addingTimeInterval(-86_000), days: 0.5)
    try put(CertManagerResources.secrets, Objects.secret("leaf-tls", ["tls.crt": old.pem]))
    let (capture, _) = try await run()
    #expect(capture.facts.first { $0.name == "leaf" }?.chain == .expired)
    #expect(capture.warnings.contains { $0.contains("expired") })
  }

  @Test func whatIsMissingOrUnreadableIsAWarning() async throws {
    _ = try putChain()
    try put(CertManagerResources.certificates, Objects.certificate("new", issuer: ["name": "ca"]))
    try put(CertManagerResources.secrets, Objects.secret("leaf-tls", ["tls.crt": "nonsense"]))
    let (capture, written) = try await run()
    #expect(capture.warnings.contains { $0.contains("app/new-tls") && $0.contains("not issued yet") })
    #expect(capture.facts.first { $0.name == "leaf" }?.problem != nil)
    #expect(keys(written).contains("Secret/leaf-tls"), "what cannot be judged is taken all the same")
  }

  @Test func aKeyThatIsAboutToBeUsedAndWhatAShimMadeAreMarked() async throws {
    _ = try putChain()
    try put(
      CertManagerResources.secrets,
      Objects.secret("leaf-tls", labels: ["cert-manager.io/next-private-key": "true"]))
    let owner: JSONValue = ["kind": "Ingress", "name": "web", "controller": true, "uid": "1", "apiVersion": "n/v1"]
    try put(
      CertManagerResources.certificates,
      Objects.certificate(
        "leaf", issuer: ["name": "ca"], metadata: ["ownerReferences": [owner]],
        status: ["conditions": [["type": "Issuing", "status": "True"]]]))
    let (capture, written) = try await run()
    #expect(!keys(written).contains("Secret/leaf-tls"))
    let facts = try #require(capture.facts.first { $0.name == "leaf" })
    #expect(facts.owner == "Ingress/web")
    #expect(facts.isIssuing)
    #expect(capture.warnings.contains { $0.contains("being issued") })
  }

  @Test func labelsAndAnnotationsStayAsTheyAre() async throws {
    _ = try putChain()
    var secret = Objects.secret("leaf-tls", ["tls.crt": "x"], labels: ["controller.cert-manager.io/fao": "true"])
    var metadata = secret["metadata"] ?? [:]
    metadata["annotations"] = ["cert-manager.io/certificate-name": "leaf", "cert-manager.io/issuer-name": "ca"]
    secret["metadata"] = metadata
    try put(CertManagerResources.secrets, secret)
    let taken = try #require(try await run().written.first { $0.name == "leaf-tls" })
    #expect(taken.labels == secret.labels)
    #expect(taken.annotations == secret.annotations)
    #expect(taken["data"] == secret["data"])
  }

  @Test func whatAPersonNamedMustExist() async throws {
    _ = try putChain()
    var configuration = CertManagerConfiguration(namespace: "app")
    configuration.extraSecrets = ["unrelated"]
    #expect(keys(try await run(configuration).written).contains("Secret/unrelated"))

    configuration.extraSecrets = ["absent"]
    let secret = await failure(configuration)
    #expect(secret?.code == .configuration)
    #expect(secret?.message.contains("extraSecrets names absent") == true)

    let issuer = await failure(CertManagerConfiguration(namespace: "app", issuers: .some(["ca", "gone"])))
    #expect(issuer?.code == .configuration)
    #expect(issuer?.message.contains("Issuer gone") == true)
  }

  @Test func anIssuerThatIsNotTakenIsNamed() async throws {
    _ = try putChain()
    let (capture, _) = try await run(CertManagerConfiguration(namespace: "app", issuers: .some(["self"])))
    #expect(capture.warnings.contains { $0.contains("Issuer/ca") && $0.contains("not in this backup") })
    #expect(capture.facts.first { $0.name == "leaf" }?.chain == nil)
  }

  @Test func aClusterIssuersSecretIsTakenFromWhereTheControllerLooks() async throws {
    let root = try PKI.authority()
    let leaf = try PKI.make("leaf", signer: root)
    try put(
      CertManagerResources.clusterIssuers,
      Objects.issuer("ca", ["ca": ["secretName": "root"]], kind: "ClusterIssuer", namespace: nil))
    try put(
      CertManagerResources.certificates,
      Objects.certificate("leaf", issuer: ["name": "ca", "kind": "ClusterIssuer"]))
    try put(
      CertManagerResources.secrets, Objects.secret("root", namespace: "pki", ["tls.crt": root.pem]),
      Objects.secret("leaf-tls", ["tls.crt": leaf.pem]))
    let configuration = CertManagerConfiguration(namespace: "app", clusterIssuers: .all)
    let nowhere = await failure(configuration)
    #expect(nowhere?.code == .configuration)
    #expect(nowhere?.message.contains("certManager.clusterResourceNamespace") == true)

    let labels: JSONValue = [
      "app.kubernetes.io/name": "cert-manager", "app.kubernetes.io/component": "controller",
      "app.kubernetes.io/version": "v1.19.1",
    ]
    try put(
      CertManagerResources.deployments,
      [
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": ["name": "cert-manager", "namespace": "cert-manager", "labels": labels],
        "spec": ["template": ["spec": ["containers": [["args": ["--cluster-resource-namespace=pki"]]]]]],
      ])
    let (capture, written) = try await run(configuration)
    #expect(written.contains { $0.name == "root" && $0.namespace == "pki" })
    #expect(capture.summary["clusterResourceNamespace"] == "pki")
    #expect(capture.facts.first?.chain == .verifies)
  }

  @Test func bundlesComeWithWhatTheyAreMadeFrom() async throws {
    try put(
      CertManagerResources.bundles,
      [
        "apiVersion": "trust.cert-manager.io/v1alpha1", "kind": "Bundle", "metadata": ["name": "roots"],
        "spec": [
          "sources": [
            ["useDefaultCAs": true], ["secret": ["name": "root", "key": "ca.crt"]],
            ["configMap": ["selector": ["matchLabels": ["trust": "yes"]], "key": "ca.pem"]],
            ["secret": ["selector": ["matchExpressions": [["key": "team", "operator": "Exists"]]], "key": "ca.pem"]],
          ]
        ],
      ])
    var selected = Objects.secret("selected", namespace: "trust")
    selected["metadata"]?["labels"] = ["team": "infra"]
    try put(CertManagerResources.secrets, Objects.secret("root", namespace: "trust"), selected)
    for (name, labels) in [("in", ["trust": "yes"] as JSONValue), ("out", ["trust": "no"])] {
      try put(
        CertManagerResources.configMaps,
        [
          "apiVersion": "v1", "kind": "ConfigMap",
          "metadata": ["name": .string(name), "namespace": "trust", "labels": labels],
        ])
    }
    let (_, written) = try await run(
      CertManagerConfiguration(namespace: "app", bundles: .all, trustNamespace: "trust"))
    #expect(keys(written) == ["Secret/root", "Secret/selected", "ConfigMap/in", "Bundle/roots"])
  }

  // MARK: Issuers of other kinds

  private static let external = ResourceType(
    group: "awspca.cert-manager.io", version: "v1beta1", kind: "AWSPCAIssuer", plural: "awspcaissuers")

  private func putExternal() throws {
    api.serve(["preferredVersion": ["version": "v1beta1"]], at: "/apis/awspca.cert-manager.io")
    api.serve(
      [
        "resources": [
          ["name": "awspcaissuers/status", "kind": "AWSPCAIssuer", "namespaced": true],
          ["name": "awspcaissuers", "kind": "AWSPCAIssuer", "namespaced": true],
        ]
      ], at: "/apis/awspca.cert-manager.io/v1beta1")
    try put(
      CertManagerResources.certificates,
      Objects.certificate(
        "leaf", issuer: ["name": "aws", "kind": "AWSPCAIssuer", "group": "awspca.cert-manager.io"]))
    try put(
      Self.external,
      [
        "metadata": ["name": "aws", "namespace": "app"],
        "spec": ["arn": "arn:aws:acm-pca:x", "secretRef": ["name": "aws-keys", "namespace": "keys"]],
      ])
    try put(CertManagerResources.secrets, Objects.secret("aws-keys", namespace: "keys"), Objects.secret("leaf-tls"))
  }

  @Test func anExternalIssuerComesWithWhatItSeemsToNeed() async throws {
    try putExternal()
    let (capture, written) = try await run()
    #expect(
      keys(written) == ["Secret/leaf-tls", "Secret/aws-keys", "AWSPCAIssuer/aws", "Certificate/leaf"])
    #expect(written.first { $0.name == "aws" }?["apiVersion"] == "awspca.cert-manager.io/v1beta1")
    #expect(capture.summary["externalIssuers"] == "1")
    let warning = try #require(capture.warnings.first { $0.contains("AWSPCAIssuer aws") })
    #expect(warning.contains("external kind") && warning.contains("(aws-keys)") && warning.contains("extraSecrets"))
    #expect(!capture.warnings.contains { $0.contains("not in this backup") })
  }

  /// Its rights are not among those that the operator grants.
  @Test func anExternalIssuerThatMayNotBeReadIsNamed() async throws {
    try putExternal()
    api.onRequest { $0.path.contains("awspcaissuers/aws") ? .status(403, reason: "Forbidden") : nil }
    let (capture, written) = try await run()
    #expect(keys(written) == ["Secret/leaf-tls", "Certificate/leaf"])
    #expect(capture.warnings.contains { $0.contains("AWSPCAIssuer/aws was not taken") && $0.contains("bind a role") })
    #expect(capture.warnings.contains { $0.contains("not in this backup") })
  }

  @Test func aGuessedSecretThatMayNotBeReadIsAWarning() async throws {
    try putExternal()
    api.onRequest { $0.path.contains("namespaces/keys/secrets") ? .status(403, reason: "Forbidden") : nil }
    let (capture, written) = try await run()
    #expect(keys(written) == ["Secret/leaf-tls", "AWSPCAIssuer/aws", "Certificate/leaf"])
    #expect(capture.warnings.contains { $0.contains("Secret keys/aws-keys") && $0.contains("was not taken") })
  }

  @Test func aKindThatNobodyServesIsNamed() async throws {
    try put(
      CertManagerResources.certificates,
      Objects.certificate("leaf", issuer: ["name": "x", "kind": "Gone", "group": "gone.example.org"]))
    let (capture, _) = try await run()
    #expect(capture.warnings.contains { $0.contains("gone.example.org/Gone/x") && $0.contains("does not serve") })
  }

  @Test func aMissingRightNamesItself() async throws {
    _ = try putChain()
    api.onRequest { request in
      request.path.contains("secrets")
        ? .status(403, reason: "Forbidden") : nil
    }
    let error = await failure(CertManagerConfiguration(namespace: "app"))
    #expect(error?.code == .unauthorized)
    #expect(error?.message.contains("ServiceAccount") == true)
  }
}
