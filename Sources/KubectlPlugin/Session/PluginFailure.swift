import Foundation
import HoldfastAPI
import KubernetesClient
import KubernetesModel

/// What a person is told in place of a result.
struct PluginFailure: Error, Sendable, Hashable {
  /// What is wrong.
  var message: String
  /// What to do; a command where there is one.
  var remedy: String?
  var exit: CommandExit

  init(_ message: String, remedy: String? = nil, exit: CommandExit = .failed) {
    self.message = message
    self.remedy = remedy
    self.exit = exit
  }

  var lines: [String] { ["error: \(message)"] + (remedy.map { ["  \($0)"] } ?? []) }
}

extension PluginFailure {
  /// - Parameter server: The API server's URL, where it is known.
  init(_ error: any Error, server: String? = nil) {
    switch error {
    case let failure as PluginFailure: self = failure
    case let error as KubernetesError: self.init(api: error, server: server)
    case is CancellationError: self.init("stopped", exit: .interrupted)
    default: self.init("\(error)")
    }
  }

  private init(api error: KubernetesError, server: String?) {
    let place = server.map { " at \($0)" } ?? ""
    switch error.code {
    case .configuration:
      self.init(
        error.message, remedy: "choose a cluster with --kubeconfig and --context, or set KUBECONFIG")
    case .connection, .timeout:
      self.init(
        "the API server\(place) does not answer: \(error.message)",
        remedy: "check the address in the kubeconfig, the network and the VPN, then run the command again")
    case .unauthorized:
      self.init(
        "the API server\(place) does not take this credential (\(error.operation)): \(error.message)",
        remedy: "log in again: the token or certificate of this context is missing, wrong or has expired")
    case .forbidden:
      self.init(
        "not allowed: \(error.message)",
        remedy: "ask for the right to \(error.operation); the roles holdfast-view, -edit and -admin of the chart have "
          + "them: kubectl holdfast doctor shows which you have")
    case .notFound where error.isMissingResource:
      self.init(
        "this cluster does not know \(HoldfastAPI.group) (\(error.operation))",
        remedy: "install the definitions: kubectl apply --server-side -f charts/holdfast/crds, or helm install holdfast"
      )
    case .notFound: self.init(error.message)
    case .invalid, .badRequest: self.init("refused: \(error.message)")
    default: self.init(error.description)
    }
  }
}

extension KubernetesError {
  /// The server has no such resource, rather than no such object.
  var isMissingResource: Bool {
    code == .notFound && (status?.details?.name ?? "").isEmpty
  }
}
