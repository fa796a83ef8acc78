import Foundation
import HoldfastAPI
import KubernetesModel

/// One Backup as `list` shows it; also its form for programs, whose names stay.
struct BackupSummary: Codable, Sendable, Hashable {
  var namespace: String
  var name: String
  var policy: String
  var phase: String
  var trigger: String?
  var startTime: Timestamp?
  var completionTime: Timestamp?
  var id: String?
  /// Stored bytes.
  var bytes: Int64?
  /// Absent where nobody has looked.
  var verified: Bool?
  /// How deep the last look went.
  var depth: String?
  /// Retention does not remove it.
  var held: Bool
  /// Much smaller than those before.
  var suspicious: Bool
  var location: String?
  /// Why it failed, waits or is suspicious.
  var message: String?

  init(_ backup: Backup) {
    let status = backup.status
    func condition(_ type: String) -> Condition? { status?.conditions?.first { $0.type == type } }
    namespace = backup.metadata.namespace ?? ""
    name = backup.key.name
    policy = backup.spec.policyRef.name
    phase = status?.phase?.rawValue ?? Backup.Phase.pending.rawValue
    trigger = status?.trigger?.rawValue ?? backup.metadata.annotations?[HoldfastAPI.triggerAnnotation]
    startTime = status?.startTime
    completionTime = status?.completionTime
    id = status?.id
    bytes = status?.size
    verified = status?.verified
    depth = status?.verification?.depth?.rawValue
    held = backup.isHeldByPerson
    suspicious = condition("Suspicious")?.status == .true
    location = status?.location
    message =
      switch status?.phase {
      case .failed: status?.failure.map { "\($0.reason): \($0.message)" }
      case .completed where verified == false: status?.verification?.failure.map { "damaged: \($0.message)" }
      case .completed where suspicious: condition("Suspicious")?.message
      case .completed where condition("PartiallyCaptured")?.status == .true: condition("PartiallyCaptured")?.message
      case .completed: nil
      default: condition("Completed")?.message
      }
  }
}

extension Backup {
  var isHeldByPerson: Bool { !(metadata.annotations?[HoldfastAPI.holdAnnotation] ?? "").isEmpty }
}

/// The table of `list`.
struct BackupTable {
  var isWide = false
  var hasNamespaces = false

  func table(_ backups: [BackupSummary], now: Date) -> Table {
    var header = ["BACKUP", "POLICY", "PHASE", "AGE", "TOOK", "SIZE", "VERIFIED", "HELD", "TRIGGER"]
    if hasNamespaces { header.insert("NAMESPACE", at: 0) }
    if isWide { header += ["ID", "LOCATION"] }
    return Table(header: header + ["MESSAGE"], rows: backups.map { row($0, now: now) })
  }

  private func row(_ backup: BackupSummary, now: Date) -> [Table.Cell] {
    let took = backup.startTime.flatMap { start in
      backup.completionTime.map { HumanText.age(since: start.date, now: $0.date) }
    }
    var cells: [Table.Cell] = [
      .init(backup.name, .strong), .init(backup.policy), .init(backup.phase, PolicyTable.style(backup.phase)),
      .init(backup.startTime.map { HumanText.age(since: $0.date, now: now) } ?? "-"), .init(took ?? "-"),
      .init(backup.bytes.map(HumanText.bytes) ?? "-"), Self.verified(backup), .init(backup.held ? "yes" : "-"),
      .init(backup.trigger ?? "-"),
    ]
    if hasNamespaces { cells.insert(.init(backup.namespace), at: 0) }
    if isWide { cells += [.init(backup.id ?? "-"), .init(backup.location ?? "-")] }
    let message = backup.message ?? ""
    let short = isWide || message.count <= 80 ? message : message.prefix(77) + "..."
    return cells + [.init(short, backup.suspicious ? .caution : .plain)]
  }

  private static func verified(_ backup: BackupSummary) -> Table.Cell {
    switch backup.verified {
    case .some(true): .init(backup.depth ?? "yes", .good)
    case .some(false): .init("DAMAGED", .bad)
    case .none: .init("-")
    }
  }
}
