import Foundation
import NIOCore
import NIOHTTP1
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
    case .refused(let channel):
      let response = try await dialer.response(of: channel)
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

  private func upgradeHeaders(_ request: Request, subprotocols: [String]) throws -> HTTPHeaders {
    var headers: HTTPHeaders = ["User-Agent": userAgent, "Accept": request.accept]
    // One line: an API server looks at the first alone.
    headers.add(name: "Sec-WebSocket-Protocol", value: subprotocols.joined(separator: ", "))
    if let token = try credentials.bearerToken(operation: request.operation) {
      headers.add(name: "Authorization", value: "Bearer \(token)")
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
    self.serverName = isAddress ? nil : host
    self.host = endpoint.dnsOverride[host] ?? host
  }
}

/// Opens a connection and asks for the upgrade.
private struct WebSocketDialer {
  enum Outcome: Sendable {
    case opened(NIOAsyncChannel<WebSocketFrame, WebSocketFrame>, subprotocol: String?)
    case refused(NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>)
  }

  private static let bodyLimit = 64 << 10

  let target: WebSocketTarget
  let headers: HTTPHeaders
  let request: Request
  let limits: WebSocketLimits
  let clock: ErasedClock

  func dial() async throws -> Outcome {
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

  private func connect(_ attempt: Attempt) async throws -> Outcome {
    let context = try target.tls.map { tls in
      var tls = tls
      tls.applicationProtocols = ["http/1.1"]
      return try NIOSSLContext(configuration: tls)
    }
    let upgrade = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
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
          try pipeline.addHandler(FirstErrorHandler(attempt))
          return try pipeline.configureUpgradableHTTPClientPipeline(configuration: pipelineConfiguration)
        }
      }
    return try await upgrade.get()
  }

  private var pipelineConfiguration: NIOUpgradableHTTPClientPipelineConfiguration<Outcome> {
    let strategy = NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark(lowWatermark: 1, highWatermark: 4)
    let upgrader = NIOTypedWebSocketClientUpgrader<Outcome>(maxFrameSize: limits.frame) { channel, head in
      channel.eventLoop.makeCompletedFuture {
        .opened(
          try NIOAsyncChannel(
            wrappingChannelSynchronously: channel, configuration: .init(backPressureStrategy: strategy)),
          subprotocol: head.headers.first(name: "Sec-WebSocket-Protocol"))
      }
    }
    var headers = headers
    headers.replaceOrAdd(name: "Host", value: target.authority)
    let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: target.uri, headers: headers)
    var configuration = NIOUpgradableHTTPClientPipelineConfiguration<Outcome>(
      upgradeConfiguration: NIOTypedHTTPClientUpgradeConfiguration(upgradeRequestHead: head, upgraders: [upgrader]) {
        channel in
        channel.eventLoop.makeCompletedFuture {
          .refused(try NIOAsyncChannel(wrappingChannelSynchronously: channel))
        }
      })
    // The first frames may come with the answer's head.
    configuration.leftOverBytesStrategy = .forwardBytes
    return configuration
  }

  /// The answer that refuses the upgrade.
  func response(of channel: NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>) async throws -> Response {
    do {
      return try await withTimeout(limits.connect, clock: clock) {
        try await channel.executeThenClose { parts, _ in
          var response = Response(status: 0)
          for try await part in parts {
            switch part {
            case .head(let head):
              response.status = Int(head.status.code)
              response.headers = Dictionary(
                head.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
            case .body(let bytes):
              response.body.append(contentsOf: bytes.readableBytesView.prefix(Self.bodyLimit - response.body.count))
            case .end: return response
            }
          }
          try Task.checkCancellation()
          throw ChannelError.inputClosed
        }
      }
    } catch {
      throw translate(error)
    }
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

  /// Why the dial failed, where that is known better than from the upgrade's own error.
  var reason: (any Error)? { state.withLock { $0.reason } }

  func began(_ channel: any Channel) throws {
    let reason = state.withLock { state in
      state.channel = channel
      return state.reason
    }
    if let reason { throw reason }
  }

  func note(_ error: any Error) { state.withLock { if $0.reason == nil { $0.reason = error } } }

  func giveUp(because reason: any Error) {
    note(reason)
    state.withLock { $0.channel }?.close(promise: nil)
  }
}

/// Keeps what went wrong in TLS or TCP, which the upgrade's handler does not pass on.
private final class FirstErrorHandler: ChannelInboundHandler {
  typealias InboundIn = NIOAny

  private let attempt: Attempt

  init(_ attempt: Attempt) { self.attempt = attempt }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    attempt.note(error)
    context.fireErrorCaught(error)
  }
}
