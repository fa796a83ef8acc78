import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel

/// What restores of API objects need besides.
extension RestoreReconciler {
  /// - Throws: ``RestoreStop`` where the request writes beyond its namespace and may not.
  func checkReach(_ objects: RestoreObjects, of request: RestoreRequest) throws {
    let namespace = request.metadata.namespace ?? ""
    guard let reach = objects.permissions.reach(beyond: namespace), !context.isTrusted(namespace) else {
      return
    }
    throw RestoreStop(
      "validate", .notTrusted,
      "the restore writes to \(reach), and requests of namespace '\(namespace)' are not trusted with that; set "
        + "namespaceMapping so that objects go to '\(namespace)', leave sources of kind resources out, or add --trusted-namespace "
        + "\(namespace) to the operator (trustedNamespaces in the chart's values)")
  }

  func objectsAreWritten(_ request: RestoreRequest) -> Bool {
    (request.spec.sources ?? []).contains { $0.certManager != nil || $0.resources != nil }
      || request.status?.steps?.contains { $0.total != nil } == true
  }

  /// The rights of a restore that has ended, or whose request is gone.
  func takeBackRights(of request: ObjectKey) async throws {
    try await RestorePermissionGrant(context: context).takeBack(from: request)
  }
}
