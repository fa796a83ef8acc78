internal import HoldfastAPI
internal import JobPlan
internal import KubernetesModel
internal import Logging
internal import ResourceSet
internal import SnapshotSource

extension SourceFactory {
  /// Bytes of one page of a list, which bound the memory of a capture.
  private static let pageLimit = 8 << 20

  /// - Parameter field: Of the source in the plan, for example `spec.sources[0].resources`.
  func resourcesSource(_ spec: Source.Resources, name: String, field: String) throws -> any SnapshotSource {
    let configuration = ResourcesConfiguration(
      scope: spec.selectsAllNamespaces
        ? .allNamespaces : .namespaces(spec.resolvedNamespaces(own: plan.policy.namespace)),
      isClusterScoped: spec.clusterScoped ?? false, include: spec.include?.map(Self.selector),
      exclude: spec.exclude?.map(Self.selector) ?? [],
      labelSelector: try labelSelector(spec.labelSelector, field: "\(field).labelSelector"),
      fieldSelector: spec.fieldSelector,
      // Outside a cluster a person's own rights decide: what they do not allow is named as missing.
      includesDefinitions: spec.includeCRDs ?? true, helmReleases: Self.helmReleases(spec.helmReleases),
      pageSize: spec.resolvedPageSize, clusterID: plan.clusterID, selection: try? JSONValue(encoding: spec))
    return ResourcesSource(
      name: name, configuration: configuration, client: try cluster.client(answerLimit: Self.pageLimit),
      logger: logger)
  }

  /// The text of a selector; nil where it selects everything.
  func labelSelector(_ selector: LabelSelector?, field: String) throws -> String? {
    do {
      let text = try selector?.selectorString()
      return text?.isEmpty == false ? text : nil
    } catch {
      throw RunFailure(step: .prepare, reason: .invalidSpec, message: "\(field): \(error)", cause: error)
    }
  }

  private static func selector(_ selector: Source.Resources.Selector) -> ResourcesConfiguration.Selector {
    ResourcesConfiguration.Selector(
      group: selector.group == "*" ? nil : selector.group, version: selector.version,
      kind: selector.kind == "*" ? nil : selector.kind, names: selector.names.map(Set.init))
  }

  private static func helmReleases(_ setting: Bool?) -> ResourcesConfiguration.HelmReleases {
    switch setting {
    case nil: .withSecrets
    case true?: .always
    case false?: .never
    }
  }
}
