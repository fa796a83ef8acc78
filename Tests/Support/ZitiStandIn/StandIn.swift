public import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import OpenZitiSource
public import Synchronization
import X509

/// A stand-in for an OpenZiti controller, since none can be had: a folder with a live database, and the management API over
/// TLS, by the controller's public sources and the API's documentation, its awkward parts included:
///
/// - Who is not a full administrator gets 401, not 403.
/// - One snapshot a minute: 429 `RATE_LIMITED`. (A test sets how many calls are refused instead of waiting for a minute.)
/// - 503 `TIMEOUT` while the snapshot goes on: the file appears in pieces under its final name, and its mark comes last.
/// - Placeholders in a path are replaced anywhere in it; the target is truncated where it exists.
/// - The edge API's variant takes no path and names no file.
public final class StandIn: Sendable {
  public struct Behaviour: Sendable {
    public var password = "admin-password"
    public var isAdmin = true
    public var asksSecondFactor = false
    /// Snapshots that are refused for the rate limit before one is taken.
    public var rateLimited = 0
    /// Answers TIMEOUT and writes in so many steps.
    public var slowSteps = 0
    public var hasFabricAPI = true
    /// What a snapshot is a copy of.
    public var snapshot = "ctrl-schema44.db"
    public var version = "v1.6.8"
    /// Nobody serves: between two starts.
    public var isDown = false

    public init(
      isAdmin: Bool = true, asksSecondFactor: Bool = false, rateLimited: Int = 0, slowSteps: Int = 0,
      hasFabricAPI: Bool = true, snapshot: String = "ctrl-schema44.db"
    ) {
      self.isAdmin = isAdmin
      self.asksSecondFactor = asksSecondFactor
      self.rateLimited = rateLimited
      self.slowSteps = slowSteps
      self.hasFabricAPI = hasFabricAPI
      self.snapshot = snapshot
    }
  }

  public let folder: URL
  /// What the folder is called in paths of the API.
  public let mountPath: String
  /// PEM.
  public let certificate: String
  public let behaviour: Mutex<Behaviour>
  private let ownsFolder: Bool
  private let channel = Mutex<(any Channel)?>(nil)
  private let log = Mutex<[String]>([])
  private let sessions = Mutex<Set<String>>([])

  public var database: String { folder.appendingPathComponent("ctrl.db").path }
  public var url: String { "https://127.0.0.1:\(channel.withLock { $0 }?.localAddress?.port ?? 0)" }
  /// `POST /fabric/v1/database/snapshot` and the like, in order.
  public var requests: [String] { log.withLock { $0 } }
  public var openSessions: Int { sessions.withLock { $0.count } }
  public var files: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted() }

  private init(_ behaviour: Behaviour, folder: URL, mountPath: String?, certificate: String) {
    self.behaviour = Mutex(behaviour)
    self.folder = folder
    self.mountPath = mountPath ?? folder.path
    ownsFolder = mountPath == nil
    self.certificate = certificate
  }

  public static func fixture(_ name: String) throws -> URL {
    guard let url = Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: nil) else {
      throw CocoaError(.fileNoSuchFile)
    }
    return url
  }

  /// With a folder and a live database of its own.
  public static func start(_ behaviour: Behaviour = Behaviour()) async throws -> StandIn {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ziti-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: fixture("ctrl-live-copy.db"), to: folder.appendingPathComponent("ctrl.db"))
    return try await start(behaviour, folder: folder, mountPath: nil)
  }

  /// In a folder that is there, and that is `mountPath` to the controller.
  public static func start(
    _ behaviour: Behaviour = Behaviour(), in folder: URL, mountPath: String
  ) async throws -> StandIn {
    try await start(behaviour, folder: folder, mountPath: mountPath)
  }

  private static func start(_ behaviour: Behaviour, folder: URL, mountPath: String?) async throws -> StandIn {
    let identity = try TLSIdentity.make()
    let standIn = StandIn(behaviour, folder: folder, mountPath: mountPath, certificate: identity.certificate)
    let context = try NIOSSLContext(
      configuration: .makeServerConfiguration(
        certificateChain: [.certificate(try NIOSSLCertificate(bytes: Array(identity.certificate.utf8), format: .pem))],
        privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(identity.key.utf8), format: .pem))))
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(RequestHandler(standIn))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    standIn.channel.withLock { $0 = server }
    return standIn
  }

  public func stop() async {
    try? await channel.withLock { $0 }?.close()
    if ownsFolder { try? FileManager.default.removeItem(at: folder) }
  }

  // MARK: The API

  fileprivate func answer(_ method: String, _ target: String, _ session: String?, _ body: Data) -> (Int, String) {
    let path = String(target.prefix { $0 != "?" })
    log.withLock { $0.append("\(method) \(path)") }
    let behaviour = behaviour.withLock { $0 }
    if behaviour.isDown { return (503, Self.error("UNAVAILABLE", "not yet")) }
    switch (method, path) {
    case ("GET", "/edge/management/v1/version"):
      return (200, #"{"data":{"version":"\#(behaviour.version)"},"meta":{}}"#)
    case ("GET", "/edge/management/v1/identities"):
      guard let session, sessions.withLock({ $0.contains(session) }), behaviour.isAdmin else {
        return (401, Self.error("UNAUTHORIZED", "The request could not be completed. The session is not authorized"))
      }
      return identities()
    case ("POST", "/edge/management/v1/authenticate"): return authenticate(behaviour, body)
    case ("DELETE", "/edge/management/v1/current-api-session"):
      _ = sessions.withLock { $0.remove(session ?? "") }
      return (200, #"{"data":{},"meta":{}}"#)
    case ("POST", "/fabric/v1/database/snapshot") where behaviour.hasFabricAPI,
      ("POST", "/edge/management/v1/database/snapshot"):
      guard let session, sessions.withLock({ $0.contains(session) }), behaviour.isAdmin else {
        return (401, Self.error("UNAUTHORIZED", "The request could not be completed. The session is not authorized"))
      }
      return snapshot(behaviour, isEdge: path.hasPrefix("/edge"), body)
    default: return (404, Self.error("NOT_FOUND", "The resource requested was not found"))
    }
  }

  private func authenticate(_ behaviour: Behaviour, _ body: Data) -> (Int, String) {
    let sent = (try? JSONDecoder().decode([String: String].self, from: body)) ?? [:]
    guard sent["username"] == "admin", sent["password"] == behaviour.password else {
      return (401, Self.error("INVALID_AUTH", "The authentication request failed"))
    }
    let token = UUID().uuidString
    _ = sessions.withLock { $0.insert(token) }
    let queries = behaviour.asksSecondFactor ? #"[{"typeId":"MFA","provider":"ziti"}]"# : "[]"
    return (200, #"{"data":{"token":"\#(token)","authQueries":\#(queries)},"meta":{}}"#)
  }

  private func snapshot(_ behaviour: Behaviour, isEdge: Bool, _ body: Data) -> (Int, String) {
    let isRefused = self.behaviour.withLock { behaviour in
      guard behaviour.rateLimited > 0 else { return false }
      behaviour.rateLimited -= 1
      return true
    }
    if isRefused { return (429, Self.error("RATE_LIMITED", "The request was rate limited")) }
    let sent = (try? JSONDecoder().decode([String: String].self, from: body)) ?? [:]
    let wanted = isEdge ? "DB_DIR/DB_FILE-20261121-030000" : sent["path"] ?? "DB_DIR/DB_FILE-DATE-TIME"
    let path =
      wanted.replacingOccurrences(of: "DB_DIR", with: mountPath).replacingOccurrences(of: "DB_FILE", with: "ctrl.db")
      .replacingOccurrences(of: "DATE", with: "20261121").replacingOccurrences(of: "TIME", with: "030000")
    let file = path.hasPrefix(mountPath) ? folder.path + path.dropFirst(mountPath.count) : path
    do {
      let content = try Data(contentsOf: Self.fixture(behaviour.snapshot))
      if behaviour.slowSteps > 0 {
        writeSlowly(content, to: file, steps: behaviour.slowSteps)
        return (503, Self.error("TIMEOUT", "The operation timed out"))
      }
      try content.write(to: URL(fileURLWithPath: file))
    } catch {
      return (500, Self.error("UNHANDLED", "\(error)"))
    }
    return (200, isEdge ? #"{"data":{},"meta":{}}"# : #"{"data":{"path":"\#(path)"},"meta":{}}"#)
  }

  /// Of the database that is on the disk, as a controller that was started on it has them.
  private func identities() -> (Int, String) {
    var check = OpenZitiDatabaseCheck()
    guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: database)) else {
      return (500, Self.error("UNHANDLED", "no database"))
    }
    check.consume(ByteBuffer(bytes: bytes))
    switch check.finish() {
    case .snapshot(let database), .noSnapshot(let database):
      let page = #"{"limit":1,"offset":0,"totalCount":\#(database.identities)}"#
      return (200, #"{"data":[{"id":"x"}],"meta":{"filterableFields":[],"pagination":\#(page)}}"#)
    default: return (500, Self.error("UNHANDLED", "the database is damaged"))
    }
  }

  private func writeSlowly(_ content: Data, to path: String, steps: Int) {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    for step in 1...steps {
      loop.scheduleTask(in: .milliseconds(400 * Int64(step))) {
        try content.prefix(content.count * step / steps).write(to: URL(fileURLWithPath: path))
      }
    }
  }

  private static func error(_ code: String, _ message: String) -> String {
    #"{"error":{"code":"\#(code)","message":"\#(message)","requestId":"r1","cause":{"message":"because"}},"meta":{}}"#
  }
}

private final class RequestHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let standIn: StandIn
  private var head: HTTPRequestHead?
  private var body = Data()

  init(_ standIn: StandIn) { self.standIn = standIn }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body = Data()
    case .body(let bytes): body.append(contentsOf: bytes.readableBytesView)
    case .end:
      guard let head else { return }
      let (status, text) = standIn.answer(
        head.method.rawValue, head.uri, head.headers.first(name: "zt-session"), body)
      let answer = ByteBuffer(string: text)
      var headers = HTTPHeaders([("content-type", "application/json")])
      headers.add(name: "content-length", value: "\(answer.readableBytes)")
      context.write(
        wrapOutboundOut(.head(.init(version: .http1_1, status: .init(statusCode: status), headers: headers))),
        promise: nil)
      context.write(wrapOutboundOut(.body(.byteBuffer(answer))), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
  }
}
