import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel

/// The ids that retention must keep beyond what it sees in the bucket: held Backups, what a restore uses (promise 6), and the last
/// backup that is good where the newest one is damaged.
struct ProtectedBackups: Sendable {
  let client: KubernetesClient

  func ids(for policy: BackupPolicy, now: Date) async throws -> Set<String> {
    try await wishes(for: policy, now: now).protected
  }

  /// - Returns: `accepted`: the newest backup whose size a person has accepted, if any.
  func wishes(for policy: BackupPolicy, now: Date) async throws -> (protected: Set<String>, accepted: [String]) {
    let namespace = policy.metadata.namespace ?? ""
    let backups = try await client.backups(of: policy.key.name, in: namespace)
    let requests = try await client.all(RestoreRequest.self, in: namespace)
    let protected = Self.ids(
      policy: policy.key.name, namespace: namespace, backups: backups, requests: requests, now: now)
    return (protected, [SizeTracking.accepted(backups, now: now)].compactMap(\.self))
  }

  static func ids(
    policy: String, namespace: String, backups: [Backup], requests: [RestoreRequest], now: Date
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
    // What was there before the restore, as long as it may go on, or nobody knows how it ended.
    let safety = requests.filter(\.mayStillRestore).compactMap(\.status?.safetyBackup).compactMap { name in
      backups.first { $0.key.name == name }?.status?.id
    }
    return Set(held + used + safety + [lastResort(of: backups, now: now)].compactMap(\.self)).subtracting(["latest"])
  }

  /// Retention keeps the newest one whose manifest can be read, and cannot know that its bytes are damaged.
  private static func lastResort(of backups: [Backup], now: Date) -> String? {
    let completed = backups.filter {
      $0.status?.phase == .completed && $0.status?.id != nil && !$0.isDatedAhead(of: now)
    }
    .sorted { ($0.status?.id ?? "") > ($1.status?.id ?? "") }
    guard completed.first?.status?.verified == false else { return nil }
    let good = completed.first { $0.status?.verified == true }
    return (good ?? completed.first { $0.status?.verified == nil })?.status?.id
  }

  private static func concerns(
    _ request: RestoreRequest, policy: String, namespace: String, backups: [Backup]
  ) -> Bool {
    if let name = request.spec.from.backup { return backups.contains { $0.key.name == name } }
    if let latest = request.spec.from.latest { return latest.policyRef.name == policy }
    return request.spec.from.location?.policy == "\(namespace)/\(policy)"
  }
}
