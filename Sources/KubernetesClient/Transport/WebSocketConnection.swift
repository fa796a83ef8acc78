public import NIOCore
public import NIOWebSocket

/// A connection that became a WebSocket.
///
/// Nothing is read from the network while nobody asks for frames, but for a few.
public struct WebSocketConnection: Sendable {
  /// The one that the server chose; nil where it named none.
  public let subprotocol: String?
  /// Frames as they came, control frames included; can be iterated once. It ends early when its task is cancelled.
  public let inbound: NIOAsyncChannelInboundStream<WebSocketFrame>
  public let outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>
  /// Closes the connection at once, so that ``inbound`` ends.
  public let abort: @Sendable () -> Void

  public init(
    subprotocol: String?, inbound: NIOAsyncChannelInboundStream<WebSocketFrame>,
    outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>, abort: @escaping @Sendable () -> Void
  ) {
    self.subprotocol = subprotocol
    self.inbound = inbound
    self.outbound = outbound
    self.abort = abort
  }
}

public struct WebSocketLimits: Sendable {
  /// For TCP, TLS and the answer to the upgrade.
  public var connect: Duration
  /// Bytes of one frame of the server.
  public var frame: Int

  public init(connect: Duration = .seconds(30), frame: Int = 4 << 20) {
    self.connect = connect
    self.frame = frame
  }
}

extension Transport {
  public func webSocket<Value: Sendable>(
    _ request: Request, subprotocols: [String], limits: WebSocketLimits,
    _ body: (WebSocketConnection) async throws -> Value
  ) async throws -> Value {
    throw KubernetesError(
      code: .configuration, operation: request.operation, message: "this transport has no WebSockets")
  }
}
