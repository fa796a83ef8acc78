import Crypto
import Foundation
import SwiftASN1
import X509

/// A certificate for 127.0.0.1 that signs itself.
struct TLSIdentity {
  var certificate: String
  var key: String

  static func make() throws -> TLSIdentity {
    let key = P256.Signing.PrivateKey()
    let name = try DistinguishedName { CommonName("ziti-controller") }
    let certificate = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey),
      notValidBefore: Date().addingTimeInterval(-3600), notValidAfter: Date().addingTimeInterval(86_400), issuer: name,
      subject: name, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
        SubjectAlternativeNames([.ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1]))])
      }, issuerPrivateKey: .init(key))
    return TLSIdentity(certificate: try certificate.serializeAsPEM().pemString, key: key.pemRepresentation)
  }
}
