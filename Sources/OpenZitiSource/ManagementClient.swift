import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOSSL
import SnapshotSource

/// Calls of a controller's management API. https://openziti.io/docs/reference/developer/api/
struct ManagementClient: Sendable {
  private static let answerLimit = 1 << 20
  /// The controller itself gives up after ten seconds.
  private static let callTimeout = TimeAmount.seconds(60)

  let endpoint: ManagementEndpoint
  private let client: HTTPClient
  private let base: URL

  struct Answer: Sendable {
    var status: Int
    var body: Data
  }

  static func with<Value: Sendable>(
    _ endpoint: ManagementEndpoint, _ body: @Sendable (ManagementClient) async throws -> Value
  ) async throws -> Value {
    let client = try ManagementClient(endpoint)
    let result: Result<Value, any Error>
    do { result = .success(try await body(client)) } catch { result = .failure(error) }
    // Nothing is left to do where the shutdown fails: the process lets go of the sockets.
    await withoutCancellation { try? await client.client.shutdown() }
    return try result.get()
  }

  private init(_ endpoint: ManagementEndpoint) throws {
    func wrong(_ message: String, _ cause: (any Error)? = nil) -> SnapshotSourceError {
      SnapshotSourceError(.configuration, operation: "connect to \(endpoint.url)", message: message, cause: cause)
    }
    guard var parts = URLComponents(string: endpoint.url), parts.scheme == "https", let host = parts.host else {
      throw wrong("managementAPI.url is not an https URL such as https://ziti-controller-client:443")
    }
    var tls = TLSConfiguration.makeClientConfiguration()
    do {
      if let pem = endpoint.caCertificates {
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(pem.utf8)))
      }
      if case .certificate(let certificate, let key) = endpoint.login {
        tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8)).map { .certificate($0) }
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem))
      }
    } catch {
      throw wrong("what caBundle or clientCertificateSecretRef names is not PEM, or its key is none", error)
    }
    var settings = HTTPClient.Configuration(
      tlsConfiguration: tls, redirectConfiguration: .disallow, timeout: .init(connect: .seconds(15), read: nil))
    settings.httpVersion = .http1Only
    settings.connectionPool.retryConnectionEstablishment = false
    if let name = endpoint.tlsServerName {
      settings.dnsOverride = [name: host]
      parts.host = name
    }
    guard let base = parts.url else { throw wrong("managementAPI.url is no URL") }
    self.base = base
    self.endpoint = endpoint
    client = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: settings)
  }

  /// - Parameters:
  ///   - path: From the root: `/edge/management/v1/version`.
  ///   - session: The login's token.
  func send(_ method: HTTPMethod, _ path: String, session: String? = nil, json: Data? = nil) async throws -> Answer {
    let operation = "\(method.rawValue) \(path.prefix { $0 != "?" })"
    let stem = base.absoluteString.hasSuffix("/") ? String(base.absoluteString.dropLast()) : base.absoluteString
    var request = HTTPClientRequest(url: stem + path)
    request.method = method
    request.headers.add(name: "Accept", value: "application/json")
    if let session { request.headers.add(name: "zt-session", value: session) }
    if let json {
      request.headers.add(name: "Content-Type", value: "application/json")
      request.body = .bytes(ByteBuffer(data: json))
    }
    do {
      let response = try await client.execute(request, timeout: Self.callTimeout)
      let body = try await response.body.collect(upTo: Self.answerLimit)
      return Answer(status: Int(response.status.code), body: Data(buffer: body))
    } catch {
      if error is CancellationError || Task.isCancelled { throw CancellationError() }
      throw ManagementErrors.connection(error, operation: operation, endpoint: endpoint)
    }
  }
}

/// The API's messages. Every answer has `data` or `error`, and `meta`.
enum ManagementAnswer {
  struct Envelope<Content: Decodable>: Decodable {
    var data: Content
  }

  struct Session: Decodable {
    struct Query: Decodable {}
    var token: String
    /// Not empty while a second factor is asked for.
    var authQueries: [Query]?
  }

  struct Version: Decodable { var version: String? }
  struct Snapshot: Decodable { var path: String? }

  struct Failure: Decodable {
    struct Detail: Decodable {
      struct Cause: Decodable { var message: String? }
      var code: String?
      var message: String?
      var cause: Cause?

      enum CodingKeys: String, CodingKey { case code, message, cause }

      init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        code = try container.decodeIfPresent(String.self, forKey: .code)
        message = try container.decodeIfPresent(String.self, forKey: .message)
        // An object, a text or nothing, by version.
        cause = try? container.decodeIfPresent(Cause.self, forKey: .cause)
      }
    }
    var error: Detail
  }
}
