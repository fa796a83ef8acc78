public import Foundation
public import KubernetesModel
import SwiftASN1
@_spi(FixedExpiryValidationTime) public import X509

/// Judges a leaf by the CA that was captured with it.
public enum ChainCheck {
  /// Certificates in PEM under one key of a Secret.
  /// - Throws: Where what is there cannot be read.
  public static func certificates(_ key: String, of secret: JSONValue) throws -> [Certificate] {
    guard let text = secret[path: "data", key]?.stringValue, !text.isEmpty else { return [] }
    guard let data = Data(base64Encoded: text) else { throw Unreadable(description: "\(key) is not base64") }
    let documents = try PEMDocument.parseMultiple(pemString: String(decoding: data, as: UTF8.self))
    guard !documents.isEmpty else { throw Unreadable(description: "\(key) holds no certificate") }
    return try documents.map { try Certificate(pemDocument: $0) }
  }

  /// - Returns: The key identifier of a CA, in hexadecimal; nil of any other certificate.
  static func authorityKeyID(_ certificate: Certificate) -> String? {
    guard case .isCertificateAuthority = try? certificate.extensions.basicConstraints,
      let identifier = try? certificate.extensions.subjectKeyIdentifier?.keyIdentifier
    else { return nil }
    return identifier.map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
  }

  public struct Unreadable: Error, CustomStringConvertible {
    public var description: String
  }

  /// - Parameters:
  ///   - chain: What the leaf's Secret holds behind it.
  ///   - authority: What the CA's own Secret holds: the CA, and what signed it.
  ///   - now: Whether a certificate has expired is told apart from whether the CA signed it.
  public static func verdict(
    leaf: Certificate, chain: [Certificate], authority: [Certificate], now: Date
  ) async -> ChainVerdict {
    guard let root = authority.first else { return .doesNotVerify }
    // At a moment when the leaf was good: an expired one still tells who signed it.
    let moment = min(max(now, leaf.notValidBefore), leaf.notValidAfter)
    var verifier = Verifier(rootCertificates: CertificateStore([root])) {
      RFC5280Policy(fixedExpiryValidationTime: moment)
    }
    let result = await verifier.validate(
      leaf: leaf, intermediates: CertificateStore(chain + authority.dropFirst()))
    guard case .validCertificate = result else { return .doesNotVerify }
    return now > leaf.notValidAfter ? .expired : .verifies
  }
}
