import Crypto
public import Foundation
public import KubernetesModel
import SwiftASN1
import X509

/// What a backup records of one Certificate, so that a restore can tell beforehand whether it keeps what it has.
public struct CertificateFacts: Codable, Sendable, Hashable {
  public var namespace: String
  public var name: String
  public var secretName: String
  /// `Issuer/ca`, `ClusterIssuer/letsencrypt`, or with a group before it for an external one.
  public var issuer: String
  /// Hexadecimal, as openssl prints it; nil and what follows too where the Secret has no certificate that can be read.
  public var serial: String?
  /// SHA-256 of the certificate, in hex.
  public var fingerprint: String?
  /// SHA-256 of the public key (SubjectPublicKeyInfo), in hex.
  public var publicKeySHA256: String?
  /// RFC 3339.
  public var notBefore: String?
  public var notAfter: String?
  /// When cert-manager renews it: its own word, else two thirds of the life or `renewBefore`.
  public var renewalTime: String?
  public var isIssuing: Bool
  /// The Ingress or Gateway that made the Certificate and will make it again.
  public var owner: String?
  /// Whether it verifies under the CA in this backup; nil where the CA is elsewhere.
  public var chain: ChainVerdict?
  /// Why nothing could be read.
  public var problem: String?

  init(certificate: JSONValue) {
    namespace = certificate.namespace ?? ""
    name = certificate.name ?? ""
    secretName = certificate[path: "spec", "secretName"]?.stringValue ?? ""
    issuer = IssuerReference(certificate).description
    isIssuing = certificate.isIssuing
    owner = certificate.shim
    renewalTime = certificate[path: "status", "renewalTime"]?.stringValue
  }

  /// Fills in what the certificate in the Secret says.
  mutating func read(_ leaf: Certificate, certificate: JSONValue) throws {
    serial = Self.hex(Array(leaf.serialNumber.bytes))
    var serializer = DER.Serializer()
    try serializer.serialize(leaf)
    fingerprint = Self.hex(SHA256.hash(data: serializer.serializedBytes))
    var key = DER.Serializer()
    try key.serialize(leaf.publicKey)
    publicKeySHA256 = Self.hex(SHA256.hash(data: key.serializedBytes))
    notBefore = leaf.notValidBefore.formatted(.iso8601)
    notAfter = leaf.notValidAfter.formatted(.iso8601)
    if renewalTime == nil {
      renewalTime = RenewalTime.of(
        notBefore: leaf.notValidBefore, notAfter: leaf.notValidAfter,
        renewBefore: certificate[path: "spec", "renewBefore"]?.stringValue,
        renewBeforePercentage: certificate[path: "spec", "renewBeforePercentage"]?.integerValue
      ).formatted(.iso8601)
    }
  }

  private static func hex(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}

/// Whether a certificate verifies under the CA that is in the same backup.
public enum ChainVerdict: String, Codable, Sendable, Hashable {
  case verifies
  /// The CA did not sign it, or the chain between them is broken: cert-manager would issue it again.
  case doesNotVerify
  case expired
}

/// Who issues a Certificate. Absent kind and group mean `Issuer` and `cert-manager.io`.
public struct IssuerReference: Sendable, Hashable, CustomStringConvertible {
  public var group: String
  public var kind: String
  public var name: String

  public init(_ certificate: JSONValue) {
    func text(_ member: String, _ fallback: String) -> String {
      let value = certificate[path: "spec", "issuerRef", member]?.stringValue ?? ""
      return value.isEmpty ? fallback : value
    }
    group = text("group", CertManagerResources.group)
    kind = text("kind", "Issuer")
    name = text("name", "")
  }

  public var isExternal: Bool { group != CertManagerResources.group }
  public var description: String { (isExternal ? "\(group)/" : "") + "\(kind)/\(name)" }
}

/// When cert-manager renews, computed as it does.
/// https://github.com/cert-manager/cert-manager/blob/master/pkg/util/pki/renewaltime.go
public enum RenewalTime {
  public static func of(
    notBefore: Date, notAfter: Date, renewBefore: String?, renewBeforePercentage: Int64? = nil
  ) -> Date {
    let life = notAfter.timeIntervalSince(notBefore)
    var before = life / 3
    if let percentage = renewBeforePercentage, (1...99).contains(percentage) {
      before = life * Double(percentage) / 100
    }
    // A renewal before the certificate's own life would never end; cert-manager then takes a third.
    if let seconds = renewBefore.flatMap(seconds), seconds > 0, seconds < life { before = seconds }
    return Date(timeIntervalSince1970: (notAfter.timeIntervalSince1970 - before).rounded(.down))
  }

  /// Of a duration as Go writes it: `720h0m0s`.
  private static func seconds(_ text: String) -> TimeInterval? {
    let units: [Character: TimeInterval] = ["h": 3600, "m": 60, "s": 1]
    var total: TimeInterval = 0
    var number = ""
    for character in text {
      if let unit = units[character] {
        guard let value = TimeInterval(number) else { return nil }
        total += value * unit
        number = ""
      } else {
        number.append(character)
      }
    }
    return number.isEmpty ? total : nil
  }
}
