internal import Logging
internal import BackupFormat
internal import Foundation
internal import HoldfastAPI
internal import JobPlan
internal import KubernetesModel
internal import ObjectStore

/// Removes what retention no longer keeps, and what dead runs left.
///
/// - A backup goes manifest first, artifacts after: a removal that breaks off leaves debris, not a broken backup.
/// - Nothing goes but keys that this policy's layout can have; of a backup only what its own manifest names.
/// - Idempotent; what cannot be removed is reported and tried again by the next run.
public struct PruneRun: Sendable {
  let context: RunContext

  public init(context: RunContext) { self.context = context }

  /// On its own: takes a lease, for the store's clock, unless nothing is to be changed.
  public func run(dryRun: Bool) async throws -> PruneReport {
    do {
      guard !dryRun else {
        return try await PrunePlanner(context: context, ownID: nil, now: context.now()).report()
      }
      let id = context.makeID(context.now())
      let lease = RunLease(id: id, operation: "prune", context: context, layout: context.layout)
      do {
        try await lease.begin()
        let report = try await lease.whileKept { try await run(lease: lease) }
        try await lease.end()
        return report
      } catch {
        _ = await cleaningUp(within: context.settings.interruptedCleanupLimit, clock: context.clock) {
          try await lease.end()
        }
        throw error
      }
    } catch {
      throw ErrorMapping.failure(error, step: .prune)
    }
  }

  /// As part of another run, under its lease.
  func run(lease: RunLease) async throws -> PruneReport {
    let now = try await lease.storeNow()
    var report = try await PrunePlanner(context: context, ownID: lease.id, now: now).report()
    for index in report.removals.indices {
      try Task.checkCancellation()
      await perform(&report.removals[index])
    }
    await removeProbes(report.probes)
    return report
  }

  /// A probe that stays does no harm: nothing but a prune looks at it.
  private func removeProbes(_ keys: [String]) async {
    for key in keys {
      do {
        try await context.store.delete(key)
      } catch {
        context.logger.info("probe not removed", metadata: ["key": "\(key)", "error": "\(error)"])
      }
    }
  }

  private func perform(_ removal: inout PruneReport.Removal) async {
    let metadata = ["backup.id": "\(removal.id)", "reason": "\(removal.reason)"] as [String: String]
    do {
      switch removal.kind {
      case .backup, .lease: try await delete(removal.keys)
      case .debris: try await removeDebris(removal)
      }
      context.logger.info(
        "removed", metadata: metadata.mapValues { "\($0)" }.merging(["kind": "\(removal.kind)"]) { $1 })
    } catch {
      let failure = ErrorMapping.failure(error, step: .prune)
      removal.problem = failure.message
      context.logger.warning(
        "not removed", metadata: metadata.mapValues { "\($0)" }.merging(["error": "\(failure)"]) { $1 })
    }
  }

  private func removeDebris(_ removal: PruneReport.Removal) async throws {
    // The decision is a moment old; a manifest makes a backup of it.
    guard try await context.store.head(context.layout.manifestKey(of: removal.id)) == nil else {
      throw RunFailure(step: .prune, reason: .storeFailed, message: "it has a manifest now, so that it is a backup")
    }
    try await Self.abortUploads(below: context.layout.prefix(of: removal.id), in: context.store)
    try await delete(removal.keys)
  }

  private func delete(_ keys: [String]) async throws {
    for key in keys { try await context.store.delete(key) }
  }

  static func abortUploads(below prefix: String, in store: any ObjectStore) async throws {
    do {
      for upload in try await store.listUploads(prefix: prefix) { try await store.abortUpload(upload) }
    } catch let error as ObjectStoreError where [.accessDenied, .unsupported].contains(error.code) {
      // The prune that found the debris has warned of it.
    }
  }
}

extension ExecutorResult.Prune {
  init(_ report: PruneReport) {
    let remaining = report.remaining
    self.init(
      deleted: report.deletedIDs.map(\.rawValue), count: remaining.count, bytes: report.remainingBytes,
      oldest: remaining.first.map { Timestamp($0.date) }, newest: remaining.last.map { Timestamp($0.date) })
    if !report.problems.isEmpty {
      message = report.problems.map { "\($0.id) could not be removed: \($0.problem ?? "")" }.joined(separator: "; ")
    }
  }
}
