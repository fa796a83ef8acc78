internal import BackupFormat
internal import HoldfastAPI
internal import JobPlan
internal import Logging
internal import ObjectStore

/// Compares what a run has captured with the backups before it, so that a loss is seen while there is something to go back to.
///
/// It reads their manifests, newest first, until it has enough. It never fails a run: where it may not read, or the store does not
/// answer, nothing is said about the size.
struct SizeWatch {
  /// Manifests that are read at most, where many in a row are suspicious themselves.
  private static let limit = 500

  let context: RunContext
  let permissions: MissingPermissions

  /// - Parameter ids: Of the backups in the bucket.
  /// - Throws: Only where the run is cancelled.
  func judge(_ manifest: Manifest, besides ids: [BackupID]) async throws -> Manifest.Anomaly? {
    let rule = SizeRule(context.plan)
    guard rule.minRatio > 0, !ids.isEmpty else { return nil }
    do {
      return rule.judge(SizeRecord(manifest), among: try await records(before: manifest.id, ids, rule))
    } catch {
      try Task.checkCancellation()
      context.logger.warning(
        "the size was not compared with earlier backups",
        metadata: ["backup.id": "\(manifest.id)", "error": "\(error)"])
      return nil
    }
  }

  private func records(before id: BackupID, _ ids: [BackupID], _ rule: SizeRule) async throws -> [SizeRecord] {
    let level = rule.accepted.filter { $0 < id }.max()
    var records: [SizeRecord] = []
    // By the accepted one it is told which of those after it are as they should be.
    if let level, ids.contains(level), let record = try await record(of: level) { records.append(record) }
    let others = ids.filter { other in other < id && level.map { other > $0 } ?? true }.sorted(by: >)
    for other in others.prefix(Self.limit) {
      guard !permissions.lacks(.read) else { return [] }
      if let record = try await record(of: other) { records.append(record) }
      if records.count - rule.suspicious(among: records).count >= SizeRule.window { break }
    }
    return records
  }

  /// nil for one that is gone, or that nobody understands.
  private func record(of id: BackupID) async throws -> SizeRecord? {
    do {
      return try await permissions.unlessDenied(.read) {
        SizeRecord(try await context.store.manifest(of: id, in: context.layout))
      }
    } catch is ManifestError {
      return nil
    } catch let error as ObjectStoreError where [.notFound, .failed].contains(error.code) {
      return nil
    }
  }
}

extension SizeRule {
  /// As the plan's policy has it, with what a person has accepted.
  init(_ plan: Plan) {
    self.init(
      minRatio: plan.spec.resolvedMinSizeRatio, accepted: Set((plan.acceptedIDs ?? []).compactMap { BackupID($0) }))
  }
}
