/// The fixed list of reasons in conditions, Events and failures (promise 10). Documented in `docs/reasons.md`.
public struct Reason: RawRepresentable, Codable, Sendable, Hashable, CustomStringConvertible {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }
  private init(_ rawValue: String) { self.rawValue = rawValue }
  public var description: String { rawValue }

  // Policies.
  /// The policy is valid and what it owns is in place.
  public static let reconciled = Reason("Reconciled")
  /// A field is missing or wrong; the message names it.
  public static let invalidSpec = Reason("InvalidSpec")
  /// The policy reaches beyond its namespace, and the operator does not trust that namespace.
  public static let notTrusted = Reason("NotTrusted")
  /// The API server refused something that the operator must write.
  public static let applyFailed = Reason("ApplyFailed")
  public static let nameConflict = Reason("NameConflict")
  public static let scheduled = Reason("Scheduled")
  public static let suspended = Reason("Suspended")
  public static let noSchedule = Reason("NoSchedule")
  public static let recentBackup = Reason("RecentBackup")
  public static let noBackupYet = Reason("NoBackupYet")
  public static let backupOverdue = Reason("BackupOverdue")
  public static let lastBackupFailed = Reason("LastBackupFailed")
  /// The newest backup was read back and found damaged.
  public static let backupDamaged = Reason("BackupDamaged")
  /// The last look found the backups as they were made.
  public static let verified = Reason("Verified")
  /// Every manifest of the target has its Backup.
  public static let catalogSynced = Reason("CatalogSynced")
  /// Manifests in the target cannot be used.
  public static let manifestsUnreadable = Reason("ManifestsUnreadable")

  /// Scheduled runs did not come.
  public static let runMissed = Reason("RunMissed")
  /// A backup is much smaller than those before it, and nobody has said that this is right.
  public static let sizeShrunk = Reason("SizeShrunk")
  /// The same, and somebody has.
  public static let sizeAccepted = Reason("SizeAccepted")

  // The check of a target.
  /// A preflight, or a backup, has written to it.
  public static let targetUsable = Reason("TargetUsable")
  /// Nobody has looked yet, or not since the target changed.
  public static let notChecked = Reason("NotChecked")
  /// `insecureSkipVerify` is set.
  public static let verificationDisabled = Reason("VerificationDisabled")

  // Runs.
  public static let completed = Reason("Completed")
  public static let policyNotFound = Reason("PolicyNotFound")
  public static let waitingForJob = Reason("WaitingForJob")
  public static let jobDeleted = Reason("JobDeleted")
  public static let deadlineExceeded = Reason("DeadlineExceeded")
  public static let outOfMemory = Reason("OutOfMemory")
  public static let evicted = Reason("Evicted")
  public static let imagePullFailed = Reason("ImagePullFailed")
  public static let podStartFailed = Reason("PodStartFailed")
  /// A Secret or ConfigMap, or a key in it, does not exist.
  public static let secretNotFound = Reason("SecretNotFound")
  /// The pod ended without a result.
  public static let executorCrashed = Reason("ExecutorCrashed")
  public static let interrupted = Reason("Interrupted")

  // Sources.
  /// The backup is good and a part of what was asked for is not in it; the message names it.
  public static let partiallyCaptured = Reason("PartiallyCaptured")
  public static let sourceUnreachable = Reason("SourceUnreachable")
  public static let sourceUnauthorized = Reason("SourceUnauthorized")
  public static let sourceTruncated = Reason("SourceTruncated")
  public static let sourceCorrupt = Reason("SourceCorrupt")
  public static let sourceFailed = Reason("SourceFailed")
  public static let certificateUntrusted = Reason("CertificateUntrusted")

  // Stores.
  public static let bucketNotFound = Reason("BucketNotFound")
  public static let accessDenied = Reason("AccessDenied")
  public static let signatureMismatch = Reason("SignatureMismatch")
  public static let clockSkew = Reason("ClockSkew")
  public static let endpointUnreachable = Reason("EndpointUnreachable")
  public static let regionMismatch = Reason("RegionMismatch")
  public static let conditionalWriteUnsupported = Reason("ConditionalWriteUnsupported")
  public static let objectLockUnsupported = Reason("ObjectLockUnsupported")
  public static let uploadFailed = Reason("UploadFailed")
  public static let storeFailed = Reason("StoreFailed")
  public static let objectNotFound = Reason("ObjectNotFound")

  /// What a failure of a store is called, whichever run met it: it tells about the target.
  public static let storeReasons: Set<Reason> = [
    .bucketNotFound, .accessDenied, .signatureMismatch, .clockSkew, .endpointUnreachable, .regionMismatch,
    .conditionalWriteUnsupported, .objectLockUnsupported, .certificateUntrusted,
  ]

  // Restores.
  public static let backupNotFound = Reason("BackupNotFound")
  public static let decryptionFailed = Reason("DecryptionFailed")
  public static let digestMismatch = Reason("DigestMismatch")
  public static let unsupportedFormat = Reason("UnsupportedFormat")
  public static let safetyBackupFailed = Reason("SafetyBackupFailed")
  public static let outcomeUnknown = Reason("OutcomeUnknown")
  /// A person gave up a restore whose outcome was not known.
  public static let abandoned = Reason("Abandoned")
  public static let restoreFailed = Reason("RestoreFailed")
  /// Objects are in the way, and nothing was changed.
  public static let restoreConflict = Reason("RestoreConflict")
  /// What is to be written does not fit, and nothing was changed.
  public static let insufficientSpace = Reason("InsufficientSpace")
  /// A CA would be issued again, and nothing was changed.
  public static let certificatesReissued = Reason("CertificatesReissued")
  public static let restoreForbidden = Reason("RestoreForbidden")
  /// cert-manager's controller was scaled to zero and could not be scaled back.
  public static let controllerPaused = Reason("ControllerPaused")
  public static let planned = Reason("Planned")
  public static let internalError = Reason("InternalError")
}
