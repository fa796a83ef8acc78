import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel

/// The ids that retention must keep beyond what it sees in the bucket: held Backups, and what a restore uses (promise 6).
struct ProtectedBackups: Sendable {
  let client: KubernetesClient

  func ids(for policy: BackupPolicy) async throws -> Set<String> {
    let namespace = policy.metadata.namespace ?? ""
    let backups = try await client.backups(of: policy.key.name, in: namespace)
    let requests = try await client.all(RestoreRequest.self, in: namespace)
    return Self.ids(policy: policy.key.name, namespace: namespace, backups: backups, requests: requests)
  }

  static func ids(
    policy: String, namespace: String, backups: [Backup], requests: [RestoreRequest]
  ) -> Set<String> {
    let held = backups.filter(\.isHeld).compactMap(\.status?.id)
    let used = requests.filter {
      $0.mayStillRestore && concerns($0, policy: policy, namespace: namespace, backups: backups)
    }
    .flatMap { request -> [String?] in
      // Named before the request was resolved, and after.
      let named = request.spec.from.backup.flatMap { name in backups.first { $0.key.name == name }?.status?.id }
      // Of a bucket, or of a policy's Backups, the newest: which that is has yet to be found out.
      let sought = request.status?.backupID == nil && request.spec.from.backup == nil ? Plan.everyID : nil
      return [request.status?.backupID, named, sought]
    }
    .compactMap(\.self)
    return Set(held + used).subtracting(["latest"])
  }

  private static func concerns(
    _ request: RestoreRequest, policy: String, namespace: String, backups: [Backup]
  ) -> Bool {
    if let name = request.spec.from.backup { return backups.contains { $0.key.name == name } }
    if let latest = request.spec.from.latest { return latest.policyRef.name == policy }
    return request.spec.from.location?.policy == "\(namespace)/\(policy)"
  }
}
