import Foundation
public import NIOCore
import NIOHTTP1
import NIOPosix
public import NIOSSL
public import NIOWebSocket
import Synchronization

/// A real API server's side of `exec`, over a socket, whose behaviour is a function: what a command in a pod writes, and what
/// a kubelet, a network or an attacker does wrong. Other requests get what ``run(subprotocol:tls:answer:handle:_:)`` says.
public final class ExecServer: Sendable {
  /// What the client asked for.
  public struct Call: Sendable {
    public var pod: String
    public var namespace: String
    public var container: String?
    public var command: [String]
    public var query: String
    public var headers: [(String, String)]
  }

  /// An answer to a request that becomes no WebSocket.
  public struct Answer: Sendable {
    public var status: Int
    public var body: String

    public init(status: Int = 200, _ body: String) {
      self.status = status
      self.body = body
    }

    /// A `Status` of Kubernetes.
    public static func failure(_ status: Int, reason: String, _ message: String) -> Answer {
      Answer(
        status: status,
        #"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"\#(reason)","code":\#(status),"#
          + #""message":\#(json(message))}"#)
    }
  }

  public let port: Int
  private let calls: Mutex<[Call]>
  private let ended: Mutex<Int>

  public var url: String { "http://127.0.0.1:\(port)" }
  /// The exec calls so far.
  public var execCalls: [Call] { calls.withLock { $0 } }
  /// Exec connections that have ended.
  public var endedConnections: Int { ended.withLock { $0 } }

  private init(port: Int) {
    self.port = port
    calls = Mutex([])
    ended = Mutex(0)
  }

  /// Runs a server for as long as `body` runs.
  ///
  /// - Parameters:
  ///   - subprotocol: What it chooses; nil means the first that the client offers.
  ///   - answer: Gives the answer to a request by its method and URI; nil for exec means that it is taken, and for
  ///     others 404.
  ///   - handle: Plays the command. The connection is closed when it returns, and dropped without a word when it throws.
  public static func run<Value: Sendable>(
    subprotocol: String? = nil, tls: TLSConfiguration? = nil,
    answer: @escaping @Sendable (String, String) -> Answer? = { _, _ in nil },
    handle: @escaping @Sendable (Call, ExecServerConnection) async throws -> Void,
    _ body: (ExecServer) async throws -> Value
  ) async throws -> Value {
    let context = try tls.map { try NIOSSLContext(configuration: $0) }
    let children = Children()
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .bind(host: "127.0.0.1", port: 0) { channel in
        channel.eventLoop.makeCompletedFuture {
          children.add(channel)
          if let context { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context)) }
          return try upgrade(channel, subprotocol: subprotocol, answer: answer)
        }
      }
    let server = ExecServer(port: listener.channel.localAddress?.port ?? 0)
    return try await withTaskGroup(of: Void.self, returning: Result<Value, any Error>.self) { group in
      group.addTask {
        try? await listener.executeThenClose { connections in
          await withDiscardingTaskGroup { group in
            do {
              for try await connection in connections {
                group.addTask { await server.serve(connection, answer: answer, handle: handle) }
              }
            } catch {}
          }
        }
      }
      let result: Result<Value, any Error>
      do { result = .success(try await body(server)) } catch { result = .failure(error) }
      // In this order every connection that was accepted is taken and ended by its task.
      listener.channel.close(promise: nil)
      children.close()
      group.cancelAll()
      await group.waitForAll()
      return result
    }.get()
  }

  private final class Children: Sendable {
    private let channels = Mutex<[any Channel]>([])
    func add(_ channel: any Channel) { channels.withLock { $0.append(channel) } }
    func close() { for channel in channels.withLock({ $0 }) { channel.close(promise: nil) } }
  }

  private final class Refused: Sendable {
    let head = Mutex<HTTPRequestHead?>(nil)
  }

  private enum Negotiated: Sendable {
    case webSocket(NIOAsyncChannel<WebSocketFrame, WebSocketFrame>, HTTPRequestHead)
    /// With the request whose upgrade was refused, if that came first: NIO does not pass its head on.
    case plain(NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>, refused: HTTPRequestHead?)
  }

  private static func upgrade(
    _ channel: any Channel, subprotocol: String?, answer: @escaping @Sendable (String, String) -> Answer?
  ) throws -> EventLoopFuture<Negotiated> {
    let refused = Refused()
    let upgrader = NIOTypedWebSocketServerUpgrader<Negotiated>(
      maxFrameSize: 1 << 20,
      shouldUpgrade: { channel, head in
        guard answer(head.method.rawValue, head.uri) == nil else {
          refused.head.withLock { $0 = head }
          return channel.eventLoop.makeSucceededFuture(nil)
        }
        let offered = head.headers[canonicalForm: "Sec-WebSocket-Protocol"].first.map(String.init)
        let chosen = subprotocol ?? offered ?? ""
        return channel.eventLoop.makeSucceededFuture(chosen.isEmpty ? [:] : ["Sec-WebSocket-Protocol": chosen])
      },
      upgradePipelineHandler: { channel, head in
        channel.eventLoop.makeCompletedFuture {
          .webSocket(try NIOAsyncChannel(wrappingChannelSynchronously: channel), head)
        }
      })
    return try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
      configuration: NIOUpgradableHTTPServerPipelineConfiguration(
        upgradeConfiguration: NIOTypedHTTPServerUpgradeConfiguration(upgraders: [upgrader]) { channel in
          channel.eventLoop.makeCompletedFuture {
            .plain(
              try NIOAsyncChannel(wrappingChannelSynchronously: channel), refused: refused.head.withLock { $0 })
          }
        }))
  }

  private func serve(
    _ connection: EventLoopFuture<Negotiated>, answer: @Sendable (String, String) -> Answer?,
    handle: @Sendable (Call, ExecServerConnection) async throws -> Void
  ) async {
    do {
      switch try await connection.get() {
      case .webSocket(let channel, let head):
        defer { ended.withLock { $0 += 1 } }
        let call = Call(head)
        calls.withLock { $0.append(call) }
        try await channel.executeThenClose { inbound, outbound in
          let connection = ExecServerConnection(inbound.makeAsyncIterator(), outbound)
          try await handle(call, connection)
          // What was written may still wait for the client, and a close would drop it.
          try? await connection.close()
          try? await connection.waitForEnd()
        }
      case .plain(let channel, let refused):
        try await channel.executeThenClose { inbound, outbound in
          var head = refused
          for try await part in inbound {
            if case .head(let request) = part { head = request }
            guard case .end = part, let request = head else { continue }
            let given = answer(request.method.rawValue, request.uri) ?? .failure(404, reason: "NotFound", "not found")
            let body = ByteBuffer(string: given.body)
            let headers: HTTPHeaders = [
              "Content-Length": String(body.readableBytes), "Content-Type": "application/json",
            ]
            try await outbound.write(
              .head(HTTPResponseHead(version: .http1_1, status: .init(statusCode: given.status), headers: headers)))
            try await outbound.write(.body(.byteBuffer(body)))
            try await outbound.write(.end(nil))
          }
        }
      }
    } catch {}
  }

  fileprivate static func json(_ text: String) -> String {
    (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
  }
}

extension ExecServer.Call {
  fileprivate init(_ head: HTTPRequestHead) {
    let components = URLComponents(string: head.uri)
    let path = (components?.path ?? "").split(separator: "/").map(String.init)
    let items = components?.queryItems ?? []
    self.init(
      pod: path.dropLast().last ?? "", namespace: path.count > 3 ? path[3] : "",
      container: items.first { $0.name == "container" }?.value,
      command: items.filter { $0.name == "command" }.compactMap(\.value), query: components?.query ?? "",
      headers: head.headers.map { ($0.name, $0.value) })
  }
}

/// The server's end of one exec connection. Not for concurrent use.
public final class ExecServerConnection {
  private var inbound: NIOAsyncChannelInboundStream<WebSocketFrame>.AsyncIterator
  private let outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>

  init(
    _ inbound: NIOAsyncChannelInboundStream<WebSocketFrame>.AsyncIterator,
    _ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>
  ) {
    self.inbound = inbound
    self.outbound = outbound
  }

  public func stdout(_ text: String) async throws { try await message(1, ByteBuffer(string: text)) }
  public func stdout(_ bytes: ByteBuffer) async throws { try await message(1, bytes) }
  public func stderr(_ text: String) async throws { try await message(2, ByteBuffer(string: text)) }

  /// The status of a command that ended.
  public func exit(_ code: Int) async throws {
    guard code != 0 else { return try await status(#"{"metadata":{},"status":"Success"}"#) }
    try await status(
      #"{"metadata":{},"status":"Failure","message":"command terminated with non-zero exit code: exit status \#(code)","#
        + #""reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"\#(code)"}]}}"#)
  }

  /// What the runtime says where the command could not run.
  public func internalError(_ message: String) async throws {
    try await status(
      #"{"metadata":{},"status":"Failure","message":\#(ExecServer.json("Internal error occurred: \(message)")),"#
        + #""reason":"InternalError","details":{"causes":[{"message":\#(ExecServer.json(message))}]},"code":500}"#)
  }

  public func status(_ json: String) async throws { try await message(3, ByteBuffer(string: json)) }

  public func message(_ channel: UInt8, _ bytes: ByteBuffer) async throws {
    var data = ByteBuffer(integer: channel)
    data.writeImmutableBuffer(bytes)
    try await frame(WebSocketFrame(fin: true, opcode: .binary, data: data))
  }

  /// Any frame.
  public func frame(_ frame: WebSocketFrame) async throws { try await outbound.write(frame) }

  /// The next frame of the client; nil at the end of the connection.
  public func next() async throws -> WebSocketFrame? { try await inbound.next() }

  /// The next piece of standard input; nil where the client closed it, or the connection. Pings are answered.
  public func stdin() async throws -> ByteBuffer? {
    while let frame = try await inbound.next() {
      switch frame.opcode {
      case .ping: try await self.frame(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData))
      case .binary:
        var data = frame.unmaskedData
        switch data.readInteger(as: UInt8.self) {
        case 0: return data
        case 255: return nil
        default: continue
        }
      case .connectionClose: return nil
      default: continue
      }
    }
    return nil
  }

  /// Stays until the client is gone.
  /// - Parameter answersPings: False for a server that is dead and does not know it.
  public func waitForEnd(answersPings: Bool = true) async throws {
    while let frame = try await inbound.next() {
      if frame.opcode == .connectionClose { return }
      if answersPings, frame.opcode == .ping {
        try? await self.frame(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData))
      }
    }
  }

  public func close(code: WebSocketErrorCode = .normalClosure) async throws {
    var data = ByteBuffer()
    data.write(webSocketErrorCode: code)
    try await frame(WebSocketFrame(fin: true, opcode: .connectionClose, data: data))
  }
}

/// Thrown by a command of an ``ExecServer`` that is to end without a word.
public struct ConnectionDropped: Error {
  public init() {}
}
