import ArgumentParser
import Foundation
import HoldfastAPI
import KubernetesModel

struct RestoreStatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "How restores go: all of a namespace, or the steps of one.")

  @OptionGroup var cluster: ClusterOptions

  @Argument(help: "One RestoreRequest. Default: all of the namespace.")
  var name: String?

  @Flag(name: [.customShort("A"), .long], help: "Those of all namespaces.")
  var allNamespaces = false

  @Option(name: .shortAndLong, help: "text, json or yaml; the last two give the objects themselves.")
  var output = ObjectFormat.text

  func run() async throws {
    try await cluster.run { session in
      if let name {
        let request = try await session.find(RestoreRequest.self, name)
        if output == .text {
          session.say(RestoreDescription(request: request, now: session.now()).lines)
        } else {
          try session.console.say(JSONValue(encoding: request), isYAML: output == .yaml)
        }
        return .done
      }
      let all = try await session.all(RestoreRequest.self, everywhere: allNamespaces).sorted {
        ($0.metadata.creationTimestamp?.date ?? .distantPast) > ($1.metadata.creationTimestamp?.date ?? .distantPast)
      }
      guard output == .text else {
        try session.console.say(JSONValue(encoding: all), isYAML: output == .yaml)
        return .done
      }
      guard !all.isEmpty else {
        session.console.note("no RestoreRequest" + (allNamespaces ? "" : " in namespace \(session.namespace)"))
        return .done
      }
      session.console.say(RestoreDescription.table(all, hasNamespaces: allNamespaces, now: session.now()))
      return .done
    }
  }
}

/// One RestoreRequest, or many, as text.
struct RestoreDescription {
  let request: RestoreRequest
  let now: Date

  static func table(_ requests: [RestoreRequest], hasNamespaces: Bool, now: Date) -> Table {
    var header = ["RESTORE", "PHASE", "FROM", "AGE", "STEP", "MESSAGE"]
    if hasNamespaces { header.insert("NAMESPACE", at: 0) }
    return Table(
      header: header,
      rows: requests.map { request in
        let phase = request.status?.phase?.rawValue ?? "Pending"
        let running = request.status?.steps?.first {
          $0.state == .running || $0.state == .failed || $0.state == .unknown
        }
        let message =
          request.status?.failure.map { "\($0.reason): \($0.message)" }
          ?? request.status?.conditions?.first { $0.type == "Completed" && $0.status != .true }?.message ?? ""
        var cells: [Table.Cell] = [
          .init(request.key.name, .strong), .init(phase, PolicyTable.style(phase)), .init(request.origin),
          .init(request.metadata.creationTimestamp.map { HumanText.age(since: $0.date, now: now) } ?? "-"),
          .init(running?.name ?? "-"), .init(message.count <= 80 ? message : message.prefix(77) + "..."),
        ]
        if hasNamespaces { cells.insert(.init(request.metadata.namespace ?? ""), at: 0) }
        return cells
      })
  }

  var lines: [StoryStep.Line] {
    let status = request.status ?? RestoreRequest.Status()
    let phase = status.phase?.rawValue ?? "Pending (no operator has picked it up)"
    let rows: [(String, String?)] = [
      ("Restore", request.key.name), ("Namespace", request.metadata.namespace), ("Phase", phase),
      ("From", request.origin), ("Backup id", status.backupID), ("Location", status.location),
      ("Dry run", request.spec.dryRun == true ? "yes: nothing is touched" : nil),
      ("Safety backup", status.safetyBackup ?? (request.spec.safetyBackup == false ? "none was wanted" : nil)),
      ("Attempt", status.attempt.map(String.init)), ("Job", status.claim?.job),
      ("Started", status.startTime.map { "\($0) (\(HumanText.age(since: $0.date, now: now)) ago)" }),
      ("Ended", status.completionTime?.description),
      ("Restored already", status.restoredSources.map { $0.joined(separator: ", ") }),
    ]
    var lines = BackupDescription.fields(rows.compactMap { row in row.1.map { (row.0, $0) } }, indent: "").map {
      StoryStep.Line($0.text, $0.name == "Phase" ? PolicyTable.style(status.phase?.rawValue ?? "") : .plain)
    }
    lines += steps(status.steps ?? [])
    if let plan = status.plan, !plan.isEmpty {
      lines +=
        [.init(""), .init("Plan:", .strong)]
        + RestorePlanText(actions: plan, isDryRun: request.spec.dryRun == true).lines.map {
          .init("  \($0.text)", $0.style)
        }
    }
    if let end = RestoreStory.end(of: request), end.exit != .done, status.phase != .planned {
      lines += [.init("")] + end.lines
    }
    return lines
  }

  private func steps(_ steps: [RestoreRequest.Step]) -> [StoryStep.Line] {
    let table = Table(
      header: ["STEP", "STATE", "TOOK", "MESSAGE"],
      rows: steps.map { step in
        let took = step.startTime.map { HumanText.age(since: $0.date, now: step.completionTime?.date ?? now) }
        let count = step.total.map { "\(step.done ?? 0) of \($0) objects" }
        return [
          .init(step.name), .init(step.state.rawValue), .init(took ?? "-"),
          .init([count, step.message].compactMap { $0 }.joined(separator: "; ")),
        ]
      })
    return steps.isEmpty ? [] : BackupDescription.section("Steps", table.lines())
  }
}

/// Decides about a restore whose outcome is not known.
struct RestoreResumeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Run a restore once more whose outcome is not known.",
    discussion: "For a RestoreRequest in phase Unknown, after a look at the destination.")

  @OptionGroup var cluster: ClusterOptions
  @Argument(help: "The RestoreRequest's name.")
  var name: String

  func run() async throws { try await cluster.run { try await $0.decide(.resume, name) } }
}

struct RestoreAbandonCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "abandon", abstract: "Give up a restore whose outcome is not known.",
    discussion: "For a RestoreRequest in phase Unknown: it ends as Failed, and retention may remove its backup again.")

  @OptionGroup var cluster: ClusterOptions
  @Argument(help: "The RestoreRequest's name.")
  var name: String

  func run() async throws { try await cluster.run { try await $0.decide(.abandon, name) } }
}

extension Session {
  fileprivate func decide(_ decision: RestoreDecision, _ name: String) async throws -> CommandExit {
    _ = try await find(RestoreRequest.self, name)
    do {
      console.say(try await decision.write(on: name, namespace: namespace, client: client))
      return .done
    } catch let refusal as RestoreDecision.Refusal {
      throw PluginFailure(refusal.description, remedy: "see kubectl holdfast restore status \(name)\(flag)")
    }
  }
}
