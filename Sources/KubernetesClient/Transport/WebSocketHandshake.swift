import Foundation
import NIOCore
import NIOWebSocket

/// Reads the answer to a request for a WebSocket, byte by byte as it comes (RFC 9112, RFC 6455 section 4.1). Pure.
///
/// NIO's own upgrade is not used: it switches in a later turn of the event loop, and loses what a server said that answers,
/// says all and closes at once.
struct WebSocketHandshake {
  enum Progress {
    case more
    /// The rest of the bytes is frames.
    case opened(subprotocol: String?, rest: ByteBuffer)
    case refused(Response)
  }

  private static let headLimit = 64 << 10
  private static let bodyLimit = 64 << 10

  /// `Sec-WebSocket-Accept` that the server has to give.
  let accept: String
  private var buffer = ByteBuffer()
  private var response: Response?

  init(accept: String) { self.accept = accept }

  mutating func read(_ bytes: ByteBuffer) throws -> Progress {
    buffer.writeImmutableBuffer(bytes)
    if response == nil {
      guard let end = buffer.readableBytesView.firstRange(of: Array("\r\n\r\n".utf8)) else {
        guard buffer.readableBytes <= Self.headLimit else { throw HandshakeFault("the head of the answer is too long") }
        return .more
      }
      let head = buffer.readString(length: end.upperBound - buffer.readerIndex) ?? ""
      let parsed = try Self.parse(head)
      if parsed.status == 101 { return try open(parsed) }
      response = parsed
    }
    return try finishBody(isEnd: false).map { .refused($0) } ?? .more
  }

  /// The connection has ended.
  /// - Throws: Where the answer is not complete.
  mutating func end() throws -> Response {
    guard let refused = try finishBody(isEnd: true) else { throw ChannelError.eof }
    return refused
  }

  private static func parse(_ head: String) throws -> Response {
    var lines = head.split(separator: "\r\n").makeIterator()
    let status = (lines.next() ?? "").split(separator: " ", maxSplits: 2)
    guard status.count >= 2, status[0].hasPrefix("HTTP/1."), let code = Int(status[1]), (100..<600).contains(code)
    else {
      throw HandshakeFault("the answer is not HTTP/1.1")
    }
    var headers: [String: String] = [:]
    while let line = lines.next() {
      guard let colon = line.firstIndex(of: ":") else { throw HandshakeFault("a header of the answer has no colon") }
      let name = line[..<colon].lowercased()
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      headers[name] = headers[name] ?? value
    }
    return Response(status: code, headers: headers)
  }

  private mutating func open(_ answer: Response) throws -> Progress {
    guard answer.headers["upgrade"]?.lowercased() == "websocket",
      answer.headers["connection"]?.lowercased().contains("upgrade") == true
    else { throw HandshakeFault("the server switches to another protocol than WebSocket") }
    guard answer.headers["sec-websocket-accept"] == accept else {
      throw HandshakeFault("the server's Sec-WebSocket-Accept does not answer our key")
    }
    defer { buffer.clear() }
    return .opened(subprotocol: answer.headers["sec-websocket-protocol"], rest: buffer)
  }

  /// The whole refusal, once it is there; a long body is cut.
  private mutating func finishBody(isEnd: Bool) throws -> Response? {
    guard var answer = response else { return nil }
    if answer.headers["transfer-encoding"]?.lowercased() == "chunked" {
      guard let body = Self.dechunked(buffer.readableBytesView, isEnd: isEnd) else { return nil }
      answer.body = body
      return answer
    }
    let available = Data(buffer.readableBytesView.prefix(Self.bodyLimit))
    let length = answer.headers["content-length"].flatMap { Int($0) }
    guard isEnd || available.count >= min(length ?? .max, Self.bodyLimit) else { return nil }
    answer.body = length.map { available.prefix(max(0, $0)) } ?? available
    return answer
  }

  /// - Returns: nil where the last chunk is still to come.
  private static func dechunked(_ bytes: ByteBufferView, isEnd: Bool) -> Data? {
    var (body, rest) = (Data(), bytes[...])
    while body.count < bodyLimit, let line = rest.firstRange(of: Array("\r\n".utf8)) {
      let digits = rest[..<line.lowerBound].prefix { $0 != UInt8(ascii: ";") }
      guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16), size > 0 else { return body }
      let chunk = rest[line.upperBound...]
      body.append(contentsOf: chunk.prefix(min(size, bodyLimit - body.count)))
      guard chunk.count >= size + 2 else { break }
      rest = chunk.dropFirst(size + 2)
    }
    return isEnd || body.count >= bodyLimit ? body : nil
  }
}

/// The answer to a request for a WebSocket is none.
struct HandshakeFault: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Sends the request and turns the pipeline into a WebSocket's, in the same turn of the event loop as the answer comes.
final class WebSocketHandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundOut = ByteBuffer

  enum Outcome: Sendable {
    case opened(NIOAsyncChannel<WebSocketFrame, WebSocketFrame>, subprotocol: String?)
    case refused(Response)
  }

  private let request: ByteBuffer
  private let frameLimit: Int
  private let promise: EventLoopPromise<Outcome>
  private var handshake: WebSocketHandshake
  private var isDone = false

  init(request: ByteBuffer, accept: String, frameLimit: Int, promise: EventLoopPromise<Outcome>) {
    self.request = request
    self.frameLimit = frameLimit
    self.promise = promise
    handshake = WebSocketHandshake(accept: accept)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { context.writeAndFlush(wrapOutboundOut(request), promise: nil) }
  }

  func channelActive(context: ChannelHandlerContext) {
    context.writeAndFlush(wrapOutboundOut(request), promise: nil)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isDone else { return context.fireChannelRead(data) }
    do {
      switch try handshake.read(unwrapInboundIn(data)) {
      case .more: return
      case .refused(let response): settle(.success(.refused(response)))
      case .opened(let subprotocol, let rest): try open(context, subprotocol: subprotocol, rest: rest)
      }
    } catch {
      settle(.failure(error))
      context.close(promise: nil)
    }
  }

  private func open(_ context: ChannelHandlerContext, subprotocol: String?, rest: ByteBuffer) throws {
    let strategy = NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark(lowWatermark: 1, highWatermark: 4)
    let pipeline = context.pipeline.syncOperations
    try pipeline.addHandler(WebSocketFrameEncoder())
    try pipeline.addHandler(ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: frameLimit)))
    // No handler that answers broken frames: it would close before the reader learns what was wrong.
    let channel = try NIOAsyncChannel<WebSocketFrame, WebSocketFrame>(
      wrappingChannelSynchronously: context.channel, configuration: .init(backPressureStrategy: strategy))
    settle(.success(.opened(channel, subprotocol: subprotocol)))
    if rest.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(rest)) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    settle(.failure(error))
    context.fireErrorCaught(error)
  }

  func channelInactive(context: ChannelHandlerContext) {
    if !isDone { settle(Result { .refused(try handshake.end()) }) }
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { settle(.failure(ChannelError.ioOnClosedChannel)) }

  private func settle(_ result: Result<Outcome, any Error>) {
    guard !isDone else { return }
    isDone = true
    promise.completeWith(result)
  }
}
