import Foundation
import HoldfastAPI
import KubernetesModel

/// What a person is told of a RestoreRequest from its creation to its end.
struct RestoreStory: WaitStory {
  let name: String
  let namespace: String
  var hasBar = false

  private var request: RestoreRequest?
  private var troubles = Troubles()
  private var told = ""
  private var toldAt = Duration.zero
  private var toldSteps: Set<String> = []
  private var hasToldSilence = false

  init(name: String, namespace: String, hasBar: Bool = false) {
    self.name = name
    self.namespace = namespace
    self.hasBar = hasBar
  }

  mutating func take(_ observation: Observation<RestoreRequest>, elapsed: Duration) -> StoryStep {
    var step = StoryStep()
    switch observation {
    case .seen(let request):
      if let line = troubles.end() { step.add(line, .faint) }
      self.request = request
      tellSteps(of: request, &step, elapsed)
      step.end = Self.end(of: request)
      let state = Self.state(of: request)
      if step.end == nil, state != told {
        told = state
        toldAt = elapsed
        step.add(state)
      }
    case .gone: step.end = WaitEnd(.failed, "RestoreRequest \(name) was deleted before it ended", .bad)
    case .trouble(let error):
      let (line, failure) = troubles.add(error, elapsed: elapsed)
      if let line { step.add(line, .caution) }
      step.end = failure.map { failure in
        WaitEnd(.failed, failure.lines.map { .init($0, .bad) } + [.init("the restore goes on all the same; \(follow)")])
      }
    case .log, .policy: break
    case .tick: tick(elapsed, &step)
    }
    return step
  }

  private mutating func tellSteps(of request: RestoreRequest, _ step: inout StoryStep, _ elapsed: Duration) {
    for found in request.status?.steps ?? [] where found.state == .completed && toldSteps.insert(found.name).inserted {
      step.add("Done: \(found.name)\(found.message.map { ", \($0)" } ?? "")")
      toldAt = elapsed
    }
  }

  private mutating func tick(_ elapsed: Duration, _ step: inout StoryStep) {
    if request?.status == nil, elapsed >= BackupStory.operatorSilence, !hasToldSilence {
      hasToldSilence = true
      toldAt = elapsed
      step.add("no operator has picked it up: see kubectl holdfast doctor", .caution)
    }
    guard !hasBar, elapsed - toldAt >= BackupStory.heartbeat else { return }
    toldAt = elapsed
    step.add("still \(told) (\(HumanText.clock(elapsed)))", .faint)
  }

  static func state(of request: RestoreRequest) -> String {
    guard let status = request.status, let phase = status.phase else { return "Waiting for the operator" }
    let condition = status.conditions?.first { $0.type == "Completed" }
    return phase.rawValue + (condition.map { ": \($0.message)" } ?? "")
  }

  /// How it ended; nil where it has not.
  static func end(of request: RestoreRequest) -> WaitEnd? {
    guard let status = request.status, let phase = status.phase, phase.isTerminal else { return nil }
    let name = request.key.name
    switch phase {
    case .planned:
      let plan = RestorePlanText(actions: status.plan ?? [], isDryRun: request.spec.dryRun == true)
      return WaitEnd(plan.conflicts > 0 ? .failed : .done, plan.lines)
    case .completed:
      return WaitEnd(.done, "RestoreRequest \(name) is Completed: backup \(status.backupID ?? "?") is restored", .good)
    case .unknown: return WaitEnd(.failed, Self.unknown(request))
    default: return WaitEnd(.failed, failure(of: request))
    }
  }

  private static func unknown(_ request: RestoreRequest) -> [StoryStep.Line] {
    let (name, namespace) = (request.key.name, request.metadata.namespace ?? "")
    return [
      .init("RestoreRequest \(name) is Unknown: a destructive step began, and nobody knows how it ended", .bad),
      .init("  \(request.status?.failure?.message ?? "")"),
      .init("  look at the destination, then decide:"),
      .init("    kubectl holdfast restore resume \(name) -n \(namespace)     run it once more"),
      .init("    kubectl holdfast restore abandon \(name) -n \(namespace)    leave it as it is"),
    ]
  }

  private static func failure(of request: RestoreRequest) -> [StoryStep.Line] {
    let (name, namespace) = (request.key.name, request.metadata.namespace ?? "")
    let plan = RestorePlanText(
      actions: (request.status?.plan ?? []).filter { $0.action == "conflict" }, isDryRun: request.spec.dryRun == true)
    var lines: [StoryStep.Line] = plan.actions.isEmpty ? [] : plan.lines
    lines.append(.init("RestoreRequest \(name) is Failed", .bad))
    if let failure = request.status?.failure {
      let source = failure.source.map { " of source \($0)" } ?? ""
      lines += [
        .init("  step:    \(failure.step)\(source)"), .init("  reason:  \(failure.reason)"),
        .init("  message: \(failure.message)"),
      ]
      if let remedy = ReasonRemedy.text(for: failure.reason) { lines.append(.init("  remedy:  \(remedy)")) }
    }
    lines.append(.init("  log:     kubectl holdfast logs restore/\(name) -n \(namespace)"))
    return lines
  }

  func progress(elapsed: Duration) -> Progress {
    let steps = request?.status?.steps ?? []
    var parts = [request?.status?.phase?.rawValue ?? "Waiting"]
    var fraction: Double?
    if let running = steps.first(where: { $0.state == .running }) {
      parts.append(running.name)
      if let done = running.done, let total = running.total, total > 0 {
        parts.append("\(done) of \(total) objects")
        fraction = Double(done) / Double(total)
      }
    }
    if let message = request?.status?.conditions?.first(where: { $0.type == "Completed" })?.message {
      parts.append(message)
    }
    return Progress(fraction: fraction, parts: parts, elapsed: elapsed)
  }

  private var follow: String { "kubectl holdfast restore status \(name) -n \(namespace)" }

  func timedOut(after timeout: Duration) -> WaitEnd {
    let state = request.map(Self.state(of:)) ?? "no operator has picked it up: kubectl holdfast doctor"
    return WaitEnd(
      .timedOut,
      "RestoreRequest \(name) did not end within \(DurationText.format(timeout)) and goes on: \(state); \(follow)",
      .caution)
  }

  func stopped(_ exit: CommandExit) -> WaitEnd {
    WaitEnd(exit, "stopped waiting; RestoreRequest \(name) goes on: \(follow)", .caution)
  }
}

/// The plan of a restore, as a table.
struct RestorePlanText {
  var actions: [RestoreRequest.PlannedAction]
  /// Only then is it sure that nothing was touched.
  var isDryRun: Bool

  var conflicts: Int { actions.count { $0.action == "conflict" } }

  var lines: [StoryStep.Line] {
    guard !actions.isEmpty else { return [.init("nothing would be restored", .caution)] }
    let table = Table(
      header: ["SOURCE", "ACTION", "OBJECT", "DETAIL"],
      rows: actions.map { [.init($0.source), .init($0.action), .init($0.object), .init($0.detail ?? "")] })
    let rows = zip(table.lines(), [TextStyle.strong] + actions.map { Self.style($0.action) })
    return rows.map { StoryStep.Line($0, $1) } + [.init(summary, conflicts > 0 ? .bad : .good)]
  }

  var summary: String {
    let counts = Dictionary(grouping: actions, by: \.action).mapValues(\.count).sorted { $0.key < $1.key }
    let text = counts.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    guard isDryRun else { return text }
    return conflicts > 0
      ? "\(text): the restore would be refused, and nothing changed" : "\(text); nothing was touched"
  }

  private static func style(_ action: String) -> TextStyle {
    switch action {
    case "conflict": .bad
    case "replace", "restore", "warning", "pause": .caution
    case "create": .good
    default: .faint
    }
  }
}
