public import HoldfastAPI

/// What the executor of a restore may do at the API server, for as long as it runs. Pure.
public struct RestorePermissions: Sendable, Hashable {
  /// Each once, in a fixed order.
  public private(set) var grants: [SourcePermissions.Grant] = []

  /// - Parameters:
  ///   - spec: Of the policy that wrote the backup, with its defaults; or what the request says of it.
  ///   - origin: Namespace of that policy, perhaps in another cluster.
  ///   - namespace: The request's.
  public init(spec: BackupPolicySpec, origin: String, request: RestoreRequest.Spec, namespace: String) {
    var wanted: Set<SourcePermissions.Grant> = [.init(.results, in: namespace)]
    for place in OpenZitiPlace.all(spec.sources, by: request.sources) {
      switch place.way {
      case .claim: wanted.insert(.init(.openZitiRestore, in: namespace))
      case .cluster: wanted.insert(.init(.exec, in: namespace))
      case .file: break
      }
    }
    if RestoreClaims.writesPods(spec: spec, sources: request.sources) { wanted.insert(.init(.exec, in: namespace)) }
    func place(_ old: String) -> String { request.namespaceMapping?[old] ?? old }
    for source in spec.sources where Self.selects(request.sources, source.name) {
      let selection = request.sources?.first { $0.name == source.name }
      if let certManager = source.certManager {
        wanted.insert(.init(.certManagerRestore, in: place(origin)))
        let reachesBeyond =
          !certManager.resolvedClusterIssuers.isEmpty || !certManager.resolvedBundles.isEmpty
          || certManager.includeCRDs == true
        if reachesBeyond { wanted.insert(.init(.certManagerClusterRestore, in: nil)) }
        if !certManager.resolvedClusterIssuers.isEmpty {
          let there =
            selection?.certManager?.clusterResourceNamespace ?? place(certManager.resolvedClusterResourceNamespace)
          wanted.insert(.init(.certManagerRestore, in: there))
        }
        if !certManager.resolvedBundles.isEmpty {
          wanted.insert(.init(.certManagerRestore, in: place(certManager.resolvedTrustNamespace)))
        }
      }
      if let resources = source.resources {
        // Definitions and Namespaces are in no namespace, and RBAC has no rule for that alone.
        let isWide = resources.clusterScoped == true || resources.selectsAllNamespaces || resources.includeCRDs == true
        if isWide { wanted.insert(.init(.restore, in: nil)) }
        for old in resources.resolvedNamespaces(own: origin) { wanted.insert(.init(.restore, in: place(old))) }
      }
    }
    for selection in request.sources ?? [] {
      guard let paused = (selection.certManager ?? selection.resources)?.pausedController else { continue }
      wanted.insert(.init(.controllers, in: paused.namespace))
    }
    let everywhere = Set(wanted.filter { $0.namespace == nil }.map(\.role))
    grants = wanted.filter { $0.namespace == nil || !everywhere.contains($0.role) }
      .sorted { ($0.namespace ?? "", $0.role.rawValue) < ($1.namespace ?? "", $1.role.rawValue) }
  }

  private static func selects(_ sources: [RestoreRequest.SourceSelection]?, _ name: String) -> Bool {
    sources?.contains { $0.name == name } ?? true
  }

  /// What it writes that requests of a namespace may not ask for by themselves; nil where there is nothing.
  public func reach(beyond namespace: String) -> String? {
    let others = grants.filter { $0.namespace != namespace }
    guard !others.isEmpty else {
      // In its own namespace too this is more than who may create requests there has: quotas and roles are among them.
      return grants.contains { $0.role == .restore } ? "objects of every kind" : nil
    }
    if others.contains(where: { $0.namespace == nil }) { return "what is in no namespace" }
    return "namespace \(Set(others.compactMap(\.namespace)).sorted().joined(separator: ", "))"
  }
}
