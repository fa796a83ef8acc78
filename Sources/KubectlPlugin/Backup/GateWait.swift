import Foundation
import HoldfastAPI
import KubernetesClient
import KubernetesModel

/// What was found of a policy that somebody asked for.
enum PolicySight: Sendable, Hashable {
  case found(BackupPolicy)
  /// It may not be read, or not by this version.
  case unreadable
  case missing
}

/// Waits until the operator has said that the backup opens the gate of its policy: an upgrade that begins before would be refused.
struct GateWait: Sendable {
  /// The operator has recorded the backup by then, so that it says at once what it thinks of it. Longer, for one that restarts.
  static let patience = Duration.seconds(60)

  let policy: String
  /// What is told last; empty before the first look.
  private(set) var message = ""
  private var sight: PolicySight?

  init(policy: String) { self.policy = policy }

  /// - Returns: A line, where there is something new to say.
  mutating func take(_ sight: PolicySight) -> String? {
    self.sight = sight
    guard case .found(let found) = sight else { return nil }
    let old = message
    message = Self.reason(found)
    return message == old ? nil : "Waits for the gate of BackupPolicy \(policy): \(message)"
  }

  /// - Parameters:
  ///   - end: How the Backup ended by itself: good.
  ///   - waited: Since then.
  /// - Returns: How waiting ends; nil where it goes on.
  func end(of backup: Backup, _ end: WaitEnd, waited: Duration) -> WaitEnd? {
    switch sight {
    case nil: return nil
    case .unreadable:
      return WaitEnd(end.exit, end.lines + [.init("warning: BackupPolicy \(policy) cannot be read any more", .caution)])
    case .missing: return failed(backup, "BackupPolicy \(policy) was deleted meanwhile")
    case .found(let found):
      guard let preUpgrade = found.spec.preUpgrade else { return end }
      if Self.isOpen(found, preUpgrade, to: backup) {
        let until = found.status?.preUpgrade?.until.map { " until \($0)" } ?? ""
        return WaitEnd(end.exit, end.lines + [.init("BackupPolicy \(policy) is ready for an upgrade\(until)", .good)])
      }
      if preUpgrade.requireVerified == true {
        // Reading back takes its time, and ends.
        guard let problem = Self.verificationProblem(of: backup) else { return nil }
        return failed(backup, problem)
      }
      return waited < Self.patience ? nil : failed(backup, message)
    }
  }

  func state(of backup: Backup) -> String {
    "Backup \(backup.key.name) is Completed, and BackupPolicy \(policy) is not ready for an upgrade: "
      + (message.isEmpty ? "its status.preUpgrade could not be read" : message)
  }

  private func failed(_ backup: Backup, _ why: String) -> WaitEnd {
    WaitEnd(
      .failed,
      "Backup \(backup.key.name) is Completed, and BackupPolicy \(policy) is not ready for an upgrade "
        + "(status.preUpgrade): \(why)", .bad)
  }

  /// By this backup, or by one that is as young.
  private static func isOpen(_ policy: BackupPolicy, _ preUpgrade: PreUpgrade, to backup: Backup) -> Bool {
    guard let gate = policy.status?.preUpgrade, gate.ready, isLooked(policy) else { return false }
    if gate.backup == backup.key.name { return true }
    guard let until = gate.until?.date, let start = backup.status?.startTime?.date else { return false }
    return until >= start.addingTimeInterval(TimeInterval(preUpgrade.windowDuration.components.seconds))
  }

  private static func isLooked(_ policy: BackupPolicy) -> Bool {
    (policy.status?.observedGeneration ?? 0) == (policy.metadata.generation ?? 0)
  }

  private static func reason(_ policy: BackupPolicy) -> String {
    guard let gate = policy.status?.preUpgrade, isLooked(policy) else {
      return "the operator has not looked at the policy yet"
    }
    return gate.ready
      ? "it is open by Backup \(gate.backup ?? ""), and not by this one yet" : gate.message ?? "no reason is known"
  }

  private static func verificationProblem(of backup: Backup) -> String? {
    let found = backup.status?.verification
    if backup.status?.verified == false {
      return "the backup was read back and found damaged: \(found?.message ?? "see its status")"
    }
    guard let failure = found?.requestFailure,
      found?.request == backup.metadata.annotations?[HoldfastAPI.verifyNowAnnotation]
    else { return nil }
    return "the backup could not be read back: \(failure.reason): \(failure.message)"
  }
}

extension Session {
  /// - Returns: nil where nobody could tell just now.
  func look(at policy: String) async -> PolicySight? {
    do {
      return .found(try await client.get(BackupPolicy.self, name: policy, namespace: namespace))
    } catch let error as KubernetesError where error.code == .forbidden || error.code == .decoding {
      return .unreadable
    } catch let error as KubernetesError where error.code == .notFound && !error.isMissingResource {
      return .missing
    } catch {
      return nil
    }
  }
}
