import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import KubernetesModel
public import Logging
import NIOCore
import NIOSSL
public import ServiceLifecycle
import Synchronization

/// A throw-away Kubernetes API server with the controllers that an operator of Jobs needs.
///
/// It listens on the loopback interface alone, keeps everything in memory, and forgets it when it stops. See
/// `docs/sandbox.md` for what it does not do.
public struct SandboxServer: Service {
  public struct Configuration: Sendable {
    /// 0 picks a free one.
    public var port: Int
    /// Where the kubeconfig is written, with mode 0600; nil writes none.
    public var kubeconfig: String?
    /// For pods: volumes, logs and claims.
    public var dataDirectory: String
    /// Which local programs stand for images.
    public var images: ImageMap
    /// How many changes a watch can go back.
    public var historyLimit: Int

    public init(
      port: Int = 0, kubeconfig: String? = nil, dataDirectory: String, images: ImageMap = ImageMap(),
      historyLimit: Int = 10_000
    ) {
      self.port = port
      self.kubeconfig = kubeconfig
      self.dataDirectory = dataDirectory
      self.images = images
      self.historyLimit = historyLimit
    }
  }

  /// How to reach a running server.
  public struct Address: Sendable {
    public let host: String
    public let port: Int
    /// PEM.
    public let certificateAuthority: String
    /// Of an administrator.
    public let token: String

    public var url: String { "https://\(host):\(port)" }

    /// A kubeconfig with this server as the only cluster.
    public var kubeconfig: String {
      """
      apiVersion: v1
      kind: Config
      current-context: sandbox
      clusters:
      - name: sandbox
        cluster:
          server: \(url)
          certificate-authority-data: \(Data(certificateAuthority.utf8).base64EncodedString())
      users:
      - name: sandbox
        user:
          token: \(token)
      contexts:
      - name: sandbox
        context:
          cluster: sandbox
          user: sandbox
          namespace: default

      """
    }
  }

  let server: APIServer
  private let configuration: Configuration
  private let tokens: TokenAuthority
  private let authority: CertificateAuthority
  private let logger: Logger
  private let onReady: @Sendable (Address) async throws -> Void

  /// - Parameter onReady: Called once, when the server listens and the kubeconfig is written.
  /// - Throws: Where no certificate can be made.
  public init(
    configuration: Configuration, logger: Logger, onReady: @escaping @Sendable (Address) async throws -> Void
  ) throws {
    self.configuration = configuration
    self.logger = logger
    self.onReady = onReady
    server = APIServer(store: Store(historyLimit: configuration.historyLimit))
    tokens = TokenAuthority()
    authority = try CertificateAuthority()
  }

  public func run() async throws {
    let (bound, announce) = AsyncStream<Int>.makeStream()
    let application = try application { channel in
      announce.yield(channel.localAddress?.port ?? 0)
      announce.finish()
    }
    let ready = ReadyAnnouncement(port: bound) { port in try await announceReady(port: port) }
    let controllers = makeControllers()
    // Shut down from the last to the first: the controllers stop while they can still write.
    let services: [any Service] = [application, StoreCloser(store: server.store)] + controllers + [ready]
    var group = ServiceGroupConfiguration(services: services.map { .init(service: $0) }, logger: logger)
    group.maximumGracefulShutdownDuration = .seconds(15)
    try await ServiceGroup(configuration: group).run()
  }

  private func makeControllers() -> [any Service] {
    let cluster = InProcessAccess(server: server)
    let tokens = tokens
    let store = server.store
    let pods = PodRunner(
      cluster: cluster, images: configuration.images, dataDirectory: configuration.dataDirectory, logger: logger
    ) { namespace, account, audience, seconds in
      let stored = store.get(
        CollectionKey(group: "", plural: "serviceaccounts"), StoredKey(namespace: namespace, name: account))
      return tokens.token(
        namespace: namespace, serviceAccount: account, uid: stored?.value.objectUID ?? "",
        audiences: audience.isEmpty || audience == "sandbox" ? [] : [audience], expirationSeconds: Int(seconds))
    }
    server.logProvider = pods
    server.execProvider = pods
    return [
      pods, JobController(cluster: cluster), CronJobController(cluster: cluster), GarbageCollector(cluster: cluster),
      NamespaceController(cluster: cluster), BookmarkTicker(store: store),
    ]
  }

  private func application(
    onListening: @escaping @Sendable (any Channel) async -> Void
  ) throws -> Application<APIResponder> {
    var tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: [
        .certificate(try NIOSSLCertificate(bytes: Array(authority.serverCertificate.utf8), format: .pem))
      ], privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(authority.serverKey.utf8), format: .pem)))
    tls.applicationProtocols = ["http/1.1"]
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    let responder = APIResponder(server: server, tokens: tokens, logger: logger)
    let http = HTTPServerBuilder { handler in
      UpgradingChannel(responder: handler) { head in
        Result { () throws(APIError) in try responder.decideUpgrade(head) }
      }
    }
    return Application(
      responder: responder, server: try .tls(http, tlsConfiguration: tls),
      configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: configuration.port)),
      onServerRunning: onListening, logger: quiet)
  }

  private func announceReady(port: Int) async throws {
    let address = Address(
      host: "127.0.0.1", port: port, certificateAuthority: authority.certificate, token: tokens.administratorToken)
    if let path = configuration.kubeconfig { try Self.writePrivately(address.kubeconfig, to: path) }
    server.publish(certificateAuthority: authority.certificate, port: port)
    try await onReady(address)
  }

  /// Writes a file that nobody else may read, at no moment.
  private static func writePrivately(_ text: String, to path: String) throws {
    let temporary = "\(path).\(UUID().uuidString)"
    guard
      FileManager.default.createFile(
        atPath: temporary, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
    else { throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path]) }
    guard rename(temporary, path) == 0 else {
      try? FileManager.default.removeItem(atPath: temporary)
      throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path])
    }
  }
}

extension SandboxServer: CustomStringConvertible {
  /// Without members: libraries log services, and this one holds a token and a key.
  public var description: String { "SandboxServer" }
}

/// Waits for the port, tells it, and then does nothing until the end.
private struct ReadyAnnouncement: Service {
  let port: AsyncStream<Int>
  let announce: @Sendable (Int) async throws -> Void

  func run() async throws {
    try await cancelWhenGracefulShutdown {
      for await port in port { try await announce(port) }
    }
    try? await gracefulShutdown()
  }
}

/// Ends the watches once nobody writes any more, so that their connections can close.
private struct StoreCloser: Service {
  let store: Store

  func run() async throws {
    try? await gracefulShutdown()
    store.close()
  }
}

/// Tells watches regularly how far they are, so that they can go on from there after a break.
private struct BookmarkTicker: Service {
  let store: Store

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        try? await Task.sleep(for: .seconds(20))
        store.sendBookmarks()
      }
    }
  }
}
