import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOWebSocket
import ServiceLifecycle
import Synchronization

/// A connection that is HTTP, or a WebSocket for a command in a pod; its first request says which.
struct UpgradingChannel: ServerChildChannel, HTTPChannelHandler {
  struct Value: ServerChildChannelValue {
    let channel: any Channel
    let outcome: EventLoopFuture<Outcome>
    /// Ends the connection if no request has come.
    let endIfIdle: @Sendable () -> Void
  }

  enum Outcome: Sendable {
    case http(HTTP1Channel.Value)
    case exec(NIOAsyncChannel<WebSocketFrame, WebSocketFrame>, ExecTicket)
    case refused(NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>, APIError)
  }

  /// Bytes of one frame of a client.
  private static let frameLimit = 4 << 20

  let responder: Responder
  /// Called on an event loop.
  let decide: @Sendable (HTTPRequestHead) -> Result<ExecTicket, APIError>

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      let promise = channel.eventLoop.makePromise(of: Outcome.self)
      let peeker = FirstRequestHandler(promise: promise) { channel, wantsWebSocket in
        if wantsWebSocket { return try upgrade(channel) }
        return HTTP1Channel(responder: responder).setup(channel: channel, logger: logger).map { .http($0) }
      }
      try channel.pipeline.syncOperations.addHandler(peeker)
      let bound = NIOLoopBound(peeker, eventLoop: channel.eventLoop)
      return Value(
        channel: channel, outcome: promise.futureResult,
        endIfIdle: { channel.eventLoop.execute { if !bound.value.isBuilt { channel.close(promise: nil) } } })
    }
  }

  func handle(value: Value, logger: Logger) async {
    do {
      // Clients open connections that they then do not need; a shutdown waits for no request on them.
      let outcome = try await withGracefulShutdownHandler {
        try await value.outcome.get()
      } onGracefulShutdown: {
        value.endIfIdle()
      }
      switch outcome {
      case .http(let channel): await HTTP1Channel(responder: responder).handle(value: channel, logger: logger)
      case .exec(let channel, let ticket): await ExecSession(ticket: ticket).run(channel)
      case .refused(let channel, let error): try await Self.refuse(channel, error)
      }
    } catch {
      logger.trace("connection without a request", metadata: ["error.message": "\(error)"])
    }
  }

  private func upgrade(_ channel: any Channel) throws -> EventLoopFuture<Outcome> {
    let decision = Decision()
    let upgrader = NIOTypedWebSocketServerUpgrader<Outcome>(
      maxFrameSize: Self.frameLimit,
      shouldUpgrade: { channel, head in
        let result = decide(head)
        decision.value.withLock { $0 = result }
        let headers = (try? result.get()).map { HTTPHeaders([("Sec-WebSocket-Protocol", $0.subprotocol)]) }
        return channel.eventLoop.makeSucceededFuture(headers)
      },
      upgradePipelineHandler: { channel, _ in
        channel.eventLoop.makeCompletedFuture {
          .exec(try NIOAsyncChannel(wrappingChannelSynchronously: channel), try decision.ticket())
        }
      })
    let configuration = NIOUpgradableHTTPServerPipelineConfiguration<Outcome>(
      upgradeConfiguration: NIOTypedHTTPServerUpgradeConfiguration(upgraders: [upgrader]) { channel in
        channel.eventLoop.makeCompletedFuture {
          .refused(try NIOAsyncChannel(wrappingChannelSynchronously: channel), decision.refusal)
        }
      })
    return try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(configuration: configuration)
  }

  private static func refuse(
    _ channel: NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>, _ error: APIError
  ) async throws {
    try await channel.executeThenClose { _, outbound in
      let body = JSONWriter.buffer(error.status)
      let headers: HTTPHeaders = [
        "Content-Type": "application/json", "Content-Length": String(body.readableBytes), "Connection": "close",
      ]
      try await outbound.write(
        .head(HTTPResponseHead(version: .http1_1, status: .init(statusCode: error.code), headers: headers)))
      try await outbound.write(.body(.byteBuffer(body)))
      try await outbound.write(.end(nil))
    }
  }

  /// What was decided about the request; NIO asks in one callback and goes on in another.
  private final class Decision: Sendable {
    let value = Mutex<Result<ExecTicket, APIError>?>(nil)

    func ticket() throws -> ExecTicket {
      guard let value = value.withLock({ $0 }) else { throw refusal }
      return try value.get()
    }

    var refusal: APIError {
      if case .failure(let error) = value.withLock({ $0 }) { return error }
      return .badRequest("the request for a WebSocket is not well formed")
    }
  }
}

/// Holds the first request's bytes until its head is there, and builds the rest of the pipeline by what it asks for.
private final class FirstRequestHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private static let headLimit = 64 << 10

  private let promise: EventLoopPromise<UpgradingChannel.Outcome>
  private let build: (any Channel, Bool) throws -> EventLoopFuture<UpgradingChannel.Outcome>
  private var buffer = ByteBuffer()
  private(set) var isBuilt = false

  init(
    promise: EventLoopPromise<UpgradingChannel.Outcome>,
    build:
      @escaping (_ channel: any Channel, _ wantsWebSocket: Bool) throws -> EventLoopFuture<UpgradingChannel.Outcome>
  ) {
    self.promise = promise
    self.build = build
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isBuilt else { return context.fireChannelRead(data) }
    buffer.writeImmutableBuffer(unwrapInboundIn(data))
    let end = buffer.readableBytesView.firstRange(of: Array("\r\n\r\n".utf8))
    guard end != nil || buffer.readableBytes > Self.headLimit else { return }
    let head = String(decoding: buffer.readableBytesView[..<(end?.lowerBound ?? buffer.writerIndex)], as: UTF8.self)
    isBuilt = true
    do {
      let lines = head.lowercased().split(whereSeparator: \.isNewline).map { $0.filter { $0 != " " } }
      promise.completeWith(try build(context.channel, lines.contains("upgrade:websocket")))
    } catch {
      promise.fail(error)
      context.close(promise: nil)
      return
    }
    context.fireChannelRead(wrapInboundOut(buffer))
    context.fireChannelReadComplete()
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    if !isBuilt { promise.fail(ChannelError.ioOnClosedChannel) }
  }
}
