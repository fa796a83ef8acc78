import Crypto
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import NIOWebSocket
import Synchronization

extension HTTPTransport {
  public func webSocket<Value: Sendable>(
    _ request: Request, subprotocols: [String], limits: WebSocketLimits,
    _ body: (WebSocketConnection) async throws -> Value
  ) async throws -> Value {
    let dialer = WebSocketDialer(
      target: try WebSocketTarget(endpoint, request, tls: tls),
      headers: try upgradeHeaders(request, subprotocols: subprotocols), request: request, limits: limits, clock: clock)
    switch try await dialer.dial() {
    case .refused(let response):
      guard let error = KubernetesError(response, operation: request.operation) else {
        throw KubernetesError(
          code: .badRequest, operation: request.operation,
          message: "the server answered \(response.status) instead of a WebSocket")
      }
      throw KubernetesError.execRefusal(error)
    case .opened(let channel, let subprotocol):
      return try await channel.executeThenClose { inbound, outbound in
        guard let subprotocol, subprotocols.contains(subprotocol) else {
          throw KubernetesError(
            code: .badRequest, operation: request.operation,
            message: "the server chose the subprotocol \(subprotocol ?? "(none)"), not one of "
              + subprotocols.joined(separator: ", "))
        }
        return try await body(
          WebSocketConnection(
            subprotocol: subprotocol, inbound: inbound, outbound: outbound,
            abort: { channel.channel.close(promise: nil) }))
      }
    }
  }

  private func upgradeHeaders(_ request: Request, subprotocols: [String]) throws -> [(String, String)] {
    // The subprotocols in one line: an API server looks at the first alone.
    var headers = [
      ("User-Agent", userAgent), ("Accept", request.accept),
      ("Sec-WebSocket-Protocol", subprotocols.joined(separator: ", ")),
    ]
    if let token = try credentials.bearerToken(operation: request.operation) {
      headers.append(("Authorization", "Bearer \(token)"))
    }
    return headers
  }
}

/// Where a WebSocket goes.
private struct WebSocketTarget {
  var host: String
  var port: Int
  var uri: String
  var authority: String
  var tls: TLSConfiguration?
  var serverName: String?

  init(_ endpoint: Endpoint, _ request: Request, tls: TLSConfiguration) throws {
    guard let components = URLComponents(string: endpoint.url(request)), var host = components.host else {
      throw KubernetesError(code: .configuration, operation: "connect", message: "the server's URL cannot be used")
    }
    let isSecure = components.scheme == "https"
    port = components.port ?? (isSecure ? 443 : 80)
    authority = components.port.map { "\(host):\($0)" } ?? host
    host = host.trimmingCharacters(in: ["[", "]"])
    uri = components.percentEncodedPath + (components.percentEncodedQuery.map { "?\($0)" } ?? "")
    self.tls = isSecure ? tls : nil
    // An IP address is no server name (RFC 6066, section 3); the certificate is then checked against the address.
    let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
    serverName = isAddress ? nil : host
    self.host = endpoint.dnsOverride[host] ?? host
  }
}

/// Opens a connection and asks for the upgrade.
private struct WebSocketDialer {
  let target: WebSocketTarget
  let headers: [(String, String)]
  let request: Request
  let limits: WebSocketLimits
  let clock: ErasedClock

  func dial() async throws -> WebSocketHandshakeHandler.Outcome {
    let attempt = Attempt()
    do {
      return try await withTaskCancellationHandler {
        try await withThrowingTaskGroup(of: Void.self) { group in
          let (clock, limit) = (clock, limits.connect)
          group.addTask {
            guard (try? await clock.sleep(for: limit)) != nil else { return }
            attempt.giveUp(because: TimeoutError(duration: limit))
          }
          defer { group.cancelAll() }
          return try await connect(attempt)
        }
      } onCancel: {
        attempt.giveUp(because: CancellationError())
      }
    } catch {
      throw translate(attempt.reason ?? error)
    }
  }

  private func connect(_ attempt: Attempt) async throws -> WebSocketHandshakeHandler.Outcome {
    let context = try target.tls.map { tls in
      var tls = tls
      tls.applicationProtocols = ["http/1.1"]
      return try NIOSSLContext(configuration: tls)
    }
    let key = NIOWebSocketClientUpgrader.randomRequestKey()
    let (head, accept) = (head(key: key), Self.accept(for: key))
    let outcome = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.socketOption(.so_keepalive), value: 1)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .connectTimeout(.nanoseconds(Int64(limits.connect.seconds * 1e9)))
      .connect(host: target.host, port: target.port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try attempt.began(channel)
          let pipeline = channel.pipeline.syncOperations
          if let context {
            try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: target.serverName))
          }
          let promise = channel.eventLoop.makePromise(of: WebSocketHandshakeHandler.Outcome.self)
          try pipeline.addHandler(
            WebSocketHandshakeHandler(request: head, accept: accept, frameLimit: limits.frame, promise: promise))
          return promise.futureResult
        }
      }
    let settled = try await outcome.get()
    if case .refused = settled { attempt.close() }
    return settled
  }

  private func head(key: String) -> ByteBuffer {
    let lines =
      ["GET \(target.uri) HTTP/1.1"]
      + ([
        ("Host", target.authority), ("Connection", "Upgrade"), ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", key),
      ] + headers).map { name, value in
        // A token file or a user agent may hold anything; a line feed would begin another header.
        "\(name): \(value.filter { !$0.isNewline })"
      }
    return ByteBuffer(string: lines.joined(separator: "\r\n") + "\r\n\r\n")
  }

  /// RFC 6455, section 4.2.2.
  private static func accept(for key: String) -> String {
    let digest = Insecure.SHA1.hash(data: Data("\(key)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8))
    return Data(digest).base64EncodedString()
  }

  private func translate(_ error: any Error) -> any Error {
    if Task.isCancelled || error is CancellationError { return CancellationError() }
    var failure = KubernetesError(code: .connection, operation: request.operation, message: "", cause: error)
    switch error {
    case let error as KubernetesError: return error
    case let error as TimeoutError:
      failure.code = .timeout
      failure.message = "the server did not take the command within \(error.duration)"
    case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
      failure.message = "TLS failed; check the certificate authority and the server's name: \(error)"
    default:
      failure.message = "the connection failed: \(error)"
    }
    return failure
  }
}

/// The channel of a dial that is under way, so that it can be given up from outside.
private final class Attempt: Sendable {
  private let state = Mutex<(channel: (any Channel)?, reason: (any Error)?)>((nil, nil))

  /// Why the dial was given up.
  var reason: (any Error)? { state.withLock { $0.reason } }

  func began(_ channel: any Channel) throws {
    let reason = state.withLock { state in
      state.channel = channel
      return state.reason
    }
    if let reason { throw reason }
  }

  func giveUp(because reason: any Error) {
    state.withLock { if $0.reason == nil { $0.reason = reason } }
    close()
  }

  func close() { state.withLock { $0.channel }?.close(promise: nil) }
}
