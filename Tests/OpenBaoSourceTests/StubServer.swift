import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// A server that answers each request with bytes that a test wrote, well formed or not.
final class StubServer: Sendable {
  struct Request: Sendable {
    var line: String
    var headers: [String: String]
    var path: String { line.split(separator: " ").dropFirst().first.map(String.init) ?? "" }
    var method: String { line.split(separator: " ").first.map(String.init) ?? "" }
  }

  struct Answer: Sendable {
    var bytes: [UInt8]
    /// Ends the connection afterwards.
    var close = true
    /// Never ends nor goes on.
    var hang = false

    static func json(_ status: String, _ body: String, headers: [String: String] = [:]) -> Answer {
      let extra = headers.map { "\($0.key): \($0.value)\r\n" }.joined()
      return Answer(
        bytes: Array(
          "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\n\(extra)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
            .utf8), close: false)
    }

    static func chunked(_ body: [UInt8], end: Bool = true) -> Answer {
      var bytes = Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
      var rest = body[...]
      while !rest.isEmpty {
        let piece = rest.prefix(1_000)
        bytes += Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + Array("\r\n".utf8)
        rest = rest.dropFirst(1_000)
      }
      return Answer(bytes: bytes + (end ? Array("0\r\n\r\n".utf8) : []))
    }

    static func withLength(_ body: [UInt8], announced: Int) -> Answer {
      Answer(bytes: Array("HTTP/1.1 200 OK\r\nContent-Length: \(announced)\r\n\r\n".utf8) + body)
    }

    /// Ended by the end of the connection alone.
    static func unframed(_ body: [UInt8]) -> Answer {
      Answer(bytes: Array("HTTP/1.0 200 OK\r\nConnection: close\r\n\r\n".utf8) + body)
    }
  }

  static let healthy = Answer.json(
    "200 OK",
    #"{"initialized":true,"sealed":false,"standby":false,"version":"2.5.0","cluster_name":"stub","cluster_id":"id-1"}"#)

  let address: String
  private let channel: any Channel
  private let seen = Mutex<[Request]>([])

  var requests: [Request] { seen.withLock { $0 } }

  /// - Parameter answer: For everything but `sys/health`, unless it answers that too.
  static func start(_ answer: @escaping @Sendable (Request) -> Answer?) async throws -> StubServer {
    let box = Mutex<StubServer?>(nil)
    let holder = ServerHolder()
    _ = box
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            StubHandler { request in
              holder.note(request)
              if let own = answer(request) { return own }
              return request.path.contains("sys/health") ? healthy : .json("404 Not Found", #"{"errors":[]}"#)
            })
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    let server = StubServer(channel: channel)
    holder.server.withLock { $0 = server }
    return server
  }

  private init(channel: any Channel) {
    self.channel = channel
    address = "http://127.0.0.1:\(channel.localAddress?.port ?? 0)"
  }

  fileprivate func note(_ request: Request) { seen.withLock { $0.append(request) } }

  func stop() async { try? await channel.close() }
}

private final class ServerHolder: Sendable {
  let server = Mutex<StubServer?>(nil)
  func note(_ request: StubServer.Request) { server.withLock { $0 }?.note(request) }
}

private final class StubHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let answer: @Sendable (StubServer.Request) -> StubServer.Answer
  private var head: [UInt8] = []
  private var bodyLeft = 0
  private var pending: StubServer.Request?

  init(_ answer: @escaping @Sendable (StubServer.Request) -> StubServer.Answer) { self.answer = answer }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var buffer = unwrapInboundIn(data)
    while let byte = buffer.readInteger(as: UInt8.self) {
      if pending != nil {
        bodyLeft -= 1
      } else {
        head.append(byte)
        guard head.suffix(4) == [13, 10, 13, 10] else { continue }
        begin()
      }
      if bodyLeft <= 0, let request = pending { respond(to: request, context) }
    }
  }

  private func begin() {
    let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
    head = []
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    bodyLeft = headers["content-length"].flatMap(Int.init) ?? 0
    pending = StubServer.Request(line: lines[0], headers: headers)
  }

  private func respond(to request: StubServer.Request, _ context: ChannelHandlerContext) {
    pending = nil
    let answer = answer(request)
    let done = context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: answer.bytes)))
    if answer.close && !answer.hang {
      let channel = context.channel
      done.whenComplete { _ in channel.close(promise: nil) }
    }
  }
}
