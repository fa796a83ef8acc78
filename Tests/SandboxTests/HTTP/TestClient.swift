import Foundation
import Hummingbird
import KubernetesModel
import Logging
import NIOCore

@testable import Sandbox

/// Sends requests to an API server without a socket.
struct TestClient {
  struct Answer {
    var status: Int
    /// Null where the body is no JSON.
    var body: JSONValue
    var warnings: [String]
  }

  let server: APIServer
  let tokens = TokenAuthority()
  private let responder: APIResponder

  init(_ server: APIServer = APIServer()) {
    self.server = server
    responder = APIResponder(server: server, tokens: tokens, logger: Logger(label: "test"))
  }

  func send(
    _ method: String, _ path: String, _ body: JSONValue? = nil, contentType: String = "application/json",
    accept: String = "application/json", token: String? = nil
  ) async throws -> Answer {
    try await send(
      method, path, bytes: body.map { ByteBuffer(bytes: JSONWriter.bytes($0)) }, contentType: contentType,
      accept: accept, token: token)
  }

  /// - Parameter token: Nil is the administrator's; empty sends none.
  func send(
    _ method: String, _ path: String, bytes: ByteBuffer?, contentType: String, accept: String = "application/json",
    token: String? = nil
  ) async throws -> Answer {
    var headers: HTTPFields = [.accept: accept, .userAgent: "recorder"]
    let token = token ?? tokens.administratorToken
    if !token.isEmpty { headers[.authorization] = "Bearer \(token)" }
    if bytes != nil { headers[.contentType] = contentType }
    let head = HTTPRequest(
      method: HTTPRequest.Method(method) ?? .get, scheme: "https", authority: "test", path: path, headerFields: headers)
    let response = await responder.respond(
      to: Request(head: head, body: RequestBody(buffer: bytes ?? ByteBuffer())))
    let collector = Collector()
    try await response.body.write(collector)
    let warnings = response.headers.filter { $0.name.canonicalName == "warning" }.map {
      $0.value.dropFirst("299 - \"".count).dropLast().replacing("\\\"", with: "\"")
    }
    return Answer(
      status: response.status.code, body: (try? JSONReader.parse(collector.bytes).value) ?? .null,
      warnings: warnings.map(String.init))
  }

  private final class Collector: ResponseBodyWriter {
    var bytes: [UInt8] = []

    func write(_ buffer: ByteBuffer) async throws { bytes += buffer.readableBytesView }
    func finish(_ trailingHeaders: HTTPFields?) async throws {}
  }
}
