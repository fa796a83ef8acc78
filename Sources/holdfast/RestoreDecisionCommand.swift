import ArgumentParser
import Foundation
import HoldfastAPI
import KubectlPlugin
import KubernetesClient

/// A RestoreRequest on the API server of the kubeconfig.
struct RequestOptions: ParsableArguments {
  @Argument(help: "The RestoreRequest's name.")
  var name: String

  @Option(name: .shortAndLong, help: "Its namespace. Default: that of the kubeconfig's context.")
  var namespace: String?
}

struct RestoreResumeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Run a restore once more whose outcome is not known.",
    discussion: """
      For a RestoreRequest in phase Unknown, after a look at the destination. The operator makes a new Job, with a new claim; \
      sources that are known to be restored are left out. Sets the annotation \(HoldfastAPI.decisionAnnotation).
      """)

  @OptionGroup var request: RequestOptions

  func run() async throws {
    try await request.decide(.resume)
  }
}

struct RestoreAbandonCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "abandon", abstract: "Give up a restore whose outcome is not known.",
    discussion: """
      For a RestoreRequest in phase Unknown: it ends as Failed, and retention may remove its backup again. Sets the \
      annotation \(HoldfastAPI.decisionAnnotation).
      """)

  @OptionGroup var request: RequestOptions

  func run() async throws {
    try await request.decide(.abandon)
  }
}

extension RequestOptions {
  fileprivate func decide(_ decision: RestoreDecision) async throws {
    do {
      let configuration = try ClientConfiguration.load(environment: ProcessInfo.processInfo.environment)
      try await KubernetesClient.withClient(configuration: configuration) { client in
        print(
          try await decision.write(on: name, namespace: namespace ?? configuration.defaultNamespace, client: client))
      }
    } catch {
      RunningCommand.complain("\(error)")
      throw ExitStatus.failed
    }
  }
}
