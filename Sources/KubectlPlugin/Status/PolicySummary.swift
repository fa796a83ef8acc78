import Foundation
import HoldfastAPI
import KubernetesModel

/// One policy as `status` shows it; also its form for programs, whose names stay.
struct PolicySummary: Codable, Sendable, Hashable {
  var namespace: String
  var policy: String
  /// `True`, `False` or `Unknown`.
  var protected: String
  /// The Backup that would be restored.
  var lastGoodBackup: String?
  var lastGoodTime: Timestamp?
  var ageSeconds: Int?
  /// How old it may become.
  var objective: String?
  var next: Timestamp?
  /// Backups in the bucket.
  var count: Int?
  /// Stored bytes in the bucket.
  var bytes: Int64?
  var suspended: Bool
  var ready: String
  var schedule: String?
  var target: String
  var lastResult: String?
  var verified: String?
  /// Why it is not protected or not ready; nil where all is well.
  var message: String?

  init(_ policy: BackupPolicy, now: Date) {
    let status = policy.status
    func condition(_ type: String) -> Condition? { status?.conditions?.first { $0.type == type } }
    namespace = policy.metadata.namespace ?? ""
    self.policy = policy.key.name
    protected = condition("Protected")?.status.rawValue ?? "Unknown"
    ready = condition("Ready")?.status.rawValue ?? "Unknown"
    verified = condition("Verified")?.status.rawValue
    let point = status?.recoveryPoint
    lastGoodBackup = point?.backup ?? status?.lastSuccessfulBackup?.name
    lastGoodTime = point?.time ?? status?.lastSuccessfulBackup?.time
    ageSeconds = lastGoodTime.map { max(0, Int(now.timeIntervalSince($0.date).rounded(.down))) }
    objective = point?.objective
    suspended = policy.spec.suspend ?? false
    next = suspended ? nil : status?.nextScheduledTime
    count = status?.storage?.count
    bytes = status?.storage?.bytes
    schedule = policy.spec.schedule
    target = Self.place(policy.spec.target)
    lastResult = status?.lastBackup?.phase?.rawValue
    message = Self.message(policy, condition)
  }

  private static func message(_ policy: BackupPolicy, _ condition: (String) -> Condition?) -> String? {
    guard policy.status != nil else { return "no operator has seen it: kubectl holdfast doctor" }
    for type in ["Ready", "Protected", "TargetReachable", "Verified", "CatalogSynced"] {
      guard let found = condition(type), found.status == .false else { continue }
      return "\(found.reason): \(found.message)"
    }
    if policy.status?.observedGeneration.map({ $0 < policy.metadata.generation ?? 0 }) ?? false {
      return "its last change has not been taken up yet"
    }
    return policy.spec.suspend == true ? "suspended" : nil
  }

  private static func place(_ target: Target) -> String {
    switch target.provider ?? .s3 {
    case .filesystem: "volume \(target.filesystem?.persistentVolumeClaim?.claimName ?? "")"
    case let provider:
      "\(provider.rawValue)://\(target.bucketName ?? "")" + (target.pathPrefix.map { "/\($0)" } ?? "")
    }
  }
}

/// The table of `status`.
struct PolicyTable {
  var isWide = false
  var hasNamespaces = false

  func table(_ policies: [PolicySummary], now: Date) -> Table {
    var header = ["POLICY", "PROTECTED", "LAST GOOD", "AGE", "NEXT", "COUNT", "SIZE"]
    if hasNamespaces { header.insert("NAMESPACE", at: 0) }
    if isWide { header += ["READY", "VERIFIED", "LAST RUN", "OBJECTIVE", "SCHEDULE", "TARGET"] }
    header.append("MESSAGE")
    return Table(header: header, rows: policies.map { row($0, now: now) })
  }

  private func row(_ policy: PolicySummary, now: Date) -> [Table.Cell] {
    var cells: [Table.Cell] = [
      .init(policy.policy, .strong), .init(policy.protected, Self.style(policy.protected)),
      .init(policy.lastGoodBackup ?? "-"), .init(policy.ageSeconds.map(HumanText.age(seconds:)) ?? "-"),
      .init(Self.next(policy, now: now)), .init(policy.count.map(String.init) ?? "-"),
      .init(policy.bytes.map(HumanText.bytes) ?? "-"),
    ]
    if hasNamespaces { cells.insert(.init(policy.namespace), at: 0) }
    if isWide {
      cells += [
        .init(policy.ready, Self.style(policy.ready)), .init(policy.verified ?? "-", Self.style(policy.verified ?? "")),
        .init(policy.lastResult ?? "-"), .init(policy.objective ?? "-"), .init(policy.schedule ?? "-"),
        .init(policy.target),
      ]
    }
    return cells + [.init(Self.short(policy.message, isWide: isWide))]
  }

  private static func next(_ policy: PolicySummary, now: Date) -> String {
    if policy.suspended { return "suspended" }
    guard let next = policy.next else { return "-" }
    let seconds = Int(next.date.timeIntervalSince(now).rounded(.up))
    return seconds >= 0 ? "in \(HumanText.age(seconds: seconds))" : "\(HumanText.age(seconds: -seconds)) ago"
  }

  private static func short(_ message: String?, isWide: Bool) -> String {
    guard let message else { return "" }
    return isWide || message.count <= 100 ? message : message.prefix(97) + "..."
  }

  static func style(_ status: String) -> TextStyle {
    switch status {
    case "True", "Completed": .good
    case "False", "Failed": .bad
    case "Unknown": .caution
    default: .plain
    }
  }
}
