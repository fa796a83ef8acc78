import HoldfastAPI

/// What to do first about a failure, in a few words; `docs/reasons.md` has more.
enum ReasonRemedy {
  static func text(for reason: String) -> String? { table[Reason(rawValue: reason)] }

  static let table: [Reason: String] = [
    .invalidSpec: "correct the field of the policy that the message names",
    .policyNotFound: "create the policy, or name another: kubectl holdfast status",
    .jobDeleted: "run it again",
    .deadlineExceeded: "raise spec.executor.activeDeadlineSeconds, or find out why the pod does not start",
    .outOfMemory: "raise spec.executor.resources.limits.memory, or lower spec.target.partSize or concurrency",
    .evicted: "run it again when the node has room",
    .imagePullFailed: "check spec.executor.image and the pull secrets",
    .podStartFailed: "see what the scheduler or the kubelet said: quota, node selectors, volumes, Pod Security",
    .secretNotFound: "create the Secret or ConfigMap that the message names, with that key",
    .executorCrashed: "read the pod's log; please report it if that does not tell why",
    .interrupted: "run it again; nothing of it counts as a backup",
    .sourceUnreachable: "check the source's address and the network policies",
    .sourceUnauthorized: "check the credential of the source and what its role may do",
    .sourceTruncated: "run it again; if it stays so, look at the source's own log",
    .sourceCorrupt: "run it again; if it stays so, look at the source's disks",
    .certificateUntrusted: "set caBundle or tlsServerName of the source or target",
    .bucketNotFound: "make the bucket, or correct spec.target.bucket",
    .accessDenied: "give the credentials the rights in docs/stores/README.md",
    .signatureMismatch: "correct the secret key in the Secret of spec.target.credentialsSecretRef",
    .clockSkew: "repair the time synchronisation of the node",
    .endpointUnreachable: "check spec.target.endpoint and the network policies",
    .regionMismatch: "set spec.target.region to the region that the message names",
    .conditionalWriteUnsupported: "use a store that does create-only writes, or a newer version of it",
    .objectLockUnsupported: "turn on object lock for the bucket, or remove spec.target.objectLock",
    .uploadFailed: "run it again; if it stays so, look at the store and the network",
    .objectNotFound: "use another backup: this one is broken",
    .backupNotFound: "name a backup that is there: kubectl holdfast list",
    .decryptionFailed: "give the identity that fits a recipient of the policy at the time of the backup",
    .digestMismatch: "use another backup: this one is broken",
    .unsupportedFormat: "use the version that the message names",
    .safetyBackupFailed: "mend what failed there, or restore with --no-safety-backup where there is nothing to save",
    .restoreConflict: "look at the plan, then choose --conflict skip or replace",
    .insufficientSpace: "make room, or restore to a larger claim",
    .certificatesReissued: "look at the plan; --force goes on all the same",
    .restoreForbidden: "give the account of the restore the right that the message names",
    .outcomeUnknown: "look at the destination, then run kubectl holdfast restore resume or abandon",
    .controllerPaused: "run the command in the message",
  ]
}
