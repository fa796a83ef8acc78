import KubernetesModel
import NIOCore
import ServiceLifecycle

/// What the built-in controllers see of the API server: the same operations that an HTTP client has, in process.
///
/// Every object that is passed in goes through the same defaulting, validation and admission as one from a client.
protocol ClusterAccess: Sendable {
  func get(_ resource: ResourceType, namespace: String?, name: String) async throws(APIError) -> JSONValue

  /// - Parameter namespace: Nil lists all namespaces.
  func list(_ resource: ResourceType, namespace: String?) async throws(APIError) -> [JSONValue]

  func create(_ resource: ResourceType, namespace: String?, object: JSONValue) async throws(APIError) -> JSONValue

  /// Replaces an object. An object that carries `metadata.resourceVersion` is written only where that is still the
  /// stored one; otherwise the error's reason is `Conflict`.
  func update(
    _ resource: ResourceType, namespace: String?, object: JSONValue, subresource: String?
  ) async throws(APIError) -> JSONValue

  /// RFC 7386. Retried inside on a concurrent write, unless the patch itself names a `resourceVersion`.
  func mergePatch(
    _ resource: ResourceType, namespace: String?, name: String, patch: JSONValue, subresource: String?
  ) async throws(APIError) -> JSONValue

  /// - Parameters:
  ///   - uid: A precondition; another object of the same name is left alone and the error's reason is `Conflict`.
  ///   - gracePeriodSeconds: Pods only. Zero removes the object at once; that is how the pod runner ends a pod whose
  ///     processes are gone.
  func delete(
    _ resource: ResourceType, namespace: String?, name: String, uid: String?, propagation: DeletionPropagation?,
    gracePeriodSeconds: Int?
  ) async throws(APIError)

  /// Every change of the resource, beginning with `ADDED` for each object that exists. Types: `ADDED`, `MODIFIED`,
  /// `DELETED`. The stream ends when the server stops or its consumer is cancelled; nothing is dropped.
  func watch(_ resource: ResourceType) -> AsyncStream<(type: String, object: JSONValue)>

  /// Every served resource in its storage version, those of custom resource definitions included.
  func resources() async -> [ResourceType]
}

/// Where a deletion stops: `metav1.DeletionPropagation`.
enum DeletionPropagation: String, Sendable {
  case background = "Background"
  case foreground = "Foreground"
  case orphan = "Orphan"
}

/// Reads what a container has written.
protocol PodLogProvider: Sendable {
  /// - Parameter container: Nil is allowed where the pod has exactly one.
  func log(
    namespace: String, pod: String, container: String?, follow: Bool, tailLines: Int?, previous: Bool,
    sinceSeconds: Int?, timestamps: Bool
  ) async throws(APIError) -> AsyncStream<ByteBuffer>
}
