internal import CertManagerSource
public import Foundation
public import KubernetesModel
internal import X509

/// Tells, from Certificates, Secrets and the clock alone, what cert-manager will do after a restore.
///
/// Objects are those that will be there: renamed where the restore renames, and where an object that lives is kept, that
/// one. Pure; holds what it was given, of each Secret its certificates and what its key is.
public struct PKIPreview: Sendable {
  private let clusterResourceNamespace: String?
  private let now: Date
  private var certificates: [JSONValue] = []
  private var issuers: [JSONValue] = []
  private var secrets: [ObjectKey: SecretMaterial] = [:]

  /// - Parameter clusterResourceNamespace: Where ClusterIssuers have their Secrets; nil where nobody knows.
  public init(clusterResourceNamespace: String?, now: Date) {
    self.clusterResourceNamespace = clusterResourceNamespace
    self.now = now
  }

  public mutating func add(certificate: JSONValue) { certificates.append(certificate) }
  /// An Issuer or ClusterIssuer.
  public mutating func add(issuer: JSONValue) { issuers.append(issuer) }
  public mutating func add(secret: JSONValue) { secrets[secret.key] = SecretMaterial(secret: secret) }

  /// The Secrets that matter to the Certificates and issuers added so far: no other need be added.
  public var neededSecrets: Set<ObjectKey> {
    Set(
      certificates.map(Self.secretKey)
        + issuers.compactMap(authorityKey))
  }

  /// One for each Certificate, in the order in which they were added.
  public func previews() async -> [CertificatePreview] {
    let roots = Set(issuers.compactMap(authorityKey))
    var previews: [CertificatePreview] = []
    for certificate in certificates { previews.append(await preview(certificate, roots)) }
    return previews
  }

  private func preview(_ certificate: JSONValue, _ roots: Set<ObjectKey>) async -> CertificatePreview {
    let key = Self.secretKey(certificate)
    let material = secrets[key]
    let leaf = material?.certificates.first
    var isRoot = roots.contains(key) || mayBeClusterRoot(key)
    if certificate[path: "spec", "isCA"]?.boolValue == true, issuer(of: certificate)?[path: "spec", "selfSigned"] != nil
    {
      isRoot = true
    }
    return CertificatePreview(
      namespace: certificate.namespace ?? "", name: certificate.name ?? "", secretName: key.name,
      issuer: IssuerReference(certificate).description, verdict: await verdict(certificate, material), isRoot: isRoot,
      renewalTime: leaf.flatMap { IssuanceChecks.renewalTime(of: $0, certificate)?.formatted(.iso8601) },
      notAfter: leaf?.notValidAfter.formatted(.iso8601))
  }

  /// Where nobody knows in which namespace ClusterIssuers have their keys, a name is enough to be careful.
  private func mayBeClusterRoot(_ key: ObjectKey) -> Bool {
    clusterResourceNamespace == nil
      && issuers.contains {
        $0.kind == "ClusterIssuer" && $0[path: "spec", "ca", "secretName"]?.stringValue == key.name
      }
  }

  private func verdict(_ certificate: JSONValue, _ material: SecretMaterial?) async -> CertificatePreview.Verdict {
    let reason = IssuanceChecks(certificate: certificate, secret: material, now: now).run()
    guard let material, let leaf = material.certificates.first else {
      return .reissued(reason ?? ReissueReason("MissingData", "its Secret has no certificate"))
    }
    // Where nothing but its age is wrong.
    if reason == nil || reason?.code == "Renewing", now > leaf.notValidAfter {
      return .expired(notAfter: leaf.notValidAfter.formatted(.iso8601))
    }
    if let reason { return .reissued(reason) }
    let serial = Self.hex(Array(leaf.serialNumber.bytes))
    if let authority = authority(of: certificate, material) {
      let chain = await ChainCheck.verdict(
        leaf: leaf, chain: Array(material.certificates.dropFirst()), authority: authority, now: now)
      if chain == .doesNotVerify { return .chainDoesNotVerify(serial: serial) }
    }
    return .keeps(serial: serial)
  }

  private func issuer(of certificate: JSONValue) -> JSONValue? {
    let reference = IssuerReference(certificate)
    guard !reference.isExternal else { return nil }
    return issuers.first { issuer in
      issuer.kind == reference.kind && issuer.name == reference.name
        && (reference.kind == "ClusterIssuer" || issuer.namespace == certificate.namespace)
    }
  }

  /// What signed it, where that is here; nil where the CA is elsewhere.
  private func authority(of certificate: JSONValue, _ material: SecretMaterial) -> [Certificate]? {
    guard let issuer = issuer(of: certificate) else { return nil }
    if issuer[path: "spec", "selfSigned"] != nil { return Array(material.certificates.prefix(1)) }
    guard let key = authorityKey(issuer), let signer = secrets[key], !signer.certificates.isEmpty else { return nil }
    return signer.certificates + signer.authority
  }

  /// Where a CA issuer has its key.
  private func authorityKey(_ issuer: JSONValue) -> ObjectKey? {
    guard let name = issuer[path: "spec", "ca", "secretName"]?.stringValue, !name.isEmpty else { return nil }
    let namespace = issuer.kind == "ClusterIssuer" ? clusterResourceNamespace : issuer.namespace
    return namespace.map { ObjectKey(namespace: $0, name: name) }
  }

  private static func secretKey(_ certificate: JSONValue) -> ObjectKey {
    ObjectKey(
      namespace: certificate.namespace, name: certificate[path: "spec", "secretName"]?.stringValue ?? "")
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
