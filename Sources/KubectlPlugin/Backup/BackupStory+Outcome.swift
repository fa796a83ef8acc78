import Foundation
import HoldfastAPI
import KubernetesModel

extension BackupStory {
  /// How a Backup ended, for a person; nil where it has not.
  /// - Parameter isPreUpgrade: Whether an upgrade would begin with it: not with a backup that somebody has to look at first.
  static func end(of backup: Backup, verification request: String?, isPreUpgrade: Bool = false) -> WaitEnd? {
    switch backup.status?.phase {
    case .failed: return WaitEnd(.failed, failure(of: backup))
    case .completed:
      if isPreUpgrade, let lines = suspicion(of: backup) {
        return WaitEnd(
          .failed,
          [.init("Backup \(backup.key.name) is Completed, and suspicious: no upgrade should begin with it", .bad)]
            + lines)
      }
      guard let request else { return WaitEnd(.done, completion(of: backup)) }
      return verificationEnd(of: backup, request: request)
    case .deleting:
      return WaitEnd(.failed, "Backup \(backup.key.name) is being deleted, and its artifacts with it", .bad)
    case .pending, .running, nil: return nil
    }
  }

  /// One line on how far it is.
  static func state(of backup: Backup, verification request: String?) -> String {
    guard let status = backup.status, let phase = status.phase else { return "Waiting for the operator" }
    if phase == .completed, request != nil {
      return "Completed: \(sizes(of: status)); waits until it is read back"
    }
    let condition = status.conditions?.first { $0.type == "Completed" }
    let last = phase == .running ? status.failure.map { " (an attempt failed: \($0.message))" } ?? "" : ""
    return phase.rawValue + (condition.map { ": \($0.message)" } ?? "") + last
  }

  static func completion(of backup: Backup) -> [StoryStep.Line] {
    let status = backup.status ?? Backup.Status()
    var text = "Backup \(backup.key.name) is Completed"
    if let start = status.startTime, let end = status.completionTime {
      text += " after \(HumanText.age(since: start.date, now: end.date))"
    }
    text += ": \(sizes(of: status))"
    if let location = status.location { text += ", \(location)" }
    var lines = [StoryStep.Line(text, .good)]
    if let partial = status.conditions?.first(where: { $0.type == "PartiallyCaptured" && $0.status == .true }) {
      lines.append(.init("warning: not all of it is there: \(partial.message)", .caution))
    }
    let suspicion = suspicion(of: backup)
    lines += suspicion ?? []
    lines += (status.warnings ?? []).filter { suspicion == nil || !$0.hasPrefix("suspicious: ") }.map {
      .init("warning: \($0)", .caution)
    }
    return lines
  }

  /// Why somebody has to look at it, and what to do then; nil where nothing is wrong with its size, or it was accepted.
  private static func suspicion(of backup: Backup) -> [StoryStep.Line]? {
    let status = backup.status
    guard let condition = status?.conditions?.first(where: { $0.type == "Suspicious" }), condition.status == .true
    else {
      return nil
    }
    let name = backup.key.name
    return [
      .init("warning: suspicious: \(status?.anomaly?.message ?? condition.message)", .caution),
      .init(
        "  remedy: look at what is gone; if that is right, accept it: kubectl annotate backup \(name) "
          + "-n \(backup.metadata.namespace ?? "") \(HoldfastAPI.acceptSizeAnnotation)=REASON"),
    ]
  }

  /// Step, reason, message, what to do.
  static func failure(of backup: Backup) -> [StoryStep.Line] {
    let name = backup.key.name
    guard let failure = backup.status?.failure else {
      let message = backup.status?.conditions?.first { $0.type == "Completed" || $0.type == "Failed" }?.message
      return [.init("Backup \(name) is Failed: \(message ?? "no reason is known")", .bad)]
    }
    let source = failure.source.map { " of source \($0)" } ?? ""
    var lines = [
      StoryStep.Line("Backup \(name) is Failed", .bad),
      .init("  step:    \(failure.step)\(source)"),
      .init("  reason:  \(failure.reason)"),
      .init("  message: \(failure.message)"),
    ]
    if let remedy = ReasonRemedy.text(for: failure.reason) { lines.append(.init("  remedy:  \(remedy)")) }
    lines.append(.init("  log:     kubectl holdfast logs \(name) -n \(backup.metadata.namespace ?? "")"))
    return lines
  }

  private static func verificationEnd(of backup: Backup, request: String) -> WaitEnd? {
    let status = backup.status ?? Backup.Status()
    let found = status.verification
    if status.verified == true {
      let depth = found?.depth.map { " to depth \($0.rawValue)" } ?? ""
      return WaitEnd(.done, completion(of: backup) + [.init("It was read back and is good\(depth)", .good)])
    }
    guard status.verified == false || found?.request == request else { return nil }
    let why =
      (found?.failure ?? found?.requestFailure).map { "\($0.reason): \($0.message)" } ?? found?.message
      ?? "no more is known"
    return WaitEnd(
      .failed,
      [.init("Backup \(backup.key.name) is Completed, and is not verified: \(why)", .bad)])
  }

  private static func sizes(of status: Backup.Status) -> String {
    let count = HumanText.count(status.artifacts?.count ?? 0, "artifact")
    return count + (status.size.map { ", \(HumanText.bytes($0)) stored" } ?? "")
  }
}
