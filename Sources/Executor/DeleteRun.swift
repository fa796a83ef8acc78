internal import Logging
internal import BackupFormat
internal import Foundation
internal import HoldfastAPI
public import JobPlan
internal import KubernetesModel
internal import ObjectStore

/// Removes the backups that a plan names in `deleteIDs`, because somebody asked for it: retention has no say.
public struct DeleteRun: Sendable {
  let context: RunContext

  public init(context: RunContext) { self.context = context }

  public func run() async -> ExecutorResult {
    var result = ExecutorResult(
      operation: .delete, outcome: .succeeded, startTime: Timestamp(context.now()),
      completionTime: Timestamp(context.now()))
    var warnings: [String] = []
    for text in context.plan.deleteIDs ?? [] {
      do {
        guard let id = BackupID(text) else {
          throw RunFailure(step: .prune, reason: .invalidSpec, message: "deleteIDs names '\(text)', which is no id")
        }
        try await delete(id, &warnings)
        context.logger.info("backup deleted", metadata: ["backup.id": "\(id)"])
      } catch {
        let failure = ErrorMapping.failure(error, step: .prune)
        context.logger.error("backup not deleted", metadata: ["backup.id": "\(text)", "error": "\(failure)"])
        result.outcome = .failed
        if result.failure == nil { result.failure = failure.backupFailure }
      }
    }
    result.warnings = warnings.isEmpty ? nil : warnings
    result.completionTime = Timestamp(context.now())
    return result
  }

  private func delete(_ id: BackupID, _ warnings: inout [String]) async throws {
    let layout = context.layout
    guard Set(context.plan.protectedIDs ?? []).isDisjoint(with: [id.rawValue, Plan.everyID]) else {
      throw RunFailure(
        step: .prune, reason: .storeFailed, message: "\(id) is held, or a restore uses it; try again afterwards")
    }
    var catalogue = Catalogue(layout: layout)
    for object in try await context.store.listAll(prefix: layout.prefix(of: id)) { catalogue.add(object) }
    guard let entry = catalogue.entries[id] else { return }
    try await checkLocks(entry)
    if entry.hasManifest {
      try await context.store.delete(layout.manifestKey(of: id))
    }
    // The manifest decides no longer: all that this layout can have below the id belongs to it.
    try await PruneRun.abortUploads(below: layout.prefix(of: id), in: context.store)
    for object in entry.artifacts { try await context.store.delete(object.key) }
    if let lease = entry.lease { try await context.store.delete(lease.key) }
  }

  /// Before the first deletion, so that a lock does not leave half a backup.
  private func checkLocks(_ entry: Catalogue.Entry) async throws {
    for object in entry.objects.values {
      guard let until = try await context.store.head(object.key)?.lockedUntil, until > context.now() else { continue }
      throw RunFailure(
        step: .prune, reason: .storeFailed,
        message: "\(object.key) is under object lock until \(Timestamp(until)); it can be deleted after that")
    }
  }
}
