import HoldfastAPI
import KubernetesClient
import KubernetesModel

/// Creates a RestoreRequest once: a second one would overwrite what is there a second time.
struct RestoreStarter: Sendable {
  let request: RestoreRequest
  /// A person chose the name, so that an earlier command may have made it too.
  let isNamed: Bool
  let creation: Creation<RestoreRequest>

  /// - Throws: ``PluginFailure`` that names the request, wherever it may have been made.
  func create() async throws -> RestoreRequest {
    switch try await creation.run() {
    case .created(let made): return made
    case .unclear(let error): throw unclear(error)
    case .exists(let isLater):
      guard isLater else { throw taken }
      let found: RestoreRequest
      do { found = try await creation.find() } catch let error as KubernetesError { throw unclear(error) }
      guard try isOurs(found) else { throw taken }
      return found
    }
  }

  private func isOurs(_ found: RestoreRequest) throws -> Bool {
    // Compared as the server keeps it: times there are text.
    guard try JSONValue(encoding: found.spec) == JSONValue(encoding: request.spec) else { return false }
    return !isNamed || !(found.status?.phase?.isTerminal ?? false)
  }

  private var name: String { request.key.name }
  private var namespace: String { request.metadata.namespace ?? "" }
  private var look: String { "kubectl holdfast restore status \(name) -n \(namespace)" }

  private var taken: PluginFailure {
    PluginFailure(
      "there is a RestoreRequest \(name) in namespace \(namespace) already, and this command did not make another",
      remedy: "see what it is: \(look); for another restore choose another --name")
  }

  private func unclear(_ error: KubernetesError) -> PluginFailure {
    PluginFailure(
      "nobody knows whether RestoreRequest \(name) was created in namespace \(namespace): \(error.message)",
      remedy: "before you try again: \(look); where there is none, start it again with --name \(name)")
  }
}
