import KubernetesClient
import KubernetesModel
import Synchronization

/// The uid of the namespace `kube-system`, which stands for the cluster in manifests.
final class ClusterIdentity: Sendable {
  private enum State {
    case unknown
    case known(String?)
  }

  private let client: KubernetesClient
  private let state = Mutex(State.unknown)

  init(_ client: KubernetesClient) { self.client = client }

  /// - Returns: nil where there is no such namespace, or no right to read it. Read once, so that plans do not change.
  /// - Throws: ``KubernetesError`` where the answer may be another one later.
  func value() async throws -> String? {
    if case .known(let uid) = state.withLock({ $0 }) { return uid }
    let uid: String?
    do {
      uid = try await client.get(Namespace.self, name: "kube-system").metadata.uid
    } catch let error as KubernetesError where error.code == .notFound || error.code == .forbidden {
      uid = nil
    }
    state.withLock { $0 = .known(uid) }
    return uid
  }
}
