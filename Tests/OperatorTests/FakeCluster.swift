import Foundation
import KubernetesClient
import KubernetesModel
import Synchronization

/// An API server in memory for the operator's calls: get, list, create, update, merge patch and delete, with resource
/// versions, status subresources, finalizers and preconditions. It counts writes, can die after any of them, and allows
/// only what the operator's installed roles allow.
final class FakeCluster: Transport {
  private struct State {
    var objects: [String: JSONValue] = [:]
    var version: Int64 = 100
    var writes: [String] = []
    /// Writes that still succeed; after that nothing does.
    var writesLeft: Int?
    var forbidden: Set<String> = []
    /// Calls for which the installed roles are not enough.
    var refused: [String] = []
    /// Installed with the rights for trusted namespaces.
    var trusts = false
    /// Installed with the rights for the gate.
    var gates = false
  }

  private let state = Mutex(State())
  let now: @Sendable () -> Date

  init(trusts: Bool = false, gates: Bool = false, now: @escaping @Sendable () -> Date) {
    self.now = now
    setTrust(trusts)
    state.withLock { $0.gates = gates }
    put(Namespace(metadata: ObjectMeta(name: "kube-system", uid: "cluster-1")))
  }

  var client: KubernetesClient { KubernetesClient(transport: self) }
  var writes: [String] { state.withLock { $0.writes } }

  var refused: [String] { state.withLock { $0.refused } }

  func clearWrites() { state.withLock { $0.writes = [] } }
  func die(afterWrites count: Int?) { state.withLock { $0.writesLeft = count } }
  func allowEverything() { state.withLock { $0.forbidden = [] } }
  func setTrust(_ isGiven: Bool) { state.withLock { $0.trusts = isGiven } }
  func forbid(_ operationPrefix: String) { state.withLock { _ = $0.forbidden.insert(operationPrefix) } }

  // MARK: For tests, past the API's rules

  func put(_ object: some KubernetesObject) {
    guard var json = try? JSONValue(encoding: object) else { return }
    let path = Self.path(type(of: object).resource, object.metadata.namespace, object.metadata.name ?? "")
    state.withLock { state in
      stamp(&json, in: &state, old: state.objects[path])
      state.objects[path] = json
    }
  }

  func putRaw(_ resource: ResourceType, _ json: JSONValue) {
    var json = json
    state.withLock { state in
      stamp(&json, in: &state, old: nil)
      state.objects[Self.path(resource, json.namespace, json.name ?? "")] = json
    }
  }

  func object<Object: KubernetesObject>(_ type: Object.Type, _ name: String, in namespace: String = "ns") -> Object? {
    let path = Self.path(Object.resource, namespace, name)
    return state.withLock { $0.objects[path] }.flatMap { try? Object(json: $0) }
  }

  func raw(_ resource: ResourceType, _ name: String, in namespace: String = "ns") -> JSONValue? {
    state.withLock { $0.objects[Self.path(resource, namespace, name)] }
  }

  func all<Object: KubernetesObject>(_ type: Object.Type) -> [Object] {
    state.withLock { state in
      state.objects.values.filter { $0.kind == Object.resource.kind }
    }.compactMap { try? Object(json: $0) }.sorted { $0.key < $1.key }
  }

  func change<Object: KubernetesObject>(
    _ type: Object.Type, _ name: String, in namespace: String = "ns", _ body: (inout Object) -> Void
  ) {
    guard var object = object(type, name, in: namespace) else { return }
    body(&object)
    put(object)
  }

  func remove<Object: KubernetesObject>(_ type: Object.Type, _ name: String, in namespace: String = "ns") {
    state.withLock { $0.objects[Self.path(Object.resource, namespace, name)] = nil }
  }

  // MARK: Transport

  func send(_ request: Request) async throws -> Response {
    try state.withLock { state in
      if state.writesLeft == 0 { throw Self.connectionLost(request) }
      let isAllowed = Manifests.operatorMay(request, trusts: state.trusts, gates: state.gates)
      UsedRights.record(request)
      if !isAllowed { state.refused.append(request.operation) }
      if !isAllowed || state.forbidden.contains(where: request.operation.hasPrefix) {
        return Self.failure(403, "Forbidden", request.operation)
      }
      let response = try handle(request, in: &state)
      if request.method != .get, (200..<300).contains(response.status) {
        state.writes.append(request.operation)
        if let left = state.writesLeft { state.writesLeft = left - 1 }
      }
      return response
    }
  }

  func stream<Value: Sendable>(
    _ request: Request, consume: @escaping @Sendable (StreamedResponse) async throws -> Value
  ) async throws -> Value {
    throw Self.connectionLost(request)
  }

  private static func connectionLost(_ request: Request) -> KubernetesError {
    KubernetesError(code: .connection, operation: request.operation, message: "the connection is lost")
  }

  private func handle(_ request: Request, in state: inout State) throws -> Response {
    let body = try request.body.map { try JSONValue(parsing: $0) } ?? [:]
    switch request.verb {
    case .list: return list(request, in: &state)
    case .create: return create(request, body, in: &state)
    default: break
    }
    let isStatus = request.path.hasSuffix("/status")
    let path = isStatus ? String(request.path.dropLast("/status".count)) : request.path
    guard let live = state.objects[path] else { return Self.failure(404, "NotFound", request.operation) }
    switch request.verb {
    case .get: return Self.success(live)
    case .delete: return delete(path, live, body, in: &state)
    case .patch: return store(Self.merge(live, body), over: live, at: path, isStatus: isStatus, body, in: &state)
    case .update: return store(body, over: live, at: path, isStatus: isStatus, body, in: &state)
    default: return Self.failure(405, "MethodNotAllowed", request.operation)
    }
  }

  private func list(_ request: Request, in state: inout State) -> Response {
    let selector = request.query.first { $0.name == "labelSelector" }?.value ?? ""
    let terms = selector.split(separator: ",").map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
    let items = state.objects.filter { path, object in
      guard Self.isListed(path, in: request.path) else { return false }
      return terms.allSatisfy { term in
        term.count == 2 ? object.labels[term[0]] == term[1] : object.labels[term[0]] != nil
      }
    }.sorted { $0.key < $1.key }.map(\.value)
    return Self.success(["metadata": ["resourceVersion": .string(String(state.version))], "items": .array(items)])
  }

  /// Whether an object's path is in a list: of one namespace, of what has none, or of all namespaces.
  private static func isListed(_ path: String, in list: String) -> Bool {
    if path.hasPrefix(list + "/") { return !path.dropFirst(list.count + 1).contains("/") }
    guard let slash = list.lastIndex(of: "/") else { return false }
    let parts = path.dropFirst(list[..<slash].count).split(separator: "/")
    return path.hasPrefix(list[..<slash]) && parts.count == 4 && parts[0] == "namespaces"
      && parts[2] == list[list.index(after: slash)...]
  }

  private func create(_ request: Request, _ body: JSONValue, in state: inout State) -> Response {
    let path = "\(request.path)/\(body.name ?? "")"
    guard state.objects[path] == nil else { return Self.failure(409, "AlreadyExists", request.operation) }
    var object = body
    object["status"] = nil
    stamp(&object, in: &state, old: nil)
    state.objects[path] = object
    return Self.success(object)
  }

  private func store(
    _ new: JSONValue, over live: JSONValue, at path: String, isStatus: Bool, _ body: JSONValue, in state: inout State
  ) -> Response {
    if let version = body.resourceVersion, version != live.resourceVersion {
      return Self.failure(409, "Conflict", path)
    }
    var object = isStatus ? live : new
    object["status"] = isStatus ? new["status"] : live["status"]
    object["metadata"]?["resourceVersion"] = live.resourceVersion.map { .string($0) }
    if object == live { return Self.success(live) }
    stamp(&object, in: &state, old: live)
    state.objects[path] = object
    if object[path: "metadata", "deletionTimestamp"] != nil,
      object[path: "metadata", "finalizers"]?.arrayValue?.isEmpty ?? true
    {
      state.objects[path] = nil
    }
    return Self.success(object)
  }

  private func delete(_ path: String, _ live: JSONValue, _ body: JSONValue, in state: inout State) -> Response {
    if let uid = body[path: "preconditions", "uid"]?.stringValue, uid != live.uid {
      return Self.failure(409, "Conflict", path)
    }
    if live[path: "metadata", "finalizers"]?.arrayValue?.isEmpty ?? true {
      state.objects[path] = nil
    } else {
      var object = live
      object["metadata"]?["deletionTimestamp"] = .string(Timestamp(now()).description)
      stamp(&object, in: &state, old: live)
      state.objects[path] = object
    }
    return Self.success(live)
  }

  private func stamp(_ object: inout JSONValue, in state: inout State, old: JSONValue?) {
    state.version += 1
    if object.uid == nil { object["metadata"]?["uid"] = .string(old?.uid ?? "uid-\(state.version)") }
    if object[path: "metadata", "creationTimestamp"] == nil {
      object["metadata"]?["creationTimestamp"] =
        old?[path: "metadata", "creationTimestamp"] ?? .string(Timestamp(now()).description)
    }
    object["metadata"]?["resourceVersion"] = .string(String(state.version))
  }

  private static func merge(_ target: JSONValue, _ patch: JSONValue) -> JSONValue {
    guard case .object(let members) = patch else { return patch }
    var result = target.objectValue ?? [:]
    for (key, value) in members {
      // Not by assigning nil: a nil literal would be JSON's null.
      if value.isNull { result.removeValue(forKey: key) } else { result[key] = merge(result[key] ?? .null, value) }
    }
    return .object(result)
  }

  private static func path(_ resource: ResourceType, _ namespace: String?, _ name: String) -> String {
    let root = resource.group.isEmpty ? "/api/\(resource.version)" : "/apis/\(resource.group)/\(resource.version)"
    let scope = resource.isNamespaced ? "/namespaces/\(namespace ?? "default")" : ""
    return "\(root)\(scope)/\(resource.plural)/\(name)"
  }

  private static func success(_ json: JSONValue) -> Response {
    Response(status: 200, body: (try? json.serialized()) ?? Data())
  }

  private static func failure(_ code: Int, _ reason: String, _ message: String) -> Response {
    let status: JSONValue = [
      "kind": "Status", "status": "Failure", "code": .integer(Int64(code)), "reason": .string(reason),
      "message": .string(message),
    ]
    return Response(status: code, body: (try? status.serialized()) ?? Data())
  }
}
