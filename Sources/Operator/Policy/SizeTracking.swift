import BackupFormat
import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel

/// Which backups of a policy are suspiciously small, as its Backups tell. The runs themselves have judged; here it is decided which
/// of these marks still stand, by the same arithmetic as retention uses. Pure.
struct SizeTracking: Sendable {
  /// Names of the Backups whose mark stands.
  let standing: Set<String>
  /// The newest good one, where it is one of them.
  let newest: Backup?

  init(_ history: PolicyHistory, minRatio: Double, now: Date) {
    let good = history.runs.filter { $0.status?.phase == .completed }
    guard minRatio > 0, good.contains(where: { $0.status?.anomaly != nil }) else {
      standing = []
      newest = nil
      return
    }
    let rule = SizeRule(
      minRatio: minRatio, accepted: Set([Self.accepted(good, now: now).flatMap { BackupID($0) }].compactMap(\.self)))
    let ids = rule.suspicious(among: good.compactMap(\.sizeRecord))
    let marked = good.filter { $0.status?.id.flatMap { BackupID($0) }.map(ids.contains) ?? false }
    standing = Set(marked.map(\.key.name))
    newest = history.lastGood.flatMap { last in marked.first { $0.key == last.key } }
  }

  /// The id of the newest backup whose size a person has accepted; those before it need no word of their own.
  static func accepted(_ backups: [Backup], now: Date) -> String? {
    backups.filter { $0.isSizeAccepted && $0.status?.phase == .completed && !$0.isDatedAhead(of: now) }
      .compactMap(\.status?.id).max()
  }
}

extension Backup {
  var isSizeAccepted: Bool { !(metadata.annotations?[HoldfastAPI.acceptSizeAnnotation] ?? "").isEmpty }

  /// nil without an id. Of which kind a source is, a Backup does not say: there it counts by its name.
  fileprivate var sizeRecord: SizeRecord? {
    guard let id = status?.id.flatMap({ BackupID($0) }) else { return nil }
    let sizes = (status?.artifacts ?? []).compactMap { artifact in
      artifact.plainSize.map { (SizeRecord.Source(name: artifact.source, kind: ""), $0) }
    }
    return SizeRecord(id: id, sizes: Dictionary(sizes) { first, _ in first }, isMarked: status?.anomaly != nil)
  }
}

extension BackupPolicyReconciler {
  /// Brings the condition `Suspicious` of the Backups that were marked to what holds now.
  func markSizes(_ history: PolicyHistory, _ sizes: SizeTracking) async throws {
    for backup in history.runs where backup.status?.phase == .completed {
      guard var status = backup.status, let anomaly = status.anomaly else { continue }
      let stands = sizes.standing.contains(backup.key.name)
      let now = Timestamp(context.now())
      let before = status.conditions["Suspicious"]
      if stands {
        // The run that made the mark did not know the name of its Backup.
        status.conditions.set("Suspicious", .true, .sizeShrunk, anomaly.warning(of: backup.key), now: now)
        guard before?.status != .true || before?.message != status.conditions["Suspicious"]?.message else { continue }
      } else {
        guard before?.status != .false else { continue }
        let why = "its size, or that of a later backup, was accepted, or spec.anomaly.minSizeRatio is 0"
        status.conditions.set("Suspicious", .false, .sizeAccepted, why, now: now)
      }
      try await context.client.writeStatus(of: backup, from: backup.status, to: status)
      if !stands {
        context.events.normal(.sizeAccepted, "The size counts as right; retention goes on as before.", about: backup)
      }
    }
  }

  /// The condition is there only while the newest good backup is suspicious.
  static func setSize(_ status: inout BackupPolicyStatus, _ sizes: SizeTracking, now: Timestamp) {
    guard let backup = sizes.newest, let anomaly = backup.status?.anomaly else {
      if status.conditions["Suspicious"] != nil { status.conditions?.removeAll { $0.type == "Suspicious" } }
      return
    }
    status.conditions.set(
      "Suspicious", .true, .sizeShrunk, "Backup \(backup.key.name): \(anomaly.warning(of: backup.key))",
      generation: status.observedGeneration, now: now)
  }

  /// Once, however many small ones follow.
  func tellSize(_ policy: BackupPolicy, from old: BackupPolicyStatus?, to new: BackupPolicyStatus) {
    guard let condition = new.conditions["Suspicious"], old?.conditions["Suspicious"] == nil else { return }
    context.events.warning(.backupSuspicious, condition.message, about: policy)
  }
}
