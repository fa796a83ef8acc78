import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel

/// Which backup a request means, and how to reach it.
struct ResolvedRestore: Sendable {
  /// Of this cluster; nil where the backup is only known by its location.
  var policy: BackupPolicy?
  var origin: Plan.Policy
  var spec: BackupPolicySpec
  /// nil: the newest one in the bucket.
  var id: String?
  var location: String?
  var summary: String

  func objects(for request: RestoreRequest, in context: OperatorContext, clusterID: String?) -> RestoreObjects {
    RestoreObjects(
      request: request, origin: origin, spec: spec, policy: policy?.key.name, id: id,
      // Never the safety backup of what is restored over.
      before: id == nil ? request.status?.startTime : nil,
      defaults: context.configuration.executor, clusterID: clusterID)
  }
}

/// Reads what a request names. Throws ``RestoreStop`` where it names nothing that can be restored.
struct RestoreResolver: Sendable {
  let context: OperatorContext
  private var client: KubernetesClient { context.client }

  func resolve(_ request: RestoreRequest) async throws -> ResolvedRestore {
    let namespace = request.metadata.namespace ?? ""
    if let location = request.spec.from.location { return try await resolve(location, request) }
    if let name = request.spec.from.backup {
      guard let backup = try await client.find(Backup.self, name, in: namespace) else {
        throw RestoreStop(
          "resolve", .backupNotFound,
          "spec.from.backup: there is no Backup \(name) in this namespace; one that is older than what "
            + "spec.historyLimit of its policy keeps is restored by spec.from.location")
      }
      return try await resolve(backup, request)
    }
    guard let latest = request.spec.from.latest else {
      throw RestoreStop("resolve", .invalidSpec, "spec.from names nothing; set backup, latest or location")
    }
    // What was chosen once stays, however many backups are made meanwhile.
    let backups = try await client.backups(of: latest.policyRef.name, in: namespace)
    let recorded = request.status?.backupID
    let chosen =
      recorded.map { id in backups.first { $0.status?.id == id } }
      ?? Self.newest(of: backups, latest, now: context.now())
    guard let chosen else {
      let before = latest.before.map { " made before \($0)" } ?? ""
      let verified = latest.requireVerified == true ? " that is verified" : Self.damagedOnes(backups)
      let older = try await beyondLimit(latest, in: namespace, backups)
      throw RestoreStop(
        "resolve", .backupNotFound,
        "spec.from.latest: policy \(latest.policyRef.name) has no completed Backup\(before)\(verified)\(older)")
    }
    return try await resolve(chosen, request)
  }

  /// Where the Backup objects may not be all that there is: how to reach the others.
  private func beyondLimit(
    _ latest: RestoreRequest.From.Latest, in namespace: String, _ backups: [Backup]
  ) async throws -> String {
    let completed = backups.filter { $0.status?.phase == .completed }
    guard latest.before != nil,
      case .valid(let policy) = try await context.policy(latest.policyRef.name, in: namespace, needsTrust: false),
      completed.count >= policy.spec.resolvedHistoryLimit
    else { return "" }
    let limit = policy.spec.resolvedHistoryLimit
    return
      ". Of its backups only the newest \(limit) have Backup objects (spec.historyLimit); older ones may be in the bucket: "
      + "raise spec.historyLimit and have it listed again (kubectl annotate bpol \(policy.key.name) "
      + "-n \(namespace) --overwrite \(HoldfastAPI.catalogSyncAnnotation)=$(date +%s)), or find the id with 'holdfast list' and restore it by "
      + "spec.from.location"
  }

  /// The newest backup of what was lost holds little: who restores it should read that before.
  private static func doubt(about backup: Backup) -> String {
    guard backup.status?.conditions["Suspicious"]?.status == .true else { return "" }
    return "; it is suspiciously small: \(backup.status?.anomaly?.message ?? "see its status")"
  }

  /// Damaged ones are only restored by name.
  private static func damagedOnes(_ backups: [Backup]) -> String {
    let damaged = backups.filter { $0.status?.phase == .completed && $0.status?.verified == false }.map(\.key.name)
    guard !damaged.isEmpty else { return "" }
    return
      " that is not known to be damaged (\(damaged.sorted().prefix(5).joined(separator: ", ")) are; spec.from.backup "
      + "restores one of them all the same)"
  }

  /// By the time in the id, which is when the run began. One that was read back and found damaged is never the one, nor one
  /// that a wrong clock dated in the future.
  static func newest(of backups: [Backup], _ latest: RestoreRequest.From.Latest, now: Date) -> Backup? {
    backups.filter { backup in
      guard backup.status?.phase == .completed, backup.status?.id != nil, !backup.isDatedAhead(of: now) else {
        return false
      }
      if let before = latest.before, backup.runTime >= before.date { return false }
      return backup.status?.verified ?? (latest.requireVerified != true)
    }.max { ($0.status?.id ?? "") < ($1.status?.id ?? "") }
  }

  private func resolve(_ backup: Backup, _ request: RestoreRequest) async throws -> ResolvedRestore {
    let namespace = request.metadata.namespace ?? ""
    guard backup.status?.phase == .completed, let id = backup.status?.id else {
      throw RestoreStop(
        "resolve", .backupNotFound,
        "Backup \(backup.key.name) is \(backup.status?.phase?.rawValue ?? "Pending") and has no id; a restore needs a "
          + "Completed one, or spec.from.location")
    }
    let name = backup.spec.policyRef.name
    let policy: BackupPolicy
    switch try await context.policy(name, in: namespace, needsTrust: false) {
    case .missing:
      throw RestoreStop(
        "resolve", .policyNotFound,
        "Backup \(backup.key.name) is of BackupPolicy \(name), which is gone, so that its bucket is not known; create the "
          + "policy again, or use spec.from.location")
    case .invalid(let message): throw RestoreStop("resolve", .invalidSpec, message)
    case .valid(let found): policy = found
    }
    return ResolvedRestore(
      policy: policy, origin: Plan.Policy(namespace: namespace, name: name),
      spec: policy.spec.defaulted(namespace: namespace, name: name), id: id, location: backup.status?.location,
      summary: "Backup \(backup.key.name), id \(id)\(Self.doubt(about: backup))")
  }

  /// What a request says of a source whose policy nobody knows. What a backup of a trusted namespace holds beyond it is
  /// not known either, so that its restore may write there.
  private static func source(
    of selection: RestoreRequest.SourceSelection, origin: String, isTrusted: Bool
  ) -> Source? {
    if selection.certManager != nil {
      return Source(
        name: selection.name,
        certManager: isTrusted
          ? Source.CertManager(
            clusterIssuers: .all, bundles: .all,
            clusterResourceNamespace: selection.certManager?.clusterResourceNamespace, includeCRDs: true)
          : Source.CertManager())
    }
    if selection.resources != nil {
      return Source(
        name: selection.name,
        resources: isTrusted
          ? Source.Resources(namespaces: [origin], clusterScoped: true) : Source.Resources(namespaces: [origin]))
    }
    // Where the database goes is in the request; a source with nothing in it would say nothing more.
    if let openZiti = selection.openZiti {
      guard openZiti.release != nil || openZiti.podSelector != nil else { return nil }
      return Source(
        name: selection.name,
        openZiti: Source.OpenZiti(release: openZiti.release, podSelector: openZiti.podSelector))
    }
    guard selection.openBao != nil || selection.vault != nil else { return nil }
    return Source(name: selection.name, openBao: selection.openBao, vault: selection.vault)
  }

  private func resolve(
    _ location: RestoreRequest.From.Location, _ request: RestoreRequest
  ) async throws -> ResolvedRestore {
    let parts = location.policy.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 else {
      throw RestoreStop("resolve", .invalidSpec, "spec.from.location.policy must be namespace/name")
    }
    let namespace = request.metadata.namespace ?? ""
    // The same policy, if this cluster has it: for the safety backup, and to wait for its runs.
    var policy: BackupPolicy?
    if case .valid(let found) = try await context.policy(parts[1], in: namespace, needsTrust: false) { policy = found }
    let isTrusted = context.isTrusted(namespace)
    var spec = BackupPolicySpec(
      sources: (request.spec.sources ?? []).compactMap { Self.source(of: $0, origin: parts[0], isTrusted: isTrusted) },
      target: location.target)
    if spec.sources.isEmpty, let policy { spec.sources = policy.spec.sources }
    return ResolvedRestore(
      policy: policy, origin: Plan.Policy(namespace: parts[0], name: parts[1]),
      spec: spec.defaulted(namespace: namespace, name: parts[1]),  // What an earlier attempt found stays.
      id: location.id == "latest" ? request.status?.backupID : location.id,
      location: nil, summary: "policy \(location.policy), id \(location.id), by its location")
  }
}
