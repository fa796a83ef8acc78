import Foundation
import HoldfastAPI
import KubernetesModel

/// What a person is told of a Backup from its creation to its end.
struct BackupStory: WaitStory {
  /// An operator picks a Backup up at once; who waits longer than this is told where to look.
  static let operatorSilence = Duration.seconds(20)
  /// Without a terminal, a line at least this often: programs that watch for output need one.
  static let heartbeat = Duration.seconds(60)

  let name: String
  let namespace: String
  /// How many sources the policy has; nil where it cannot be read.
  var sources: Int?
  /// The value of the annotation that asks for a verification, where one was asked for.
  var verification: String?
  /// A bar moves; without one, lines do.
  var hasBar = false
  /// An upgrade follows: what is doubtful about the backup ends it.
  var isPreUpgrade = false
  /// Where the policy says when an upgrade may begin.
  var gate: GateWait?

  private var backup: Backup?
  private var troubles = Troubles()
  private var log: RunLog?
  private var told = ""
  private var toldAt = Duration.zero
  private var hasToldSilence = false
  private var completedAt: Duration?

  init(
    name: String, namespace: String, sources: Int? = nil, verification: String? = nil, hasBar: Bool = false,
    isPreUpgrade: Bool = false, gate: GateWait? = nil
  ) {
    self.name = name
    self.namespace = namespace
    self.sources = sources
    self.verification = verification
    self.hasBar = hasBar
    self.isPreUpgrade = isPreUpgrade
    self.gate = gate
  }

  mutating func take(_ observation: Observation<Backup>, elapsed: Duration) -> StoryStep {
    var step = StoryStep()
    switch observation {
    case .seen(let backup):
      if let line = troubles.end() { step.add(line, .faint) }
      self.backup = backup
      step.end = end(at: elapsed)
      if step.end == nil, completedAt == nil {
        tell(Self.state(of: backup, verification: verification), at: elapsed, in: &step)
      }
    case .gone:
      step.end = WaitEnd(
        .failed,
        "Backup \(name) was deleted before it ended; its run may have ended as well, and left a backup only where a manifest "
          + "was written: kubectl holdfast list -n \(namespace)", .bad)
    case .trouble(let error):
      let (line, failure) = troubles.add(error, elapsed: elapsed)
      if let line { step.add(line, .caution) }
      step.end = failure.map { failure in
        WaitEnd(
          .failed,
          failure.lines.map { StoryStep.Line($0, .bad) } + [.init("Backup \(name) goes on all the same; \(follow)")])
      }
    case .log(let log): tell(log, at: elapsed, in: &step)
    case .policy(let sight):
      if let line = gate?.take(sight), completedAt != nil {
        told = line
        toldAt = elapsed
        step.add(line)
      }
      step.end = end(at: elapsed)
    case .tick: tick(elapsed, &step)
    }
    return step
  }

  /// A good backup has not ended before its policy says that an upgrade may begin.
  private mutating func end(at elapsed: Duration) -> WaitEnd? {
    guard let backup, let end = Self.end(of: backup, verification: verification, isPreUpgrade: isPreUpgrade) else {
      return nil
    }
    guard let gate, end.exit == .done else { return end }
    let began = completedAt ?? elapsed
    completedAt = began
    return gate.end(of: backup, end, waited: elapsed - began)
  }

  private mutating func tell(_ text: String, at elapsed: Duration, in step: inout StoryStep) {
    guard text != told else { return }
    told = text
    toldAt = elapsed
    step.add(text)
  }

  private mutating func tell(_ log: RunLog, at elapsed: Duration, in step: inout StoryStep) {
    let known = Set(self.log?.captured.map(\.name) ?? [])
    for source in log.captured where !known.contains(source.name) {
      let sizes = [
        source.plainBytes.map { "\(HumanText.bytes($0)) read" },
        source.storedBytes.map { "\(HumanText.bytes($0)) stored" },
      ].compactMap { $0 }
      step.add("Captured: source \(source.name)\(sizes.isEmpty ? "" : ", " + sizes.joined(separator: ", "))")
      toldAt = elapsed
    }
    self.log = log
  }

  private mutating func tick(_ elapsed: Duration, _ step: inout StoryStep) {
    if backup?.status == nil, elapsed >= Self.operatorSilence, !hasToldSilence {
      hasToldSilence = true
      toldAt = elapsed
      step.add(
        "no operator has picked it up in \(HumanText.age(seconds: Int(elapsed.components.seconds))): "
          + "see kubectl holdfast doctor", .caution)
    }
    guard !hasBar, elapsed - toldAt >= Self.heartbeat else { return }
    toldAt = elapsed
    let state = told.isEmpty ? "waiting" : told
    step.add("still \(state) (\(HumanText.clock(elapsed)))", .faint)
  }

  func progress(elapsed: Duration) -> Progress {
    let captured = log?.captured.count ?? 0
    let isRunning = backup?.status?.phase == .running
    let isDone = backup?.status?.phase == .completed
    var parts = [backup?.status?.phase?.rawValue ?? "Waiting"]
    if isRunning, let sources { parts.append("\(captured) of \(HumanText.count(sources, "source"))") }
    if let size = isDone ? backup?.status?.size : log.map(\.storedBytes), size > 0 {
      parts.append("\(HumanText.bytes(size)) stored")
    }
    if let message = backup?.status?.conditions?.first(where: { $0.type == "Completed" })?.message, !isDone {
      parts.append(message)
    }
    if isDone { parts.append(completedAt == nil ? "waits until it is read back" : "waits for the policy's gate") }
    // Of one source nobody knows the half.
    let fraction = isRunning ? sources.flatMap { $0 > 1 ? Double(captured) / Double($0) : nil } : nil
    return Progress(fraction: fraction, parts: parts, elapsed: elapsed)
  }

  private var follow: String { "kubectl holdfast describe \(name) -n \(namespace)" }

  func timedOut(after timeout: Duration) -> WaitEnd {
    if completedAt != nil, let gate, let backup {
      return WaitEnd(.timedOut, "\(gate.state(of: backup)) (after \(DurationText.format(timeout)))", .caution)
    }
    let state =
      backup?.status == nil
      ? "no operator has picked it up: kubectl holdfast doctor"
      : "it is \(backup.map { Self.state(of: $0, verification: verification) } ?? "")"
    return WaitEnd(
      .timedOut, "Backup \(name) did not end within \(DurationText.format(timeout)) and goes on: \(state); \(follow)",
      .caution)
  }

  func stopped(_ exit: CommandExit) -> WaitEnd {
    WaitEnd(exit, "stopped waiting; Backup \(name) goes on: \(follow)", .caution)
  }
}
