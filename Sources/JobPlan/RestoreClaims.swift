public import HoldfastAPI
public import KubernetesModel

/// The claims that a restore of etcd and of files writes into. Pure.
public struct RestoreClaims: Sendable, Hashable {
  /// Each name once, in the order of the sources.
  public private(set) var claims: [RestoreRequest.OpenZitiDestination.Claim] = []
  /// Beside which pods the executor has to run.
  public private(set) var neighbours: [LabelSelector] = []
  /// Whether the kubelet may give the volumes a group: what is on them is new, or the restore's own.
  public private(set) var mayChangeGroup = true

  /// - Parameter sources: Of the request; nil for all.
  public init(spec: BackupPolicySpec, sources: [RestoreRequest.SourceSelection]?) {
    for selection in sources ?? [] {
      if let claim = selection.etcd?.persistentVolumeClaim {
        add(claim.claimName, claim.create, isOthers: claim.create == nil)
      }
      if let claim = selection.files?.persistentVolumeClaim {
        add(claim.claimName, claim.create, beside: claim.podSelector, isOthers: claim.create == nil)
      }
    }
    for source in spec.sources where Self.isDefault(source, sources) {
      guard let claim = source.files?.persistentVolumeClaim else { continue }
      add(claim.claimName, nil, beside: claim.podSelector, isOthers: true)
    }
  }

  /// Whether files go into a pod.
  public static func writesPods(spec: BackupPolicySpec, sources: [RestoreRequest.SourceSelection]?) -> Bool {
    (sources ?? []).contains { $0.files?.pod != nil }
      || spec.sources.contains { $0.files?.pod != nil && isDefault($0, sources) }
  }

  /// Whether a source is restored to where it came from.
  private static func isDefault(_ source: Source, _ sources: [RestoreRequest.SourceSelection]?) -> Bool {
    guard let sources else { return true }
    return sources.contains { $0.name == source.name && $0.files?.hasPlace != true }
  }

  private mutating func add(
    _ name: String, _ create: RestoreRequest.ClaimCreation?, beside pods: LabelSelector? = nil, isOthers: Bool = false
  ) {
    if let pods { neighbours.append(pods) }
    if isOthers { mayChangeGroup = false }
    if let known = claims.firstIndex(where: { $0.claimName == name }) {
      claims[known].create = claims[known].create ?? create
    } else {
      claims.append(RestoreRequest.OpenZitiDestination.Claim(claimName: name, create: create))
    }
  }
}
