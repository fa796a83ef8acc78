import ArgumentParser
import Executor
import Foundation
import HoldfastAPI
import JobPlan
import Logging

/// The last container of a restore with `runRestore`.
struct RestoreFinishCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "finish", abstract: "Check the data directory that etcd's tool made.", shouldDisplay: false)

  @OptionGroup var options: PlanOptions
  @OptionGroup var result: ResultOptions
  @OptionGroup var log: LogOptions

  // Of another name than the first part's option: that one is the parent command's, which would take it.
  @Option(help: "What the first part of the restore left.")
  var firstResult: String

  func run() async throws {
    let logger = log.logger()
    let plan: Plan
    let first: Data
    do {
      plan = try options.load(for: .restore)
      first = try Data(contentsOf: URL(fileURLWithPath: firstResult))
    } catch {
      RunningCommand.complain("\(error)")
      throw ExitStatus.invalid
    }
    let mounts = Mounts(root: options.mounts)
    let finish = RestoreFinish(plan: plan, mounts: mounts)
    let outcome = finish.run(handover: first)
    try result.file.write(outcome)
    let identity = RunIdentity(environment: ProcessInfo.processInfo.environment)
    try? await RunningCommand.withCluster(mounts) { cluster in
      let factory = SourceFactory(plan: plan, mounts: mounts, cluster: cluster)
      await finish.record(outcome, in: try factory.journal(identity))
    }
    if let failure = outcome.failure {
      logger.error("restore failed", metadata: ["reason": "\(failure.reason)", "error": "\(failure.message)"])
      throw ExitStatus.failed
    }
    logger.info("restore complete", metadata: ["backup.id": "\(outcome.id ?? "")"])
  }
}
