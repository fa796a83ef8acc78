import Foundation
import KubernetesModel
import Synchronization

/// The API machinery without HTTP: what each verb does to the store.
///
/// A write is a loop of read, change and compare-and-swap, as in a real API server. Everything that a kind demands is in
/// its ``ResourceRules`` and ``Schema``.
final class APIServer: Sendable {
  let store: Store
  let registry: ResourceRegistry
  /// The time now, for timestamps of objects.
  let clock: @Sendable () -> Date
  private let logs = Mutex<(any PodLogProvider)?>(nil)
  private let execs = Mutex<(any PodExecProvider)?>(nil)
  private let certificate = Mutex<String?>(nil)

  init(store: Store = Store(), clock: @escaping @Sendable () -> Date = { Date() }) {
    self.store = store
    self.clock = clock
    registry = ResourceRegistry(builtIn: BuiltInResources.all)
    bootstrap()
  }

  /// Who runs what `kubectl exec` asks for.
  var execProvider: (any PodExecProvider)? {
    get { execs.withLock { $0 } }
    set { execs.withLock { $0 = newValue } }
  }

  /// Who answers `kubectl logs`.
  var logProvider: (any PodLogProvider)? {
    get { logs.withLock { $0 } }
    set { logs.withLock { $0 = newValue } }
  }

  /// PEM; what `kube-root-ca.crt` holds.
  var rootCertificate: String? {
    get { certificate.withLock { $0 } }
    set { certificate.withLock { $0 = newValue } }
  }

  func served(_ type: ResourceType) throws(APIError) -> ServedResource {
    guard let resource = registry.find(type) else {
      throw APIError(code: 404, reason: .notFound, message: "the server could not find the requested resource")
    }
    return resource
  }

  func storedKey(_ resource: ServedResource, _ namespace: String?, _ name: String) -> StoredKey {
    StoredKey(namespace: resource.type.isNamespaced ? namespace ?? "" : "", name: name)
  }

  // MARK: Reading

  func get(_ resource: ServedResource, namespace: String?, name: String) throws(APIError) -> JSONValue {
    guard let (value, _) = store.get(resource.collection, storedKey(resource, namespace, name)) else {
      throw .notFound(resource.type, name: name)
    }
    return resource.fromStorage(value)
  }

  // MARK: Creating

  func create(
    _ resource: ServedResource, namespace: String?, object: JSONValue, options: WriteOptions = WriteOptions(),
    duplicates: [String] = [], tracksManagedFields: Bool = true
  ) throws(APIError) -> WriteResult {
    let (decoded, warnings) = try decode(object, resource, options: options, duplicates: duplicates)
    do throws(APIError) {
      var result = try create(
        resource, namespace: namespace, decoded: decoded, options: options, tracksManagedFields: tracksManagedFields)
      result.warnings += warnings
      return result
    } catch {
      throw error.with(warnings: warnings)
    }
  }

  private func create(
    _ resource: ServedResource, namespace: String?, decoded: JSONValue, options: WriteOptions, tracksManagedFields: Bool
  ) throws(APIError) -> WriteResult {
    var object = decoded
    try checkNamespaceOfRequest(&object, resource, namespace)
    if let version = object.resourceVersion, !version.isEmpty, version != "0" {
      throw APIError(
        code: 500, reason: APIError.Reason(rawValue: ""),
        message: "resourceVersion should not be set on objects to be created")
    }
    let generated = object.objectName.isEmpty ? object[path: "metadata", "generateName"]?.stringValue : nil
    // A generated name that is taken gets another try, as since Kubernetes 1.32.
    for attempt in 0..<8 {
      var candidate = object
      if let generated {
        candidate["metadata", default: [:]]["name"] = .string(String(generated.prefix(58)) + RandomName.suffix())
      }
      let prepared = try prepareNew(candidate, resource, options: options)
      let tracked =
        tracksManagedFields
        ? trackManagedFields(before: nil, after: prepared, resource, options: options, subresource: nil) : prepared
      do throws(Store.WriteError) {
        let stored = try insert(tracked, resource, isDryRun: options.isDryRun)
        if !options.isDryRun { afterWrite(resource, stored) }
        let warnings =
          (resource.custom?.deprecationWarning.map { [$0] } ?? []) + creationWarnings(stored, resource)
        return WriteResult(object: resource.fromStorage(stored), isCreated: true, warnings: warnings)
      } catch {
        if generated == nil || attempt == 7 { throw alreadyExists(candidate, resource) }
      }
    }
    throw .internalError("no free name for \(generated ?? "")")
  }

  private func alreadyExists(_ object: JSONValue, _ resource: ServedResource) -> APIError {
    var error = APIError.alreadyExists(resource.type, name: object.objectName)
    let stored = store.get(resource.collection, storedKey(resource, object.namespace, object.objectName))
    if stored?.value.isBeingDeleted == true { error.message = "object is being deleted: \(error.message)" }
    return error
  }

  private func insert(
    _ object: JSONValue, _ resource: ServedResource, isDryRun: Bool
  ) throws(Store.WriteError) -> JSONValue {
    let key = storedKey(resource, object.namespace, object.objectName)
    if isDryRun {
      if store.get(resource.collection, key) != nil { throw .exists }
      return resource.toStorage(object)
    }
    return try store.create(resource.collection, key, resource.toStorage(object))
  }

  /// Sets what the server sets, fills in defaults, validates.
  func prepareNew(
    _ object: JSONValue, _ resource: ServedResource, options: WriteOptions
  ) throws(APIError) -> JSONValue {
    var object = object
    var metadata = object["metadata"] ?? [:]
    metadata["uid"] = .string(UUID().uuidString.lowercased())
    metadata["creationTimestamp"] = .string(Timestamp(clock()).description)
    for name in ["resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "generation"] {
      metadata[name] = nil
    }
    if resource.rules.hasGeneration { metadata["generation"] = 1 }
    object["metadata"] = metadata
    if resource.hasStatus { object["status"] = nil }
    resource.rules.prepareForCreate(&object)
    resource.rules.applyDefaults(&object)
    try checkNamespaceExists(object, resource)
    try admit(&object, resource, old: nil)
    let errors = MetadataRules.validate(object, resource) + resource.rules.validate(object)
    if !errors.isEmpty { throw .invalid(resource.type, name: object.objectName, causes: errors) }
    return object
  }

  // MARK: Checks of a request

  private func checkNamespaceOfRequest(
    _ object: inout JSONValue, _ resource: ServedResource, _ namespace: String?
  ) throws(APIError) {
    guard resource.type.isNamespaced else {
      if !(object.namespace ?? "").isEmpty { object["metadata", default: [:]]["namespace"] = nil }
      return
    }
    guard let namespace, !namespace.isEmpty else {
      throw .badRequest("an empty namespace may not be set during creation")
    }
    if let own = object.namespace, !own.isEmpty, own != namespace {
      throw .badRequest("the namespace of the provided object does not match the namespace sent on the request")
    }
    object["metadata", default: [:]]["namespace"] = .string(namespace)
  }

  private func checkNamespaceExists(_ object: JSONValue, _ resource: ServedResource) throws(APIError) {
    guard resource.type.isNamespaced, let namespace = object.namespace else { return }
    guard
      let (value, _) = store.get(
        CollectionKey(group: "", plural: "namespaces"), StoredKey(namespace: "", name: namespace))
    else { throw .notFound(.namespaces, name: namespace) }
    guard value.isBeingDeleted else { return }
    var error = APIError.forbidden(
      resource.type, name: object.objectName,
      "unable to create new content in namespace \(namespace) because it is being terminated")
    error.causes = [
      APIError.Cause(
        reason: "NamespaceTerminating", message: "namespace \(namespace) is being terminated",
        field: "metadata.namespace")
    ]
    throw error
  }

  // MARK: Start

  /// The namespaces and the node of an empty cluster.
  private func bootstrap() {
    for name in ["default", "kube-system", "kube-public", "kube-node-lease"] {
      _ = try? create(
        BuiltInResources.resource(.namespaces), namespace: nil,
        object: ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]])
    }
    createNode()
  }

  /// The machine that pods run on.
  private func createNode() {
    let (nodes, name) = (BuiltInResources.resource(.nodes), PodRunner.nodeName)
    _ = try? create(
      nodes, namespace: nil,
      object: ["metadata": ["name": .string(name), "labels": ["kubernetes.io/hostname": .string(name)]]])
    let time = JSONValue.string(Timestamp(clock()).description)
    _ = try? modify(nodes, namespace: nil, name: name, subresource: "status", options: WriteOptions()) {
      current throws(APIError) in
      var current = current
      current["status"] = [
        "conditions": [
          [
            "type": "Ready", "status": "True", "reason": "KubeletReady", "message": "pods run as local processes",
            "lastHeartbeatTime": time, "lastTransitionTime": time,
          ]
        ], "nodeInfo": ["kubeletVersion": Discovery.version["gitVersion"] ?? "", "operatingSystem": "linux"],
      ]
      return current
    }
  }
}
