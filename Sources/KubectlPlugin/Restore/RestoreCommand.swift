import ArgumentParser
import Foundation
import HoldfastAPI
import KubernetesClient
import KubernetesModel

struct RestoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "See what a restore would do, start one, follow it, decide about one.",
    subcommands: [
      RestorePlanCommand.self, RestoreStartCommand.self, RestoreStatusCommand.self, RestoreResumeCommand.self,
      RestoreAbandonCommand.self,
    ])
}

struct RestorePlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Say what a restore would do, object by object, and touch nothing.",
    discussion: """
      Creates a RestoreRequest with dryRun, waits for it and prints its plan. The request stays as a record. Ends with 1 where \
      the restore would be refused.
      """)

  @OptionGroup var cluster: ClusterOptions
  @OptionGroup var selection: RestoreSelection

  @Option(help: "How long to wait: 30m, 2h.")
  var timeout = DurationArgument(.seconds(1_800))

  @Option(name: .shortAndLong, help: "text, json or yaml; the last two give the plan alone.")
  var output = ObjectFormat.text

  func run() async throws {
    try await cluster.run { session in
      let request = try await session.begin(selection, isDryRun: true)
      session.console.note("restorerequest.holdfast.dev/\(request.key.name) created", .faint)
      let story = RestoreStory(
        name: request.key.name, namespace: session.namespace, hasBar: session.console.errorsAreTerminal)
      let end = await Waiter<RestoreStory>(session: session, name: request.key.name, timeout: timeout.duration).run(
        story)
      guard output != .text, end.exit == .done || end.exit == .failed else { return session.tell(end) }
      let planned = try await session.find(RestoreRequest.self, request.key.name)
      guard planned.status?.phase == .planned else { return session.tell(end) }
      try session.console.say(JSONValue(encoding: planned.status?.plan ?? []), isYAML: output == .yaml)
      return end.exit
    }
  }
}

struct RestoreStartCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "start", abstract: "Bring a backup back.",
    discussion: """
      Creates a RestoreRequest. Everything is read and checked before anything is touched. Before that a safety backup is \
      taken, where a policy of this namespace says how and something is overwritten. Other destinations of a source than where \
      it came from: print the request with --dry-run=client -o yaml, and write them into it.
      """)

  enum DryRun: String, ExpressibleByArgument, CaseIterable { case client }

  @OptionGroup var cluster: ClusterOptions
  @OptionGroup var selection: RestoreSelection

  @Option(help: "client: print the RestoreRequest and create nothing.")
  var dryRun: DryRun?

  @Option(name: .shortAndLong, help: "With --dry-run: yaml or json.")
  var output = ObjectFormat.yaml

  @Flag(name: .shortAndLong, help: "Do not ask.")
  var yes = false

  @Flag(help: "Wait for the end.")
  var wait = false

  @Option(help: "How long to wait: 30m, 2h.")
  var timeout = DurationArgument(.seconds(3_600))

  func run() async throws {
    try await cluster.run { session in
      if dryRun != nil {
        let request = try selection.request(
          namespace: session.namespace, isDryRun: false, suffix: BackupStarter.suffix(5))
        try session.console.say(JSONValue(encoding: request), isYAML: output != .json)
        return .done
      }
      let request = try await session.check(selection, isDryRun: false)
      guard try confirm(request, on: session.console) else {
        session.console.note("nothing was done")
        return .failed
      }
      _ = try await session.create(request, isNamed: selection.name != nil)
      session.console.say("restorerequest.holdfast.dev/\(request.key.name) created")
      guard wait else {
        session.console.note("follow it: kubectl holdfast restore status \(request.key.name)\(session.flag)", .faint)
        return .done
      }
      let story = RestoreStory(
        name: request.key.name, namespace: session.namespace, hasBar: session.console.errorsAreTerminal)
      return session.tell(
        await Waiter<RestoreStory>(session: session, name: request.key.name, timeout: timeout.duration).run(story))
    }
  }

  /// - Throws: ``PluginFailure`` where there is nobody to ask.
  private func confirm(_ request: RestoreRequest, on console: Console) throws -> Bool {
    for line in request.intent { console.note(line) }
    if yes { return true }
    guard console.inputIsTerminal else {
      throw PluginFailure(
        "a restore changes what is there now, and there is no terminal to ask", remedy: "add --yes", exit: .usage)
    }
    console.write("Go on? [y/N] ", .errors)
    return ["y", "yes"].contains((console.readLine() ?? "").trimmingCharacters(in: .whitespaces).lowercased())
  }
}

extension Session {
  /// The request, after a look at what it names.
  func check(_ selection: RestoreSelection, isDryRun: Bool) async throws -> RestoreRequest {
    let request = try selection.request(namespace: namespace, isDryRun: isDryRun, suffix: BackupStarter.suffix(5))
    if let name = selection.backup {
      let backup = try await find(Backup.self, name)
      guard backup.status?.phase == .completed else {
        throw PluginFailure(
          "Backup \(name) is \(backup.status?.phase?.rawValue ?? "Pending"), and only a Completed one can be restored",
          remedy: "choose another: kubectl holdfast list\(flag)")
      }
      if backup.status?.verified == false { console.warn("Backup \(name) was read back and found DAMAGED") }
      let known = Set(backup.status?.artifacts?.map(\.source) ?? [])
      let missing = (request.spec.sources ?? []).map(\.name).filter { !known.contains($0) }
      guard missing.isEmpty || known.isEmpty else {
        throw PluginFailure(
          "Backup \(name) has no source \(missing.joined(separator: ", "))",
          remedy: "it has: \(known.sorted().joined(separator: ", "))")
      }
    }
    if let policy = selection.latest { _ = try await find(BackupPolicy.self, policy) }
    return request
  }

  func begin(_ selection: RestoreSelection, isDryRun: Bool) async throws -> RestoreRequest {
    try await create(try await check(selection, isDryRun: isDryRun), isNamed: selection.name != nil)
  }

  /// - Throws: ``PluginFailure`` that names the request, wherever it may have been made.
  func create(_ request: RestoreRequest, isNamed: Bool) async throws -> RestoreRequest {
    try await RestoreStarter(request: request, isNamed: isNamed, creation: creation(of: request)).create()
  }
}
