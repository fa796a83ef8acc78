import Foundation
import KubernetesModel
import SnapshotSource
import X509

/// Writes an inventory out, Secrets first, and judges the certificates on the way.
///
/// One Secret is in memory at a time; of each certificate what it says stays.
struct PKICapture {
  let inventory: Inventory
  let reader: CertManagerReader
  let clusterResourceNamespace: String?
  let now: Date

  private(set) var warnings: [String] = []
  private(set) var secretCount = 0
  private(set) var configMapCount = 0
  private(set) var facts: [CertificateFacts] = []
  /// Key identifiers of the authorities whose certificate and key were captured, in hexadecimal.
  private(set) var authorities: Set<String> = []

  /// What a Secret holds of a chain; kept until all Secrets were read.
  private struct Chain {
    var certificates: [Certificate]
    var authority: [Certificate]
  }

  private var chains: [Inventory.Place: Chain] = [:]
  private var problems: [Inventory.Place: String] = [:]

  init(inventory: Inventory, reader: CertManagerReader, clusterResourceNamespace: String?, now: Date) {
    self.inventory = inventory
    self.reader = reader
    self.clusterResourceNamespace = clusterResourceNamespace
    self.now = now
    warnings = inventory.warnings
  }

  /// In the order in which a restore needs them: definitions, Secrets and ConfigMaps, issuers, Certificates, Bundles.
  mutating func run(_ write: (JSONValue) async throws -> Void) async throws {
    for object in inventory.definitions { try await write(object) }
    for (place, need) in inventory.secrets.sorted(by: { $0.key < $1.key }) {
      try await secret(place, need, write)
    }
    for (place, need) in inventory.configMaps.sorted(by: { $0.key < $1.key }) {
      guard let map = try await reader.get(CertManagerResources.configMaps, place.name, in: place.namespace) else {
        try missing("ConfigMap", place, need)
        continue
      }
      configMapCount += 1
      try await write(map)
    }
    for object in inventory.issuers + inventory.clusterIssuers { try await write(object) }
    for (_, issuer) in inventory.externalIssuers.sorted(by: { $0.key.description < $1.key.description }) {
      try await write(issuer.object)
    }
    for object in inventory.certificates { try await write(object) }
    for object in inventory.bundles { try await write(object) }
    for certificate in inventory.certificates { facts.append(await judge(certificate)) }
    summarize()
  }

  private mutating func secret(
    _ place: Inventory.Place, _ need: Inventory.Need, _ write: (JSONValue) async throws -> Void
  ) async throws {
    let found: JSONValue?
    do {
      found = try await reader.get(CertManagerResources.secrets, place.name, in: place.namespace)
    } catch let error as SnapshotSourceError where error.code == .unauthorized {
      guard case .guess(let user) = need else { throw error }
      warnings.append("Secret \(place), which \(user) seems to name, was not taken: \(error.message)")
      return
    }
    guard let secret = found else { return try missing("Secret", place, need) }
    guard !secret.isNextPrivateKey else {
      if need == .named {
        warnings.append("Secret \(place) is a private key that cert-manager is about to use, and was left out")
      }
      return
    }
    secretCount += 1
    do {
      let certificates = try ChainCheck.certificates("tls.crt", of: secret)
      chains[place] = Chain(
        certificates: certificates, authority: try ChainCheck.certificates("ca.crt", of: secret))
      if secret[path: "data", "tls.key"] != nil, let id = certificates.first.flatMap(ChainCheck.authorityKeyID) {
        authorities.insert(id)
      }
    } catch {
      problems[place] = "the certificate in its Secret cannot be read (\(error))"
    }
    try await write(secret)
  }

  private mutating func missing(_ kind: String, _ place: Inventory.Place, _ need: Inventory.Need) throws {
    switch need {
    case .named:
      throw SnapshotSourceError(
        .configuration, operation: "get \(kind) \(place)",
        message: "extraSecrets names \(place.name), which does not exist")
    case .issuer(let user), .bundle(let user):
      warnings.append("\(kind) \(place) does not exist, although \(user) names it")
    case .certificate(let user):
      warnings.append(
        "\(kind) \(place) does not exist, although \(user) names it: it was not issued yet, or was deleted")
    case .guess(let user):
      warnings.append("\(kind) \(place), which \(user) seems to name, does not exist")
    }
  }

  // MARK: What the certificates say

  private func judge(_ certificate: JSONValue) async -> CertificateFacts {
    var facts = CertificateFacts(certificate: certificate)
    let place = Inventory.Place(namespace: facts.namespace, name: facts.secretName)
    facts.problem = problems[place]
    guard let chain = chains[place], let leaf = chain.certificates.first else { return facts }
    do {
      try facts.read(leaf, certificate: certificate)
    } catch {
      facts.problem = "the certificate cannot be written out (\(error))"
      return facts
    }
    if let authority = authority(of: certificate, chain) {
      facts.chain = await ChainCheck.verdict(
        leaf: leaf, chain: Array(chain.certificates.dropFirst()), authority: authority, now: now)
    } else if now > leaf.notValidAfter {
      facts.chain = .expired
    }
    return facts
  }

  /// The certificates of the CA issuer's Secret; for a self-signed one its own; nil where the CA is elsewhere.
  private func authority(of certificate: JSONValue, _ chain: Chain) -> [Certificate]? {
    let reference = IssuerReference(certificate)
    guard !reference.isExternal else { return nil }
    let isCluster = reference.kind == "ClusterIssuer"
    let issuer = (isCluster ? inventory.clusterIssuers : inventory.issuers).first { $0.name == reference.name }
    guard let issuer else { return nil }
    if issuer[path: "spec", "selfSigned"] != nil { return Array(chain.certificates.prefix(1)) }
    guard let name = issuer[path: "spec", "ca", "secretName"]?.stringValue else { return nil }
    let namespace = isCluster ? clusterResourceNamespace : certificate.namespace
    guard let namespace, let signer = chains[Inventory.Place(namespace: namespace, name: name)] else { return nil }
    return signer.certificates + signer.authority
  }

  private mutating func summarize() {
    let broken = facts.filter { $0.chain == .doesNotVerify }.map(\.name)
    if !broken.isEmpty {
      warnings.append("under the CA in this backup do not verify: \(Self.names(broken))")
    }
    let expired = facts.filter { $0.chain == .expired }.map(\.name)
    if !expired.isEmpty { warnings.append("have expired: \(Self.names(expired))") }
    let unreadable = facts.filter { $0.problem != nil }.map(\.name)
    if !unreadable.isEmpty { warnings.append("have a certificate that cannot be read: \(Self.names(unreadable))") }
    let issuing = facts.filter(\.isIssuing).map(\.name)
    if !issuing.isEmpty {
      warnings.append(
        "were being issued while the backup ran, so that key and certificate may change: \(Self.names(issuing))")
    }
  }

  private static func names(_ all: [String]) -> String {
    let shown = all.prefix(5).joined(separator: ", ")
    return "Certificates \(shown)" + (all.count > 5 ? " and \(all.count - 5) more" : "")
  }

  /// For the manifest.
  var summary: [String: String] {
    var summary = [
      "issuers": "\(inventory.issuers.count)", "clusterIssuers": "\(inventory.clusterIssuers.count)",
      "certificates": "\(inventory.certificates.count)", "secrets": "\(secretCount)",
      "chainsVerified": "\(facts.count { $0.chain == .verifies })",
      "chainsBroken": "\(facts.count { $0.chain == .doesNotVerify })",
      "issuing": "\(facts.count(where: \.isIssuing))",
    ]
    if !inventory.bundles.isEmpty { summary["bundles"] = "\(inventory.bundles.count)" }
    if configMapCount > 0 { summary["configMaps"] = "\(configMapCount)" }
    if !inventory.externalIssuers.isEmpty { summary["externalIssuers"] = "\(inventory.externalIssuers.count)" }
    summary["earliestExpiry"] = facts.compactMap(\.notAfter).min()
    summary["clusterResourceNamespace"] = clusterResourceNamespace
    return summary
  }
}
