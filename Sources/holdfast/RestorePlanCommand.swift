import ArgumentParser
import Executor
import Foundation
import HoldfastAPI
import JobPlan

struct RestorePlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Show what a restore would do, and change nothing.",
    discussion: """
      Reads the backup and looks at the destination. Exits 1 where the restore would be refused: an object in conflict, or \
      a CA that would be issued again without --force.
      """)

  @OptionGroup var options: PlanOptions
  @OptionGroup var log: LogOptions

  @Option(help: "The backup's id, or 'latest'.")
  var id: String?

  @Option(help: "A file with the age identity; instead of the plan's restore.decryption.")
  var identity: String?

  @Option(help: "old=new: a namespace's objects go to another one. May be repeated.")
  var mapNamespace: [String] = []

  @Option(help: "What to do where an object exists and differs: Fail, Skip or Replace.")
  var conflictPolicy: String?

  @Flag(help: "As if the restore had --force.")
  var force = false

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    for pair in mapNamespace
    where pair.split(separator: "=", omittingEmptySubsequences: false).map(\.isEmpty) != [false, false] {
      throw ValidationError("--map-namespace \(pair) is not old=new")
    }
    if let conflictPolicy, RestoreRequest.ConflictPolicy(rawValue: conflictPolicy) == nil {
      throw ValidationError("--conflict-policy is Fail, Skip or Replace")
    }
  }

  func run() async throws {
    try await RunningCommand.run(options, log, purpose: .restore) { context, mounts in
      var context = context
      let newest = context.plan.restore?.id == nil ? "latest" : nil
      let found = RestoreCommand.restore(of: context.plan, id: id ?? newest, dryRun: true, force: force)
      guard var restore = found else { return }
      for pair in mapNamespace {
        let names = pair.split(separator: "=").map(String.init)
        if names.count == 2 {
          restore.namespaceMapping = (restore.namespaceMapping ?? [:]).merging([names[0]: names[1]]) { $1 }
        }
      }
      if let conflictPolicy { restore.conflictPolicy = RestoreRequest.ConflictPolicy(rawValue: conflictPolicy) }
      context.plan.restore = restore
      let identities =
        try identity.map(IdentityFiles.load(path:)) ?? IdentityFiles.load(restore.decryption, from: mounts)
      let result = try await RunningCommand.withCluster(mounts) { [context, restore] cluster in
        let factory = SourceFactory(plan: context.plan, mounts: mounts, cluster: cluster)
        return await RestoreRun(
          context: context, restore: restore, identities: identities, makeDestination: factory.destination,
          makeObjectRestore: factory.objectRestore
        ).run()
      }
      try show(result, force: restore.force)
    }
  }

  private func show(_ result: ExecutorResult, force: Bool) throws {
    if let failure = result.failure {
      RunningCommand.complain("\(failure.step): \(failure.reason): \(failure.message)")
      throw ExitStatus.failed
    }
    let plan = result.plan ?? []
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
      print(
        String(
          decoding: try encoder.encode(Output(id: result.id, location: result.location, plan: plan)), as: UTF8.self))
    } else {
      let rows = plan.map { [$0.source, $0.action, $0.object, $0.detail ?? ""] }
      for line in TextTable.lines(["SOURCE", "ACTION", "OBJECT", "DETAIL"], rows) { print(line) }
    }
    let isRefused = plan.contains { $0.action == "conflict" || !force && $0.detail?.hasPrefix("ERROR: ") == true }
    if isRefused { throw ExitStatus.failed }
  }

  private struct Output: Encodable {
    var id: String?
    var location: String?
    var plan: [RestoreRequest.PlannedAction]
  }
}
