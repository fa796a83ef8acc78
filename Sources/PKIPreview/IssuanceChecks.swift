internal import CertManagerSource
internal import Foundation
internal import KubernetesModel
internal import X509

/// Why cert-manager would issue a certificate again.
public struct ReissueReason: Sendable, Hashable, CustomStringConvertible {
  /// cert-manager's own word, for example `IncorrectIssuer`.
  public var code: String
  /// For people.
  public var description: String

  init(_ code: String, _ description: String) {
    self.code = code
    self.description = description
  }
}

/// cert-manager's chain of checks that trigger an issuance, in its order, where no CertificateRequest exists, which is so
/// after a restore. The first that fails decides.
///
/// https://github.com/cert-manager/cert-manager/tree/master/internal/controller/certificates/policies
struct IssuanceChecks {
  let certificate: JSONValue
  let secret: SecretMaterial?
  let now: Date

  /// - Returns: nil where the certificate stays as it is.
  func run() -> ReissueReason? {
    guard let secret else { return ReissueReason("DoesNotExist", "its Secret is not there") }
    return missingData(secret) ?? keyPair(secret) ?? issuer(secret) ?? certificateName(secret) ?? privateKey(secret)
      ?? names(secret) ?? renewal(secret)
  }

  private func missingData(_ secret: SecretMaterial) -> ReissueReason? {
    if case .missing = secret.key { return ReissueReason("MissingData", "its Secret has no private key") }
    if case .missing = secret.chain { return ReissueReason("MissingData", "its Secret has no certificate") }
    return nil
  }

  private func keyPair(_ secret: SecretMaterial) -> ReissueReason? {
    if case .invalid(let why) = secret.key { return ReissueReason("InvalidKeyPair", why) }
    if case .invalid(let why) = secret.chain {
      return ReissueReason("InvalidCertificate", "the certificate in its Secret cannot be read (\(why))")
    }
    guard case .valid(let key) = secret.key, let leaf = secret.certificates.first else { return nil }
    guard key.publicKey == leaf.publicKey else {
      return ReissueReason("InvalidKeyPair", "the private key in its Secret does not belong to the certificate")
    }
    return nil
  }

  /// Only a differing name needs an annotation to count: a Secret without any counts as issued by kind `Issuer` of group
  /// `cert-manager.io`, as cert-manager has it.
  private func issuer(_ secret: SecretMaterial) -> ReissueReason? {
    func annotation(_ member: String) -> String? { secret.annotations["cert-manager.io/issuer-\(member)"] }
    let (name, kind, group) = (annotation("name"), annotation("kind"), annotation("group"))
    let wanted = IssuerReference(certificate)
    let isNamed = name != nil || kind != nil || group != nil
    let actualKind = kind.flatMap { $0.isEmpty ? nil : $0 } ?? "Issuer"
    let actualGroup = group.flatMap { $0.isEmpty ? nil : $0 } ?? "cert-manager.io"
    guard isNamed && (name ?? "") != wanted.name || actualKind != wanted.kind || actualGroup != wanted.group else {
      return nil
    }
    let before =
      isNamed ? "says that \(actualKind).\(actualGroup)/\(name ?? "") issued it" : "has no issuer annotations"
    return ReissueReason(
      "IncorrectIssuer", "its Secret \(before), and the Certificate wants \(wanted.kind).\(wanted.group)/\(wanted.name)"
    )
  }

  private func certificateName(_ secret: SecretMaterial) -> ReissueReason? {
    guard let name = secret.annotations["cert-manager.io/certificate-name"], name != certificate.name else {
      return nil
    }
    return ReissueReason("IncorrectCertificate", "its Secret was issued for the Certificate \(name)")
  }

  private func privateKey(_ secret: SecretMaterial) -> ReissueReason? {
    guard case .valid(let key) = secret.key else { return nil }
    let spec = certificate[path: "spec", "privateKey"]
    let wanted = spec?["algorithm"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 } ?? "RSA"
    guard key.algorithm?.rawValue == wanted else {
      return ReissueReason(
        "SecretMismatch",
        "spec.privateKey.algorithm is \(wanted), and the key is \(key.algorithm?.rawValue ?? "another")")
    }
    let asked = (spec?["size"]?.integerValue).flatMap { $0 > 0 ? Int($0) : nil }
    let size: Int? =
      switch key.algorithm {
      case .rsa: asked ?? 2048
      case .ecdsa: asked ?? 256
      default: nil
      }
    guard let size, size != key.size else { return nil }
    return ReissueReason("SecretMismatch", "spec.privateKey.size is \(size), and the key has \(key.size) bits")
  }

  private func names(_ secret: SecretMaterial) -> ReissueReason? {
    guard let leaf = secret.certificates.first else { return nil }
    do {
      let violations = try SubjectNames(leaf).violations(of: certificate)
      guard !violations.isEmpty else { return nil }
      return ReissueReason(
        "SecretMismatch", "the certificate does not say what these say: \(violations.joined(separator: ", "))")
    } catch {
      return ReissueReason("InvalidCertificate", "the certificate's names cannot be read")
    }
  }

  private func renewal(_ secret: SecretMaterial) -> ReissueReason? {
    guard let leaf = secret.certificates.first, let time = Self.renewalTime(of: leaf, certificate), time <= now else {
      return nil
    }
    return ReissueReason("Renewing", "its renewal was due at \(time.formatted(.iso8601))")
  }

  /// From the certificate's own bytes; nil where the Certificate says that it is never renewed. A window of
  /// `spec.renewal` can only put it off.
  static func renewalTime(of leaf: Certificate, _ certificate: JSONValue) -> Date? {
    guard certificate[path: "spec", "renewal", "policy"]?.stringValue != "Disabled" else { return nil }
    return RenewalTime.of(
      notBefore: leaf.notValidBefore, notAfter: leaf.notValidAfter,
      renewBefore: certificate[path: "spec", "renewBefore"]?.stringValue,
      renewBeforePercentage: certificate[path: "spec", "renewBeforePercentage"]?.integerValue)
  }
}
