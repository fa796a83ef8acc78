import Crypto
import Foundation
import KubernetesModel

/// A certificate authority of its own for each sandbox, and the server's certificate that it signs (RFC 5280, ECDSA on
/// P-256). Written by hand, since no other part of the project makes certificates.
struct CertificateAuthority: Sendable {
  /// PEM.
  let certificate: String
  /// PEM, for `localhost`, `127.0.0.1`, `::1` and the names of the service `kubernetes`.
  let serverCertificate: String
  /// PEM.
  let serverKey: String

  /// - Parameter now: The certificates are valid from a day before on, for ten years.
  init(now: Date = Date()) throws {
    let authorityKey = P256.Signing.PrivateKey()
    let key = P256.Signing.PrivateKey()
    let issuer = Self.name("holdfast-sandbox-ca")
    certificate = try Self.certificate(
      subject: issuer, publicKey: authorityKey.publicKey, issuer: issuer, signer: authorityKey, now: now,
      extensions: [
        Self.extension([0x55, 0x1D, 0x13], isCritical: true, DER.sequence(DER.boolean(true))),
        // keyCertSign, cRLSign and digitalSignature.
        Self.extension([0x55, 0x1D, 0x0F], isCritical: true, DER.bitString([0x86], unusedBits: 1)),
        Self.extension([0x55, 0x1D, 0x0E], DER.octetString(Self.identifier(authorityKey.publicKey))),
      ])
    serverCertificate = try Self.certificate(
      subject: Self.name("holdfast-sandbox"), publicKey: key.publicKey, issuer: issuer, signer: authorityKey, now: now,
      extensions: [
        Self.extension([0x55, 0x1D, 0x13], isCritical: true, DER.sequence()),
        Self.extension([0x55, 0x1D, 0x0F], isCritical: true, DER.bitString([0x80], unusedBits: 7)),
        // serverAuth.
        Self.extension(
          [0x55, 0x1D, 0x25], DER.sequence(DER.objectIdentifier([0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01]))),
        Self.extension([0x55, 0x1D, 0x11], Self.alternativeNames),
        Self.extension(
          [0x55, 0x1D, 0x23],
          DER.sequence(DER.tagged(0x80, Self.identifier(authorityKey.publicKey)))),
      ])
    serverKey = key.pemRepresentation
  }

  private static let alternativeNames = DER.sequence(
    ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"]
      .flatMap { DER.tagged(0x82, Array($0.utf8)) }
      + DER.tagged(0x87, [127, 0, 0, 1])
      + DER.tagged(0x87, [UInt8](repeating: 0, count: 15) + [1]))

  private static func identifier(_ key: P256.Signing.PublicKey) -> [UInt8] {
    Array(Insecure.SHA1.hash(data: key.x963Representation))
  }

  private static func name(_ commonName: String) -> [UInt8] {
    DER.sequence(
      DER.set(DER.sequence(DER.objectIdentifier([0x55, 0x04, 0x03]) + DER.tagged(0x0C, Array(commonName.utf8)))))
  }

  private static func `extension`(_ identifier: [UInt8], isCritical: Bool = false, _ value: [UInt8]) -> [UInt8] {
    DER.sequence(
      DER.objectIdentifier(identifier) + (isCritical ? DER.boolean(true) : []) + DER.octetString(value))
  }

  private static func certificate(
    subject: [UInt8], publicKey: P256.Signing.PublicKey, issuer: [UInt8], signer: P256.Signing.PrivateKey, now: Date,
    extensions: [[UInt8]]
  ) throws -> String {
    // ecdsa-with-SHA256
    let algorithm = DER.sequence(DER.objectIdentifier([0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02]))
    var serial = SymmetricKey(size: .bits128).withUnsafeBytes { Array($0) }
    serial[0] = serial[0] & 0x3F | 0x40  // Positive, and of full length.
    let validity = DER.sequence(
      DER.time(now.addingTimeInterval(-86_400)) + DER.time(now.addingTimeInterval(3_650 * 86_400)))
    let body = DER.sequence(
      DER.tagged(0xA0, DER.tagged(0x02, [2])) + DER.tagged(0x02, serial) + algorithm + issuer + validity + subject
        + Array(publicKey.derRepresentation) + DER.tagged(0xA3, DER.sequence(extensions.flatMap { $0 })))
    let signature = try signer.signature(for: Data(body)).derRepresentation
    let certificate = DER.sequence(body + algorithm + DER.bitString(Array(signature), unusedBits: 0))
    let text = Data(certificate).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
    return "-----BEGIN CERTIFICATE-----\n\(text)\n-----END CERTIFICATE-----\n"
  }
}

/// The few parts of DER (X.690) that a certificate needs.
private enum DER {
  static func tagged(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
    var length: [UInt8] = []
    if content.count < 0x80 {
      length = [UInt8(content.count)]
    } else {
      var rest = content.count
      while rest > 0 {
        length.insert(UInt8(rest & 0xFF), at: 0)
        rest >>= 8
      }
      length.insert(0x80 | UInt8(length.count), at: 0)
    }
    return [tag] + length + content
  }

  static func sequence(_ content: [UInt8] = []) -> [UInt8] { tagged(0x30, content) }
  static func set(_ content: [UInt8]) -> [UInt8] { tagged(0x31, content) }
  static func octetString(_ content: [UInt8]) -> [UInt8] { tagged(0x04, content) }
  static func objectIdentifier(_ content: [UInt8]) -> [UInt8] { tagged(0x06, content) }
  static func boolean(_ value: Bool) -> [UInt8] { tagged(0x01, [value ? 0xFF : 0]) }
  static func bitString(_ content: [UInt8], unusedBits: UInt8) -> [UInt8] { tagged(0x03, [unusedBits] + content) }

  /// UTCTime until 2049, GeneralizedTime after (RFC 5280, 4.1.2.5).
  static func time(_ date: Date) -> [UInt8] {
    let digits = RFC3339.format(date, fractionDigits: 0).filter { $0.isNumber } + "Z"
    return digits < "2050" ? tagged(0x17, Array(digits.dropFirst(2).utf8)) : tagged(0x18, Array(digits.utf8))
  }
}
