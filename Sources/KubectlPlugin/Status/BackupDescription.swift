import Foundation
import HoldfastAPI
import KubernetesModel

/// Everything about one Backup, as text.
struct BackupDescription {
  let backup: Backup
  let now: Date

  /// Lines, with the colour of each.
  var lines: [StoryStep.Line] {
    head + artifacts + facts + verification + trouble + conditions
  }

  private var status: Backup.Status { backup.status ?? Backup.Status() }

  private var head: [StoryStep.Line] {
    var rows: [(String, String?)] = [
      ("Backup", backup.key.name), ("Namespace", backup.metadata.namespace), ("Policy", backup.spec.policyRef.name),
      ("Phase", status.phase?.rawValue ?? "Pending (no operator has picked it up)"),
      ("Trigger", status.trigger?.rawValue ?? backup.metadata.annotations?[HoldfastAPI.triggerAnnotation]),
      ("Started", status.startTime.map(time)), ("Ended", status.completionTime.map(time)),
      ("Took", took), ("Id", status.id), ("Location", status.location),
      ("Stored", status.size.map { "\(HumanText.bytes($0)) (\($0) bytes)" }), ("Job", status.job),
      ("Cluster", status.clusterID.map { "\($0), which is another one than this" }),
    ]
    rows.append(("Held", backup.metadata.annotations?[HoldfastAPI.holdAnnotation].flatMap { $0.isEmpty ? nil : $0 }))
    if backup.spec.deletionPolicy == .delete {
      rows.append(("Deletion", "deleting this object removes the backup from the bucket first"))
    }
    let present = rows.compactMap { row in row.1.map { (row.0, $0) } }
    return Self.fields(present, indent: "").map { line in
      .init(line.text, line.name == "Phase" ? PolicyTable.style(status.phase?.rawValue ?? "") : .plain)
    }
  }

  private var took: String? {
    guard let start = status.startTime, let end = status.completionTime else { return nil }
    return HumanText.age(since: start.date, now: end.date)
  }

  private func time(_ time: Timestamp) -> String { "\(time) (\(HumanText.age(since: time.date, now: now)) ago)" }

  private var artifacts: [StoryStep.Line] {
    guard let all = status.artifacts, !all.isEmpty else { return [] }
    let table = Table(
      header: ["SOURCE", "PLAIN", "STORED", "SHA-256 OF STORED", "KEY"],
      rows: all.map { artifact in
        [
          .init(artifact.source), .init(artifact.plainSize.map(HumanText.bytes) ?? "-"),
          .init(HumanText.bytes(artifact.storedSize)), .init(artifact.storedSHA256 ?? "-"), .init(artifact.key),
        ]
      })
    return Self.section("Artifacts", table.lines())
  }

  private var facts: [StoryStep.Line] {
    let rows = (status.facts ?? [:]).sorted { $0.key < $1.key }.flatMap { source, facts in
      facts.sorted { $0.key < $1.key }.map { ("\(source) \($0.key)", $0.value) }
    }
    return Self.section("Facts", Self.fields(rows, indent: "").map(\.text))
  }

  private var verification: [StoryStep.Line] {
    guard let found = status.verification else {
      return status.phase == .completed
        ? Self.section("Verification", ["nobody has read it back: kubectl holdfast verify \(backup.key.name)"]) : []
    }
    let verdict =
      switch status.verified {
      case .some(true): "good" + (found.depth.map { ", to depth \($0.rawValue)" } ?? "")
      case .some(false): "DAMAGED"
      case .none: "nobody could tell"
      }
    var lines = ["\(verdict), read back \(time(found.time))"]
    if let message = found.message { lines.append(message) }
    if let failure = found.failure { lines.append("\(failure.reason): \(failure.message)") }
    lines += found.evidence ?? []
    lines += (found.warnings ?? []).map { "warning: \($0)" }
    return Self.section("Verification", lines, status.verified == false ? .bad : .plain)
  }

  private var trouble: [StoryStep.Line] {
    var lines: [StoryStep.Line] = []
    if let failure = status.failure {
      var rows = [("step", failure.step), ("reason", failure.reason), ("message", failure.message)]
      if let source = failure.source { rows.append(("source", source)) }
      if let pod = failure.pod { rows.append(("pod", pod)) }
      if let remedy = ReasonRemedy.text(for: failure.reason) { rows.append(("remedy", remedy)) }
      rows.append(("log", "kubectl holdfast logs \(backup.key.name) -n \(backup.metadata.namespace ?? "")"))
      let title = status.phase == .failed ? "Failure" : "Last attempt failed"
      lines += Self.section(title, Self.fields(rows, indent: "").map(\.text), .bad)
    }
    if let anomaly = status.anomaly {
      let text =
        anomaly.message
        ?? "\(HumanText.bytes(anomaly.size)), and the median of the last \(anomaly.compared) is "
        + HumanText.bytes(anomaly.median)
      lines += Self.section(
        "Suspicious",
        [
          text,
          "if its size is right: kubectl annotate backup \(backup.key.name) -n \(backup.key.namespace ?? "") "
            + "\(HoldfastAPI.acceptSizeAnnotation)=yes",
        ], .caution)
    }
    lines += Self.section("Warnings", status.warnings ?? [], .caution)
    lines += Self.section("Removed by retention of this run", status.pruned ?? [])
    return lines
  }

  private var conditions: [StoryStep.Line] {
    Self.section(
      "Conditions",
      (status.conditions ?? []).map { "\($0.type)=\($0.status.rawValue) \($0.reason): \($0.message)" })
  }

  static func section(_ title: String, _ lines: [String], _ style: TextStyle = .plain) -> [StoryStep.Line] {
    guard !lines.isEmpty else { return [] }
    return [.init(""), .init("\(title):", .strong)] + lines.map { .init("  \($0)", style) }
  }

  static func fields(_ rows: [(String, String)], indent: String) -> [(name: String, text: String)] {
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { name, value in
      (name, "\(indent)\(name):\(String(repeating: " ", count: width - name.count)) \(value)")
    }
  }
}
