import ArgumentParser
import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel

struct LogsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs", abstract: "What the pods of a backup or a restore wrote.",
    discussion: """
      A Job's pods stay until the Job is removed. When they are gone, what the status keeps is told instead.
      """)

  @OptionGroup var cluster: ClusterOptions

  @Argument(help: "A Backup or a RestoreRequest: NAME, backup/NAME or restore/NAME.")
  var name: String

  @Flag(name: [.customShort("f"), .long], help: "Go on while the run goes on.")
  var follow = false

  @Option(help: "Only the last lines of each pod.")
  var tail: Int?

  func run() async throws {
    try await cluster.run { session in
      try await RunLogReader(session: session, subject: try await RunSubject.find(name, session), tail: tail)
        .run(isFollowing: follow)
    }
  }
}

/// Whose log it is, and what its status tells where there is no log.
enum RunSubject: Sendable {
  case backup(Backup)
  case restore(RestoreRequest)

  static func find(_ text: String, _ session: Session) async throws -> RunSubject {
    let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { return try await findEither(text, session) }
    switch parts[0] {
    case "backup", "backups", "bkp": return .backup(try await session.find(Backup.self, parts[1]))
    case "restore", "restores", "restorerequest", "restorerequests", "rreq":
      return .restore(try await session.find(RestoreRequest.self, parts[1]))
    default: throw PluginFailure("'\(text)' is neither backup/NAME nor restore/NAME", exit: .usage)
    }
  }

  private static func findEither(_ name: String, _ session: Session) async throws -> RunSubject {
    let (client, namespace) = (session.client, session.namespace)
    let backup = try await absentIfNotFound {
      try await client.get(Backup.self, name: name, namespace: namespace)
    }
    if let backup { return .backup(backup) }
    let restore = try await absentIfNotFound {
      try await client.get(RestoreRequest.self, name: name, namespace: namespace)
    }
    if let restore { return .restore(restore) }
    let missing = await session.missing(Backup.self, name)
    throw PluginFailure(
      "there is neither a Backup nor a RestoreRequest \(name) in namespace \(namespace)", remedy: missing.remedy)
  }

  func refreshed(_ session: Session) async throws -> RunSubject {
    switch self {
    case .backup(let backup): .backup(try await session.find(Backup.self, backup.key.name))
    case .restore(let request): .restore(try await session.find(RestoreRequest.self, request.key.name))
    }
  }

  var title: String {
    switch self {
    case .backup(let backup): "Backup \(backup.key.name)"
    case .restore(let request): "RestoreRequest \(request.key.name)"
    }
  }

  var isOver: Bool {
    switch self {
    case .backup(let backup): backup.status?.phase?.isTerminal ?? false
    case .restore(let request): request.status?.phase?.isTerminal ?? false
    }
  }

  /// Names of the Jobs that may have run for it, in the order of time.
  var jobs: [String] {
    switch self {
    case .backup(let backup): return [backup.status?.job].compactMap { $0 }
    case .restore(let request):
      let uid = request.metadata.uid ?? ""
      if request.spec.dryRun == true { return [ObjectNames.dryRunJob(request: request.key.name, uid: uid)] }
      let attempts = max(1, request.status?.attempt ?? 1)
      return (1...attempts).map { ObjectNames.restoreJob(request: request.key.name, uid: uid, attempt: $0) }
    }
  }

  func lines(now: Date) -> [StoryStep.Line] {
    switch self {
    case .backup(let backup): BackupDescription(backup: backup, now: now).lines
    case .restore(let request): RestoreDescription(request: request, now: now).lines
    }
  }
}

/// Reads the logs of a run's pods, one after the other.
struct RunLogReader: Sendable {
  let session: Session
  var subject: RunSubject
  var tail: Int?

  func run(isFollowing: Bool) async throws -> CommandExit {
    var subject = subject
    var shown: Set<String> = []
    while true {
      let pods = try await pods(of: subject)
      for pod in pods where shown.insert(pod.key.name).inserted {
        try await show(pod, isFollowing: isFollowing && !subject.isOver, isOneOfMany: pods.count > 1)
      }
      if subject.isOver || !isFollowing { break }
      subject = try await subject.refreshed(session)
      // The pod of a run that has just begun, or of its next attempt, is on its way.
      try await ContinuousClock().sleep(for: .milliseconds(700))
    }
    if shown.isEmpty { tellStatus(of: subject) }
    return .done
  }

  private func pods(of subject: RunSubject) async throws -> [Pod] {
    var pods: [Pod] = []
    for job in subject.jobs { pods += try await session.client.pods(ofJob: job, in: session.namespace) }
    return pods
  }

  private func tellStatus(of subject: RunSubject) {
    let jobs = subject.jobs
    session.console.note(
      jobs.isEmpty
        ? "\(subject.title) has no Job yet, so that there is no log; its status tells:"
        : "the pods of Job \(jobs.joined(separator: ", ")) are gone (or not made yet), and their logs with them; the status "
          + "still tells:", .caution)
    session.say(subject.lines(now: session.now()))
  }

  private func show(_ pod: Pod, isFollowing: Bool, isOneOfMany: Bool) async throws {
    let containers = (pod.spec.initContainers ?? []).map(\.name) + pod.spec.containers.map(\.name)
    for container in containers {
      if isOneOfMany || containers.count > 1 {
        session.console.note("==> \(pod.key.name) \(container) <==", .strong)
      }
      do {
        try await stream(pod, container, isFollowing: isFollowing)
      } catch let error as KubernetesError where [.badRequest, .notFound].contains(error.code) {
        // A container that has not started, or a pod that went meanwhile.
        if isFollowing {
          try await waitUntilStarted(pod, container)
        } else {
          session.console.note(error.message, .caution)
        }
        if isFollowing { try await stream(pod, container, isFollowing: true) }
      }
    }
  }

  private func waitUntilStarted(_ pod: Pod, _ container: String) async throws {
    var told = ""
    while true {
      let now = try await session.client.get(Pod.self, name: pod.key.name, namespace: session.namespace)
      let all = (now.status?.initContainerStatuses ?? []) + (now.status?.containerStatuses ?? [])
      let state = all.first { $0.name == container }?.state
      if state?.running != nil || state?.terminated != nil { return }
      let text = [state?.waiting?.reason, state?.waiting?.message].compactMap { $0 }.joined(separator: ": ")
      if text != told, !text.isEmpty { session.console.note("waits: \(text)", .faint) }
      told = text
      try await ContinuousClock().sleep(for: .seconds(1))
    }
  }

  private func stream(_ pod: Pod, _ container: String, isFollowing: Bool) async throws {
    var request = try Request.podLogs(
      name: pod.key.name, namespace: session.namespace, options: LogOptions(container: container, tailLines: tail))
    if isFollowing {
      // First an ordinary call, whose refusals tell more.
      _ = try await session.client.podLogs(
        name: pod.key.name, namespace: session.namespace, options: LogOptions(container: container, limitBytes: 1))
      request.query.append(URLQueryItem(name: "follow", value: "true"))
      request.timeout = .seconds(24 * 3_600)
    }
    let console = session.console
    guard isFollowing else {
      let text = String(decoding: try await session.client.data(for: request), as: UTF8.self)
      return console.write(console.outputIsTerminal ? PrintableText.lines(of: text) : text, .output)
    }
    try await session.client.transport.stream(request) { response in
      var rest = Data()
      for try await piece in response.body {
        rest.append(piece)
        guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
        let text = String(decoding: rest[rest.startIndex...end], as: UTF8.self)
        rest = Data(rest[(end + 1)...])
        console.write(console.outputIsTerminal ? PrintableText.lines(of: text) : text, .output)
      }
      if !rest.isEmpty { console.write(PrintableText.of(String(decoding: rest, as: UTF8.self)) + "\n", .output) }
    }
  }
}
