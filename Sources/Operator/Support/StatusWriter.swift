import HoldfastAPI
import KubernetesClient
import KubernetesModel

extension KubernetesClient {
  /// Writes what changed in a status as one merge patch, and nothing where nothing did.
  ///
  /// The patch names the resource version that was read, so that a status that somebody else wrote in between is never
  /// undone: the answer is then `conflict`, and the reconcile starts anew.
  /// - Returns: The object as stored, or nil where nothing was written.
  @discardableResult
  func writeStatus<Object: KubernetesObject, Status: Encodable>(
    of object: Object, from old: Status?, to new: Status
  ) async throws -> Object? {
    let before = try old.map { try JSONValue(encoding: $0) } ?? [:]
    guard let change = JSONValue.mergePatch(from: before, to: try JSONValue(encoding: new)) else { return nil }
    var patch: JSONValue = ["status": change]
    if let version = object.metadata.resourceVersion {
      patch["metadata"] = ["resourceVersion": .string(version)]
    }
    return try await self.patch(
      Object.self, name: object.key.name, namespace: object.metadata.namespace, .merge(patch), subresource: .status,
      options: WriteOptions(fieldManager: HoldfastAPI.fieldManager))
  }

  /// Changes metadata alone, guarded by the resource version that was read.
  @discardableResult
  func patchMetadata<Object: KubernetesObject>(of object: Object, _ change: JSONValue) async throws -> Object {
    var metadata = change
    if let version = object.metadata.resourceVersion { metadata["resourceVersion"] = .string(version) }
    return try await patch(
      Object.self, name: object.key.name, namespace: object.metadata.namespace, .merge(["metadata": metadata]),
      options: WriteOptions(fieldManager: HoldfastAPI.fieldManager))
  }
}

extension [Condition]? {
  /// Sets one condition; the time changes only with the status.
  mutating func set(
    _ type: String, _ status: Condition.Status, _ reason: Reason, _ message: String, generation: Int64? = nil,
    now: Timestamp
  ) {
    var conditions = self ?? []
    let text = String(message.prefix(2_048))
    let index = conditions.firstIndex { $0.type == type }
    let since = index.map { conditions[$0] }.flatMap { $0.status == status ? $0.lastTransitionTime : nil } ?? now
    let condition = Condition(
      type: type, status: status, observedGeneration: generation, lastTransitionTime: since, reason: reason.rawValue,
      message: text)
    if let index { conditions[index] = condition } else { conditions.append(condition) }
    self = conditions
  }

  subscript(_ type: String) -> Condition? { self?.first { $0.type == type } }
}
