import BackupFormat
import Foundation
import HoldfastAPI
import KubernetesModel

/// What the Backups of a policy tell about it. Pure, and derived anew each time, so that it is right after any restart.
struct PolicyHistory: Sendable {
  /// Newest first.
  let runs: [Backup]
  /// Those of this cluster, without what a wrong clock dated in the future: what protection is judged by, newest first.
  let counted: [Backup]

  /// - Parameters:
  ///   - clusterID: This cluster's.
  ///   - now: By whose future a date is none.
  init(_ backups: [Backup], clusterID: String? = nil, now: Date = .distantFuture) {
    runs = backups.filter { $0.status?.phase != nil && $0.status?.phase != .deleting }
      .sorted { ($0.runTime, $0.key) > ($1.runTime, $1.key) }
    counted = runs.filter {
      ($0.status?.clusterID == nil || $0.status?.clusterID == clusterID) && !$0.isDatedAhead(of: now)
    }
  }

  var lastGood: Backup? { counted.first { $0.status?.phase == .completed } }

  /// The newest run that has ended, good or not.
  var lastEndedRun: BackupPolicyStatus.Run? { runs.first { $0.status?.phase?.isTerminal ?? false }.map(Self.run) }

  /// The newest backup that was looked at, whatever was found.
  var lastLookedAt: Backup? { runs.first { $0.status?.verified != nil } }

  /// When a backup was last read back and found good, whichever it was.
  var lastVerifiedTime: Timestamp? {
    runs.compactMap { $0.status?.verified == true ? $0.status?.verification?.time : nil }.max()
  }

  /// Failed runs since the last good one.
  var failuresInRow: [Backup] {
    Array(counted.filter { $0.status?.phase.map(\.isTerminal) ?? false }.prefix { $0.status?.phase == .failed })
  }

  var lastRun: BackupPolicyStatus.Run? { runs.first { $0.status?.startTime != nil }.map(Self.run) }

  var lastSuccessfulRun: BackupPolicyStatus.Run? { lastGood.map(Self.run) }

  /// Of the newest run that looked.
  var storage: BackupPolicyStatus.Storage? { runs.lazy.compactMap(\.status?.storage).first }

  /// The same, or what a listing saw that ended later.
  func storage(besides catalog: BackupPolicyStatus.Catalog?) -> BackupPolicyStatus.Storage? {
    let run = runs.first { $0.status?.storage != nil }
    guard let listed = catalog?.storage, let time = catalog?.time else { return run?.status?.storage }
    let seen = run?.status?.completionTime?.date ?? .distantPast
    return seen > time.date ? run?.status?.storage : listed
  }

  /// Why the last good backup is none any more; nil where nobody has found it damaged.
  var newestDamage: String? {
    guard let status = lastGood?.status, status.verified == false else { return nil }
    return status.verification?.message ?? "it was read back and found damaged"
  }

  /// Backups made from a manifest whose own run has told of it meanwhile.
  var duplicates: [Backup] {
    let told = Set(runs.filter { !$0.isFromCatalog }.compactMap(\.status?.id))
    return runs.filter { $0.isFromCatalog && !$0.isHeld && $0.status?.id.map(told.contains) ?? false }
  }

  /// Backups whose artifacts retention has removed from the bucket.
  var pruned: [Backup] {
    let ids = Set(runs.flatMap { $0.status?.pruned ?? [] })
    return runs.filter { $0.status?.id.map(ids.contains) ?? false }
  }

  /// Failed runs beyond the newest few. Nothing in the bucket stands behind them.
  func failedBeyond(_ limit: Int) -> [Backup] {
    Array(runs.filter { $0.status?.phase == .failed && !$0.isHeld }.dropFirst(limit))
  }

  private static func run(_ backup: Backup) -> BackupPolicyStatus.Run {
    let status = backup.status
    let start = status?.startTime
    let end = status?.completionTime
    let seconds = start.flatMap { start in end.map { Int64($0.date.timeIntervalSince(start.date)) } }
    return BackupPolicyStatus.Run(
      name: backup.key.name, time: end ?? start ?? backup.metadata.creationTimestamp ?? Timestamp(.distantPast),
      phase: status?.phase, size: status?.size, durationSeconds: seconds)
  }
}

extension Backup {
  /// Made from a manifest in the bucket, not by a run.
  var isFromCatalog: Bool { metadata.annotations?[HoldfastAPI.catalogIDAnnotation] != nil }

  /// As retention sees it: by a clock that was wrong.
  func isDatedAhead(of now: Date) -> Bool {
    let date = max(runTime, status?.id.flatMap { BackupID($0)?.date } ?? .distantPast)
    return date > now.addingTimeInterval(Double(RetentionDecision.futureTolerance.components.seconds))
  }
}
