import Foundation
public import NIOCore
public import NIOHTTP1
import NIOPosix
import Synchronization

/// A request as a fake service sees it.
public struct FakeRequest: Sendable {
  public var method: String
  /// As sent.
  public var path: String
  /// Decoded, in order.
  public var query: [(name: String, value: String)]
  public var headers: HTTPHeaders
  public var body: ByteBuffer

  public subscript(query name: String) -> String? { query.first { $0.name == name }?.value }
  public func header(_ name: String) -> String? { headers.first(name: name) }

  init(_ head: HTTPRequestHead, body: ByteBuffer) {
    method = head.method.rawValue
    path = String(head.uri.prefix { $0 != "?" })
    query = Self.items(head.uri.dropFirst(path.count).dropFirst())
    headers = head.headers
    self.body = body
  }

  /// Of a query, or of a form.
  static func items(_ text: some StringProtocol) -> [(name: String, value: String)] {
    text.split(separator: "&").map { item in
      let sides = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
        String($0).removingPercentEncoding ?? String($0)
      }
      return (name: sides[0], value: sides.count > 1 ? sides[1] : "")
    }
  }
}

public struct FakeResponse: Sendable {
  public var status: Int
  public var headers: [(name: String, value: String)]
  public var body: ByteBuffer
  /// Of the body that a HEAD leaves out.
  public var length: Int?

  public init(
    _ status: Int, headers: [(name: String, value: String)] = [], body: ByteBuffer = ByteBuffer(), length: Int? = nil
  ) {
    self.status = status
    self.headers = headers
    self.body = body
    self.length = length
  }
}

/// A small HTTP server on a free port of 127.0.0.1; bodies are read as a whole.
final class FakeHTTPServer: Sendable {
  private typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

  let port: Int
  private let listener: NIOAsyncChannel<Connection, Never>
  private let respond: @Sendable (FakeRequest) async -> FakeResponse
  private let running = Mutex<Task<Void, Never>?>(nil)

  static func start(_ respond: @escaping @Sendable (FakeRequest) async -> FakeResponse) async throws -> FakeHTTPServer {
    let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .bind(host: "127.0.0.1", port: 0) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          return try Connection(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: false))
        }
      }
    let server = FakeHTTPServer(listener: listener, respond: respond)
    // Lives until stop().
    server.running.withLock { $0 = Task { await server.run() } }
    return server
  }

  private init(
    listener: NIOAsyncChannel<Connection, Never>, respond: @escaping @Sendable (FakeRequest) async -> FakeResponse
  ) {
    self.listener = listener
    self.respond = respond
    port = listener.channel.localAddress?.port ?? 0
  }

  func stop() async {
    let task = running.withLock { $0 }
    task?.cancel()
    await task?.value
  }

  private func run() async {
    try? await withThrowingDiscardingTaskGroup { group in
      try await listener.executeThenClose { connections in
        for try await connection in connections {
          // A connection that breaks is the client's matter.
          group.addTask { try? await self.serve(connection) }
        }
      }
    }
  }

  private func serve(_ connection: Connection) async throws {
    try await connection.executeThenClose { inbound, outbound in
      var parts = inbound.makeAsyncIterator()
      while let part = try await parts.next() {
        guard case .head(let head) = part else { continue }
        if head.headers[canonicalForm: "expect"].contains("100-continue") {
          try await outbound.write(.head(HTTPResponseHead(version: .http1_1, status: .continue)))
        }
        var body = ByteBuffer()
        reading: while let part = try await parts.next() {
          switch part {
          case .body(let chunk): body.writeImmutableBuffer(chunk)
          case .end, .head: break reading
          }
        }
        let response = await respond(FakeRequest(head, body: body))
        try await write(response, to: outbound, isHead: head.method == .HEAD)
        guard head.isKeepAlive else { return }
      }
    }
  }

  private func write(
    _ response: FakeResponse, to outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>, isHead: Bool
  ) async throws {
    var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: response.status))
    for (name, value) in response.headers { head.headers.add(name: name, value: value) }
    head.headers.replaceOrAdd(name: "content-length", value: "\(response.length ?? response.body.readableBytes)")
    try await outbound.write(.head(head))
    if !isHead, response.body.readableBytes > 0 { try await outbound.write(.body(.byteBuffer(response.body))) }
    try await outbound.write(.end(nil))
  }
}
