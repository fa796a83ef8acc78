import Foundation
import Hummingbird
import KubernetesModel
import Logging
import NIOCore

/// Turns HTTP requests into calls of the ``APIServer``.
struct APIResponder: HTTPResponder {
  typealias Context = BasicRequestContext

  /// A real API server takes 3 MiB too.
  static let maximumBodySize = 3 * 1024 * 1024

  let server: APIServer
  let tokens: TokenAuthority
  let authorizer: Authorizer
  let logger: Logger

  init(server: APIServer, tokens: TokenAuthority, logger: Logger) {
    self.server = server
    self.tokens = tokens
    self.logger = logger
    authorizer = Authorizer(store: server.store)
  }

  func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
    await respond(to: request)
  }

  /// - Returns: For a refusal its `Status`.
  func respond(to request: Request) async -> Response {
    do throws(APIError) {
      let response = try await answer(request)
      logger.debug(
        "request",
        metadata: [
          "http.method": "\(request.method)", "http.target": "\(request.uri)", "http.status": "\(response.status.code)",
        ])
      return response
    } catch {
      logger.debug(
        "request refused",
        metadata: [
          "http.method": "\(request.method)", "http.target": "\(request.uri)", "http.status": "\(error.code)",
          "error.message": "\(error.message)",
        ])
      return Self.response(error.status, code: error.code, warnings: error.warnings)
    }
  }

  private func answer(_ request: Request) async throws(APIError) -> Response {
    let path = request.uri.path
    let segments = path.split(separator: "/").map { $0.removingPercentEncoding ?? String($0) }
    if ["healthz", "livez", "readyz"].contains(segments.first) { return Self.text("ok") }
    let caller = try authenticate(request)
    if segments.first == "openid" || segments.first == ".well-known" || segments.count <= 3,
      let response = try document(segments, request, caller)
    {
      return response
    }
    if segments.first == "openapi" { return try openAPI(segments) }
    guard let target = RequestTarget(segments: segments),
      let resource = server.registry.find(group: target.group, version: target.version, plural: target.plural)
    else { throw Self.unknownPath }
    if target.namespace != nil, !resource.type.isNamespaced { throw Self.unknownPath }
    let call = Call(
      target: target, resource: resource, query: QueryParameters(request.uri.query), caller: caller, request: request)
    try authorize(call)
    return try await perform(call)
  }

  static let unknownPath = APIError(
    code: 404, reason: .notFound, message: "the server could not find the requested resource", hasDetails: true)

  /// One request for a resource.
  struct Call: Sendable {
    var target: RequestTarget
    var resource: ServedResource
    var query: QueryParameters
    var caller: Caller
    var request: Request

    var isWatch: Bool { query.flag("watch") && target.name == nil }

    /// As access rules name it.
    var verb: String {
      switch request.method {
      case .get, .head: target.name != nil ? "get" : isWatch ? "watch" : "list"
      case .post: "create"
      case .put: "update"
      case .patch: "patch"
      default: target.name != nil ? "delete" : "deletecollection"
      }
    }
  }

  // MARK: Who may

  func authenticate(_ request: Request) throws(APIError) -> Caller {
    let header = request.headers[.authorization] ?? ""
    guard header.lowercased().hasPrefix("bearer "), let caller = tokens.caller(token: String(header.dropFirst(7)))
    else {
      throw APIError(code: 401, reason: .unauthorized, message: "Unauthorized")
    }
    if request.headers.contains(where: { $0.name.canonicalName.hasPrefix("impersonate-") }) {
      throw .notImplemented("impersonation")
    }
    return caller
  }

  /// - Parameter verb: nil means the one of the request.
  func authorize(_ call: Call, verb: String? = nil) throws(APIError) {
    let verb = verb ?? call.verb
    let resource = call.resource.type.plural + (call.target.subresource.map { "/\($0)" } ?? "")
    let attributes = AccessAttributes(
      verb: verb, group: call.resource.type.group, resource: resource,
      namespace: call.target.authorizedNamespace,
      name: call.target.name)
    guard !authorizer.allows(call.caller, attributes) else { return }
    let scope = call.target.authorizedNamespace.map { " in the namespace \"\($0)\"" } ?? " at the cluster scope"
    throw .forbidden(
      call.resource.type, name: call.target.name ?? "",
      "User \"\(call.caller.username)\" cannot \(verb) resource \"\(resource)\" in API group "
        + "\"\(call.resource.type.group)\"\(scope)")
  }

  /// Nobody gives more than they have. Only of creating and updating a binding; a patch is taken as it is.
  func authorizeBinding(_ call: Call, _ object: JSONValue) throws(APIError) {
    let type = call.resource.type
    guard type.group == "rbac.authorization.k8s.io", ["rolebindings", "clusterrolebindings"].contains(type.plural)
    else { return }
    let reference = object["roleRef"] ?? [:]
    guard !authorizer.mayBind(call.caller, reference, in: call.target.authorizedNamespace) else { return }
    throw .forbidden(
      type, name: object.name ?? "",
      "user \"\(call.caller.username)\" is attempting to grant RBAC permissions not currently held: the rules of "
        + "\(reference["kind"]?.stringValue ?? "") \"\(reference["name"]?.stringValue ?? "")\"")
  }

  // MARK: Documents

  private func document(_ segments: [String], _ request: Request, _ caller: Caller) throws(APIError) -> Response? {
    let discovery = Discovery(registry: server.registry)
    switch segments {
    case ["version"]: return Self.response(Discovery.version)
    case ["openid", "v1", "jwks"]: return Self.response(tokens.keySet)
    case [".well-known", "openid-configuration"]:
      return Self.response([
        "issuer": .string(TokenAuthority.issuer), "jwks_uri": "/openid/v1/jwks",
        "response_types_supported": ["id_token"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
      ])
    case []:
      let groups = server.registry.groups().map { $0.name.isEmpty ? "/api" : "/apis/\($0.name)" }
      return Self.response(["paths": .strings(["/api", "/apis", "/healthz", "/openapi/v3", "/version"] + groups)])
    case ["api"], ["apis"]:
      let isCore = segments == ["api"]
      if case .aggregatedDiscovery(let version) = try ResponseForm(accept: request.headers[.accept]) {
        return Self.response(
          discovery.aggregated(isCore: isCore, version: version),
          contentType: "application/json;g=apidiscovery.k8s.io;v=\(version);as=APIGroupDiscoveryList")
      }
      return Self.response(
        isCore ? discovery.coreVersions(address: request.head.authority ?? "") : discovery.groupList())
    default: break
    }
    if segments.count == 2, segments[0] == "apis" {
      guard let group = discovery.group(segments[1]) else { throw Self.unknownPath }
      return Self.response(group)
    }
    guard let (group, name) = Self.groupVersion(segments) else { return nil }
    guard let list = discovery.resourceList(group: group, version: name) else { throw Self.unknownPath }
    return Self.response(list)
  }

  private static func groupVersion(_ segments: [String]) -> (group: String, version: String)? {
    if segments.count == 2, segments[0] == "api" { return ("", segments[1]) }
    if segments.count == 3, segments[0] == "apis" { return (segments[1], segments[2]) }
    return nil
  }

  /// `/openapi/v3` and what its index names. The second version of OpenAPI is not served; kubectl does without.
  private func openAPI(_ segments: [String]) throws(APIError) -> Response {
    guard segments.dropFirst().first == "v3" else { throw Self.unknownPath }
    let documents = server.registry.documents()
    if segments.count == 2 { return Self.response(documents.index()) }
    guard let document = documents.document(segments.dropFirst(2).joined(separator: "/")) else {
      throw Self.unknownPath
    }
    return Response(
      status: .ok, headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: document)))
  }

  // MARK: Responses

  static func response(
    _ value: JSONValue, code: Int = 200, contentType: String = "application/json", warnings: [String] = []
  ) -> Response {
    var headers: HTTPFields = [.contentType: contentType, .cacheControl: "no-cache, private"]
    if let name = HTTPFields.Element.Name("Warning") {
      for warning in Set(warnings).sorted() {
        // RFC 7234, 5.5: quoted, and on one line.
        let text = warning.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: " ")
        headers.append(HTTPFields.Element(name: name, value: "299 - \"\(text)\""))
      }
    }
    return Response(
      status: .init(code: code), headers: headers, body: ResponseBody(byteBuffer: JSONWriter.buffer(value)))
  }

  static func text(_ text: String) -> Response {
    Response(
      status: .ok, headers: [.contentType: "text/plain; charset=utf-8"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}
