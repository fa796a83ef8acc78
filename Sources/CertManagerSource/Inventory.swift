import KubernetesModel
import SnapshotSource

/// What a capture takes, but for the Secrets and ConfigMaps themselves.
struct Inventory: Sendable {
  /// A Secret or ConfigMap by its place.
  struct Place: Sendable, Hashable, Comparable, CustomStringConvertible {
    var namespace: String
    var name: String
    var description: String { "\(namespace)/\(name)" }

    static func < (first: Place, second: Place) -> Bool {
      (first.namespace, first.name) < (second.namespace, second.name)
    }
  }

  /// Why a Secret is taken.
  enum Need: Sendable, Hashable {
    /// A person named it: its absence is a mistake.
    case named
    /// An issuer needs it: its absence means that the issuer is not ready.
    case issuer(String)
    /// A Certificate is written into it, or names it.
    case certificate(String)
    case bundle(String)
    /// It looks like a reference in a configuration without a schema.
    case guess(String)
  }

  var definitions: [JSONValue] = []
  var issuers: [JSONValue] = []
  var clusterIssuers: [JSONValue] = []
  var certificates: [JSONValue] = []
  var bundles: [JSONValue] = []
  /// Of kinds that are not cert-manager's, by what Certificates call them.
  var externalIssuers: [IssuerReference: ExternalIssuer] = [:]
  var secrets: [Place: Need] = [:]
  var configMaps: [Place: Need] = [:]
  var warnings: [String] = []

  /// An issuer of somebody else's kind, with where the API serves it.
  struct ExternalIssuer: Sendable {
    var object: JSONValue
    var resource: ResourceType
  }

  mutating func need(_ name: String, in namespace: String, _ need: Need) {
    let place = Place(namespace: namespace, name: name)
    // A mistake of a person's weighs most.
    if secrets[place] == nil || need == .named { secrets[place] = need }
  }
}

extension Inventory {
  /// The resource of an external issuer.
  func resource(of object: JSONValue) -> ResourceType? {
    externalIssuers.values.first { $0.resource.kind == object.kind && $0.resource.apiVersion == object.apiVersion }?
      .resource
  }

  /// Adds the Secrets that the issuers and Certificates name: pure.
  mutating func close(_ configuration: CertManagerConfiguration, clusterResourceNamespace: String?) {
    let own = configuration.namespace
    for name in configuration.extraSecrets { need(name, in: own, .named) }
    for issuer in issuers { add(issuer, in: own, challenges: [own]) }
    let users = Set(certificates.compactMap(\.namespace))
    for issuer in clusterIssuers {
      add(issuer, in: clusterResourceNamespace ?? own, challenges: users)
    }
    for certificate in certificates {
      let label = "Certificate \(certificate.name ?? "")"
      for name in CertificateReferences.all(certificate) {
        need(name, in: certificate.namespace ?? own, .certificate(label))
      }
    }
    for (_, issuer) in externalIssuers.sorted(by: { $0.key.description < $1.key.description }) {
      add(issuer, in: issuer.resource.isNamespaced ? own : clusterResourceNamespace ?? own)
    }
    noteIssuersElsewhere()
  }

  /// What it needs is a guess: its kind has a schema that nobody here knows.
  private mutating func add(_ issuer: ExternalIssuer, in namespace: String) {
    let label = "\(issuer.object.kind ?? "") \(issuer.object.name ?? "")"
    let found = issuer.object["spec"].map { SecretGuess.search($0, at: "spec") } ?? []
    for secret in found { need(secret.name, in: secret.namespace ?? namespace, .guess("\(label), \(secret.path)")) }
    let names = Set(found.map(\.name)).sorted().joined(separator: ", ")
    warnings.append(
      "\(label) is of an external kind (\(issuer.resource.group)): it was taken, and "
        + (names.isEmpty ? "no Secret was recognized in it" : "what looks like a reference to a Secret (\(names))")
        + "; name what else it needs in extraSecrets")
  }

  private mutating func add(_ issuer: JSONValue, in namespace: String, challenges: Set<String>) {
    let label = "\(issuer.kind ?? "Issuer") \(issuer.name ?? "")"
    for name in IssuerReferences.own(issuer) { need(name, in: namespace, .issuer(label)) }
    for name in IssuerReferences.ofChallenges(issuer) {
      for challenge in challenges { need(name, in: challenge, .issuer(label)) }
    }
    let webhooks = IssuerReferences.ofWebhooks(issuer)
    for found in webhooks { need(found.name, in: namespace, .guess("\(label), \(found.path)")) }
    if (issuer[path: "spec", "acme", "solvers"]?.arrayValue ?? []).contains(where: {
      $0[path: "dns01", "webhook"] != nil
    }) {
      let names = webhooks.map(\.name).sorted().joined(separator: ", ")
      warnings.append(
        "\(label) has a webhook solver, whose configuration has no schema: "
          + (names.isEmpty ? "no Secret was recognized in it" : "what looks like a reference was taken (\(names))")
          + "; name what else it needs in extraSecrets")
    }
  }

  private mutating func noteIssuersElsewhere() {
    let taken = Set(
      issuers.map { "Issuer/\($0.name ?? "")" } + clusterIssuers.map { "ClusterIssuer/\($0.name ?? "")" })
    var missing: [String: Int] = [:]
    for certificate in certificates {
      let reference = IssuerReference(certificate)
      guard externalIssuers[reference] == nil, !taken.contains(reference.description) else { continue }
      missing[reference.description, default: 0] += 1
    }
    for (issuer, count) in missing.sorted(by: { $0.key < $1.key }) {
      warnings.append("\(issuer), which issues \(count) of the Certificates, is not in this backup")
    }
  }

  /// Adds what Bundles are made from. https://cert-manager.io/docs/trust/trust-manager/api-reference/
  /// - Returns: Sources that select by label, which the API must be asked for.
  mutating func closeBundles(trustNamespace: String) -> [(isSecret: Bool, selector: JSONValue, bundle: String)] {
    var selected: [(Bool, JSONValue, String)] = []
    for bundle in bundles {
      let label = "Bundle \(bundle.name ?? "")"
      for source in bundle[path: "spec", "sources"]?.arrayValue ?? [] {
        for (member, isSecret) in [("secret", true), ("configMap", false)] {
          guard let reference = source[member] else { continue }
          if let name = reference["name"]?.stringValue, !name.isEmpty {
            if isSecret {
              need(name, in: trustNamespace, .bundle(label))
            } else {
              configMaps[Place(namespace: trustNamespace, name: name)] = .bundle(label)
            }
          } else if let selector = reference["selector"] {
            selected.append((isSecret, selector, label))
          }
        }
      }
    }
    return selected
  }
}
