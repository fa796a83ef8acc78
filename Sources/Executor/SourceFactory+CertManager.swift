internal import CertManagerSource
internal import HoldfastAPI
internal import JobPlan
internal import KubernetesModel
internal import SnapshotSource

extension SourceFactory {
  /// - Parameter field: Of the source in the plan, for example `spec.sources[0].certManager`.
  func certManagerSource(_ spec: Source.CertManager, name: String, field: String) throws -> any SnapshotSource {
    var selector: String?
    do {
      selector = try spec.certificateSelector?.selectorString()
    } catch {
      throw RunFailure(step: .prepare, reason: .invalidSpec, message: "\(field).certificateSelector: \(error)")
    }
    let configuration = CertManagerConfiguration(
      namespace: plan.policy.namespace, issuers: Self.names(spec.resolvedIssuers),
      clusterIssuers: Self.names(spec.resolvedClusterIssuers), bundles: Self.names(spec.resolvedBundles),
      certificateSelector: selector, extraSecrets: spec.extraSecrets ?? [],
      clusterResourceNamespace: spec.clusterResourceNamespace, trustNamespace: spec.trustNamespace,
      includesDefinitions: spec.includeCRDs ?? false)
    return CertManagerSource(
      name: name, configuration: configuration, client: try cluster.client(), clusterID: plan.clusterID)
  }

  private static func names(_ selection: NameSelection) -> CertManagerConfiguration.Names {
    switch selection {
    case .all: .all
    case .nothing: .none
    case .names(let names): .some(names)
    }
  }
}
