internal import BackupFormat
internal import Foundation
internal import HoldfastAPI
internal import JobPlan
internal import ObjectStore

/// Decides what a prune removes: gathers what the decision needs, and leaves the arithmetic to `RetentionDecision`.
struct PrunePlanner {
  let context: RunContext
  /// The run that prunes: never debris.
  let ownID: BackupID?
  /// The store's clock.
  let now: Date

  private var layout: BucketLayout { context.layout }

  func report() async throws -> PruneReport {
    let catalogue = try await Catalogue.load(context.store, layout: layout, uploads: true)
    var report = PruneReport()
    report.warnings = catalogue.warnings
    report.probes = catalogue.probes.filter { probe in
      probe.lastModified.map { now.timeIntervalSince($0) >= context.settings.debrisGrace.timeInterval } ?? false
    }.map(\.key)
    let entries = catalogue.sorted.filter { $0.hasManifest || $0.id != ownID }
    try await decideBackups(entries.filter(\.hasManifest), &report)
    for entry in entries {
      guard let reason = try await debrisReason(entry) else { continue }
      report.removals.append(
        PruneReport.Removal(
          id: entry.id, kind: entry.hasManifest ? .lease : .debris, reason: reason,
          keys: entry.hasManifest ? [entry.lease?.key].compactMap(\.self) : keysOfDebris(entry),
          uploads: entry.uploads.count, bytes: entry.hasManifest ? 0 : entry.storedBytes))
    }
    return report
  }

  // MARK: Backups

  private func decideBackups(_ entries: [Catalogue.Entry], _ report: inout PruneReport) async throws {
    let retention = context.plan.spec.retention
    let rules = RetentionRules(maxCount: retention?.maxCount, maxAge: retention?.maxAgeDuration)
    guard rules.maxCount != nil || rules.maxAge != nil else {
      report.kept = entries.reversed().map {
        PruneReport.Kept(id: $0.id, reason: "the policy has no retention", bytes: $0.storedBytes)
      }
      return
    }
    var manifests: [BackupID: Manifest] = [:]
    for entry in entries { manifests[entry.id] = try await readable(entry, &report) }
    let suspicious = SizeRule(context.plan).suspicious(among: manifests.values.map { SizeRecord($0) })
    func candidates(_ locks: [BackupID: Date]) -> [RetentionCandidate] {
      entries.map {
        RetentionCandidate(
          id: $0.id, isReadable: manifests[$0.id] != nil, lockedUntil: locks[$0.id],
          isSuspicious: suspicious.contains($0.id))
      }
    }
    let ids = context.plan.protectedIDs ?? []
    let protected = ids.contains(Plan.everyID) ? Set(entries.map(\.id)) : Set(ids.compactMap { BackupID($0) })
    // Only of what would go: asking for the locks of everything costs a request for each object.
    let first = RetentionDecision.decide(candidates: candidates([:]), rules: rules, now: now, protected: protected)
    var locks: [BackupID: Date] = [:]
    for deleted in first.delete { locks[deleted.id] = try await lockedUntil(deleted.id, manifests[deleted.id]) }
    let decision = RetentionDecision.decide(
      candidates: candidates(locks), rules: rules, now: now, protected: protected)
    let sizes = Dictionary(uniqueKeysWithValues: entries.map { ($0.id, $0.storedBytes) })
    report.kept = decision.keep.map {
      PruneReport.Kept(id: $0.id, reason: Self.text($0.reason), bytes: sizes[$0.id] ?? 0)
    }
    for kept in decision.keep where kept.reason == .locked {
      report.warnings.append("\(kept.id) is past its retention and stays until its object lock ends")
    }
    if let waiting = waiting(decision, suspicious) { report.warnings.append(waiting) }
    for deleted in decision.delete {
      guard let manifest = manifests[deleted.id] else { continue }
      report.removals.append(
        PruneReport.Removal(
          id: deleted.id, kind: .backup, reason: Self.text(deleted.reason, rules),
          keys: [layout.manifestKey(of: deleted.id)] + manifest.artifacts.map(\.key), uploads: 0,
          bytes: manifest.storedSize))
    }
  }

  private func waiting(_ decision: RetentionDecision, _ suspicious: Set<BackupID>) -> String? {
    let count = decision.keep.count { $0.reason == .beforeSuspicious }
    guard count > 0, let newest = suspicious.max() else { return nil }
    return
      "\(count) backup(s) past their retention stay, since the newest, \(newest), is suspiciously small; the Backup with "
      + "that id (kubectl get backups -n \(context.plan.policy.namespace) -o wide) says how to accept its size "
      + "(\(HoldfastAPI.acceptSizeAnnotation))"
  }

  /// nil, with a warning, where the manifest cannot be understood: then nobody knows what belongs to it.
  private func readable(_ entry: Catalogue.Entry, _ report: inout PruneReport) async throws -> Manifest? {
    do {
      return try await context.store.manifest(of: entry.id, in: layout)
    } catch let error as ManifestError {
      report.warnings.append("\(entry.id) is kept, since its manifest cannot be used: \(error.message)")
      return nil
    } catch let error as ObjectStoreError where [.notFound, .failed].contains(error.code) {
      report.warnings.append("\(entry.id) is kept, since its manifest cannot be read: \(error.message)")
      return nil
    }
  }

  private func lockedUntil(_ id: BackupID, _ manifest: Manifest?) async throws -> Date? {
    var latest: Date?
    for key in [layout.manifestKey(of: id)] + (manifest?.artifacts.map(\.key) ?? []) {
      if let until = try await context.store.head(key)?.lockedUntil { latest = max(latest ?? until, until) }
    }
    return latest
  }

  private static func text(_ reason: RetentionDecision.KeepReason) -> String {
    switch reason {
    case .newestGood: "the newest good backup"
    case .inUse: "held, or used by a restore"
    case .held: "held"
    case .locked: "under object lock"
    case .unreadable: "its manifest cannot be used"
    case .futureDated: "dated in the future"
    case .beforeSuspicious: "what was made after it is suspiciously small"
    case .withinRules: "within retention"
    }
  }

  private static func text(_ reason: RetentionDecision.DeleteReason, _ rules: RetentionRules) -> String {
    switch reason {
    case .maxCount: "there are \(rules.maxCount ?? 0) newer ones (retention.maxCount)"
    case .maxAge: "older than \(rules.maxAge.map(DurationText.format) ?? "") (retention.maxAge)"
    }
  }

  // MARK: Debris

  private func keysOfDebris(_ entry: Catalogue.Entry) -> [String] {
    // The lease last: a removal that breaks off leaves it to say that the rest is dead.
    entry.artifacts.map(\.key) + [entry.lease?.key].compactMap(\.self)
  }

  /// Why an entry, or a lease beside a manifest, may go; nil where it may not.
  private func debrisReason(_ entry: Catalogue.Entry) async throws -> String? {
    guard let lease = entry.lease else {
      guard !entry.hasManifest else { return nil }
      let age = now.timeIntervalSince(entry.lastChange)
      guard age >= context.settings.debrisGrace.timeInterval else { return nil }
      return "it has no manifest and was last written \(Int(age)) s ago"
    }
    guard entry.id != ownID else { return nil }
    let verdict = LeaseVerdict.judge(
      record: try await LeaseRecord.read(lease.key, from: context.store), lease: lease, storeNow: now,
      lifetime: context.settings.leaseLifetime,
      me: RunLease.holder(context), processes: context.processes)
    guard case .dead(let why) = verdict else { return nil }
    return entry.hasManifest ? "its run is over: \(why)" : "its run ended without a manifest: \(why)"
  }
}
