import Foundation
public import KubernetesClient
import NIOCore
import NIOPosix
public import NIOSSL
import Synchronization

/// A real TCP server whose answers are written byte by byte in the test: for what a server does wrong.
public final class ScriptedServer: Sendable {
  public enum Step: Sendable {
    case send(String)
    /// Say nothing more, and keep the connection.
    case hang
    /// End the connection.
    case close
  }

  public let port: Int
  private let channel: any Channel
  private let handled: Handled

  /// What the server was asked, and who still is connected.
  fileprivate final class Handled: Sendable {
    let requests = Mutex<[String]>([])
    let closed = Mutex(0)
  }

  public var url: String { "http://127.0.0.1:\(port)" }
  /// The heads of the requests so far.
  public var requests: [String] { handled.requests.withLock { $0 } }
  /// Connections that ended.
  public var closedConnections: Int { handled.closed.withLock { $0 } }

  private init(channel: any Channel, handled: Handled) {
    self.channel = channel
    self.handled = handled
    port = channel.localAddress?.port ?? 0
  }

  /// Runs a server for as long as `body` runs.
  /// - Parameter script: Gives what to do for a request; called with its head and its number, from 0.
  @discardableResult
  public static func run<Value>(
    tls: TLSConfiguration? = nil, script: @escaping @Sendable (String, Int) -> [Step],
    _ body: (ScriptedServer) async throws -> Value
  ) async throws -> Value {
    let handled = Handled()
    let context = try tls.map { try NIOSSLContext(configuration: $0) }
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let context { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context)) }
          try channel.pipeline.syncOperations.addHandler(ScriptHandler(script: script, handled: handled))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    do {
      let value = try await body(ScriptedServer(channel: channel, handled: handled))
      try await channel.close()
      return value
    } catch {
      try? await channel.close()
      throw error
    }
  }
}

/// Reads heads of requests without bodies, or with a `Content-Length`, and plays the script.
private final class ScriptHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let script: @Sendable (String, Int) -> [ScriptedServer.Step]
  private let handled: ScriptedServer.Handled
  private var pending = ""

  init(script: @escaping @Sendable (String, Int) -> [ScriptedServer.Step], handled: ScriptedServer.Handled) {
    self.script = script
    self.handled = handled
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    pending += String(buffer: unwrapInboundIn(data))
    while let end = pending.range(of: "\r\n\r\n") {
      let head = String(pending[..<end.lowerBound])
      let length =
        head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
        .flatMap { Int($0.split(separator: ":")[1].trimmingCharacters(in: .whitespaces)) } ?? 0
      guard pending[end.upperBound...].utf8.count >= length else { return }
      pending = String(pending[end.upperBound...].dropFirst(length))
      let number = handled.requests.withLock { requests in
        requests.append(head)
        return requests.count - 1
      }
      play(script(head, number), context: context)
    }
  }

  private func play(_ steps: [ScriptedServer.Step], context: ChannelHandlerContext) {
    for step in steps {
      switch step {
      case .send(let text): context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
      case .hang: return
      case .close: context.close(promise: nil)
      }
    }
  }

  func channelInactive(context: ChannelHandlerContext) { handled.closed.withLock { $0 += 1 } }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

extension ScriptedServer.Step {
  public static func json(_ body: String, status: String = "200 OK", headers: String = "") -> ScriptedServer.Step {
    .send("HTTP/1.1 \(status)\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
  }

  /// The head of a watch, and what comes at once.
  public static func chunks(_ pieces: String..., last: Bool = false) -> ScriptedServer.Step {
    .send(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + pieces.map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }.joined() + (last ? "0\r\n\r\n" : ""))
  }
}

/// Runs `body` with a transport to a server, and closes it.
public func withTransport<Value>(
  _ configuration: ClientConfiguration, limits: HTTPTransport.Limits = HTTPTransport.Limits(),
  _ body: (HTTPTransport) async throws -> Value
) async throws -> Value {
  let transport = try HTTPTransport(configuration: configuration, limits: limits)
  do {
    let value = try await body(transport)
    try await transport.shutdown()
    return value
  } catch {
    try? await transport.shutdown()
    throw error
  }
}
