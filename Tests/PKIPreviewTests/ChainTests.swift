import CertManagerSource
import Foundation
import KubernetesModel
import Testing
import X509

@testable import PKIPreview

/// Chains and roots, over several objects.
@Suite struct ChainTests {
  private func previews(
    _ certificates: [JSONValue], _ issuers: [JSONValue], _ secrets: [JSONValue]
  ) async -> [CertificatePreview] {
    var preview = PKIPreview(clusterResourceNamespace: "cert-manager", now: Identity.now)
    for certificate in certificates { preview.add(certificate: certificate) }
    for issuer in issuers { preview.add(issuer: issuer) }
    for secret in secrets { preview.add(secret: secret) }
    return await preview.previews()
  }

  @Test func keepsTellsTheSerialAsOpensslDoes() async throws {
    let leaf = try Identity.make("web")
    let preview = try #require(await previews([Objects.certificate()], [], [try leaf.secret()]).first)
    let serial = leaf.certificate.serialNumber.bytes.map { String(format: "%02x", $0) }.joined()
    #expect(preview.verdict == .keeps(serial: serial))
    #expect("\(preview.verdict)" == "keeps serial \(serial)")
    #expect(preview.renewalTime == Identity.now.addingTimeInterval(59 * Identity.day).formatted(.iso8601))
  }

  @Test func aLeafOfAnotherRootDoesNotVerify() async throws {
    let root = try Identity.make("root", isAuthority: true, life: 3650)
    let stranger = try Identity.make("root", isAuthority: true, life: 3650)
    let leaf = try Identity.make("web", signer: stranger)
    let issuer = Objects.issuer("ca", ["ca": ["secretName": "root-tls"]])
    let found = await previews(
      [Objects.certificate()], [issuer], [try leaf.secret(), try root.secret("root-tls", annotations: [:])])
    guard case .chainDoesNotVerify? = found.first?.verdict else {
      Issue.record("\(found)")
      return
    }
    #expect(found.first?.isError == false, "nothing changes")
  }

  @Test(arguments: ["Issuer", "ClusterIssuer"]) func aLeafOfTheRootVerifies(kind: String) async throws {
    let root = try Identity.make("root", isAuthority: true, life: 3650)
    let leaf = try Identity.make("web", signer: root)
    var annotations = Identity.annotations
    annotations["cert-manager.io/issuer-kind"] = kind
    let found = await previews(
      [Objects.certificate("web", ["issuerRef": ["name": "ca", "kind": .string(kind)]])],
      [Objects.issuer("ca", ["ca": ["secretName": "root-tls"]], kind: kind)],
      [
        try leaf.secret(annotations: annotations),
        try root.secret("root-tls", namespace: kind == "Issuer" ? "app" : "cert-manager", annotations: [:]),
      ])
    guard case .keeps? = found.first?.verdict else {
      Issue.record("\(found)")
      return
    }
  }

  /// The CA is elsewhere: nothing is said about the chain.
  @Test func aLeafWhoseCAIsNotHereIsKept() async throws {
    let root = try Identity.make("root", isAuthority: true)
    let leaf = try Identity.make("web", signer: root)
    let found = await previews(
      [Objects.certificate()], [Objects.issuer("ca", ["vault": ["server": "https://bao"]])], [try leaf.secret()])
    #expect(found.first?.verdict.changes == false)
    #expect("\(found)".contains("keeps serial"))
  }

  /// What others are signed with, where it would be made anew.
  @Test func aRootThatIsIssuedAgainIsAnError() async throws {
    let root = Objects.certificate("root", ["isCA": true, "commonName": "root", "issuerRef": ["name": "self"]])
    let issuers = [
      Objects.issuer("self", ["selfSigned": [:]]), Objects.issuer("ca", ["ca": ["secretName": "root-tls"]]),
    ]
    var annotations = Identity.annotations
    annotations["cert-manager.io/issuer-name"] = "self"
    annotations["cert-manager.io/certificate-name"] = "root"
    let fresh = try Identity.make("root", isAuthority: true, life: 3650)
    let old = try Identity.make("root", isAuthority: true, from: 3000, life: 3650)
    let expired = try Identity.make("root", isAuthority: true, from: 3651, life: 3650)
    for (identity, isError) in [(fresh, false), (old, true), (expired, true), (nil, true)] {
      let secrets = try identity.map { [try $0.secret("root-tls", annotations: annotations)] } ?? []
      let found = try #require(await previews([root], issuers, secrets).first)
      #expect(found.isRoot && found.isError == isError, "\(found)")
    }
  }

  /// Of the two signs of a root one is enough; a leaf has neither.
  @Test func aRootIsKnownByItsIssuerOrByWhoUsesIt() async throws {
    let selfSigned = Objects.certificate("root", ["isCA": true, "issuerRef": ["name": "self"]])
    let used = Objects.certificate("mid", ["isCA": true, "issuerRef": ["name": "elsewhere"]])
    let leaf = Objects.certificate("web", ["issuerRef": ["name": "self"]])
    let issuers = [
      Objects.issuer("self", ["selfSigned": [:]]), Objects.issuer("ca", ["ca": ["secretName": "mid-tls"]]),
    ]
    let found = await previews([selfSigned, used, leaf], issuers, [])
    #expect(found.map(\.isRoot) == [true, true, false])
    #expect(found.map(\.isError) == [true, true, false])
  }

  @Test func secretsThatMatterAreThoseOfCertificatesAndCAs() {
    var preview = PKIPreview(clusterResourceNamespace: "cert-manager", now: Identity.now)
    preview.add(certificate: Objects.certificate())
    preview.add(issuer: Objects.issuer("ca", ["ca": ["secretName": "root-tls"]]))
    preview.add(issuer: Objects.issuer("all", ["ca": ["secretName": "all-tls"]], kind: "ClusterIssuer"))
    preview.add(issuer: Objects.issuer("le", ["acme": ["privateKeySecretRef": ["name": "account"]]]))
    #expect(
      preview.neededSecrets == [
        ObjectKey(namespace: "app", name: "web-tls"), ObjectKey(namespace: "app", name: "root-tls"),
        ObjectKey(namespace: "cert-manager", name: "all-tls"),
      ])
  }
}
