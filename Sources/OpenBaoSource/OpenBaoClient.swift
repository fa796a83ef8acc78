import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOSSL
import SnapshotSource
import Synchronization

/// Connections to one server and to what it redirects to. To be closed at the end.
final class OpenBaoClient: Sendable {
  private static let answerLimit = 1 << 20
  private static let redirectLimit = 4

  let endpoint: OpenBaoEndpoint
  private let base: URL
  private let trust: [NIOSSLCertificate]
  /// By host where a server name is set, since the host to connect to is then a setting of the client; else one.
  private let clients = Mutex<[String: HTTPClient]>([:])

  /// - Throws: ``SnapshotSourceError`` with code `configuration`.
  init(_ endpoint: OpenBaoEndpoint) throws {
    func wrong(_ message: String) -> SnapshotSourceError {
      SnapshotSourceError(.configuration, operation: "connect to \(endpoint.address)", message: message)
    }
    guard let base = URL(string: endpoint.address), let scheme = base.scheme, ["http", "https"].contains(scheme),
      base.host() != nil
    else { throw wrong("address is not a URL such as https://bao-active.openbao.svc:8200") }
    do {
      trust = try endpoint.caCertificates.map { try NIOSSLCertificate.fromPEMBytes(Array($0.utf8)) } ?? []
    } catch {
      throw wrong("what caBundle names holds no PEM certificates")
    }
    if endpoint.caCertificates != nil && trust.isEmpty { throw wrong("what caBundle names holds no PEM certificates") }
    self.endpoint = endpoint
    self.base = base
  }

  func close() async {
    let open = clients.withLock { clients in
      defer { clients = [:] }
      return Array(clients.values)
    }
    await withoutCancellation {
      // Nothing is left to do where the shutdown fails: the process lets go of the sockets.
      for client in open { try? await client.shutdown() }
    }
  }

  /// A call with a small answer, within the deadline for calls.
  func call(_ request: OpenBaoRequest, token: String? = nil) async throws -> (status: Int, body: Data) {
    try await within(endpoint.timeouts.call, request.operation) { [self] in
      let response = try await open(request, token: token)
      do {
        let body = try await response.body.collect(upTo: Self.answerLimit)
        return (Int(response.status.code), Data(body.readableBytesView))
      } catch {
        throw OpenBaoErrors.failure(error, operation: request.operation, host: hostName(of: base))
      }
    }
  }

  /// As ``call(_:token:)``, decoding an answer with status 200.
  /// - Throws: ``SnapshotSourceError`` for any other status.
  func answer<Answer: Decodable & Sendable>(
    _ request: OpenBaoRequest, token: String? = nil, secrets: [String] = []
  ) async throws -> Answer {
    let (status, body) = try await call(request, token: token)
    guard status == 200 else {
      throw OpenBaoErrors.refusal(
        status: status, body: String(decoding: body.prefix(4_096), as: UTF8.self), request: request,
        endpoint: endpoint, secrets: secrets + [token ?? ""])
    }
    do {
      return try JSONDecoder().decode(Answer.self, from: body)
    } catch {
      throw SnapshotSourceError(
        .failed, operation: request.operation,
        message: "the answer is not what OpenBao or Vault send; check that address is their API", cause: error)
    }
  }

  /// Sends a request without a streamed body, follows redirects, and gives the answer once its head is there.
  func open(
    _ request: OpenBaoRequest, token: String?, at address: String? = nil
  ) async throws -> HTTPClientResponse {
    var url = url(for: request, at: address)
    for _ in 0...Self.redirectLimit {
      let response = try await send(request, to: url, token: token, body: request.json.map { .bytes($0) })
      guard [301, 302, 303, 307, 308].contains(response.status.code) else { return response }
      url = try redirect(response, from: url, operation: request.operation)
    }
    throw SnapshotSourceError(
      .configuration, operation: request.operation,
      message: "more than \(Self.redirectLimit) redirects; the servers' api_addr settings point at each other")
  }

  /// Sends one request to one URL.
  func send(
    _ request: OpenBaoRequest, to url: URL, token: String?, body: HTTPClientRequest.Body?
  ) async throws -> HTTPClientResponse {
    let (client, target) = try route(url)
    var outgoing = HTTPClientRequest(url: target.absoluteString)
    outgoing.method = request.method
    outgoing.headers.add(name: "Host", value: authority(of: url))
    // Proves to the server that a browser was not talked into this request.
    outgoing.headers.add(name: "X-Vault-Request", value: "true")
    if let token { outgoing.headers.add(name: "X-Vault-Token", value: token) }
    if let namespace = endpoint.namespace, !request.path.hasPrefix("sys/") {
      outgoing.headers.add(name: "X-Vault-Namespace", value: namespace)
    }
    outgoing.body = body
    do {
      return try await client.execute(outgoing, deadline: .now() + .hours(24))
    } catch {
      throw OpenBaoErrors.failure(error, operation: request.operation, host: hostName(of: url))
    }
  }

  func url(for request: OpenBaoRequest, at address: String? = nil) -> URL {
    let base = address.flatMap { URL(string: $0) } ?? base
    let stem = base.absoluteString.hasSuffix("/") ? String(base.absoluteString.dropLast()) : base.absoluteString
    return URL(string: "\(stem)/v1/\(request.path)") ?? base
  }

  /// Whether the token may be sent to `other` after it was meant for `url`: never in the clear after TLS.
  static func mayFollow(from url: URL, to other: URL) -> Bool {
    other.scheme == "https" || (other.scheme == "http" && url.scheme == "http")
  }

  private func redirect(_ response: HTTPClientResponse, from url: URL, operation: String) throws -> URL {
    guard let location = response.headers.first(name: "Location"),
      let target = URL(string: location, relativeTo: url)?.absoluteURL, target.host() != nil
    else {
      throw SnapshotSourceError(
        .failed, operation: operation, message: "\(hostName(of: url)) redirects to nowhere (no usable Location)")
    }
    guard Self.mayFollow(from: url, to: target) else {
      throw SnapshotSourceError(
        .configuration, operation: operation,
        message: "\(hostName(of: url)) redirects to \(target.scheme ?? "")://\(hostName(of: target)), where the token "
          + "would travel in the clear; set api_addr of the servers to https")
    }
    return target
  }

  /// The client for a URL, and the URL as that client must be given it.
  private func route(_ url: URL) throws -> (HTTPClient, URL) {
    guard let name = endpoint.tlsServerName, url.scheme == "https", let host = url.host(),
      var parts = URLComponents(url: url, resolvingAgainstBaseURL: true)
    else { return (client(for: "", overrides: [:]), url) }
    parts.host = name
    guard let target = parts.url else {
      throw SnapshotSourceError(
        .configuration, operation: "connect to \(endpoint.address)", message: "tlsServerName is not a host name")
    }
    return (client(for: host, overrides: [name: host]), target)
  }

  private func client(for key: String, overrides: [String: String]) -> HTTPClient {
    clients.withLock { clients in
      if let client = clients[key] { return client }
      let client = HTTPClient(
        eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration(overrides: overrides))
      clients[key] = client
      return client
    }
  }

  private func configuration(overrides: [String: String]) -> HTTPClient.Configuration {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.minimumTLSVersion = .tlsv12
    if !trust.isEmpty { tls.trustRoots = .certificates(trust) }
    var configuration = HTTPClient.Configuration(
      tlsConfiguration: tls, redirectConfiguration: .disallow,
      timeout: .init(connect: TimeAmount(endpoint.timeouts.connect), read: nil))
    configuration.httpVersion = .http1Only
    // A refused connection is an answer; who wants another try calls again.
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.dnsOverride = overrides
    return configuration
  }

  private func authority(of url: URL) -> String { hostName(of: url) }

  func hostName(of url: URL) -> String {
    let host = url.host() ?? ""
    let bracketed = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
    return url.port.map { "\(bracketed):\($0)" } ?? bracketed
  }

  private func within<Value: Sendable>(
    _ limit: Duration, _ operation: String, _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    let host = hostName(of: base)
    return try await withThrowingTaskGroup(of: Value.self) { group in
      group.addTask { try await body() }
      group.addTask {
        try await Task.sleep(for: limit)
        throw SnapshotSourceError(
          .unreachable, operation: operation, message: "\(host) did not answer within \(limit)")
      }
      defer { group.cancelAll() }
      guard let value = try await group.next() else { throw CancellationError() }
      return value
    }
  }
}
