import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// An HTTP proxy that stands before a real server, or alone, and misbehaves as a test wants.
///
/// `Host` and all other headers are passed on as they come, so signatures stay good. A request's body is read as a whole
/// before it is passed on, an answer's is streamed.
public final class FaultProxy: Sendable {
  /// One request and what became of it.
  public struct Record: Sendable {
    public var request: ProxiedRequest
    public var fault: Fault?
    /// nil where it came to no answer.
    public var status: Int?
  }

  /// PEM of a certificate and its key.
  public struct Identity: Sendable {
    public var certificate: String
    public var key: String
    public init(certificate: String, key: String) {
      self.certificate = certificate
      self.key = key
    }
  }

  public let port: Int
  /// `http://127.0.0.1:<port>`, or https.
  public let endpoint: String
  private let upstream: String?
  private let decide: @Sendable (ProxiedRequest) -> Fault?
  private let client: HTTPClient
  private let listener: NIOAsyncChannel<ServerConnection, Never>
  private let records = Mutex<[Record]>([])
  private let running = Mutex<Task<Void, Never>?>(nil)

  typealias ServerConnection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

  /// What it was asked so far, in order of arrival.
  public var log: [Record] { records.withLock { $0 } }

  /// Starts on a free port of 127.0.0.1. End with ``stop()``.
  /// - Parameters:
  ///   - upstream: `http://host:port`; nil where `decide` answers everything.
  ///   - identity: For TLS.
  ///   - decide: The fault for a request, nil for none; see ``FaultRules`` and ``SeededFaults``.
  public static func start(
    upstream: String?, identity: Identity? = nil, decide: @escaping @Sendable (ProxiedRequest) -> Fault?
  ) async throws -> FaultProxy {
    let tls = try identity.map { try Self.tlsContext($0) }
    let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .bind(host: "127.0.0.1", port: 0) { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          return try ServerConnection(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: false))
        }
      }
    let proxy = FaultProxy(listener: listener, upstream: upstream, isTLS: tls != nil, decide: decide)
    // Lives until stop().
    proxy.running.withLock { $0 = Task { await proxy.run() } }
    return proxy
  }

  private init(
    listener: NIOAsyncChannel<ServerConnection, Never>, upstream: String?, isTLS: Bool,
    decide: @escaping @Sendable (ProxiedRequest) -> Fault?
  ) {
    self.listener = listener
    self.upstream = upstream
    self.decide = decide
    port = listener.channel.localAddress?.port ?? 0
    endpoint = "\(isTLS ? "https" : "http")://127.0.0.1:\(port)"
    client = HTTPClient(
      eventLoopGroupProvider: .singleton,
      configuration: .init(redirectConfiguration: .disallow, decompression: .disabled))
  }

  private static func tlsContext(_ identity: Identity) throws -> NIOSSLContext {
    let certificates = try NIOSSLCertificate.fromPEMBytes(Array(identity.certificate.utf8))
    let key = try NIOSSLPrivateKey(bytes: Array(identity.key.utf8), format: .pem)
    return try NIOSSLContext(
      configuration: .makeServerConfiguration(
        certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key)))
  }

  /// Closes all connections.
  public func stop() async throws {
    let task = running.withLock { $0 }
    task?.cancel()
    await task?.value
    try await client.shutdown()
  }

  private func run() async {
    try? await withThrowingDiscardingTaskGroup { group in
      try await listener.executeThenClose { connections in
        for try await connection in connections {
          // A connection that breaks is what this is for.
          group.addTask { try? await self.serve(connection) }
        }
      }
    }
  }

  private func serve(_ connection: ServerConnection) async throws {
    try await connection.executeThenClose { inbound, outbound in
      var exchange = FaultExchange(
        channel: connection.channel, inbound: inbound.makeAsyncIterator(), outbound: outbound, client: client,
        upstream: upstream)
      while let head = try await exchange.nextHead() {
        let index = records.withLock { records in
          records.append(Record(request: ProxiedRequest(index: records.count, head), fault: nil, status: nil))
          return records.count - 1
        }
        let fault = decide(ProxiedRequest(index: index, head))
        records.withLock { $0[index].fault = fault }
        let status = try await exchange.answer(head, fault)
        records.withLock { $0[index].status = status }
        guard status != nil, head.isKeepAlive else { return }
      }
    }
  }
}

extension ProxiedRequest {
  fileprivate init(index: Int, _ head: HTTPRequestHead) {
    self.init(index: index, method: head.method, uri: head.uri, headers: head.headers)
  }
}
