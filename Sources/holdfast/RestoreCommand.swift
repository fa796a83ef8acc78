import ArgumentParser
import Executor
import Foundation
import HoldfastAPI
import JobPlan

struct RestoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Bring a backup back to its sources.",
    discussion: """
      What to restore stands in the plan under 'restore'; --id and the flags set or replace it for a restore by hand. \
      Everything is read and checked before the destination is touched. 'restore plan' shows what would happen.
      """,
    subcommands: [
      RestorePlanCommand.self, RestoreResumeCommand.self, RestoreAbandonCommand.self, RestoreFinishCommand.self,
    ])

  @OptionGroup var options: PlanOptions
  @OptionGroup var result: ResultOptions
  @OptionGroup var log: LogOptions

  @Option(help: "The backup's id, or 'latest'.")
  var id: String?

  @Option(help: "A file with the age identity; instead of the plan's restore.decryption.")
  var identity: String?

  @Flag(help: "Stop after the preflight and change nothing.")
  var dryRun = false

  @Flag(help: "Restore a snapshot of a cluster with other unseal keys.")
  var force = false

  @Option(help: ArgumentHelp("Another part finishes this restore; where it finds the result.", visibility: .hidden))
  var handover: String?

  func run() async throws {
    let file = result.file
    let handover = handover
    try await RunningCommand.runWithResult(
      .restore, options, log, file, purpose: .restore,
      recording: { result in
        guard let handover, result.outcome == .succeeded else { return result }
        try result.encoded(limit: .max).write(to: URL(fileURLWithPath: handover), options: .atomic)
        return RestoreFinish.pending(result)
      }
    ) { context, mounts in
      guard let restore = restore(of: context.plan) else {
        throw RunFailure(
          step: .prepare, reason: .invalidSpec, message: "the plan has no 'restore'; add it, or name a backup with --id"
        )
      }
      var context = context
      context.plan.restore = restore
      let identities =
        try identity.map(IdentityFiles.load(path:))
        ?? IdentityFiles.load(restore.decryption, from: mounts)
      return try await RunningCommand.withCluster(mounts) { [context] cluster in
        let factory = SourceFactory(plan: context.plan, mounts: mounts, cluster: cluster)
        return await RestoreRun(
          context: context, restore: restore, identities: identities, makeDestination: factory.destination,
          makeObjectRestore: factory.objectRestore, journal: try factory.journal(context.identity),
          checkpoint: { try? file.write($0) }, recording: { handover == nil ? $0 : RestoreFinish.pending($0) }
        ).run()
      }
    }
  }

  private func restore(of plan: Plan) -> Plan.Restore? {
    Self.restore(of: plan, id: id, dryRun: dryRun, force: force)
  }

  static func restore(of plan: Plan, id: String?, dryRun: Bool, force: Bool) -> Plan.Restore? {
    guard plan.restore != nil || id != nil else { return nil }
    var restore = plan.restore ?? Plan.Restore(request: "by-hand", origin: plan.policy)
    if let id { restore.id = id }
    restore.dryRun = restore.dryRun || dryRun
    restore.force = restore.force || force
    return restore
  }
}
