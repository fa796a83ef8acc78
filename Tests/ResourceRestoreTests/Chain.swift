import Crypto
import Foundation
import KubernetesModel
import SwiftASN1
import X509

/// A self-signed root and a leaf of it, as cert-manager keeps them.
struct Chain {
  static let now = Date(timeIntervalSince1970: 1_795_000_000)

  private var root: (Certificate, Certificate.PrivateKey)
  private var leaf: (Certificate, Certificate.PrivateKey)

  init() throws {
    root = try Self.make("root", isAuthority: true, signer: nil)
    leaf = try Self.make("web", isAuthority: false, signer: root)
  }

  static var certificates: [JSONValue] {
    [
      object(
        Types.certificates, "root",
        [
          "spec": [
            "secretName": "root-tls", "commonName": "root", "isCA": true, "privateKey": ["algorithm": "ECDSA"],
            "issuerRef": ["name": "self"],
          ]
        ]),
      object(
        Types.certificates, "web",
        [
          "spec": [
            "secretName": "web-tls", "commonName": "web", "privateKey": ["algorithm": "ECDSA"],
            "issuerRef": ["name": "ca", "kind": "Issuer"],
          ]
        ]),
    ]
  }

  func secrets() throws -> [JSONValue] {
    [
      try secret("root", issuer: "self", root, authority: root.0),
      try secret("web", issuer: "ca", leaf, authority: root.0),
    ]
  }

  private func secret(
    _ name: String, issuer: String, _ identity: (Certificate, Certificate.PrivateKey), authority: Certificate
  ) throws -> JSONValue {
    let data = [
      "tls.crt": try identity.0.serializeAsPEM().pemString, "tls.key": try identity.1.serializeAsPEM().pemString,
      "ca.crt": try authority.serializeAsPEM().pemString,
    ]
    return object(
      Types.secrets, "\(name)-tls",
      [
        "type": "kubernetes.io/tls",
        "data": .object(data.mapValues { .string(Data($0.utf8).base64EncodedString()) }),
      ],
      metadata: [
        "annotations": [
          "cert-manager.io/issuer-name": .string(issuer), "cert-manager.io/issuer-kind": "Issuer",
          "cert-manager.io/issuer-group": "cert-manager.io", "cert-manager.io/certificate-name": .string(name),
        ]
      ])
  }

  private static func make(
    _ name: String, isAuthority: Bool, signer: (Certificate, Certificate.PrivateKey)?
  ) throws -> (Certificate, Certificate.PrivateKey) {
    let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
    let subject = try DistinguishedName { CommonName(name) }
    let start = now.addingTimeInterval(-86_400)
    let certificate = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey, notValidBefore: start,
      notValidAfter: start.addingTimeInterval(90 * 86_400), issuer: signer?.0.subject ?? subject, subject: subject,
      extensions: try Certificate.Extensions {
        Critical(isAuthority ? BasicConstraints.isCertificateAuthority(maxPathLength: nil) : .notCertificateAuthority)
        Critical(KeyUsage(digitalSignature: true, keyCertSign: isAuthority))
      }, issuerPrivateKey: signer?.1 ?? key)
    return (certificate, key)
  }
}
