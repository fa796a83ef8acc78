import AsyncHTTPClient
import Foundation
import NIOCore
import NIOSSL

/// Where requests go: the server's URL, split once.
struct Endpoint: Sendable {
  let base: String
  /// Maps the name in the certificate to the address to connect to, where they differ.
  let dnsOverride: [String: String]

  init(_ configuration: ClientConfiguration) throws {
    func failure(_ message: String) -> KubernetesError {
      KubernetesError(code: .configuration, operation: "connect", message: message)
    }
    guard var components = URLComponents(string: configuration.server), let scheme = components.scheme,
      scheme == "https" || scheme == "http", let host = components.host, !host.isEmpty
    else {
      throw failure("the server '\(configuration.server)' is not an http or https URL")
    }
    components.query = nil
    components.fragment = nil
    while components.path.hasSuffix("/") { components.path.removeLast() }
    dnsOverride = configuration.tlsServerName.map { [$0: host.trimmingCharacters(in: ["[", "]"])] } ?? [:]
    if let name = configuration.tlsServerName { components.host = name }
    guard let base = components.string else { throw failure("the server '\(configuration.server)' is not a URL") }
    self.base = base
  }

  func url(_ request: Request) -> String { base + request.uri }
}

extension HTTPClient.Configuration {
  static func kubernetes(
    tls: TLSConfiguration, endpoint: Endpoint, connectTimeout: Duration
  ) -> HTTPClient.Configuration {
    var client = HTTPClient.Configuration(
      tlsConfiguration: tls, redirectConfiguration: .disallow,
      timeout: Timeout(connect: .nanoseconds(Int64(connectTimeout.seconds * 1e9))))
    // A watch holds its connection, so the default limit of 8 would let the ninth one starve every other call.
    client.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
    // Repeating is the decorator's part; here a refused connection is reported at once.
    client.connectionPool.retryConnectionEstablishment = false
    client.httpVersion = .http1Only
    client.dnsOverride = endpoint.dnsOverride
    // Finds out within a minute that a server is gone without a word, also while a watch is silent.
    client.http1_1ConnectionDebugInitializer = { channel in
      channel.setOption(.socketOption(.so_keepalive), value: 1).flatMap {
        channel.setOption(.tcpOption(.init(rawValue: TCPKeepAlive.idle)), value: 20)
      }.flatMap {
        channel.setOption(.tcpOption(.init(rawValue: TCPKeepAlive.interval)), value: 10)
      }.flatMap {
        channel.setOption(.tcpOption(.init(rawValue: TCPKeepAlive.count)), value: 3)
      }.flatMapErrorThrowing { _ in () }
    }
    return client
  }
}

extension TLSConfiguration {
  /// - Throws: ``KubernetesError`` with `configuration` where a certificate or key cannot be read.
  static func kubernetes(_ configuration: ClientConfiguration) throws -> TLSConfiguration {
    var tls = TLSConfiguration.makeClientConfiguration()
    do {
      if let authority = configuration.certificateAuthority {
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authority)))
      }
    } catch {
      throw KubernetesError(
        code: .configuration, operation: "connect", message: "the certificate authority is not PEM: \(error)",
        cause: error)
    }
    do {
      if let identity = configuration.clientCertificate {
        tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(identity.certificateChain))
          .map { .certificate($0) }
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(identity.privateKey), format: .pem))
      }
    } catch {
      throw KubernetesError(
        code: .configuration, operation: "connect",
        message: "the client certificate or its key is not PEM, or the key has a passphrase", cause: error)
    }
    if configuration.insecureSkipTLSVerify { tls.certificateVerification = .none }
    return tls
  }
}

/// The names of `TCP_KEEPIDLE`, `TCP_KEEPINTVL` and `TCP_KEEPCNT` (`netinet/tcp.h` on Linux).
private enum TCPKeepAlive {
  static let idle: CInt = 4
  static let interval: CInt = 5
  static let count: CInt = 6
}
