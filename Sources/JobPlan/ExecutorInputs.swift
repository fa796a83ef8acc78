public import HoldfastAPI

/// What an executor pod reads beyond its plan: names only, each once and sorted, so that equal policies give equal pods.
public struct ExecutorInputs: Sendable, Hashable {
  /// A token of the pod's ServiceAccount for one source.
  public struct Token: Sendable, Hashable {
    public var source: String
    public var audience: String
  }

  /// As the OpenBao operator has it.
  public static let defaultAudience = "openbao-internal"

  public private(set) var secrets: [String] = []
  public private(set) var configMaps: [String] = []
  public private(set) var tokens: [Token] = []
  public private(set) var claims: [String] = []

  public init(spec: BackupPolicySpec, restore: Plan.Restore? = nil) {
    add(spec.target)
    for source in spec.sources {
      add(source.openBao ?? source.vault, source: source.name, spec: spec)
    }
    // A destination of the request replaces the policy's for the same source.
    for selection in restore?.sources ?? [] {
      guard let destination = selection.openBao ?? selection.vault else { continue }
      tokens.removeAll { $0.source == selection.name }
      add(destination, source: selection.name, spec: spec)
    }
    add(secret: restore?.decryption?.identitySecretRef?.name)
    secrets = Array(Set(secrets)).sorted()
    configMaps = Array(Set(configMaps)).sorted()
    claims = Array(Set(claims)).sorted()
    tokens.sort { $0.source < $1.source }
  }

  /// Whether the pod logs in with the identity of its ServiceAccount, which then needs a name that stays.
  public var needsIdentity: Bool { !tokens.isEmpty }

  private mutating func add(_ target: Target) {
    add(secret: target.credentialsSecretRef?.name)
    add(target.caBundle)
    if let claim = target.filesystem?.persistentVolumeClaim?.claimName { claims.append(claim) }
  }

  private mutating func add(_ source: Source.OpenBao?, source name: String, spec: BackupPolicySpec) {
    guard let source else { return }
    add(secret: (source.tokenSecretRef ?? spec.tokenSecretRef)?.name)
    add(source.caBundle)
    // A source with a token of its own does not take up the policy's role.
    let role = source.jwtAuthRole ?? (source.tokenSecretRef == nil ? spec.jwtAuthRole : nil)
    if role != nil { tokens.append(Token(source: name, audience: source.jwtAudience ?? Self.defaultAudience)) }
  }

  private mutating func add(_ bundle: CABundle?) {
    add(secret: bundle?.secretRef?.name)
    if let name = bundle?.configMapRef?.name { configMaps.append(name) }
  }

  private mutating func add(secret name: String?) {
    if let name { secrets.append(name) }
  }
}
