internal import Foundation
internal import KubernetesModel
internal import SwiftASN1
internal import X509

/// The names in a certificate, and how cert-manager compares them where it has no CertificateRequest to compare with.
///
/// https://github.com/cert-manager/cert-manager/blob/master/pkg/util/pki/match.go
struct SubjectNames {
  var commonName = ""
  var dnsNames: [String] = []
  /// 4 or 16 bytes each.
  var addresses: [[UInt8]] = []
  var uris: [String] = []
  var emails: [String] = []

  /// - Throws: Where an extension cannot be read.
  init(_ leaf: Certificate) throws {
    for attribute in leaf.subject.lazy.joined() where attribute.type == .RDNAttributeType.commonName {
      if let text = String(attribute.value) { commonName = text }
    }
    for name in try leaf.extensions.subjectAlternativeNames ?? SubjectAlternativeNames() {
      switch name {
      case .dnsName(let text): dnsNames.append(text)
      case .ipAddress(let octets): addresses.append(Self.short(Array(octets.bytes)))
      case .uniformResourceIdentifier(let text): uris.append(text)
      case .rfc822Name(let text): emails.append(text)
      default: continue
      }
    }
  }

  /// Fields of the Certificate that the certificate does not match. Names may move between common name and DNS names, since
  /// issuers do that.
  func violations(of certificate: JSONValue) -> [String] {
    func texts(_ member: String) -> [String] {
      (certificate[path: "spec", member]?.arrayValue ?? []).compactMap(\.stringValue)
    }
    var violations: [String] = []
    let wantedName = certificate[path: "spec", "commonName"]?.stringValue ?? ""
    let wantedDNS = texts("dnsNames")
    let expected = Set(wantedDNS + (wantedName.isEmpty ? [] : [wantedName]))
    let actual = Set(dnsNames + (commonName.isEmpty ? [] : [commonName]))
    if expected != actual {
      if !wantedName.isEmpty && !actual.contains(wantedName) || !commonName.isEmpty && !expected.contains(commonName) {
        violations.append("spec.commonName")
      }
      if !actual.isSuperset(of: wantedDNS) || !expected.isSuperset(of: dnsNames) { violations.append("spec.dnsNames") }
    }
    if !Self.same(texts("ipAddresses").map(Self.address), addresses) { violations.append("spec.ipAddresses") }
    if !Self.same(texts("uris"), uris) { violations.append("spec.uris") }
    if !Self.same(texts("emailAddresses"), emails) { violations.append("spec.emailAddresses") }
    return violations
  }

  /// As often in one as in the other.
  private static func same<Element: Hashable>(_ first: [Element], _ second: [Element]) -> Bool {
    Dictionary(first.map { ($0, 1) }, uniquingKeysWith: +) == Dictionary(second.map { ($0, 1) }, uniquingKeysWith: +)
  }

  /// Empty for what is no address.
  private static func address(_ text: String) -> [UInt8] {
    var four = in_addr()
    if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: four) { Array($0) } }
    var six = in6_addr()
    if inet_pton(AF_INET6, text, &six) == 1 { return short(withUnsafeBytes(of: six) { Array($0) }) }
    return []
  }

  /// An IPv4 address in the form of IPv6 is the IPv4 address.
  private static func short(_ bytes: [UInt8]) -> [UInt8] {
    let prefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
    return bytes.count == 16 && Array(bytes.prefix(12)) == prefix ? Array(bytes.suffix(4)) : bytes
  }
}
