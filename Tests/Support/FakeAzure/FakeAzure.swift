public import Foundation
import NIOCore
import NIOHTTP1
import Synchronization

/// Azure Blob Storage in memory, written from the REST API's documentation: what ``AzureStore`` uses of it, and what the
/// official Python client and rclone need, by which it is itself checked.
///
/// Verifies SharedKey signatures, service and account SAS, and bearer tokens; has no leases, page blobs or append blobs.
/// https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api
public final class FakeAzure: Sendable {
  public struct Record: Sendable {
    public var request: FakeRequest
    public var status: Int
    /// `x-ms-error-code`
    public var code: String?
  }

  public let account: String
  /// In base64.
  public let key: String
  public let now: @Sendable () -> Date
  let state = Mutex(FakeState())
  private let records = Mutex<[Record]>([])
  private let server = Mutex<FakeHTTPServer?>(nil)
  private let address = Mutex(0)

  public var port: Int { address.withLock { $0 } }
  /// With the account in its path, as emulators have it.
  public var endpoint: String { "http://127.0.0.1:\(port)/\(account)" }
  /// Without.
  public var origin: String { "http://127.0.0.1:\(port)" }
  public var log: [Record] { records.withLock { $0 } }

  /// Starts on a free port of 127.0.0.1. End with ``stop()``.
  /// - Parameter now: The service's clock.
  public static func start(
    account: String = "holdfasttest", now: @escaping @Sendable () -> Date = { Date() }
  ) async throws -> FakeAzure {
    let bytes = (0..<64).map { _ in UInt8.random(in: 0...255) }
    let fake = FakeAzure(account: account, key: Data(bytes).base64EncodedString(), now: now)
    let server = try await FakeHTTPServer.start { fake.answer($0) }
    fake.server.withLock { $0 = server }
    fake.address.withLock { $0 = server.port }
    return fake
  }

  private init(account: String, key: String, now: @escaping @Sendable () -> Date) {
    self.account = account
    self.key = key
    self.now = now
  }

  public func stop() async {
    await server.withLock { $0 }?.stop()
  }

  // MARK: What a test sets up

  public struct ContainerOptions: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    /// Policies of single blobs can be set.
    public static let versionImmutability = ContainerOptions(rawValue: 1)
    /// A policy of the container keeps each blob.
    public static let policy = ContainerOptions(rawValue: 2)
  }

  public func makeContainer(_ name: String, _ options: ContainerOptions = []) {
    state.withLock { $0.containers[name] = FakeContainer(options: options) }
  }

  /// Takes a bearer token from now on.
  /// - Parameter permissions: Letters as in a SAS token's `sp`.
  public func allow(token: String, permissions: String = "rwdlt", expires: Date = .distantFuture) {
    state.withLock { $0.tokens[token] = FakeState.Grant(permissions: permissions, expires: expires) }
  }

  /// Takes it no longer.
  public func revoke(token: String) { state.withLock { $0.tokens[token] = nil } }

  public func addSnapshot(_ container: String, _ key: String) {
    state.withLock { $0.containers[container]?.blobs[key]?.hasSnapshots = true }
  }

  /// Pages with fewer entries than asked for, some of them empty, as Azure may give them.
  public func giveShortPages() { state.withLock { $0.hasShortPages = true } }

  /// Every request is answered so; nil for no longer.
  public func refuseAll(_ error: FakeError?) { state.withLock { $0.refusal = error } }

  public func keys(_ container: String) -> [String] {
    state.withLock { $0.containers[container]?.blobs.keys.sorted() ?? [] }
  }

  /// Sizes of a key's blocks that nobody committed.
  public func uncommitted(_ container: String, _ key: String) -> [Int] {
    state.withLock { $0.containers[container]?.uncommitted[key]?.blocks.map(\.body.readableBytes) ?? [] }
  }

  /// Headers that a blob was made with: tier, scope, tags.
  public func writeHeaders(_ container: String, _ key: String) -> [String: String] {
    state.withLock { $0.containers[container]?.blobs[key]?.writeHeaders ?? [:] }
  }

  // MARK: Answering

  private func answer(_ request: FakeRequest) -> FakeResponse {
    var response: FakeResponse
    var code: String?
    do {
      response = try state.withLock { try FakeService(fake: self, request: request).respond(&$0) }
    } catch let error as FakeError {
      code = error.code
      response = error.response(isHead: request.method == "HEAD", now: now())
    } catch {
      response = FakeError(500, "InternalError", "\(error)").response(isHead: false, now: now())
    }
    response.headers += [
      (name: "x-ms-request-id", value: UUID().uuidString.lowercased()), (name: "date", value: FakeDate.format(now())),
      (name: "x-ms-version", value: request.header("x-ms-version") ?? "2009-09-19"),
      (name: "server", value: "Windows-Azure-Blob/1.0 (fake)"),
    ]
    if let id = request.header("x-ms-client-request-id") {
      response.headers.append((name: "x-ms-client-request-id", value: id))
    }
    records.withLock { $0.append(Record(request: request, status: response.status, code: code)) }
    return response
  }
}

/// `<Error>` and its headers.
public struct FakeError: Error, Sendable {
  public var status: Int
  public var code: String
  public var message: String
  /// Of AuthenticationFailed.
  public var detail: String?
  /// Further elements.
  public var extra: [(name: String, value: String)] = []

  public init(_ status: Int, _ code: String, _ message: String, detail: String? = nil) {
    self.status = status
    self.code = code
    self.message = message
    self.detail = detail
  }

  func response(isHead: Bool, now: Date) -> FakeResponse {
    var headers = [(name: "x-ms-error-code", value: code)]
    if status == 401 {
      headers.append(
        (
          name: "www-authenticate",
          value: "Bearer authorization_uri=https://login.microsoftonline.com/t/oauth2/authorize "
            + "resource_id=https://storage.azure.com"
        ))
    }
    if isHead { return FakeResponse(status, headers: headers, length: 0) }
    headers.append((name: "content-type", value: "application/xml"))
    var text =
      "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>\(code)</Code><Message>\(FakeXML.escape(message))\n"
      + "RequestId:0\nTime:\(now.formatted(.iso8601))</Message>"
    if let detail { text += "<AuthenticationErrorDetail>\(FakeXML.escape(detail))</AuthenticationErrorDetail>" }
    for (name, value) in extra { text += "<\(name)>\(FakeXML.escape(value))</\(name)>" }
    return FakeResponse(status, headers: headers, body: ByteBuffer(string: text + "</Error>"))
  }
}
