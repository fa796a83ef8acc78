public import NIOCore
public import NIOHTTP1
import NIOPosix
import Synchronization

/// An HTTP server whose answers a test writes, for services that cannot be had: it keeps what it was asked.
public final class StubServer: Sendable {
  public struct Request: Sendable {
    public var method: HTTPMethod
    /// With the query.
    public var uri: String
    public var headers: HTTPHeaders
    public var body: ByteBuffer
    public var text: String { String(buffer: body) }
    public var path: String { String(uri.prefix { $0 != "?" }) }
    public var query: String { String(uri.dropFirst(path.count).dropFirst()) }

    /// A field of a form, decoded.
    public func form(_ name: String) -> String? {
      for pair in text.split(separator: "&") {
        let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard sides.count == 2, sides[0] == name else { continue }
        return Self.decode(sides[1])
      }
      return nil
    }

    private static func decode(_ text: Substring) -> String {
      var bytes: [UInt8] = []
      var rest = text.utf8[...]
      while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%"), let value = UInt8(String(rest.prefix(2)) ?? "", radix: 16) else {
          bytes.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
          continue
        }
        bytes.append(value)
        rest = rest.dropFirst(2)
      }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  public struct Answer: Sendable {
    public var status: Int
    public var headers: [String: String]
    public var body: String

    public init(_ status: Int = 200, headers: [String: String] = [:], _ body: String = "") {
      self.status = status
      self.headers = headers
      self.body = body
    }
  }

  public let port: Int
  /// `http://127.0.0.1:<port>`
  public var endpoint: String { "http://127.0.0.1:\(port)" }
  private let listener: NIOAsyncChannel<Connection, Never>
  private let decide: @Sendable (Request) async -> Answer?
  private let records = Mutex<[Request]>([])

  private typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

  /// What it was asked so far, in order of arrival.
  public var log: [Request] { records.withLock { $0 } }

  /// Runs `body` beside a server on a free port of 127.0.0.1.
  /// - Parameter answer: For each request, concurrently; nil never answers.
  @discardableResult
  public static func with<Value>(
    answer: @escaping @Sendable (Request) async -> Answer?, isolation: isolated (any Actor)? = #isolation,
    _ body: (StubServer) async throws -> Value
  ) async throws -> Value {
    let server = try await StubServer(answer)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      _ = isolation
      group.addTask { await server.run() }
      defer { group.cancelAll() }
      return try await body(server)
    }
  }

  private init(_ decide: @escaping @Sendable (Request) async -> Answer?) async throws {
    self.decide = decide
    listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .bind(host: "127.0.0.1", port: 0) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          return try Connection(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: false))
        }
      }
    port = listener.channel.localAddress?.port ?? 0
  }

  private func run() async {
    try? await withThrowingDiscardingTaskGroup { group in
      try await listener.executeThenClose { connections in
        for try await connection in connections {
          // A client that goes away is no concern of the server's.
          group.addTask { try? await self.serve(connection) }
        }
      }
    }
  }

  private func serve(_ connection: Connection) async throws {
    try await connection.executeThenClose { inbound, outbound in
      var head: HTTPRequestHead?
      var body = ByteBuffer()
      for try await part in inbound {
        switch part {
        case .head(let new): (head, body) = (new, ByteBuffer())
        case .body(let chunk): body.writeImmutableBuffer(chunk)
        case .end:
          guard let head else { return }
          let request = Request(method: head.method, uri: head.uri, headers: head.headers, body: body)
          records.withLock { $0.append(request) }
          guard let answer = await decide(request) else { continue }
          var response = HTTPResponseHead(version: .http1_1, status: .init(statusCode: answer.status))
          for (name, value) in answer.headers { response.headers.add(name: name, value: value) }
          if !response.headers.contains(name: "content-length") {
            response.headers.add(name: "content-length", value: "\(answer.body.utf8.count)")
          }
          try await outbound.write(.head(response))
          if head.method != .HEAD, !answer.body.isEmpty {
            try await outbound.write(.body(.byteBuffer(ByteBuffer(string: answer.body))))
          }
          try await outbound.write(.end(nil))
          guard head.isKeepAlive else { return }
        }
      }
    }
  }
}
