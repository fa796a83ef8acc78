import ArgumentParser
import Executor
import Foundation
import HoldfastAPI
import JobPlan

struct PreflightCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "preflight", abstract: "Try the plan's target: can a backup be written there, and what else?",
    discussion: """
      Writes a small object below the policy's prefix, checks that a create-only write does not replace it, reads, lists \
      and removes it. What a backup cannot do without ends with code 1; a missing right to read, list or delete is a \
      warning.
      """)

  @OptionGroup var options: PlanOptions
  @OptionGroup var result: ResultOptions
  @OptionGroup var log: LogOptions

  @Option(name: .shortAndLong, help: "text for people, json for the result as an object.")
  var output = OutputFormat.text

  func run() async throws {
    let output = output
    try await RunningCommand.runWithResult(.preflight, options, log, result.file, purpose: .bucketOnly) { context, _ in
      let result = await PreflightRun(context: context).run()
      try Self.show(result, as: output)
      return result
    }
  }

  private static func show(_ result: ExecutorResult, as format: OutputFormat) throws {
    guard format == .text else {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
      return print(String(decoding: try encoder.encode(result), as: UTF8.self))
    }
    print("target \(result.location ?? "")")
    for step in result.steps ?? [] {
      let state = step.state == .completed ? "ok" : step.state == .failed ? "FAILED" : "-"
      let name = step.name.padding(toLength: 14, withPad: " ", startingAt: 0)
      print("  \(name)\(state.padding(toLength: 8, withPad: " ", startingAt: 0))\(step.message ?? "")")
    }
    for warning in result.warnings ?? [] { print("warning: \(warning)") }
    if let failure = result.failure { print("\(failure.reason): \(failure.message)") }
  }
}
