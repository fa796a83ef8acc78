import Foundation
import KubernetesClient
import KubernetesModel
import Synchronization

extension InMemoryAPI {
  func answer(_ request: Request) -> Response {
    state.withLock { state in
      switch request.verb {
      case .list: Self.list(request, in: state)
      case .create: Self.create(request, in: &state)
      case .get: Self.respond(state.objects[Self.objectPath(request.path)])
      case .update: Self.update(request, in: &state)
      case .patch, .apply: Self.patch(request, in: &state)
      case .delete: Self.delete(request, in: &state)
      case .watch, .deleteCollection: Self.failure(405, reason: "MethodNotAllowed")
      }
    }
  }

  /// - Returns: nil where the version has expired.
  func openWatch(_ request: Request) -> (id: Int, stream: AsyncStream<Data>)? {
    let (stream, continuation) = AsyncStream<Data>.makeStream()
    let selector = request.query.first { $0.name == "labelSelector" }?.value
    let from = request.query.first { $0.name == "resourceVersion" }?.value.flatMap(Int.init) ?? 0
    return state.withLock { state in
      guard from + 1 >= state.oldest else { return nil }
      let watch = Watch(path: request.path, selector: selector, continuation: continuation)
      for event in state.log where event.version > from { Self.send(event, to: watch) }
      state.nextWatch += 1
      state.watches[state.nextWatch] = watch
      return (state.nextWatch, stream)
    }
  }

  static func collection(of path: String) -> String {
    String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
  }

  static func store(_ object: JSONValue, at path: String, in state: inout State) {
    let old = state.objects[path]
    var object = object
    let uid = old?.uid ?? object.uid ?? "uid-\(state.version + 1)"
    object["metadata"]?["uid"] = .string(uid)
    object["metadata"]?["resourceVersion"] = .string(String(state.version + 1))
    state.objects[path] = object
    publish(old == nil ? "ADDED" : "MODIFIED", object, at: path, in: &state)
  }

  static func publish(_ type: String, _ object: JSONValue, at path: String, in state: inout State) {
    state.version += 1
    var object = object
    object["metadata"]?["resourceVersion"] = .string(String(state.version))
    let event = Event(type: type, object: object, version: state.version, path: path)
    state.log.append(event)
    for watch in state.watches.values { send(event, to: watch) }
  }

  static func failure(_ code: Int, reason: String, headers: [String: String] = [:]) -> Response {
    let status: JSONValue = [
      "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": .integer(Int64(code)),
      "reason": .string(reason), "message": .string("\(reason) (in memory)"),
    ]
    return Response(status: code, headers: headers, body: (try? status.serialized()) ?? Data())
  }

  private static func send(_ event: Event, to watch: Watch) {
    guard covers(watch.path, event.path), matches(event.object, watch.selector) else { return }
    let line: JSONValue = ["type": .string(event.type), "object": event.object]
    watch.continuation.yield(((try? line.serialized()) ?? Data()) + Data("\n".utf8))
  }

  /// Whether a list path, maybe of all namespaces, covers an object.
  private static func covers(_ list: String, _ object: String) -> Bool {
    let collection = collection(of: object)
    if collection == list { return true }
    var parts = collection.split(separator: "/")
    guard let index = parts.firstIndex(of: "namespaces"), index + 2 < parts.count else { return false }
    parts.removeSubrange(index...index + 1)
    return "/" + parts.joined(separator: "/") == list
  }

  private static func matches(_ object: JSONValue, _ selector: String?) -> Bool {
    (selector ?? "").split(separator: ",").allSatisfy { term in
      let parts = term.split(separator: "=", maxSplits: 1)
      return parts.count == 2 ? object.labels[String(parts[0])] == String(parts[1]) : object.labels[String(term)] != nil
    }
  }

  private static func objectPath(_ path: String) -> String {
    for suffix in ["/status", "/scale"] where path.hasSuffix(suffix) { return String(path.dropLast(suffix.count)) }
    return path
  }

  private static func respond(_ object: JSONValue?, code: Int = 200) -> Response {
    guard let object, let body = try? object.serialized() else { return failure(404, reason: "NotFound") }
    return Response(status: code, headers: ["content-type": "application/json"], body: body)
  }

  private static func list(_ request: Request, in state: State) -> Response {
    func parameter(_ name: String) -> String? { request.query.first { $0.name == name }?.value }
    let all = state.objects.filter { covers(request.path, $0.key) && matches($0.value, parameter("labelSelector")) }
      .sorted { $0.key < $1.key }.map(\.value)
    // The token is the version of the first page and the offset.
    let token = parameter("continue")?.split(separator: ":").compactMap { Int($0) }
    if let token, token.count != 2 || token[0] < state.oldest { return failure(410, reason: "Expired") }
    let start = min(token?[1] ?? 0, all.count)
    let end = min(all.count, start + (parameter("limit").flatMap(Int.init) ?? all.count))
    let version = token?[0] ?? state.version
    var metadata: JSONValue = ["resourceVersion": .string(String(version))]
    if end < all.count { metadata["continue"] = .string("\(version):\(end)") }
    return respond(["kind": "List", "apiVersion": "v1", "metadata": metadata, "items": .array(Array(all[start..<end]))])
  }

  private static func create(_ request: Request, in state: inout State) -> Response {
    guard let body = request.body, var object = try? JSONValue(parsing: body) else {
      return failure(400, reason: "BadRequest")
    }
    if object.name == nil, let prefix = object[path: "metadata", "generateName"]?.stringValue {
      object["metadata"]?["name"] = .string("\(prefix)\(state.version)")
    }
    let parts = request.path.split(separator: "/")
    if let index = parts.firstIndex(of: "namespaces"), index + 2 < parts.count {
      object["metadata"]?["namespace"] = .string(String(parts[index + 1]))
    }
    let path = "\(request.path)/\(object.name ?? "")"
    guard state.objects[path] == nil else { return failure(409, reason: "AlreadyExists") }
    store(object, at: path, in: &state)
    return respond(state.objects[path], code: 201)
  }

  private static func update(_ request: Request, in state: inout State) -> Response {
    let path = objectPath(request.path)
    guard let body = request.body, var object = try? JSONValue(parsing: body) else {
      return failure(400, reason: "BadRequest")
    }
    guard let old = state.objects[path] else { return failure(404, reason: "NotFound") }
    if let version = object.resourceVersion, version != old.resourceVersion { return failure(409, reason: "Conflict") }
    if path != request.path {
      var changed = old
      changed["status"] = object["status"]
      object = changed
    }
    store(object, at: path, in: &state)
    return respond(state.objects[path])
  }

  private static func patch(_ request: Request, in state: inout State) -> Response {
    let path = objectPath(request.path)
    guard let body = request.body, let change = try? JSONValue(parsing: body),
      request.contentType != "application/json-patch+json"
    else { return failure(415, reason: "UnsupportedMediaType") }
    let missing: JSONValue? = request.verb == .apply ? [:] : nil
    guard let old = state.objects[path] ?? missing else {
      return failure(404, reason: "NotFound")
    }
    if let version = change.resourceVersion, version != old.resourceVersion { return failure(409, reason: "Conflict") }
    let merged = merge(change, into: old)
    // As the API server does: what changes nothing makes no new version.
    if merged != old { store(merged, at: path, in: &state) }
    return respond(state.objects[path])
  }

  private static func delete(_ request: Request, in state: inout State) -> Response {
    guard let old = state.objects[request.path] else { return failure(404, reason: "NotFound") }
    let conditions = request.body.flatMap { try? JSONValue(parsing: $0) }?["preconditions"]
    if let uid = conditions?["uid"]?.stringValue, uid != old.uid { return failure(409, reason: "Conflict") }
    if let version = conditions?["resourceVersion"]?.stringValue, version != old.resourceVersion {
      return failure(409, reason: "Conflict")
    }
    if let finalizers = old[path: "metadata", "finalizers"]?.arrayValue, !finalizers.isEmpty {
      var marked = old
      marked["metadata"]?["deletionTimestamp"] = "2026-01-01T00:00:00Z"
      store(marked, at: request.path, in: &state)
      return respond(state.objects[request.path])
    }
    state.objects[request.path] = nil
    publish("DELETED", old, at: request.path, in: &state)
    return respond(["kind": "Status", "apiVersion": "v1", "status": "Success"])
  }

  /// RFC 7386.
  private static func merge(_ change: JSONValue, into old: JSONValue) -> JSONValue {
    guard case .object(let members) = change else { return change }
    var result = old.objectValue ?? [:]
    for (key, value) in members {
      result[key] = value.isNull ? nil : merge(value, into: result[key] ?? [:])
    }
    return .object(result)
  }
}
