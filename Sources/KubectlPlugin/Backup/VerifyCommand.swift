import ArgumentParser
import Foundation
import HoldfastAPI
import KubernetesModel

struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Have a backup read back now.",
    discussion: """
      Sets the annotation \(HoldfastAPI.verifyNowAnnotation); a Job compares what is in the bucket with the manifest, and with \
      the policy's verification.identitySecretRef decrypts it as well. With --wait it ends with 0 only where the backup is good.
      """)

  @OptionGroup var cluster: ClusterOptions

  @Argument(help: "The Backup's name.")
  var backup: String

  @Flag(help: "Wait for the verdict.")
  var wait = false

  @Option(help: "How long to wait: 30m, 2h.")
  var timeout = DurationArgument(.seconds(1_800))

  func run() async throws {
    try await cluster.run { session in
      let found = try await session.find(Backup.self, backup)
      guard found.status?.phase == .completed else {
        throw PluginFailure(
          "Backup \(backup) is \(found.status?.phase?.rawValue ?? "Pending"); only a Completed one can be read back")
      }
      let token = BackupStarter.suffix(8)
      try await session.annotate(found, HoldfastAPI.verifyNowAnnotation, token)
      session.console.say("backup.holdfast.dev/\(backup) will be read back")
      guard wait else { return .done }
      let story = VerifyStory(name: backup, namespace: session.namespace, request: token)
      return session.tell(
        await Waiter<VerifyStory>(session: session, name: backup, timeout: timeout.duration).run(story))
    }
  }
}

/// What a person is told of a Backup that is read back.
struct VerifyStory: WaitStory {
  let name: String
  let namespace: String
  /// The annotation's value: the answer to another one is none.
  let request: String
  private var troubles = Troubles()
  private var toldAt = Duration.zero

  init(name: String, namespace: String, request: String) {
    self.name = name
    self.namespace = namespace
    self.request = request
  }

  mutating func take(_ observation: Observation<Backup>, elapsed: Duration) -> StoryStep {
    var step = StoryStep()
    switch observation {
    case .seen(let backup):
      if let line = troubles.end() { step.add(line, .faint) }
      step.end = end(of: backup)
    case .gone: step.end = WaitEnd(.failed, "Backup \(name) was deleted meanwhile", .bad)
    case .trouble(let error):
      let (line, failure) = troubles.add(error, elapsed: elapsed)
      if let line { step.add(line, .caution) }
      step.end = failure.map { WaitEnd(.failed, $0.lines.map { .init($0, .bad) }) }
    case .log, .policy: break
    case .tick:
      guard elapsed - toldAt >= BackupStory.heartbeat else { break }
      toldAt = elapsed
      step.add("still being read back (\(HumanText.clock(elapsed)))", .faint)
    }
    return step
  }

  private func end(of backup: Backup) -> WaitEnd? {
    guard let found = backup.status?.verification, found.request == request else { return nil }
    if let failure = found.requestFailure {
      return WaitEnd(
        .failed, "nobody could tell whether Backup \(name) is good: \(failure.reason): \(failure.message)", .bad)
    }
    switch backup.status?.verified {
    case .some(true):
      let depth = found.depth.map { " to depth \($0.rawValue)" } ?? ""
      let lines = [StoryStep.Line("Backup \(name) was read back and is good\(depth)", .good)]
      return WaitEnd(
        .done,
        lines + (found.evidence ?? []).map { .init("  \($0)") }
          + (found.warnings ?? []).map { .init("  warning: \($0)", .caution) })
    case .some(false):
      let why = found.failure.map { "\($0.reason): \($0.message)" } ?? found.message ?? "no more is known"
      return WaitEnd(
        .failed,
        [.init("Backup \(name) is DAMAGED: \(why)", .bad), .init("  remedy: take another one now, and find out why")])
    case .none:
      return WaitEnd(.failed, "nobody could tell whether Backup \(name) is good: \(found.message ?? "")", .bad)
    }
  }

  func progress(elapsed: Duration) -> Progress { Progress(parts: ["reads \(name) back"], elapsed: elapsed) }

  func timedOut(after timeout: Duration) -> WaitEnd {
    WaitEnd(
      .timedOut,
      "no verdict on Backup \(name) within \(DurationText.format(timeout)); it goes on: kubectl holdfast describe "
        + "\(name) -n \(namespace). Without an operator nothing happens: kubectl holdfast doctor", .caution)
  }

  func stopped(_ exit: CommandExit) -> WaitEnd {
    WaitEnd(exit, "stopped waiting; the verdict will be in Backup \(name)", .caution)
  }
}
