internal import Age
internal import BackupFormat
internal import Foundation
internal import HoldfastAPI
internal import JobPlan
internal import KubernetesModel
internal import SnapshotSource

/// Everything that a restore looks at before it touches anything.
extension RestoreRun {
  func findBackup() async throws -> Manifest {
    var id: BackupID?
    if let text = restore.id, text != "latest" {
      guard let parsed = BackupID(text) else {
        throw RunFailure(step: .preflight, reason: .invalidSpec, message: "restore.id '\(text)' is no backup id")
      }
      id = parsed
    }
    var before: Date?
    if let text = restore.before {
      guard let time = Timestamp(text) else {
        throw RunFailure(
          step: .preflight, reason: .invalidSpec, message: "restore.before '\(text)' is no RFC 3339 time")
      }
      before = time.date
    }
    do {
      return try await ListRun(context: context, layout: layout).find(id: id, before: before)
    } catch var failure as RunFailure {
      failure.step = .preflight
      throw failure
    }
  }

  func chosen(_ manifest: Manifest) throws -> [Manifest.Artifact] {
    let wanted = restore.sources.map { Set($0.map(\.name)) }
    let known = Set(manifest.artifacts.map(\.source))
    for name in (wanted ?? []).sorted() where !known.contains(name) {
      throw RunFailure(
        step: .preflight, reason: .backupNotFound,
        message: "the backup \(manifest.id) has no source \(name); it has \(known.sorted().joined(separator: ", "))",
        source: name)
    }
    let done = Set(restore.done ?? [])
    return manifest.artifacts.filter { (wanted?.contains($0.source) ?? true) && !done.contains($0.source) }
  }

  func makeTargets(_ artifacts: [Manifest.Artifact]) throws -> [Target] {
    try artifacts.map { artifact in
      do {
        let destination = try makeDestination(artifact.source, artifact.kind, restore.force)
        return Target(artifact: artifact, destination: destination)
      } catch {
        throw ErrorMapping.failure(error, step: .preflight, source: artifact.source)
      }
    }
  }

  func preflight(_ targets: [Target]) async throws -> [RestoreRequest.PlannedAction] {
    var actions: [RestoreRequest.PlannedAction] = []
    for target in targets {
      let artifact = target.artifact
      do {
        try await ArtifactReader(store: context.store, artifact: artifact).checkIdentity(identities)
        let preview = try await target.destination.preflight(
          of: CapturedSnapshot(size: artifact.plainSize, facts: artifact.facts))
        actions.append(
          RestoreRequest.PlannedAction(
            source: artifact.source, action: "restore", object: preview.object, detail: preview.detail))
        actions += preview.entries.map {
          RestoreRequest.PlannedAction(
            source: artifact.source, action: $0.action, object: $0.object, detail: $0.detail)
        }
        actions += try await planned(target.destination, artifact)
      } catch {
        throw ErrorMapping.failure(error, step: .preflight, source: artifact.source)
      }
    }
    return actions
  }
}
