import Crypto
import CryptoExtras
import Foundation
import KubernetesModel
import SwiftASN1
import X509

/// A key and the certificate over it, made for a test.
struct Identity {
  static let now = Date(timeIntervalSince1970: 1_795_000_000)
  static let day: TimeInterval = 86_400

  var certificate: Certificate
  var key: Certificate.PrivateKey

  var keyPEM: String { get throws { try key.serializeAsPEM().pemString } }
  var certificatePEM: String { get throws { try certificate.serializeAsPEM().pemString } }

  static let rsa2048: Result<Certificate.PrivateKey, any Error> = Result {
    Certificate.PrivateKey(try _RSA.Signing.PrivateKey(keySize: .bits2048))
  }
  static let rsa3072: Result<Certificate.PrivateKey, any Error> = Result {
    Certificate.PrivateKey(try _RSA.Signing.PrivateKey(keySize: .bits3072))
  }
  static var p256: Certificate.PrivateKey { Certificate.PrivateKey(P256.Signing.PrivateKey()) }
  static var p384: Certificate.PrivateKey { Certificate.PrivateKey(P384.Signing.PrivateKey()) }
  static var p521: Certificate.PrivateKey { Certificate.PrivateKey(P521.Signing.PrivateKey()) }
  static var ed25519: Certificate.PrivateKey { Certificate.PrivateKey(Curve25519.Signing.PrivateKey()) }

  /// - Parameters:
  ///   - from: Days before now.
  ///   - life: Days.
  static func make(
    _ name: String?, key: Certificate.PrivateKey = p256, signer: Identity? = nil, isAuthority: Bool = false,
    names: [GeneralName] = [], from: Double = 1, life: Double = 90
  ) throws -> Identity {
    let subject = try name.map { name in try DistinguishedName { CommonName(name) } } ?? DistinguishedName()
    let start = now.addingTimeInterval(-from * day)
    let certificate = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey, notValidBefore: start,
      notValidAfter: start.addingTimeInterval(life * day), issuer: signer?.certificate.subject ?? subject,
      subject: subject,
      extensions: try Certificate.Extensions {
        Critical(
          isAuthority ? BasicConstraints.isCertificateAuthority(maxPathLength: nil) : .notCertificateAuthority)
        Critical(KeyUsage(digitalSignature: true, keyCertSign: isAuthority))
        if !names.isEmpty { SubjectAlternativeNames(names) }
      }, issuerPrivateKey: signer?.key ?? key)
    return Identity(certificate: certificate, key: key)
  }

  /// As cert-manager writes it.
  func secret(
    _ name: String = "web-tls", namespace: String = "app", annotations: [String: String] = Self.annotations
  ) throws -> JSONValue {
    Objects.secret(
      name, namespace: namespace, ["tls.key": try keyPEM, "tls.crt": try certificatePEM], annotations: annotations)
  }

  static let annotations = [
    "cert-manager.io/issuer-name": "ca", "cert-manager.io/issuer-kind": "Issuer",
    "cert-manager.io/issuer-group": "cert-manager.io", "cert-manager.io/certificate-name": "web",
  ]
}

enum Objects {
  static func secret(
    _ name: String, namespace: String = "app", _ data: [String: String], annotations: [String: String]
  ) -> JSONValue {
    [
      "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
      "metadata": [
        "name": .string(name), "namespace": .string(namespace),
        "annotations": .object(annotations.mapValues { .string($0) }),
      ],
      "data": .object(data.mapValues { .string(Data($0.utf8).base64EncodedString()) }),
    ]
  }

  /// A Certificate of an ECDSA key with the common name `web`, issued by the Issuer `ca`.
  static func certificate(_ name: String = "web", _ spec: [String: JSONValue] = [:]) -> JSONValue {
    let usual: [String: JSONValue] = [
      "secretName": .string("\(name)-tls"), "commonName": "web", "privateKey": ["algorithm": "ECDSA"],
      "issuerRef": ["name": "ca"],
    ]
    return [
      "apiVersion": "cert-manager.io/v1", "kind": "Certificate",
      "metadata": ["name": .string(name), "namespace": "app"], "spec": .object(usual.merging(spec) { $1 }),
    ]
  }

  static func issuer(_ name: String, _ spec: JSONValue, kind: String = "Issuer") -> JSONValue {
    var issuer: JSONValue = [
      "apiVersion": "cert-manager.io/v1", "kind": .string(kind), "metadata": ["name": .string(name)], "spec": spec,
    ]
    if kind == "Issuer" { issuer["metadata"]?["namespace"] = "app" }
    return issuer
  }
}
