import Foundation
import HoldfastAPI
import KubernetesClient
import KubernetesModel
import Logging

/// Backup objects that mirror nothing any more, and those of which there are too many.
extension BackupPolicyReconciler {
  /// - Throws: `KubernetesError`; the next turn goes on.
  func tidyUp(_ policy: BackupPolicy, _ history: PolicyHistory) async throws {
    let pruned = history.pruned.filter { $0.metadata.deletionTimestamp == nil }
    for backup in pruned + history.duplicates + history.failedBeyond(context.configuration.failedBackupsLimit)
    where backup.metadata.deletionTimestamp == nil {
      try await remove(backup)
    }
    if !pruned.isEmpty { context.events.normal(.backupsPruned, Self.text(ofPruned: pruned), about: policy) }
    try await removeBeyondLimit(policy, history)
  }

  private static func text(ofPruned backups: [Backup]) -> String {
    let names = backups.map(\.key.name).sorted()
    let rest = names.count - 5
    return "Retention removed \(names.count) backup(s) from the target: \(names.prefix(5).joined(separator: ", "))"
      + (rest > 0 ? " and \(rest) more" : "")
  }

  private func removeBeyondLimit(_ policy: BackupPolicy, _ history: PolicyHistory) async throws {
    let old = history.completedBeyond(policy.spec.resolvedHistoryLimit, now: context.now())
      .filter { $0.metadata.deletionTimestamp == nil }
    guard !old.isEmpty else { return }
    let requests = try await context.client.all(RestoreRequest.self, in: policy.metadata.namespace ?? "")
      .filter(\.mayStillRestore)
    // Which backup it will be is not known yet.
    guard !requests.contains(where: { $0.isLookingForBackup(of: policy.key.name) }) else { return }
    let isUsed = { (backup: Backup) in
      requests.contains { $0.status?.backupID == backup.status?.id || $0.spec.from.backup == backup.key.name }
    }
    for backup in old where !isUsed(backup) { try await forget(backup) }
  }

  /// Removes the object and leaves the bucket as it is, whatever the object says should happen at its end.
  private func forget(_ backup: Backup) async throws {
    do {
      var version = backup.metadata.resourceVersion
      if backup.spec.deletionPolicy == .delete {
        // In one write, so that nobody finds the wish and no finalizer, and puts it back.
        var metadata: JSONValue = ["finalizers": .array(backup.otherFinalizers.map { .string($0) })]
        if let version { metadata["resourceVersion"] = .string(version) }
        let changed = try await context.client.patch(
          Backup.self, name: backup.key.name, namespace: backup.metadata.namespace,
          .merge(["metadata": metadata, "spec": ["deletionPolicy": .string(Backup.DeletionPolicy.retain.rawValue)]]),
          options: WriteOptions(fieldManager: HoldfastAPI.fieldManager))
        version = changed.metadata.resourceVersion
      }
      try await context.client.delete(
        Backup.self, name: backup.key.name, namespace: backup.metadata.namespace,
        options: DeleteOptions(uid: backup.metadata.uid, resourceVersion: version))
    } catch let error as KubernetesError where [.notFound, .conflict].contains(error.code) {
      // Somebody held it, or looked at it, meanwhile: the next turn decides anew.
      return
    }
    context.logger.info(
      "A Backup beyond spec.historyLimit was removed; the bucket keeps what it stands for.",
      metadata: ["backup": "\(backup.key)", "id": "\(backup.status?.id ?? "")"])
  }

  private func remove(_ backup: Backup) async throws {
    do {
      // The artifacts are gone already, or never were, so that nothing is left for the finalizer to do.
      let others = backup.otherFinalizers
      if others.count != (backup.metadata.finalizers ?? []).count {
        try await context.client.patchMetadata(of: backup, ["finalizers": .array(others.map { .string($0) })])
      }
      try await context.client.delete(
        Backup.self, name: backup.key.name, namespace: backup.metadata.namespace,
        options: DeleteOptions(uid: backup.metadata.uid))
    } catch let error as KubernetesError where error.code == .notFound {
      return
    }
    context.logger.info("A Backup without artifacts was removed.", metadata: ["backup": "\(backup.key)"])
  }
}

extension PolicyHistory {
  /// Completed runs beyond the newest few, but for those that somebody needs to find: held ones, the last good one, the newest that
  /// was read back, the one whose size was accepted.
  func completedBeyond(_ limit: Int, now: Date) -> [Backup] {
    let completed = runs.filter { $0.status?.phase == .completed }
    guard completed.count > limit else { return [] }
    let accepted = SizeTracking.accepted(completed, now: now)
    let needed = Set([lastGood, recoveryPoint, newestVerified].compactMap { $0?.key })
    return completed.dropFirst(limit).filter {
      !$0.isHeld && !needed.contains($0.key) && (accepted == nil || $0.status?.id != accepted)
    }
  }
}

extension Backup {
  fileprivate var otherFinalizers: [String] {
    (metadata.finalizers ?? []).filter { $0 != HoldfastAPI.artifactsFinalizer }
  }
}

extension RestoreRequest {
  /// It restores the newest backup of the policy, and has yet to choose.
  fileprivate func isLookingForBackup(of policy: String) -> Bool {
    spec.from.latest?.policyRef.name == policy && status?.backupID == nil
  }
}
