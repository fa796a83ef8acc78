import Crypto
import Foundation
import KubernetesModel
import SwiftASN1
import X509

/// Certificates made for a test.
struct PKI {
  struct Identity {
    var certificate: Certificate
    var key: Certificate.PrivateKey
    var pem: String
  }

  static let now = Date(timeIntervalSince1970: 1_795_000_000)

  static func authority(_ name: String = "root", now: Date = PKI.now) throws -> Identity {
    try make(name, signer: nil, isAuthority: true, from: now.addingTimeInterval(-86_400), days: 3650)
  }

  static func make(
    _ name: String, signer: Identity?, isAuthority: Bool = false, from: Date = PKI.now.addingTimeInterval(-86_400),
    days: Double = 90
  ) throws -> Identity {
    let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
    let subject = try DistinguishedName { CommonName(name) }
    let certificate = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey, notValidBefore: from,
      notValidAfter: from.addingTimeInterval(days * 86_400), issuer: signer?.certificate.subject ?? subject,
      subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions {
        Critical(
          isAuthority ? BasicConstraints.isCertificateAuthority(maxPathLength: nil) : .notCertificateAuthority)
        Critical(
          KeyUsage(digitalSignature: true, keyEncipherment: !isAuthority, keyCertSign: isAuthority))
        SubjectKeyIdentifier(hash: key.publicKey)
      }, issuerPrivateKey: signer?.key ?? key)
    return Identity(certificate: certificate, key: key, pem: try certificate.serializeAsPEM().pemString)
  }
}

/// Objects as cert-manager's users have them.
enum Objects {
  static func issuer(_ name: String, _ spec: JSONValue, kind: String = "Issuer", namespace: String? = "app")
    -> JSONValue
  {
    var metadata: JSONValue = ["name": .string(name)]
    if let namespace { metadata["namespace"] = .string(namespace) }
    return ["apiVersion": "cert-manager.io/v1", "kind": .string(kind), "metadata": metadata, "spec": spec]
  }

  static func certificate(
    _ name: String, issuer: JSONValue, secret: String? = nil, metadata: [String: JSONValue] = [:],
    status: JSONValue = [:]
  ) -> JSONValue {
    let own: [String: JSONValue] = ["name": .string(name), "namespace": "app"]
    return [
      "apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": .object(own.merging(metadata) { $1 }),
      "spec": ["secretName": .string(secret ?? "\(name)-tls"), "issuerRef": issuer], "status": status,
    ]
  }

  static func secret(
    _ name: String, namespace: String = "app", _ data: [String: String] = [:], labels: [String: JSONValue] = [:]
  ) -> JSONValue {
    [
      "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
      "metadata": ["name": .string(name), "namespace": .string(namespace), "labels": .object(labels)],
      "data": .object(data.mapValues { .string(Data($0.utf8).base64EncodedString()) }),
    ]
  }
}
