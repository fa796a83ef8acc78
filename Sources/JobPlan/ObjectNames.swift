internal import Crypto
internal import Foundation

/// Names of the objects that the operator makes. Equal input gives equal names on every start, so that a second operator
/// finds what the first one made.
///
/// A name that would pass its kind's limit is cut and gets a hash of what was cut from. Two owners can still meet at one
/// name; whoever writes checks the owner reference first.
public enum ObjectNames {
  /// The CronJob controller adds eleven characters to make a Job's name, which ends at 63.
  public static let cronJobLimit = 52
  /// A DNS label, and what a label's value may hold.
  public static let labelLimit = 63

  public static func cronJob(policy: String) -> String { limited(policy, suffix: "-backup", to: cronJobLimit) }
  /// The CronJob that reads backups back.
  public static func verificationCronJob(policy: String) -> String {
    limited(policy, suffix: "-verify", to: cronJobLimit)
  }
  public static func plan(policy: String) -> String { limited(policy, suffix: "-plan", to: labelLimit) }
  public static func serviceAccount(policy: String) -> String { limited(policy, suffix: "-backup", to: labelLimit) }

  /// The binding of one role in the policy's own namespace.
  public static func binding(policy: String, role: ExecutorRole) -> String {
    limited(policy, suffix: "-backup-\(role.suffix)", to: labelLimit)
  }

  /// The binding of one role in another namespace, or in all; a policy of the same name may bind there too.
  public static func foreignBinding(policy: String, namespace: String, role: ExecutorRole) -> String {
    limited(
      "holdfast-\(namespace)-\(policy)", suffix: "-\(shortHash("\(namespace)/\(policy)", length: 8))-\(role.suffix)",
      to: labelLimit)
  }

  /// The Job of a Backup that a person or a restore asked for.
  public static func job(backup: String, uid: String) -> String { unique(backup, uid, suffix: "") }
  /// The Job that tries a policy's target.
  /// - Parameter check: What makes this check another one than the last.
  public static func preflightJob(policy: String, check: String) -> String {
    limited(policy, suffix: "-preflight-\(shortHash(check, length: 8))", to: labelLimit)
  }
  /// The Job that lists a policy's target.
  /// - Parameter check: What makes this listing another one than the last.
  public static func catalogJob(policy: String, check: String) -> String {
    limited(policy, suffix: "-catalog-\(shortHash(check, length: 8))", to: labelLimit)
  }
  /// The Job that reads one backup back for one request; its binding has the same name.
  public static func verifyJob(backup: String, uid: String, request: String) -> String {
    limited(backup, suffix: "-verify-\(shortHash("\(uid)/\(request)", length: 8))", to: labelLimit)
  }
  /// The Backup that stands for a manifest which no run of this cluster has told of.
  public static func catalogBackup(policy: String, id: String) -> String {
    limited(policy, suffix: "-\(id.lowercased())", to: labelLimit)
  }
  /// The Job, and its plan, that removes a Backup's artifacts.
  public static func deleteJob(backup: String, uid: String) -> String { unique(backup, uid, suffix: "-delete") }

  /// The Job that may run a request's destructive steps, and its plan: there is one such name for each attempt, and
  /// another attempt only where a person asks for it.
  public static func restoreJob(request: String, uid: String, attempt: Int = 1) -> String {
    unique(request, uid, suffix: attempt > 1 ? "-restore-\(attempt)" : "-restore")
  }
  /// The Job that scales back what a restore's Job left at zero.
  public static func unpauseJob(restoreJob: String) -> String {
    limited(restoreJob, suffix: "-unpause", to: labelLimit)
  }
  /// The journal of a restore's Job.
  public static func result(job: String) -> String { limited(job, suffix: "-result", to: labelLimit) }
  /// The binding of one role for the time of a restore.
  public static func restoreBinding(job: String, namespace: String, role: ExecutorRole) -> String {
    limited("holdfast-\(namespace)-\(job)", suffix: "-\(role.suffix)", to: labelLimit)
  }
  /// The Job, and its plan, that only says what a restore would do.
  public static func dryRunJob(request: String, uid: String) -> String { unique(request, uid, suffix: "-plan") }
  /// The Backup taken before a restore.
  public static func safetyBackup(request: String, uid: String) -> String { unique(request, uid, suffix: "-safety") }

  /// The Backup that answers a token of the annotation `holdfast.dev/backup-now`.
  public static func backupNow(policy: String, uid: String, token: String) -> String {
    limited(policy, suffix: "-now-\(shortHash("\(uid)/\(token)", length: 10))", to: labelLimit)
  }

  /// The Backup of a Job whose own name is taken by the Backup of another Job.
  public static func backup(job: String, uid: String) -> String { unique(job, uid, suffix: "") }

  /// - Returns: `stem + suffix`, or a cut stem, eight characters of its hash and the suffix where that is too long.
  public static func limited(_ stem: String, suffix: String, to limit: Int) -> String {
    guard stem.utf8.count + suffix.utf8.count > limit else { return stem + suffix }
    let hash = shortHash(stem, length: 8)
    var cut = String(decoding: stem.utf8.prefix(limit - suffix.utf8.count - hash.count - 1), as: UTF8.self)
    // A label may end neither in a dash nor in a dot, and `..` or `.-` within a name is refused as well.
    while let last = cut.last, last == "-" || last == "." { cut.removeLast() }
    return "\(cut)-\(hash)\(suffix)"
  }

  private static func unique(_ stem: String, _ uid: String, suffix: String) -> String {
    limited(stem, suffix: "-\(shortHash(uid, length: 6))\(suffix)", to: labelLimit)
  }

  static func shortHash(_ text: String, length: Int) -> String {
    String(SpecHash.sha256(Data(text.utf8)).prefix(length))
  }
}
