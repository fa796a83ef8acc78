public import Foundation
public import KubernetesModel

/// Requests for resources. Each is built purely; those that take names throw ``KubernetesError`` with `invalidArgument`
/// where a name is empty or would change the path, since `GET …/jobs/` would list and `DELETE …/jobs/` delete them all.
///
/// A namespace of nil stands for a cluster-scoped resource or, in lists and watches, for all namespaces.
extension Request {
  public static func get(
    _ resource: ResourceType, name: String, namespace: String?, subresource: Subresource? = nil
  ) throws -> Request {
    try object(.get, .get, resource, name: name, namespace: namespace, subresource: subresource)
  }

  /// One page.
  public static func list(_ resource: ResourceType, namespace: String?, options: ListOptions = ListOptions()) throws
    -> Request
  {
    var request = try collection(.get, .list, resource, namespace: namespace)
    request.query =
      [
        ("labelSelector", options.labelSelector), ("fieldSelector", options.fieldSelector),
        ("limit", options.limit.map(String.init)), ("continue", options.continueToken),
        ("resourceVersion", options.resourceVersion), ("resourceVersionMatch", options.resourceVersionMatch),
      ].items
    if options.isMetadataOnly { request.accept = partial("PartialObjectMetadataList") }
    return request
  }

  public static func watch(_ resource: ResourceType, namespace: String?, options: WatchOptions = WatchOptions()) throws
    -> Request
  {
    var request = try collection(.get, .watch, resource, namespace: namespace)
    request.query =
      [
        ("watch", "true"), ("labelSelector", options.labelSelector), ("fieldSelector", options.fieldSelector),
        ("resourceVersion", options.resourceVersion), ("timeoutSeconds", options.timeoutSeconds.map(String.init)),
        ("allowWatchBookmarks", options.allowBookmarks ? "true" : nil),
      ].items
    // The server ends the watch itself; a bit later the connection counts as dead.
    request.timeout = options.timeoutSeconds.map { .seconds($0 + 15) }
    if options.isMetadataOnly { request.accept = partial("PartialObjectMetadata") }
    return request
  }

  /// (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-representations)
  private static func partial(_ kind: String) -> String {
    "application/json;as=\(kind);g=meta.k8s.io;v=v1,application/json"
  }

  public static func create(
    _ resource: ResourceType, _ object: JSONValue, namespace: String?, options: WriteOptions = WriteOptions()
  ) throws -> Request {
    var request = try collection(.post, .create, resource, namespace: namespace).requiringNamespace(resource, namespace)
    if let name = object.name ?? object[path: "metadata", "generateName"]?.stringValue {
      request.operation += request.operation.hasSuffix("/") ? name : " \(name)"
    }
    request.query = options.items
    return try request.with(object, contentType: "application/json")
  }

  public static func replace(
    _ resource: ResourceType, _ object: JSONValue, name: String, namespace: String?, subresource: Subresource? = nil,
    options: WriteOptions = WriteOptions()
  ) throws -> Request {
    var request = try Self.object(
      .put, .update, resource, name: name, namespace: namespace, subresource: subresource)
    request.query = options.items
    return try request.with(object, contentType: "application/json")
  }

  public static func patch(
    _ resource: ResourceType, _ patch: Patch, name: String, namespace: String?, subresource: Subresource? = nil,
    options: WriteOptions = WriteOptions()
  ) throws -> Request {
    var request = try object(.patch, .patch, resource, name: name, namespace: namespace, subresource: subresource)
    request.query = options.items
    if case .apply(_, let fieldManager, let force) = patch {
      request.verb = .apply
      request.operation = "apply" + request.operation.dropFirst("patch".count)
      request.query.removeAll { $0.name == "fieldManager" }
      request.query += [("fieldManager", fieldManager), ("force", force ? "true" : nil)].items
    }
    return try request.with(patch.body, contentType: patch.contentType)
  }

  public static func delete(
    _ resource: ResourceType, name: String, namespace: String?, options: DeleteOptions = DeleteOptions()
  ) throws -> Request {
    try object(.delete, .delete, resource, name: name, namespace: namespace, subresource: nil)
      .with(options.body, contentType: "application/json")
  }

  /// Deletes every object that the list options select.
  public static func deleteCollection(
    _ resource: ResourceType, namespace: String?, selecting: ListOptions, options: DeleteOptions = DeleteOptions()
  ) throws -> Request {
    var request = try collection(.delete, .deleteCollection, resource, namespace: namespace)
      .requiringNamespace(resource, namespace)
    request.query =
      [
        ("labelSelector", selecting.labelSelector), ("fieldSelector", selecting.fieldSelector),
      ].items
    return try request.with(options.body, contentType: "application/json")
  }

  public static func podLogs(name: String, namespace: String, options: LogOptions = LogOptions()) throws -> Request {
    var request = try get(Pod.resource, name: name, namespace: namespace, subresource: Subresource("log"))
    request.accept = "text/plain, */*"
    request.query =
      [
        ("container", options.container), ("tailLines", options.tailLines.map(String.init)),
        ("limitBytes", options.limitBytes.map(String.init)), ("sinceSeconds", options.sinceSeconds.map(String.init)),
        ("timestamps", options.timestamps ? "true" : nil), ("previous", options.previous ? "true" : nil),
      ].items
    return request
  }

  /// A path outside of the resources, for example `/version`.
  /// - Parameter path: Percent-encoded, starts with a slash.
  public static func raw(path: String, query: [URLQueryItem] = []) throws -> Request {
    guard path.hasPrefix("/") else {
      throw KubernetesError(
        code: .invalidArgument, operation: "get \(path)", message: "the path '\(path)' does not start with a slash")
    }
    return Request(
      method: .get, verb: .get, path: path, query: query, accept: "application/json, */*", operation: "get \(path)")
  }
}

extension Request {
  private static func collection(_ method: Method, _ verb: Verb, _ resource: ResourceType, namespace: String?) throws
    -> Request
  {
    let qualified = resource.group.isEmpty ? resource.plural : "\(resource.plural).\(resource.group)"
    let operation = "\(verb.rawValue) \(qualified)" + (namespace.map { " \($0)/" } ?? "")
    var segments = resource.group.isEmpty ? ["api", resource.version] : ["apis", resource.group, resource.version]
    if let namespace {
      guard resource.isNamespaced else {
        throw KubernetesError(
          code: .invalidArgument, operation: operation, message: "\(resource.kind) has no namespace")
      }
      segments += ["namespaces", namespace]
    }
    segments.append(resource.plural)
    return Request(method: method, verb: verb, path: try path(segments, operation: operation), operation: operation)
  }

  private static func object(
    _ method: Method, _ verb: Verb, _ resource: ResourceType, name: String, namespace: String?,
    subresource: Subresource?
  ) throws -> Request {
    var request = try collection(method, verb, resource, namespace: namespace)
    request.operation += namespace == nil ? " \(name)" : name
    request = try request.requiringNamespace(resource, namespace)
    if let subresource { request.operation += "/\(subresource.name)" }
    request.path += try path([name] + (subresource.map { [$0.name] } ?? []), operation: request.operation)
    return request
  }

  private func requiringNamespace(_ resource: ResourceType, _ namespace: String?) throws -> Request {
    guard resource.isNamespaced, namespace == nil else { return self }
    throw KubernetesError(
      code: .invalidArgument, operation: operation, message: "\(resource.kind) needs a namespace")
  }

  private static func path(_ segments: [String], operation: String) throws -> String {
    try segments.map { segment in
      guard !segment.isEmpty, segment != ".", segment != "..", !segment.contains("/"), !segment.contains("%") else {
        throw KubernetesError(
          code: .invalidArgument, operation: operation,
          message: segment.isEmpty ? "a name is empty" : "'\(segment)' cannot be a name")
      }
      // The API server takes names such as `system:node` as they are; encoding the colon works as well.
      return "/" + encode(segment)
    }.joined()
  }

  private func with(_ value: JSONValue, contentType: String) throws -> Request {
    var request = self
    request.contentType = contentType
    do {
      request.body = try value.serialized()
    } catch {
      throw KubernetesError(
        code: .invalidArgument, operation: operation, message: "the body cannot be written as JSON: \(error)",
        cause: error)
    }
    return request
  }
}

extension [(String, String?)] {
  /// The pairs that have a value.
  fileprivate var items: [URLQueryItem] {
    compactMap { name, value in value.map { URLQueryItem(name: name, value: $0) } }
  }
}

extension WriteOptions {
  fileprivate var items: [URLQueryItem] {
    [("fieldManager", fieldManager), ("dryRun", isDryRun ? "All" : nil), ("fieldValidation", fieldValidation)].items
  }
}

extension DeleteOptions {
  fileprivate var body: JSONValue {
    var body: JSONValue = ["apiVersion": "v1", "kind": "DeleteOptions"]
    var preconditions: [String: JSONValue] = [:]
    if let uid { preconditions["uid"] = .string(uid) }
    if let resourceVersion { preconditions["resourceVersion"] = .string(resourceVersion) }
    if !preconditions.isEmpty { body["preconditions"] = .object(preconditions) }
    if let propagationPolicy { body["propagationPolicy"] = .string(propagationPolicy.rawValue) }
    if let gracePeriodSeconds { body["gracePeriodSeconds"] = .integer(Int64(gracePeriodSeconds)) }
    if isDryRun { body["dryRun"] = ["All"] }
    return body
  }
}
