import HoldfastAPI
public import KubernetesClient
import KubernetesModel

/// What a person decides about a restore whose outcome is not known.
public enum RestoreDecision: String, Sendable, CaseIterable {
  /// Run it once more.
  case resume
  /// Leave it as it is.
  case abandon

  /// Why a request takes no decision.
  public struct Refusal: Error, Sendable, CustomStringConvertible {
    public let description: String
  }

  /// Writes the decision once, on the request as it was seen.
  ///
  /// - Returns: What happens now, for a person.
  /// - Throws: ``Refusal``; `KubernetesError`, with `conflict` where the request changed meanwhile.
  public func write(on name: String, namespace: String, client: KubernetesClient) async throws -> String {
    let found = try await client.get(RestoreRequest.self, name: name, namespace: namespace)
    guard found.status?.phase == .unknown else {
      throw Refusal(
        description:
          "RestoreRequest \(found.key) is \(found.status?.phase?.rawValue ?? "Pending"); only one whose phase is "
          + "Unknown waits for a decision")
    }
    var metadata: JSONValue = ["annotations": [HoldfastAPI.decisionAnnotation: .string(value(for: found))]]
    metadata["resourceVersion"] = found.metadata.resourceVersion.map { .string($0) }
    _ = try await client.patch(RestoreRequest.self, name: name, namespace: namespace, .merge(["metadata": metadata]))
    return "RestoreRequest \(found.key): \(rawValue); \(told(of: found))"
  }

  /// Each value is acted on once.
  func value(for request: RestoreRequest) -> String {
    request.status?.decision == nil ? rawValue : "\(rawValue)-\((request.status?.attempt ?? 1) + 1)"
  }

  private func told(of request: RestoreRequest) -> String {
    guard self == .resume else { return "it ends as Failed" }
    let done = request.status?.restoredSources ?? []
    return "attempt \((request.status?.attempt ?? 1) + 1) begins"
      + (done.isEmpty ? "" : "; restored already: \(done.joined(separator: ", "))")
  }
}
