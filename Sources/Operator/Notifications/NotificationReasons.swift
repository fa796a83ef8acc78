/// Which Events become notifications.
struct NotificationReasons: Sendable, Hashable {
  /// What somebody wants to know without looking: trouble, and its end.
  static let usual = [
    EventReason.policyInvalid, .unprotected, .protected, .targetUnreachable, .targetReachable, .backupFailed,
    .backupWaiting, .backupSuspicious, .runMissed, .backupDeletionFailed, .verificationFailed, .restoreCompleted,
    .restoreFailed, .restoreUnknown, .breakGlass,
  ].map(\.rawValue)

  private let reasons: Set<String>

  /// - Parameter reasons: `*` stands for all.
  init(_ reasons: [String]) { self.reasons = Set(reasons) }

  func contains(_ reason: String) -> Bool { reasons.contains(reason) || reasons.contains("*") }
}
