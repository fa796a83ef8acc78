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

  /// What the executor left of a plan and of how far it is; nil where there is nothing.
  func result(of job: Job) async throws -> RestoreResult? {
    try await result(ofJob: job.key.name, namespace: job.metadata.namespace ?? "")
  }

  func result(ofJob job: String, in request: RestoreRequest) async throws -> RestoreResult? {
    try await result(ofJob: job, namespace: request.metadata.namespace ?? "")
  }

  private func result(ofJob job: String, namespace: String) async throws -> RestoreResult? {
    let map = try await client.find(ConfigMap.self, ObjectNames.result(job: job), in: namespace)
    return map?.data.flatMap { RestoreResult(data: $0) }
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

extension RestoreRequest.Status {
  mutating func take(_ result: RestoreResult?) {
    guard let result else { return }
    plan = result.plan
    take(result.progress)
  }

  mutating func take(_ progress: RestoreResult.Progress?) {
    guard let progress, var step = steps?.first(where: { $0.name == "restore" }) else { return }
    step.done = progress.done
    step.total = progress.total
    setStep(step)
  }
}
