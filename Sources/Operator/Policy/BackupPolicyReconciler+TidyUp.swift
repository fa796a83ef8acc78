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
    let going = old.isEmpty ? [] : try await unused(old, of: policy)
    let names = Set(going.map(\.key))
    for backup in history.runs where backup.isForgettingBegun && !names.contains(backup.key) {
      try await takeBackForgetting(backup)
    }
    for backup in going { try await forget(backup) }
  }

  /// Those that no restore needs.
  private func unused(_ backups: [Backup], of policy: BackupPolicy) async throws -> [Backup] {
    let requests = try await context.client.all(RestoreRequest.self, in: policy.metadata.namespace ?? "")
      .filter(\.mayStillRestore)
    // Which backup it will be is not known yet.
    guard !requests.contains(where: { $0.isLookingForBackup(of: policy.key.name) }) else { return [] }
    return backups.filter { backup in
      !requests.contains {
        $0.status?.backupID == backup.status?.id
          || [$0.spec.from.backup, $0.status?.safetyBackup].contains(backup.key.name)
      }
    }
  }

  /// Removes the object and leaves the bucket as it is, whatever the object says should happen at its end.
  private func forget(_ backup: Backup) async throws {
    do {
      var version = backup.metadata.resourceVersion
      if backup.spec.deletionPolicy == .delete {
        // In one write, so that nobody finds the wish and no finalizer, and puts it back; and nobody the wish gone for good.
        var metadata: JSONValue = [
          "finalizers": .array(backup.otherFinalizers.map { .string($0) }),
          "annotations": .object([HoldfastAPI.forgettingAnnotation: .string(Backup.DeletionPolicy.delete.rawValue)]),
        ]
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

  /// Somebody held the Backup, or the limit was raised, before the object went: what it says of its end is as it was.
  private func takeBackForgetting(_ backup: Backup) async throws {
    var metadata: JSONValue = ["annotations": .object([HoldfastAPI.forgettingAnnotation: .null])]
    if let version = backup.metadata.resourceVersion { metadata["resourceVersion"] = .string(version) }
    do {
      _ = try await context.client.patch(
        Backup.self, name: backup.key.name, namespace: backup.metadata.namespace,
        .merge(["metadata": metadata, "spec": ["deletionPolicy": .string(Backup.DeletionPolicy.delete.rawValue)]]),
        options: WriteOptions(fieldManager: HoldfastAPI.fieldManager))
    } catch let error as KubernetesError where [.notFound, .conflict].contains(error.code) {
      return
    }
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
  /// Damaged ones that stay beyond the limit, so that they stay told of: the newest.
  static let damagedLimit = 100

  /// Completed runs beyond the newest few, but for those that somebody needs to find: held ones, the last good one and the one that
  /// takes its place should it be found damaged, the newest that was read back, damaged ones, the one whose size was accepted.
  func completedBeyond(_ limit: Int, now: Date) -> [Backup] {
    let completed = runs.filter { $0.status?.phase == .completed }
    guard completed.count > limit else { return [] }
    let accepted = SizeTracking.accepted(completed, now: now)
    let beyond = completed.dropFirst(limit)
    let single = [lastGood, recoveryPoint, newestVerified, Self.successor(counted), Self.successor(runs)]
    let damaged = beyond.filter { $0.status?.verified == false }.prefix(Self.damagedLimit)
    let needed = Set(single.compactMap { $0?.key } + damaged.map(\.key))
    return beyond.filter {
      !$0.isHeld && !needed.contains($0.key) && (accepted == nil || $0.status?.id != accepted)
    }
  }

  /// The newest backup before the newest one that nobody has found damaged.
  private static func successor(_ runs: [Backup]) -> Backup? {
    runs.filter { $0.status?.phase == .completed }.dropFirst().first { $0.status?.verified != false }
  }
}

extension Backup {
  /// Its `deletionPolicy` was `Delete` until somebody began to remove the object.
  fileprivate var isForgettingBegun: Bool {
    metadata.annotations?[HoldfastAPI.forgettingAnnotation] != nil && metadata.deletionTimestamp == nil
  }

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
