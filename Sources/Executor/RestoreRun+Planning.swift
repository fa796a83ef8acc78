internal import BackupFormat
internal import HoldfastAPI
internal import SnapshotSource

/// What destinations say of single things.
extension RestoreRun {
  /// For a destination that needs the snapshot to tell, reads it whole and checks every byte of it.
  func planned(
    _ destination: any SnapshotDestination, _ artifact: Manifest.Artifact
  ) async throws -> [RestoreRequest.PlannedAction] {
    guard let planner = destination as? any SnapshotPlanner else { return [] }
    let reader = ArtifactReader(store: context.store, artifact: artifact)
    let actions = try await reader.decoded(identities) { stream in
      try await planner.plan(from: stream, size: artifact.plainSize)
    }
    return actions.map {
      RestoreRequest.PlannedAction(
        source: artifact.source, action: $0.kind.rawValue, object: $0.object, detail: $0.detail)
    }
  }

  /// - Throws: ``RunFailure`` that names the first of what is in the way.
  static func refuseConflicts(_ actions: [RestoreRequest.PlannedAction]) throws {
    let conflicts = actions.filter { $0.action == RestoreAction.Kind.conflict.rawValue }
    guard let first = conflicts.first else { return }
    let named = conflicts.prefix(5).map { conflict in
      conflict.object + (conflict.detail.map { " (\($0))" } ?? "")
    }
    throw RunFailure(
      step: .preflight, reason: .restoreConflict,
      message: "in the way: \(named.joined(separator: "; "))\(conflicts.count > 5 ? "; and more" : ""); nothing was "
        + "changed. See the plan, then set conflictPolicy to Skip or Replace, or restore to another place",
      source: first.source)
  }
}
