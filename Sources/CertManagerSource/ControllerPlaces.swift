import KubernetesModel
import SnapshotSource

/// Where cert-manager and trust-manager look for what cluster-scoped objects name.
struct ControllerPlaces: Sendable, Hashable {
  var clusterResourceNamespace: String?
  var trustNamespace: String?
  /// cert-manager's, as its Deployment is labelled.
  var version: String?

  /// Asks the Deployments only for what the configuration does not say.
  static func find(_ configuration: CertManagerConfiguration, _ reader: CertManagerReader) async throws
    -> ControllerPlaces
  {
    var places = ControllerPlaces(
      clusterResourceNamespace: configuration.clusterResourceNamespace, trustNamespace: configuration.trustNamespace)
    if !configuration.clusterIssuers.isNone, places.clusterResourceNamespace == nil {
      let deployment = try await controller(
        "app.kubernetes.io/name=cert-manager,app.kubernetes.io/component=controller", "clusterResourceNamespace", reader
      )
      places.version = deployment.labels["app.kubernetes.io/version"]
      // cert-manager's own default where the flag is missing.
      places.clusterResourceNamespace =
        ControllerArguments.value(of: "cluster-resource-namespace", in: deployment) ?? "kube-system"
    }
    if !configuration.bundles.isNone, places.trustNamespace == nil {
      let deployment = try await controller("app.kubernetes.io/name=trust-manager", "trustNamespace", reader)
      places.trustNamespace = ControllerArguments.value(of: "trust-namespace", in: deployment) ?? "cert-manager"
    }
    return places
  }

  private static func controller(
    _ selector: String, _ field: String, _ reader: CertManagerReader
  ) async throws -> JSONValue {
    let found = try await reader.list(CertManagerResources.deployments, in: nil, selector: selector)
    guard let only = found.first, found.count == 1 else {
      throw SnapshotSourceError(
        .configuration, operation: "search for the controller",
        message:
          "\(found.isEmpty ? "no Deployment has" : "\(found.count) Deployments have") the labels \(selector); set "
          + "certManager.\(field)")
    }
    return only
  }
}
