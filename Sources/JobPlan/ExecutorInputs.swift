public import HoldfastAPI
public import KubernetesModel

/// What an executor pod reads beyond its plan: names only, each once and sorted, so that equal policies give equal pods.
public struct ExecutorInputs: Sendable, Hashable {
  /// Which parts of a plan the operation uses: no pod mounts what it does not read.
  public enum Scope: Sendable, Hashable {
    /// The target alone.
    case bucketOnly
    case backup
    case restore(Plan.Restore?)
    /// The target, and the API server for Backup objects.
    case catalog
    /// The same, and the identity that opens artifacts.
    case verification
    /// The API server alone.
    case unpause
  }

  /// A token of the pod's ServiceAccount for one source.
  public struct Token: Sendable, Hashable {
    public var source: String
    /// nil is the API server's own.
    public var audience: String?
  }

  /// A claim in the policy's namespace.
  public struct Claim: Sendable, Hashable {
    public var name: String
    public var isReadOnly: Bool
  }

  /// As the OpenBao operator has it.
  public static let defaultAudience = "openbao-internal"
  /// The user and group that OpenZiti's images run as
  /// (https://github.com/openziti/ziti, dist/docker-images/ziti-controller).
  public static let openZitiUser: Int64 = 2_171

  public private(set) var secrets: [String] = []
  public private(set) var configMaps: [String] = []
  public private(set) var tokens: [Token] = []
  public private(set) var claims: [Claim] = []
  /// Pods beside which the executor has to run, since a volume of theirs is on one node at a time.
  public private(set) var neighbours: [LabelSelector] = []
  /// Whether a source reads the API server, or calls a program in a pod through it.
  public private(set) var needsAPI = false
  /// The user to run as where the policy names none; nil for the image's own.
  public private(set) var user: Int64?
  /// The group that owns what the pod writes to a source's own volume; nil where that is the target's affair.
  public private(set) var fileSystemGroup: Int64?
  /// The neighbours are where the pod should run, and need not be there: it stops them itself.
  public private(set) var neighboursMayBeGone = false
  /// Claims of a restore are among the claims, and nothing of others' is on them.
  public private(set) var hasRestoreClaim = false
  /// Whether something is written to a volume whose group is not ours to change.
  public private(set) var hasForeignClaim = false
  /// A claim of the target is among the claims.
  public private(set) var hasTargetClaim = false
  /// Audience of a token of the pod's ServiceAccount for the target; nil where it needs none.
  public private(set) var targetAudience: String?
  /// The target is used with what the platform gives the pod.
  public private(set) var hasAmbientIdentity = false
  /// What the platform looks for on a pod before it gives it an identity.
  public private(set) var podLabels: [String: String] = [:]

  /// - Parameter absentClaims: Those that are not there yet; a pod that mounts them would never start.
  public init(spec: BackupPolicySpec, scope: Scope = .backup, absentClaims: Set<String> = []) {
    if scope != .unpause { add(spec.target) }
    switch scope {
    case .bucketOnly: break
    case .catalog, .unpause: needsAPI = true
    case .verification:
      needsAPI = true
      add(secret: spec.verification?.identitySecretRef?.name)
    case .backup: for source in spec.sources { add(source, spec: spec) }
    case .restore(let restore):
      for source in spec.sources { add(source.openBao ?? source.vault, source: source.name, spec: spec) }
      // For its journal, where it claims each step.
      needsAPI = true
      if let restore {
        for place in OpenZitiPlace.all(spec.sources, by: restore.sources) {
          add(place, isDryRun: restore.dryRun, absentClaims)
        }
        add(
          RestoreClaims(spec: spec, sources: restore.sources), isDryRun: restore.dryRun, without: absentClaims)
      }
      // A destination of the request replaces the policy's for the same source.
      for selection in restore?.sources ?? [] {
        guard let destination = selection.openBao ?? selection.vault else { continue }
        tokens.removeAll { $0.source == selection.name }
        add(destination, source: selection.name, spec: spec)
      }
      add(secret: restore?.decryption?.identitySecretRef?.name)
    }
    sort()
  }

  /// Whether the pod logs in with the identity of its ServiceAccount, which then needs a name that stays.
  public var needsIdentity: Bool { !tokens.isEmpty || needsAPI || targetAudience != nil || hasAmbientIdentity }

  private mutating func sort() {
    secrets = Array(Set(secrets)).sorted()
    configMaps = Array(Set(configMaps)).sorted()
    let writable = Set(claims.filter { !$0.isReadOnly }.map(\.name))
    claims = Set(claims.map(\.name)).sorted().map { Claim(name: $0, isReadOnly: !writable.contains($0)) }
    tokens.sort { $0.source < $1.source }
    let selectors = Dictionary(neighbours.map { ("\((try? $0.selectorString()) ?? "")", $0) }) { first, _ in first }
    neighbours = selectors.sorted { $0.key < $1.key }.map(\.value)
  }

  private mutating func add(_ target: Target) {
    add(secret: target.credentialsSecretRef?.name)
    add(target.caBundle)
    if let claim = target.filesystem?.persistentVolumeClaim?.claimName {
      claims.append(Claim(name: claim, isReadOnly: false))
      hasTargetClaim = true
    }
    switch target.identity {
    case .token(let audience): targetAudience = audience
    case .ambient:
      hasAmbientIdentity = true
      // https://azure.github.io/azure-workload-identity/docs/topics/service-account-labels-and-annotations.html
      if target.resolvedProvider == .azure { podLabels["azure.workload.identity/use"] = "true" }
    case .secret, .none: break
    }
  }

  private mutating func add(_ source: Source, spec: BackupPolicySpec) {
    add(source.openBao ?? source.vault, source: source.name, spec: spec)
    if let openZiti = source.openZiti { add(openZiti.defaulted()) }
    if let etcd = source.etcd {
      add(etcd.tls?.caBundle)
      add(secret: etcd.tls?.clientCertificateSecretRef?.name)
      add(secret: etcd.authSecretRef?.name)
    }
    if source.certManager != nil || source.resources != nil { needsAPI = true }
    if let files = source.files { add(files) }
  }

  private mutating func add(_ source: Source.OpenBao?, source name: String, spec: BackupPolicySpec) {
    guard var source else { return }
    if source.loginFields.isEmpty {
      source.tokenSecretRef = spec.tokenSecretRef
      source.jwtAuthRole = spec.jwtAuthRole
    }
    add(source.caBundle)
    switch source.login {
    case .token(let reference): add(secret: reference.name)
    case .jwt(_, let audience, _): tokens.append(Token(source: name, audience: audience))
    case .kubernetes(_, let audience, _): tokens.append(Token(source: name, audience: audience))
    case .appRole(let login):
      add(secret: login.roleIDSecretRef?.name)
      add(secret: login.secretIDSecretRef?.name)
    case .userpass(let login): add(secret: login.passwordSecretRef.name)
    case .tokenFile, nil: break
    }
  }

  private mutating func add(_ source: Source.OpenZiti) {
    guard source.host == nil else { return }
    needsAPI = needsAPI || source.needsExec
    if source.resolvedSnapshot == .managementAPI {
      add(source.managementAPI?.caBundle)
      add(secret: source.managementAPI?.adminSecretRef?.name)
      add(secret: source.managementAPI?.clientCertificateSecretRef?.name)
    }
    guard source.resolvedRetrieval == .volume, let claim = source.persistentVolumeClaim else { return }
    // With the agent at hand it removes the copy; otherwise only the executor can.
    claims.append(Claim(name: claim.claimName, isReadOnly: source.resolvedSnapshot == .agent))
    if let selector = source.podSelector { neighbours.append(selector) }
    // The snapshot is readable to the controller's own user alone.
    user = Self.openZitiUser
  }

  /// Where a database is written: beside the controller while it still runs, as its own user.
  private mutating func add(_ place: OpenZitiPlace, isDryRun: Bool, _ absentClaims: Set<String>) {
    if case .file = place.way { return }
    needsAPI = true
    add(place.managementAPI?.caBundle)
    add(secret: place.managementAPI?.adminSecretRef?.name)
    add(secret: place.managementAPI?.clientCertificateSecretRef?.name)
    guard case .claim(let claim, _, _) = place.way else { return }
    user = place.runAsUser ?? Self.openZitiUser
    fileSystemGroup = isDryRun ? nil : place.runAsGroup ?? user
    neighboursMayBeGone = true
    neighbours.append(place.podSelector)
    guard !absentClaims.contains(claim.claimName) else { return }
    claims.append(Claim(name: claim.claimName, isReadOnly: false))
  }

  /// A dry run looks and changes nothing, not even a volume's group, which the kubelet would.
  private mutating func add(_ restore: RestoreClaims, isDryRun: Bool, without absent: Set<String>) {
    claims += restore.claims.map(\.claimName).filter { !absent.contains($0) }
      .map { Claim(name: $0, isReadOnly: isDryRun) }
    neighbours += restore.neighbours
    hasForeignClaim = !restore.mayChangeGroup
    hasRestoreClaim = !restore.claims.isEmpty && !isDryRun
    // What uses the files may have been stopped first.
    neighboursMayBeGone = neighboursMayBeGone || !restore.neighbours.isEmpty
  }

  private mutating func add(_ source: Source.Files) {
    if source.pod != nil { needsAPI = true }
    guard let claim = source.persistentVolumeClaim else { return }
    claims.append(Claim(name: claim.claimName, isReadOnly: true))
    if let selector = claim.podSelector { neighbours.append(selector) }
  }

  private mutating func add(_ bundle: CABundle?) {
    add(secret: bundle?.secretRef?.name)
    if let name = bundle?.configMapRef?.name { configMaps.append(name) }
  }

  private mutating func add(secret name: String?) {
    if let name { secrets.append(name) }
  }
}
