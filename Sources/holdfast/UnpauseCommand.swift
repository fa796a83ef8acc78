import ArgumentParser
import Executor
import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel

struct UnpauseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unpause", abstract: "Scale cert-manager's controller back where a restore left it at zero.",
    discussion: """
      Reads what the plan's restore pauses (pauseControllers), and changes only what that restore has scaled and marked. \
      May be run any number of times.
      """)

  @OptionGroup var options: PlanOptions
  @OptionGroup var result: ResultOptions
  @OptionGroup var log: LogOptions

  func run() async throws {
    let file = result.file
    let started = Timestamp(Date())
    do {
      let plan = try options.load(for: .restore)
      let done = try await RunningCommand.withCluster(Mounts(root: options.mounts)) { cluster in
        var done: [String] = []
        for pause in ControllerPause.all(of: plan, client: try cluster.client()) {
          if let what = try await pause.resume() { done.append(what) }
        }
        return done
      }
      var result = ExecutorResult(
        operation: .unpause, outcome: .succeeded, startTime: started, completionTime: Timestamp(Date()))
      result.warnings = done.isEmpty ? nil : done
      for line in done { print(line) }
      try RunningCommand.write(result, to: file)
    } catch {
      let failure =
        error as? RunFailure
        ?? RunFailure(step: .restore, reason: .controllerPaused, message: "\(error)", cause: error)
      RunningCommand.complain(failure.description)
      try RunningCommand.write(RunningCommand.failed(.unpause, failure, started), to: file)
      throw error is InvalidPlan ? ExitStatus.invalid : ExitStatus.failed
    }
  }
}
