import Foundation
import Hummingbird
import KubernetesModel
import NIOCore

extension APIResponder {
  func perform(_ call: Call) async throws(APIError) -> Response {
    if call.resource.isReview {
      guard call.request.method == .post else { throw methodNotAllowed }
      return try await review(call)
    }
    if let subresource = call.target.subresource, let response = try await performSpecial(subresource, call) {
      return response
    }
    if let subresource = call.target.subresource, !call.resource.subresources.contains(subresource) {
      if call.resource.custom == nil { throw Self.unknownPath }
      throw .notFound(call.resource.type, name: call.target.name ?? "")
    }
    switch call.verb {
    case "get": return try get(call)
    case "list": return try list(call)
    case "watch": return try watch(call)
    case "create": return try await create(call)
    case "update": return try await update(call)
    case "patch": return try await patch(call)
    case "delete" where call.request.method == .delete && call.target.subresource == nil: return try await delete(call)
    case "deletecollection" where call.request.method == .delete: return try await deleteCollection(call)
    default: throw methodNotAllowed
    }
  }

  private var methodNotAllowed: APIError {
    APIError(
      code: 405, reason: .methodNotAllowed, message: "the server does not allow this method on the requested resource")
  }

  // MARK: Reading

  private func get(_ call: Call) throws(APIError) -> Response {
    let name = call.target.name ?? ""
    if call.target.subresource == "scale" {
      return Self.response(try server.scale(call.resource, namespace: call.target.namespace, name: name))
    }
    let object = try server.get(call.resource, namespace: call.target.namespace, name: name)
    return try respond(object, call)
  }

  private func list(_ call: Call) throws(APIError) -> Response {
    let result = try server.list(call.resource, namespace: call.target.namespace, options: try listOptions(call))
    return try respond(result, call)
  }

  func listOptions(_ call: Call) throws(APIError) -> ListOptions {
    var options = ListOptions()
    options.labels = try call.query["labelSelector"].map { text throws(APIError) in try LabelQuery(text) }
    options.fields = try call.query["fieldSelector"].map { text throws(APIError) in
      try FieldQuery(text, resource: call.resource)
    }
    options.limit = try call.query.integer("limit") ?? 0
    options.continueToken = call.query["continue"]
    options.resourceVersion = call.query["resourceVersion"]
    options.resourceVersionMatch = call.query["resourceVersionMatch"]
    return options
  }

  // MARK: Writing

  private func writeOptions(_ call: Call) throws(APIError) -> WriteOptions {
    var options = WriteOptions(caller: call.caller)
    options.fieldManager =
      call.query["fieldManager"]
      ?? (call.request.headers[.userAgent] ?? "unknown").split(separator: "/").first.map(String.init) ?? "unknown"
    options.isDryRun = try isDryRun(call)
    options.force = call.query.flag("force")
    if let text = call.query["fieldValidation"] {
      guard let validation = WriteOptions.FieldValidation(rawValue: text) else {
        throw Self.invalidOptions(
          call, .notSupported(FieldPath("fieldValidation"), .string(text), ["Ignore", "Warn", "Strict"]))
      }
      options.fieldValidation = validation
    }
    return options
  }

  private func isDryRun(_ call: Call) throws(APIError) -> Bool {
    guard let text = call.query["dryRun"] else { return false }
    if text == "All" { return true }
    throw Self.invalidOptions(call, .notSupported(FieldPath("dryRun"), [.string(text)], ["All"]))
  }

  /// A refusal of what the query or a `DeleteOptions` says.
  private static func invalidOptions(_ call: Call, _ error: FieldError) -> APIError {
    let kind =
      switch call.request.method {
      case .post: "CreateOptions"
      case .put: "UpdateOptions"
      case .patch: "PatchOptions"
      default: "DeleteOptions"
      }
    let type = ResourceType(group: "meta.k8s.io", version: "v1", kind: kind, plural: kind.lowercased())
    return .invalid(type, name: "", causes: [error])
  }

  func body(_ call: Call) async throws(APIError) -> (value: JSONValue, duplicates: [String]) {
    let buffer = try await bytes(call)
    let type = call.request.headers[.contentType].map { MediaType($0) }
    return try RequestBodyParser.parse(buffer, mediaType: type)
  }

  private func bytes(_ call: Call) async throws(APIError) -> ByteBuffer {
    do {
      return try await call.request.body.collect(upTo: Self.maximumBodySize)
    } catch is NIOTooManyBytesError {
      throw APIError(
        code: 413, reason: .requestEntityTooLarge,
        message: "Request entity too large: limit is \(Self.maximumBodySize)")
    } catch {
      throw .badRequest("the request body ended early")
    }
  }

  private func create(_ call: Call) async throws(APIError) -> Response {
    guard call.target.name == nil else { throw methodNotAllowed }
    let options = try writeOptions(call)
    let (object, duplicates) = try await body(call)
    try authorizeBinding(call, object)
    // A namespaced object may be posted at the cluster's level only where it says its namespace, which is not so here.
    let result = try server.create(
      call.resource, namespace: call.target.namespace, object: object, options: options, duplicates: duplicates)
    return try respond(result.object, call, code: 201, warnings: result.warnings)
  }

  private func update(_ call: Call) async throws(APIError) -> Response {
    guard let name = call.target.name else { throw methodNotAllowed }
    let options = try writeOptions(call)
    let (object, duplicates) = try await body(call)
    try authorizeBinding(call, object)
    let result = try server.update(
      call.resource, namespace: call.target.namespace, name: name, object: object,
      subresource: call.target.subresource, options: options, duplicates: duplicates)
    return try respond(result.object, call, warnings: result.warnings)
  }

  private func patch(_ call: Call) async throws(APIError) -> Response {
    guard let name = call.target.name else { throw methodNotAllowed }
    let options = try writeOptions(call)
    let contentType = call.request.headers[.contentType].map { MediaType($0).name } ?? ""
    guard let type = PatchType(rawValue: contentType) else {
      throw APIError(
        code: 415, reason: .unsupportedMediaType,
        message: "the body of the request was in an unknown format - accepted media types include: "
          + "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, "
          + "application/apply-patch+yaml")
    }
    let (patch, duplicates) = try await body(call)
    if type == .strategic, call.resource.custom != nil {
      throw APIError(
        code: 415, reason: .unsupportedMediaType,
        message: "the body of the request was in an unknown format - accepted media types include: "
          + "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml")
    }
    if type == .apply {
      var options = options
      options.fieldManager = call.query["fieldManager"] ?? ""
      let result = try server.apply(
        call.resource, namespace: call.target.namespace, name: name, patch: patch,
        subresource: call.target.subresource, options: options, duplicates: duplicates)
      return try respond(result.object, call, code: result.isCreated ? 201 : 200, warnings: result.warnings)
    }
    let result = try server.patch(
      call.resource, namespace: call.target.namespace, name: name, subresource: call.target.subresource,
      options: options, duplicates: duplicates
    ) { current throws(APIError) in
      switch type {
      case .json: try Patching.jsonPatch(patch, on: current)
      case .strategic where call.target.subresource != "scale":
        try Patching.strategicMergePatch(patch, on: current, kind: call.resource.type)
      default: Patching.mergePatch(patch, on: current)
      }
    }
    return try respond(result.object, call, warnings: result.warnings)
  }

  // MARK: Deleting

  private func deleteOptions(_ call: Call) async throws(APIError) -> DeleteOptions {
    var options = DeleteOptions()
    var value: JSONValue = [:]
    let buffer = try await bytes(call)
    if buffer.readableBytes > 0 {
      value = try RequestBodyParser.parse(buffer, mediaType: call.request.headers[.contentType].map { MediaType($0) })
        .value
    }
    options.uid = value["preconditions"]?["uid"]?.stringValue
    options.resourceVersion = value["preconditions"]?["resourceVersion"]?.stringValue
    let policy = value["propagationPolicy"]?.stringValue ?? call.query["propagationPolicy"]
    if let policy {
      guard let propagation = DeletionPropagation(rawValue: policy) else {
        throw Self.invalidOptions(
          call,
          .notSupported(
            FieldPath("propagationPolicy"), .string(policy), ["Foreground", "Background", "Orphan", "nil"]))
      }
      options.propagation = propagation
    } else if value["orphanDependents"]?.boolValue ?? call.query.flag("orphanDependents") {
      options.propagation = .orphan
    }
    options.gracePeriodSeconds = try call.query.integer("gracePeriodSeconds")
    if let seconds = value["gracePeriodSeconds"]?.integerValue { options.gracePeriodSeconds = Int(clamping: seconds) }
    options.isDryRun = try isDryRun(call)
    if value["dryRun"]?.arrayValue?.contains("All") == true { options.isDryRun = true }
    return options
  }

  private func delete(_ call: Call) async throws(APIError) -> Response {
    let options = try await deleteOptions(call)
    let object = try server.delete(
      call.resource, namespace: call.target.namespace, name: call.target.name ?? "", options: options)
    let isOrphaning = call.resource.type == .jobs && options.propagation == nil
    let warnings =
      isOrphaning
      ? [
        "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or "
          + "set propagationPolicy=Orphan to suppress this warning"
      ] : []
    return object.kind == "Status"
      ? Self.response(object, warnings: warnings) : try respond(object, call, warnings: warnings)
  }

  private func deleteCollection(_ call: Call) async throws(APIError) -> Response {
    let options = try await deleteOptions(call)
    let result = try server.deleteCollection(
      call.resource, namespace: call.target.namespace, options: try listOptions(call), deletion: options)
    return try respond(result, call)
  }

  // MARK: Forms of an answer

  func respond(
    _ object: JSONValue, _ call: Call, code: Int = 200, warnings: [String] = []
  ) throws(APIError) -> Response {
    switch try ResponseForm(accept: call.request.headers[.accept]) {
    case .table where object.kind == call.resource.type.kind:
      Self.response(table([object], call, metadata: listMetadata(of: object)), code: code, warnings: warnings)
    case .metadata: Self.response(Self.partial(object), code: code, warnings: warnings)
    default: Self.response(object, code: code, warnings: warnings)
    }
  }

  private func listMetadata(of object: JSONValue) -> JSONValue {
    ["resourceVersion": .string(object.resourceVersion ?? "")]
  }

  private func respond(_ result: ListResult, _ call: Call) throws(APIError) -> Response {
    switch try ResponseForm(accept: call.request.headers[.accept]) {
    case .table: return Self.response(table(result.items, call, metadata: result.metadata))
    case .metadata:
      return Self.response([
        "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": result.metadata,
        "items": .array(result.items.map(Self.partial)),
      ])
    default:
      let isBuiltIn = call.resource.custom == nil
      let items = result.items.map { item in
        // Typed lists of a real server leave the type to the list; custom resources carry it each.
        guard isBuiltIn, case .object(var members) = item else { return item }
        members["kind"] = nil
        members["apiVersion"] = nil
        return JSONValue.object(members)
      }
      var metadata = result.metadata
      if !isBuiltIn { metadata.setDefault("continue", "") }
      return Self.response([
        "kind": .string(call.resource.listKind), "apiVersion": .string(call.resource.type.apiVersion),
        "metadata": metadata, "items": .array(items),
      ])
    }
  }

  func table(_ objects: [JSONValue], _ call: Call, metadata: JSONValue) -> JSONValue {
    let include = call.query["includeObject"].flatMap(Tables.IncludeObject.init) ?? .metadata
    return Tables.table(
      of: objects, resource: call.resource.type, crdColumns: call.resource.custom?.columns, includeObject: include,
      listMeta: metadata, now: server.clock())
  }

  static func partial(_ object: JSONValue) -> JSONValue {
    [
      "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"] ?? [:],
    ]
  }
}
