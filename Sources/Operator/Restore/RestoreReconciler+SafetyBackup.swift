import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel

extension RestoreReconciler {
  enum SafetyBackup {
    case ready(RestoreRequest)
    case waiting
  }

  /// Takes a backup of what the restore will overwrite, and waits for it.
  /// - Throws: ``RestoreStop`` where it failed: the restore then has touched nothing.
  func safetyBackup(for request: RestoreRequest, _ resolved: ResolvedRestore) async throws -> SafetyBackup {
    guard request.spec.safetyBackup ?? true else {
      return .ready(try await skipSafetyBackup(request, "spec.safetyBackup is false", isSurprising: false))
    }
    if request.spec.overwritesNothing {
      return .ready(
        try await skipSafetyBackup(request, "the restore overwrites nothing that is there", isSurprising: false))
    }
    guard let policy = resolved.policy else {
      return .ready(
        try await skipSafetyBackup(
          request,
          "no BackupPolicy \(resolved.origin.name) in this namespace says how to back up what is restored over",
          isSurprising: true))
    }
    if let source = request.spec.replacesFilesElsewhere {
      throw RestoreStop(
        "safetyBackup", .safetyBackupFailed,
        "a backup of policy \(policy.key.name) does not hold the files that source \(source) replaces in another place; back "
          + "those up, then set spec.safetyBackup to false in a new request")
    }
    if Self.replacesElsewhere(request.spec) {
      throw RestoreStop(
        "safetyBackup", .safetyBackupFailed,
        "a backup of policy \(policy.key.name) does not hold what is replaced in the namespaces that namespaceMapping leads "
          + "to; back those up, then set spec.safetyBackup to false in a new request")
    }
    if let source = Self.sourceElsewhere(request.spec, resolved.spec) {
      throw RestoreStop(
        "safetyBackup", .safetyBackupFailed,
        "a backup of policy \(policy.key.name) does not hold what is where sources[\(source)] goes; back that up, then set "
          + "spec.safetyBackup to false in a new request")
    }
    let namespace = request.metadata.namespace ?? ""
    let name = ObjectNames.safetyBackup(request: request.key.name, uid: request.metadata.uid ?? "")
    guard let backup = try await client.find(Backup.self, name, in: namespace) else {
      // Its end was seen; only the object is gone.
      if request.status?.steps?.contains(where: { $0.name == "safetyBackup" && $0.state == .completed }) ?? false {
        return .ready(request)
      }
      guard request.status?.safetyBackup == nil else {
        throw RestoreStop("safetyBackup", .safetyBackupFailed, "Backup \(name) was deleted before its end was seen")
      }
      try await client.create(Self.safetyBackup(name, of: policy, for: request))
      return .waiting
    }
    let current = try await recordSafetyBackup(backup, in: request)
    switch backup.status?.phase {
    case .completed?: return .ready(current)
    case .failed?:
      let failure = backup.status?.failure
      throw RestoreStop(
        "safetyBackup", .safetyBackupFailed,
        "Backup \(name) failed in step \(failure?.step ?? "?"): \(failure?.message ?? "no reason given"). Nothing was "
          + "restored. Mend that, or set spec.safetyBackup to false in a new request")
    default: return .waiting
    }
  }

  /// A source that is restored over something else than the policy captures, and that keeps nothing of what was there.
  private static func sourceElsewhere(_ spec: RestoreRequest.Spec, _ policy: BackupPolicySpec) -> String? {
    func isElsewhere(_ selection: RestoreRequest.SourceSelection) -> Bool {
      guard let origin = policy.sources.first(where: { $0.name == selection.name }) else { return false }
      if let server = selection.openBao ?? selection.vault {
        return server.address != (origin.openBao ?? origin.vault)?.address
      }
      guard let openZiti = selection.openZiti,
        let to = try? OpenZitiPlace(source: selection.name, destination: openZiti, origin: origin.openZiti),
        case .cluster = to.way
      else { return false }
      let from = try? OpenZitiPlace(source: selection.name, destination: nil, origin: origin.openZiti)
      return to.podSelector != from?.podSelector
    }
    return (spec.sources ?? []).first(where: isElsewhere)?.name
  }

  /// Whether objects that are there are overwritten in a namespace other than the one they were captured in.
  private static func replacesElsewhere(_ spec: RestoreRequest.Spec) -> Bool {
    guard (spec.namespaceMapping ?? [:]).contains(where: { $0.key != $0.value }) else { return false }
    return spec.conflictPolicy == .replace
      || (spec.sources ?? []).contains {
        $0.certManager?.conflictPolicy == .replace || $0.resources?.conflictPolicy == .replace
      }
  }

  private static func safetyBackup(_ name: String, of policy: BackupPolicy, for request: RestoreRequest) -> Backup {
    // Not owned by the request: the backup outlives it.
    Backup(
      metadata: ObjectMeta(
        name: name, namespace: request.metadata.namespace,
        labels: ObjectLabels.of(policy: policy.key.name, restore: request.key.name),
        annotations: [HoldfastAPI.triggerAnnotation: BackupTrigger.safety.rawValue]),
      spec: Backup.Spec(policyRef: NameReference(name: policy.key.name)))
  }

  private func recordSafetyBackup(_ backup: Backup, in request: RestoreRequest) async throws -> RestoreRequest {
    var status = request.status ?? RestoreRequest.Status()
    status.phase = .safetyBackup
    status.safetyBackup = backup.key.name
    let phase = backup.status?.phase
    status.setStep(
      RestoreRequest.Step(
        name: "safetyBackup", state: phase == .completed ? .completed : phase == .failed ? .failed : .running,
        startTime: backup.status?.startTime, completionTime: backup.status?.completionTime,
        message: "Backup \(backup.key.name)"))
    return try await write(status, to: request)
  }

  private func skipSafetyBackup(
    _ request: RestoreRequest, _ why: String, isSurprising: Bool
  ) async throws -> RestoreRequest {
    guard !(request.status?.steps?.contains { $0.name == "safetyBackup" } ?? false) else { return request }
    var status = request.status ?? RestoreRequest.Status()
    status.setStep(RestoreRequest.Step(name: "safetyBackup", state: .skipped, message: why))
    let current = try await write(status, to: request)
    if isSurprising {
      context.events.warning(.safetyBackupSkipped, "No safety backup is taken: \(why).", about: request)
    }
    return current
  }
}
