import Foundation
import KubernetesModel

/// What a client asks to run: the query of `pods/exec`
/// (https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-connect-exec).
struct ExecOptions: Sendable {
  var container: String?
  var command: [String]
  var hasStdin: Bool
  var hasStdout: Bool
  var hasStderr: Bool
  var hasTerminal: Bool

  init(query: String?) {
    let parameters = QueryParameters(query)
    container = parameters["container"]
    command = QueryParameters.values(of: "command", in: query)
    hasStdin = parameters.flag("stdin")
    hasStdout = parameters.flag("stdout")
    hasStderr = parameters.flag("stderr")
    hasTerminal = parameters.flag("tty")
  }

  /// What the API server and the kubelet refuse before anything runs.
  func validate() throws(APIError) {
    guard !command.isEmpty else { throw .badRequest("you must specify at least one command for the container") }
    guard hasStdin || hasStdout || hasStderr else {
      throw .badRequest("you must specify at least 1 of stdin, stdout, stderr")
    }
    if hasTerminal { throw .notImplemented("terminals; leave out --tty (-t)") }
  }

  /// The container that is meant; as the API server chooses (`ExecLocation` in pkg/registry/core/pod/strategy.go).
  func container(of pod: JSONValue) throws(APIError) -> String {
    let names = Self.names(pod, "containers")
    let initNames = Self.names(pod, "initContainers")
    if let container {
      guard (names + initNames).contains(container) else {
        throw .badRequest("container \(container) is not valid for pod \(pod.objectName)")
      }
      return container
    }
    guard names.count == 1, let only = names.first else {
      let more = initNames.isEmpty ? "" : " or one of the init containers: [\(initNames.joined(separator: " "))]"
      throw .badRequest(
        "a container name must be specified for pod \(pod.objectName), choose one of: "
          + "[\(names.joined(separator: " "))]\(more)")
    }
    return only
  }

  private static func names(_ pod: JSONValue, _ member: String) -> [String] {
    (pod[path: "spec", member]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
  }
}

/// A command that may run: everything was checked but whether the program is there.
struct ExecTicket: Sendable {
  var options: ExecOptions
  var container: String
  /// Of the pod; nil where it runs no process.
  var handle: PodHandle?
  /// `v5.channel.k8s.io` or `v4.channel.k8s.io`.
  var subprotocol: String
}

/// Finds the processes of pods. The ``PodRunner`` is the only one.
protocol PodExecProvider: Sendable {
  /// - Returns: nil where the pod has not begun, or is gone.
  func handle(ofPod uid: String) -> PodHandle?
}

extension PodRunner: PodExecProvider {}
