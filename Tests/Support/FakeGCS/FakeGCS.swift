public import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Google Cloud Storage's JSON API, and the services that give tokens for it, on a port of 127.0.0.1.
///
/// Written from the public documentation, for what no emulator does: preconditions, pages, resumable uploads that keep
/// only a part, retention, permissions, tokens. The official Python client passes against it.
public final class FakeGCS: Sendable {
  /// One request and its answer.
  public struct Record: Sendable {
    public var request: FakeRequest
    public var status: Int
  }

  public let port: Int
  /// `http://127.0.0.1:<port>`
  public let endpoint: String
  private let listener: NIOAsyncChannel<ServerConnection, Never>
  private let state: Mutex<FakeState>
  private let records = Mutex<[Record]>([])
  private let running = Mutex<Task<Void, Never>?>(nil)

  typealias ServerConnection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

  /// End with ``stop()``.
  /// - Parameter now: The server's clock.
  public static func start(now: @escaping @Sendable () -> Date = { Date() }) async throws -> FakeGCS {
    let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .bind(host: "127.0.0.1", port: 0) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          return try ServerConnection(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: false))
        }
      }
    let fake = FakeGCS(listener: listener, now: now)
    // Lives until stop().
    fake.running.withLock { $0 = Task { await fake.run() } }
    return fake
  }

  /// A fake for the time of `body`.
  public static func with<Value>(
    now: @escaping @Sendable () -> Date = { Date() }, isolation: isolated (any Actor)? = #isolation,
    _ body: (FakeGCS) async throws -> Value
  ) async throws -> Value {
    let fake = try await start(now: now)
    let result: Result<Value, any Error>
    do { result = .success(try await body(fake)) } catch { result = .failure(error) }
    await fake.stop()
    return try result.get()
  }

  private init(listener: NIOAsyncChannel<ServerConnection, Never>, now: @escaping @Sendable () -> Date) {
    self.listener = listener
    port = listener.channel.localAddress?.port ?? 0
    endpoint = "http://127.0.0.1:\(port)"
    state = Mutex(FakeState(endpoint: endpoint, now: now))
  }

  public func stop() async {
    let task = running.withLock { $0 }
    task?.cancel()
    await task?.value
  }

  /// What it was asked so far.
  public var log: [Record] { records.withLock { $0 } }

  /// Reads or changes what it knows and how it behaves.
  @discardableResult
  public func update<Value>(_ body: (inout FakeState) throws -> Value) rethrows -> Value {
    try state.withLock { try body(&$0) }
  }

  public func makeBucket(_ name: String, _ bucket: FakeBucket = FakeBucket()) {
    update { $0.buckets[name] = bucket }
  }

  private func run() async {
    try? await withThrowingDiscardingTaskGroup { group in
      try await listener.executeThenClose { connections in
        for try await connection in connections {
          group.addTask { try? await self.serve(connection) }
        }
      }
    }
  }

  private func serve(_ connection: ServerConnection) async throws {
    try await connection.executeThenClose { inbound, outbound in
      var head: HTTPRequestHead?
      var body = ByteBuffer()
      for try await part in inbound {
        switch part {
        case .head(let value):
          head = value
          body = ByteBuffer()
          if value.headers[canonicalForm: "expect"].contains("100-continue") {
            try await outbound.write(.head(HTTPResponseHead(version: .http1_1, status: .continue)))
          }
        case .body(let chunk): body.writeImmutableBuffer(chunk)
        case .end:
          guard let head else { return }
          let request = FakeRequest(method: head.method.rawValue, uri: head.uri, headers: head.headers, body: body)
          try await write(answer(request), to: outbound, of: head)
          guard head.isKeepAlive else { return }
        }
      }
    }
  }

  private func answer(_ request: FakeRequest) -> FakeAnswer {
    let answer = state.withLock { $0.answer(request) }
    var logged = request
    logged.body = ByteBuffer()
    records.withLock { $0.append(Record(request: logged, status: answer.status)) }
    return answer
  }

  private func write(
    _ answer: FakeAnswer, to outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>,
    of request: HTTPRequestHead
  ) async throws {
    var head = HTTPResponseHead(
      version: .http1_1, status: .init(statusCode: answer.status), headers: answer.headers)
    head.headers.replaceOrAdd(name: "date", value: FakeState.httpDate(state.withLock { $0.now() }))
    if answer.status != 204 {
      head.headers.replaceOrAdd(name: "content-length", value: "\(answer.body.readableBytes)")
    }
    try await outbound.write(.head(head))
    if answer.body.readableBytes > 0, request.method != .HEAD {
      try await outbound.write(.body(.byteBuffer(answer.body)))
    }
    try await outbound.write(.end(nil))
  }
}
