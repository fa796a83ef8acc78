import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel

/// The claims that databases are restored to: a pod that mounts one which is not there never starts, so that they are
/// looked at, and made where the request says how, before the Job is.
struct DatabaseClaims: Sendable {
  let client: KubernetesClient

  struct Prepared: Sendable {
    /// Those that a dry run's pod must do without.
    var absent: Set<String> = []
    /// The pods that have a claim which is on one node at a time.
    var holders: [Pod] = []
  }

  /// - Throws: ``RestoreStop`` where a claim is not there and nobody says how to make it, or where no pod can mount it.
  func prepare(_ objects: RestoreObjects, isDryRun: Bool) async throws -> Prepared {
    let namespace = objects.request.metadata.namespace ?? ""
    var prepared = Prepared()
    for claim in objects.databaseClaims {
      let name = claim.claimName
      if let found = try await client.find(PersistentVolumeClaim.self, name, in: namespace) {
        if let holder = try await holder(of: found, namespace) { prepared.holders.append(holder) }
        continue
      }
      guard let wanted = try objects.persistentVolumeClaim(claim) else {
        throw RestoreStop(
          "start", .invalidSpec,
          "PersistentVolumeClaim \(name) is not there; create it, or say how with persistentVolumeClaim.create of the source in a "
            + "new request, for example {storage: 2Gi}")
      }
      guard !objects.keepsGroups else {
        throw RestoreStop(
          "start", .invalidSpec,
          "PersistentVolumeClaim \(name) has to be made and given to the executor's group, and another claim of this request "
            + "keeps the group that it has: one pod cannot do both. Make a request for each source")
      }
      guard !isDryRun else {
        prepared.absent.insert(name)
        continue
      }
      do {
        _ = try await client.create(wanted)
      } catch let error as KubernetesError where error.code == .alreadyExists {
        continue
      }
    }
    let nodes = Set(prepared.holders.compactMap(\.spec.nodeName)).sorted()
    guard nodes.count <= 1 else {
      throw RestoreStop(
        "start", .restoreConflict,
        "the claims of this request are on the nodes \(nodes.joined(separator: ", ")), and one pod cannot mount them all; make a "
          + "request for each source, or scale the controllers to zero by hand first")
    }
    return prepared
  }

  /// Who has a claim that is on one node at a time.
  /// - Throws: ``RestoreStop`` where it is for one pod alone.
  private func holder(of claim: PersistentVolumeClaim, _ namespace: String) async throws -> Pod? {
    if claim.metadata.deletionTimestamp != nil {
      throw RestoreStop(
        "start", .applyFailed, "PersistentVolumeClaim \(claim.key.name) is being deleted; wait until it is gone")
    }
    guard claim.spec?.accessModes?.contains("ReadWriteMany") != true else { return nil }
    let pods = try await client.list(Pod.self, namespace: namespace).objects()
    guard let owner = pods.first(where: { $0.holds(claim: claim.key.name) }) else { return nil }
    guard claim.spec?.accessModes?.contains("ReadWriteOncePod") == true else {
      return owner.spec.nodeName == nil ? nil : owner
    }
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
