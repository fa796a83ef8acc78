/// Names that the API group `holdfast.dev` fixes for everyone: labels, annotations and finalizers.
public enum HoldfastAPI {
  public static let group = "holdfast.dev"
  public static let version = "v1alpha1"
  public static let apiVersion = "holdfast.dev/v1alpha1"

  /// On Jobs, pods and Backups: the policy's name. Any Job with this label becomes a Backup.
  public static let policyLabel = "holdfast.dev/policy"
  /// On role bindings: the policy's namespace, which need not be the binding's own.
  public static let policyNamespaceLabel = "holdfast.dev/policy-namespace"
  /// On Jobs and pods: what the Job does (``JobOperation``).
  public static let operationLabel = "holdfast.dev/operation"
  /// On Jobs made for a Backup object: that object's name. On safety backups: see ``restoreLabel`` too.
  public static let backupLabel = "holdfast.dev/backup"
  /// On Jobs and safety Backups made for a RestoreRequest: that object's name.
  public static let restoreLabel = "holdfast.dev/restore"
  /// On bindings for a restore: `<namespace>/<name>` of the RestoreRequest, uncut.
  public static let restoreRequestAnnotation = "holdfast.dev/restore-request"
  /// On a RestoreRequest whose phase is Unknown: `resume` or `abandon`, with `-` and anything after it to say it again.
  public static let decisionAnnotation = "holdfast.dev/decision"
  /// On a Backup: any non-empty value keeps retention from removing what it stands for.
  public static let holdAnnotation = "holdfast.dev/hold"
  /// On Jobs and Backups: the trigger (``BackupTrigger``), where it is known before the run.
  public static let triggerAnnotation = "holdfast.dev/trigger"
  /// On a Backup that mirrors a Job which somebody else made: `<name>/<uid>` of that Job.
  public static let jobAnnotation = "holdfast.dev/job"
  /// On a Job that has ended: the Backup in which all is recorded. Such a Job is not looked at again, so that a Backup that
  /// a person deletes stays deleted.
  public static let recordedAnnotation = "holdfast.dev/recorded"
  /// On a suspended Job: the Job of the same policy that it waits for.
  public static let waitsForAnnotation = "holdfast.dev/waits-for"
  /// On owned objects: SHA-256 of what the operator wants there, so that drift is found without comparing defaults.
  public static let specHashAnnotation = "holdfast.dev/spec-hash"
  /// On a Backup with `deletionPolicy: Delete`: the artifacts have yet to be removed.
  public static let artifactsFinalizer = "holdfast.dev/artifacts"
  /// On a Backup: `catalog` where it was made from a manifest in the bucket, not by a run.
  public static let originLabel = "holdfast.dev/origin"
  public static let catalogOrigin = "catalog"
  /// On a Backup that was made from a manifest: the manifest's id. Such a Backup starts no run.
  public static let catalogIDAnnotation = "holdfast.dev/catalog-id"
  /// On a BackupPolicy: any new value has the bucket listed once more, so that every manifest has its Backup.
  public static let catalogSyncAnnotation = "holdfast.dev/catalog-sync"
  /// On a BackupPolicy: any new value makes one backup, and is echoed in `status.backupNow`.
  public static let backupNowAnnotation = "holdfast.dev/backup-now"
  /// On a Backup: any new value has it read back once.
  public static let verifyNowAnnotation = "holdfast.dev/verify-now"
  /// On a Backup: any non-empty value says that its size is right, however much smaller it is than the ones before.
  public static let acceptSizeAnnotation = "holdfast.dev/accept-size"
  /// On a Backup beyond `spec.historyLimit` that is about to be removed: the `deletionPolicy` that it had, which comes back
  /// should it stay after all.
  public static let forgettingAnnotation = "holdfast.dev/had-deletion-policy"
  /// On a workload: the BackupPolicy without whose fresh backup its images do not change.
  public static let preUpgradeLabel = "holdfast.dev/pre-upgrade"
  /// On a workload: why its images change without a fresh backup.
  public static let breakGlassAnnotation = "holdfast.dev/break-glass"
  /// On a Deployment that a restore has scaled to zero: the replicas that it had.
  public static let pausedReplicasAnnotation = "holdfast.dev/paused-replicas"
  /// On a Deployment that a restore has scaled to zero: `<namespace>/<name>/<uid>` of the RestoreRequest.
  public static let pausedByAnnotation = "holdfast.dev/paused-by"
  /// The field manager of the operator's writes.
  public static let fieldManager = "holdfast-operator"
}

/// What a Job of ours does: the value of ``HoldfastAPI/operationLabel`` and the executor's subcommand.
public enum JobOperation: String, Codable, Sendable, Hashable, CaseIterable {
  case backup, restore, delete
  /// Tries the target, and leaves nothing there.
  case preflight
  /// Makes a Backup for each manifest in the bucket.
  case catalog
  /// Reads backups back.
  case verify
  /// Scales back what a restore that died has scaled to zero.
  case unpause
}
