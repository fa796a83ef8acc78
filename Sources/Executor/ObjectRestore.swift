internal import Age
internal import BackupFormat
internal import Foundation
internal import HoldfastAPI
internal import KubernetesClient
internal import NIOCore
internal import ObjectStore
internal import PKIPreview
internal import ResourceRestore
internal import ResourceSet
internal import StreamPipeline

/// The restore of one artifact that holds API objects.
public struct ObjectRestore: Sendable {
  let source: String
  let client: KubernetesClient
  let settings: ResourceRestoreSettings
  /// nil where cert-manager's controller stays at work.
  var pause: ControllerPause?

  /// What will be done, and what a person should know of it.
  struct Planned: Sendable {
    var restore: ResourceRestore
    var plan: ResourceRestorePlan
    var actions: [RestoreRequest.PlannedAction]
  }

  func plan(
    _ reader: ArtifactReader, _ identities: [AgeIdentity], now: @escaping @Sendable () -> Date
  ) async throws -> Planned {
    let restore = ResourceRestore(
      client: client, settings: settings, pause: pause?.hooks,
      read: { consume in
        try await reader.decoded(identities) { stream in
          for try await bytes in stream { try await consume(bytes) }
        }
      }, now: now)
    let plan = try await restore.plan()
    var actions = actions(plan)
    if let pause {
      let found = try await pause.preview()
      actions.insert(
        RestoreRequest.PlannedAction(source: source, action: "pause", object: found.object, detail: found.detail), at: 0
      )
    }
    return Planned(restore: restore, plan: plan, actions: actions)
  }

  private func actions(_ plan: ResourceRestorePlan) -> [RestoreRequest.PlannedAction] {
    let certificates = Dictionary(
      plan.certificates.map { ("Certificate \($0.namespace)/\($0.name)", $0) }, uniquingKeysWith: { first, _ in first })
    let entries = plan.entries.map { entry in
      let verdict = certificates[entry.name].map { preview in
        (preview.isError ? "ERROR: a CA of others " : "") + preview.verdict.description
      }
      let detail = [verdict, entry.detail].compactMap(\.self).joined(separator: "; ")
      return RestoreRequest.PlannedAction(
        source: source, action: entry.action.rawValue, object: entry.name, detail: detail.isEmpty ? nil : detail)
    }
    let warnings = plan.warnings.map {
      RestoreRequest.PlannedAction(source: source, action: "warning", object: source, detail: $0)
    }
    return warnings + entries
  }
}

extension ErrorMapping {
  static func failure(_ error: ResourceRestoreError, step: RunStep, source: String?) -> RunFailure {
    let reason: Reason =
      switch error.code {
      case .conflict: .restoreConflict
      case .certificates: .certificatesReissued
      case .forbidden: .restoreForbidden
      case .controllerPaused: .controllerPaused
      default: .restoreFailed
      }
    return RunFailure(step: step, reason: reason, message: error.message, source: source, cause: error)
  }
}
