import Foundation
import HoldfastAPI
import KubernetesModel

/// Whether an upgrade may go ahead: what `status.preUpgrade` says. Pure.
///
/// The window counts from the start of a run, since nothing that was written later is in its backup. The newest good run
/// decides: where it is damaged or suspicious, somebody has to look, and no older one opens the gate in its place.
struct PreUpgradeTracking: Sendable {
  /// What the operator writes into the annotation of a backup that it wants read back.
  static let request = "pre-upgrade"

  /// nil where the policy has no `spec.preUpgrade`.
  var gate: BackupPolicyStatus.PreUpgradeGate?
  /// When it changes by time alone.
  var changesAt: Date?
  /// A Backup that opens the gate once it is read back, and that nobody has asked about.
  var toVerify: Backup?

  /// - Parameter problem: Why the policy cannot be used as it is.
  init(_ policy: BackupPolicy, problem: String?, history: PolicyHistory, now: Date) {
    guard let preUpgrade = policy.spec.preUpgrade else { return }
    judge(policy, preUpgrade, problem: problem, history, now)
  }

  private mutating func judge(
    _ policy: BackupPolicy, _ preUpgrade: PreUpgrade, problem: String?, _ history: PolicyHistory, _ now: Date
  ) {
    let namespace = policy.metadata.namespace ?? ""
    let window = TimeInterval(preUpgrade.windowDuration.components.seconds)
    if let problem { return close("the policy cannot be used: \(problem)") }
    guard let newest = history.lastGood else { return close("there is no good backup yet" + Self.failure(history)) }
    let name = newest.key.name
    if let damage = history.newestDamage {
      return close(
        "the newest backup, \(name), is not as it was made: \(damage); take another one" + Self.failure(history))
    }
    if newest.isSuspicious {
      return close(
        "the newest backup, \(name), is suspicious: \(newest.status?.anomaly?.message ?? "see its status"); "
          + "look at it, then take another one, or accept it: kubectl annotate backup \(name) "
          + "-n \(namespace) \(HoldfastAPI.acceptSizeAnnotation)=true")
    }
    let lacking = newest.lacking(of: policy.spec)
    guard lacking.isEmpty else {
      return close(
        "the newest backup, \(name), holds nothing of \(lacking.count == 1 ? "source" : "the sources") "
          + "\(lacking.joined(separator: ", ")), which the policy has now; take another one" + Self.failure(history))
    }
    guard newest.runTime.addingTimeInterval(window) > now else {
      return close(Self.tooOld(newest, preUpgrade, window) + Self.failure(history))
    }
    let isWanted = preUpgrade.requireVerified == true
    let fresh = history.counted.first {
      $0.status?.phase == .completed && !$0.isSuspicious && $0.status?.verified != false
        && $0.lacking(of: policy.spec).isEmpty
        && (!isWanted || $0.status?.verified == true) && $0.runTime.addingTimeInterval(window) > now
    }
    if let fresh {
      // A hook waits for its own backup, though an older one holds the gate open.
      if isWanted, newest.status?.verified == nil { waitForVerification(of: newest) }
      let until = fresh.runTime.addingTimeInterval(window)
      let isPartial = fresh.status?.conditions["PartiallyCaptured"]?.status == .true
      gate = .init(
        ready: true, backup: fresh.key.name, until: Timestamp(until),
        message: isPartial ? "not all that was asked for is in it: see its condition PartiallyCaptured" : nil)
      changesAt = until
      return
    }
    waitForVerification(of: newest)
    changesAt = newest.runTime.addingTimeInterval(window)
  }

  private mutating func close(_ message: String) {
    // It is shown by the API server in one line.
    let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
    gate = .init(ready: false, message: String(line.prefix(1_024)))
  }

  private mutating func waitForVerification(of backup: Backup) {
    let name = backup.key.name
    let (asked, status) = (backup.verifyRequest, backup.status)
    let command =
      "kubectl annotate backup \(name) -n \(backup.metadata.namespace ?? "") --overwrite "
      + "\(HoldfastAPI.verifyNowAnnotation)=$(date +%s)"
    if let asked, asked != status?.verification?.request {
      return close("the newest backup, \(name), is being read back")
    }
    if let failure = status?.verification?.requestFailure {
      return close(
        "the newest backup, \(name), could not be read back (\(failure.reason): \(failure.message)); mend that and ask once "
          + "more: \(command)")
    }
    // Scheduled ones would be read back each night for an upgrade that does not come.
    if asked == nil, status?.id != nil, [.manual, .preUpgrade].contains(status?.trigger) {
      toVerify = backup
      return close("the newest backup, \(name), is being read back")
    }
    close("the newest backup, \(name), was not read back (spec.preUpgrade.requireVerified); ask for it: \(command)")
  }

  private static func tooOld(_ backup: Backup, _ preUpgrade: PreUpgrade, _ window: TimeInterval) -> String {
    let text = preUpgrade.window ?? PreUpgrade.defaultWindow
    var message =
      "the newest good backup, \(backup.key.name), began at \(Timestamp(backup.runTime)), longer ago than "
      + "spec.preUpgrade.window (\(text))"
    if let end = backup.status?.completionTime?.date, end.timeIntervalSince(backup.runTime) >= window {
      let took = DurationText.format(.seconds(Int64(end.timeIntervalSince(backup.runTime))))
      message += ", and its run took \(took): no backup can be as young as that, so raise the window"
    }
    return message
  }

  private static func failure(_ history: PolicyHistory) -> String {
    guard let last = history.failuresInRow.first, let failure = last.status?.failure else { return "" }
    return "; the last run, \(last.key.name), failed: \(failure.reason), step \(failure.step): \(failure.message)"
  }
}

extension Backup {
  /// Much smaller than the ones before it, and nobody has said that this is right.
  var isSuspicious: Bool { status?.conditions["Suspicious"]?.status == .true }

  /// The sources of which nothing is in it: they were added, or renamed, after its run began. None where its artifacts are not
  /// known, since a long list does not fit what a run tells.
  fileprivate func lacking(of spec: BackupPolicySpec) -> [String] {
    let held = Set((status?.artifacts ?? []).map(\.source))
    return held.isEmpty ? [] : spec.sources.map(\.name).filter { !held.contains($0) }
  }
}

extension BackupPolicyReconciler {
  /// Sets `status.preUpgrade`, and asks for the verification that it waits for.
  /// - Returns: When it changes by time alone.
  func setPreUpgrade(
    _ status: inout BackupPolicyStatus, of policy: BackupPolicy, _ applied: Applied, _ history: PolicyHistory, now: Date
  ) async throws -> Date? {
    let problem = applied.objects == nil ? applied.message : nil
    let tracking = PreUpgradeTracking(policy, problem: problem, history: history, now: now)
    status.preUpgrade = tracking.gate
    if let backup = tracking.toVerify {
      try await context.client.patchMetadata(
        of: backup, ["annotations": [HoldfastAPI.verifyNowAnnotation: .string(PreUpgradeTracking.request)]])
    }
    return tracking.changesAt
  }

  /// Of a policy that is on its way out, or that cannot be read.
  static func closePreUpgrade(_ status: inout BackupPolicyStatus, _ message: String) {
    guard status.preUpgrade != nil else { return }
    status.preUpgrade = .init(ready: false, message: message)
  }

  func closePreUpgrade(ofDeleted json: JSONValue) async throws {
    guard let policy = try? BackupPolicy(json: json), var status = policy.status else { return }
    Self.closePreUpgrade(&status, "the policy is being deleted")
    try await context.client.writeStatus(of: policy, from: policy.status, to: status)
  }
}
