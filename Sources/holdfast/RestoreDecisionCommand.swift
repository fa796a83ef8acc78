import ArgumentParser
import Foundation
import HoldfastAPI
import KubernetesClient
import KubernetesModel

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
    try await RestoreDecisionWriter(request: request).write("resume") { request in
      let done = request.status?.restoredSources ?? []
      return "attempt \((request.status?.attempt ?? 1) + 1) begins"
        + (done.isEmpty ? "" : "; restored already: \(done.joined(separator: ", "))")
    }
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
    try await RestoreDecisionWriter(request: request).write("abandon") { _ in "it ends as Failed" }
  }
}

/// Writes the decision once, on the request as it was seen.
private struct RestoreDecisionWriter {
  let request: RequestOptions

  func write(_ decision: String, _ told: (RestoreRequest) -> String) async throws {
    do {
      let configuration = try ClientConfiguration.load(environment: ProcessInfo.processInfo.environment)
      try await KubernetesClient.withClient(configuration: configuration) { client in
        let namespace = request.namespace ?? configuration.defaultNamespace
        let found = try await client.get(RestoreRequest.self, name: request.name, namespace: namespace)
        guard found.status?.phase == .unknown else {
          throw Refusal(
            "RestoreRequest \(found.key) is \(found.status?.phase?.rawValue ?? "Pending"); only one whose phase is "
              + "Unknown waits for a decision")
        }
        var metadata: JSONValue = [
          "annotations": [HoldfastAPI.decisionAnnotation: .string(Self.value(decision, for: found))]
        ]
        metadata["resourceVersion"] = found.metadata.resourceVersion.map { .string($0) }
        _ = try await client.patch(
          RestoreRequest.self, name: request.name, namespace: namespace, .merge(["metadata": metadata]))
        print("RestoreRequest \(found.key): \(decision); \(told(found))")
      }
    } catch {
      RunningCommand.complain("\(error)")
      throw ExitStatus.failed
    }
  }

  /// Each value is acted on once.
  private static func value(_ decision: String, for request: RestoreRequest) -> String {
    request.status?.decision == nil ? decision : "\(decision)-\((request.status?.attempt ?? 1) + 1)"
  }

  private struct Refusal: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }
}
