import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel

/// What is known of a policy's target, and when it has to be tried again. Pure: it takes in what preflights and backups
/// tell, the newest word counts, and equal input gives an equal state.
struct TargetTracking: Sendable {
  /// Seconds after which a target that works is tried again, unless a backup has done so.
  static let interval: TimeInterval = 86_400
  /// Seconds until the first try after a failure; doubles with each, up to ``longestDelay``.
  static let firstDelay: TimeInterval = 60
  static let longestDelay: TimeInterval = 3_600

  struct Finding: Sendable, Hashable {
    var status: Condition.Status
    var reason: Reason
    var message: String
  }

  private(set) var check: BackupPolicyStatus.TargetCheck
  private(set) var finding: Finding

  /// - Parameter hash: Of the target and identity as they are now. Of another one nothing is known.
  init(_ status: BackupPolicyStatus?, hash: String, now: Date) {
    guard let check = status?.target, check.hash == hash, let condition = status?.conditions["TargetReachable"] else {
      self.check = BackupPolicyStatus.TargetCheck(hash: hash, since: Timestamp(now))
      finding = Finding(status: .unknown, reason: .notChecked, message: "the target has not been tried yet")
      return
    }
    self.check = check
    finding = Finding(
      status: condition.status, reason: Reason(rawValue: condition.reason), message: condition.message)
  }

  // MARK: What backups tell

  /// A backup that began since the target is what it is, and that the store took or refused, is as good as a preflight.
  mutating func take(_ history: PolicyHistory) {
    for backup in history.runs {
      guard let ended = backup.status?.completionTime, backup.runTime >= check.since.date else { continue }
      guard let told = Self.finding(of: backup) else { continue }
      if ended.date > (check.seenAt ?? check.since).date { see(told, at: ended) }
      return
    }
  }

  private static func finding(of backup: Backup) -> Finding? {
    switch backup.status?.phase {
    case .completed?:
      return Finding(status: .true, reason: .targetUsable, message: "Backup \(backup.key.name) was written there")
    case .failed?:
      guard let failure = backup.status?.failure, Reason.storeReasons.contains(Reason(rawValue: failure.reason)),
        ["prepare", "upload", "manifest", "prune"].contains(failure.step)
      else { return nil }
      return Finding(
        status: .false, reason: Reason(rawValue: failure.reason),
        message: "Backup \(backup.key.name): \(failure.message)")
    default: return nil
    }
  }

  // MARK: What preflights tell

  mutating func take(_ told: Finding, capabilities: [String: Bool]?, at ended: Timestamp) {
    check.checkedAt = ended
    check.capabilities = capabilities ?? check.capabilities
    check.failures = told.status == .true ? nil : (check.failures ?? 0) + 1
    if ended.date >= (check.seenAt ?? check.since).date { see(told, at: ended, isPreflight: true) }
  }

  /// While the first answer is awaited.
  mutating func wait(_ message: String) {
    if finding.reason == .notChecked { finding.message = message }
  }

  private mutating func see(_ told: Finding, at time: Timestamp, isPreflight: Bool = false) {
    check.seenAt = time
    // What a preflight found beside its success is worth more than the name of the last backup.
    guard isPreflight || told.status != .true || finding.status != .true else { return }
    finding = told
    if told.status == .true { check.failures = nil }
  }

  // MARK: When

  /// When the next preflight is due; nil for not before something changes.
  func due(isSuspended: Bool) -> Date? {
    guard let checked = check.checkedAt?.date else { return check.since.date }
    if isSuspended { return nil }
    let seen = max(checked, check.seenAt?.date ?? checked)
    if finding.status == .true { return seen.addingTimeInterval(Self.interval) }
    guard let failures = check.failures, failures > 0 else { return seen.addingTimeInterval(Self.firstDelay) }
    let delay = Self.firstDelay * pow(2, Double(min(failures - 1, 16)))
    return checked.addingTimeInterval(min(delay, Self.longestDelay))
  }
}
