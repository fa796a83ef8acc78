import Foundation
import Hummingbird
import KubernetesModel
import NIOCore
import NIOHTTP1

extension APIResponder {
  /// Decides about a request that asks for a WebSocket.
  ///
  /// Everything is looked up at once, so that it can be called on an event loop.
  func decideUpgrade(_ head: HTTPRequestHead) throws(APIError) -> ExecTicket {
    let request = Self.request(head)
    let caller = try authenticate(request)
    let segments = request.uri.path.split(separator: "/").map { $0.removingPercentEncoding ?? String($0) }
    guard let target = RequestTarget(segments: segments),
      let resource = server.registry.find(group: target.group, version: target.version, plural: target.plural)
    else { throw Self.unknownPath }
    let call = Call(
      target: target, resource: resource, query: QueryParameters(request.uri.query), caller: caller, request: request)
    guard resource.type == .pods, let subresource = target.subresource, target.name != nil else {
      throw .notImplemented("WebSockets for anything but pods/exec")
    }
    guard subresource == "exec" else { throw .notImplemented("pods/\(subresource)") }
    try authorize(call)
    // Since Kubernetes 1.35 a WebSocket, which is a GET, needs the right to create as well.
    try authorize(call, verb: "create")
    // The kubelet's exec says of no type that it gives it, so that its router finds none but under a wildcard.
    let accepted = head.headers[canonicalForm: "Accept"]
    guard accepted.isEmpty || accepted.contains(where: { $0.hasPrefix("*/*") }) else {
      throw APIError(code: 406, reason: .notAcceptable, message: "406: Not Acceptable")
    }
    let offered = head.headers[canonicalForm: "Sec-WebSocket-Protocol"].map(String.init)
    guard let subprotocol = offered.first(where: ExecSession.subprotocols.contains) else {
      throw .badRequest(
        "the sandbox speaks \(ExecSession.subprotocols.joined(separator: " and ")) over a WebSocket, not "
          + (offered.isEmpty ? "an unnamed subprotocol" : offered.joined(separator: ", ")))
    }
    return try ticket(call, query: request.uri.query, subprotocol: subprotocol)
  }

  /// `pods/exec` without a WebSocket: the same checks, then the refusal.
  func execWithoutWebSocket(_ call: Call) throws(APIError) -> Response {
    if call.request.method == .get { try authorize(call, verb: "create") }
    _ = try ticket(call, query: call.request.uri.query, subprotocol: "")
    let upgrade = call.request.headers[.upgrade]
    guard upgrade != nil else { throw .badRequest("Upgrade request required") }
    throw .notImplemented("exec over \(upgrade ?? ""); use WebSockets, which kubectl does since 1.31")
  }

  private func ticket(_ call: Call, query: String?, subprotocol: String) throws(APIError) -> ExecTicket {
    let pod = try server.get(call.resource, namespace: call.target.namespace, name: call.target.name ?? "")
    let options = ExecOptions(query: query)
    let container = try options.container(of: pod)
    guard !(pod[path: "spec", "nodeName"]?.stringValue ?? "").isEmpty else {
      throw .badRequest("pod \(pod.objectName) does not have a host assigned")
    }
    try options.validate()
    return ExecTicket(
      options: options, container: container, handle: server.execProvider?.handle(ofPod: pod.objectUID),
      subprotocol: subprotocol)
  }

  private static func request(_ head: HTTPRequestHead) -> Request {
    var fields = HTTPFields()
    for (name, value) in head.headers {
      if let name = HTTPFields.Element.Name(name) { fields.append(HTTPFields.Element(name: name, value: value)) }
    }
    let request = HTTPRequest(
      method: HTTPRequest.Method(rawValue: head.method.rawValue) ?? .get, scheme: "https",
      authority: head.headers.first(name: "Host"), path: head.uri, headerFields: fields)
    return Request(head: request, body: RequestBody(buffer: ByteBuffer()))
  }
}
