import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel

/// The claims that databases are restored to: a pod that mounts one which is not there never starts, so that they are
/// looked at, and made where the request says how, before the Job is.
struct DatabaseClaims: Sendable {
  let client: KubernetesClient

  /// - Returns: The claims that a dry run's pod must do without.
  /// - Throws: ``RestoreStop`` where a claim is not there and nobody says how to make it, or where no pod can mount it.
  func prepare(_ objects: RestoreObjects, isDryRun: Bool) async throws -> Set<String> {
    let namespace = objects.request.metadata.namespace ?? ""
    var absent: Set<String> = []
    for claim in objects.databaseClaims {
      let name = claim.claimName
      if let found = try await client.find(PersistentVolumeClaim.self, name, in: namespace) {
        try await check(found, namespace)
        continue
      }
      guard let wanted = try objects.persistentVolumeClaim(claim) else {
        throw RestoreStop(
          "start", .invalidSpec,
          "PersistentVolumeClaim \(name) is not there; create it, or say how with persistentVolumeClaim.create of the source in a "
            + "new request, for example {storage: 2Gi}")
      }
      guard !isDryRun else {
        absent.insert(name)
        continue
      }
      do {
        _ = try await client.create(wanted)
      } catch let error as KubernetesError where error.code == .alreadyExists {
        continue
      }
    }
    return absent
  }

  /// A claim for one pod alone cannot be mounted beside the pod that has it.
  private func check(_ claim: PersistentVolumeClaim, _ namespace: String) async throws {
    if claim.metadata.deletionTimestamp != nil {
      throw RestoreStop(
        "start", .applyFailed, "PersistentVolumeClaim \(claim.key.name) is being deleted; wait until it is gone")
    }
    guard claim.spec?.accessModes?.contains("ReadWriteOncePod") == true else { return }
    let pods = try await client.list(Pod.self, namespace: namespace).objects()
    guard let owner = pods.first(where: { $0.holds(claim: claim.key.name) }) else { return }
    throw RestoreStop(
      "start", .restoreConflict,
      "PersistentVolumeClaim \(claim.key.name) is ReadWriteOncePod and pod \(owner.key.name) has it, so that the database "
        + "cannot be written beside it; scale its controller to zero by hand, then make a new request")
  }
}

extension Pod {
  /// Whether it has, or will have, a claim mounted.
  fileprivate func holds(claim: String) -> Bool {
    guard status?.phase != "Succeeded", status?.phase != "Failed" else { return false }
    return spec.volumes?.contains { $0.persistentVolumeClaim?.claimName == claim } ?? false
  }
}
