import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOSSL
import SnapshotSource

/// etcd's JSON gateway: the same messages over HTTP/1, with bytes in base64 and 64-bit numbers as text.
/// https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/
struct GatewayEtcdConnection: EtcdConnection {
  let endpoint: EtcdEndpoint
  private let client: HTTPClient
  private let limit: Duration
  /// The host that requests name, where the certificate has another than the endpoint.
  private let serverName: String?
  private static let answerLimit = 1 << 20

  static func with<Value: Sendable>(
    _ endpoint: EtcdEndpoint, _ configuration: EtcdConfiguration,
    _ body: @escaping @Sendable (any EtcdConnection) async throws -> Value
  ) async throws -> Value {
    let client = HTTPClient(
      eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: try settings(endpoint, configuration))
    let connection = GatewayEtcdConnection(
      endpoint: endpoint, client: client, limit: configuration.timeouts.call,
      serverName: endpoint.isSecure ? configuration.tls.serverName : nil)
    let result: Result<Value, any Error>
    do { result = .success(try await body(connection)) } catch { result = .failure(error) }
    // Nothing is left to do where the shutdown fails: the process lets go of the sockets.
    await withoutCancellation { try? await client.shutdown() }
    return try result.get()
  }

  private static func settings(
    _ endpoint: EtcdEndpoint, _ configuration: EtcdConfiguration
  ) throws -> HTTPClient.Configuration {
    var tls = TLSConfiguration.makeClientConfiguration()
    do {
      if let pem = configuration.tls.caCertificates {
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(pem.utf8)))
      }
      if let certificate = configuration.tls.clientCertificate, let key = configuration.tls.clientKey {
        tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8)).map { .certificate($0) }
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem))
      }
    } catch {
      throw SnapshotSourceError(
        .configuration, operation: "connect to \(endpoint)",
        message: "what tls names is not PEM, or its key is none", cause: error)
    }
    if configuration.tls.insecureSkipVerify { tls.certificateVerification = .none }
    var settings = HTTPClient.Configuration(
      tlsConfiguration: tls, redirectConfiguration: .disallow,
      timeout: .init(connect: TimeAmount(configuration.timeouts.call), read: nil))
    settings.httpVersion = .http1Only
    settings.connectionPool.retryConnectionEstablishment = false
    if let name = configuration.tls.serverName, endpoint.isSecure { settings.dnsOverride = [name: endpoint.host] }
    return settings
  }

  func authenticate(_ user: EtcdConfiguration.User) async throws -> String {
    struct Answer: Decodable { var token: String }
    let answer: Answer = try await call(
      "auth/authenticate", ["name": user.name, "password": user.password], "login at")
    return answer.token
  }

  func status(token: String?) async throws -> EtcdMember {
    let answer: GatewayAnswer.Status = try await call("maintenance/status", [:], "status of", token)
    return EtcdMember(
      endpoint: endpoint, clusterID: answer.header.clusterID.value, memberID: answer.header.memberID.value,
      version: answer.version ?? "", databaseSize: Int64(answer.dbSize?.value ?? 0),
      leader: answer.leader.flatMap { $0.value == 0 ? nil : $0.value }, raftTerm: answer.raftTerm?.value ?? 0,
      raftAppliedIndex: max(answer.raftAppliedIndex?.value ?? 0, answer.raftIndex?.value ?? 0),
      isLearner: answer.isLearner ?? false, errors: answer.errors ?? [])
  }

  func hashKV(token: String?) async throws -> (hash: UInt32, revision: Int64) {
    let answer: GatewayAnswer.Hash = try await call("maintenance/hash", [:], "hash of", token)
    return (answer.hash, Int64(answer.header.revision?.value ?? 0))
  }

  func snapshot(token: String?, hand: @escaping @Sendable (SnapshotPiece) async throws -> Void) async throws {
    let operation = "snapshot of \(endpoint)"
    let response = try await send("maintenance/snapshot", [:], operation, token)
    guard response.status == .ok else { throw try await refusal(response, operation) }
    var lines = JSONLines(operation: operation)
    do {
      for try await bytes in response.body {
        for line in try lines.split(bytes) { try await hand(try Self.piece(line, operation, endpoint)) }
      }
      try lines.finish()
    } catch let error as SnapshotSourceError {
      throw error
    } catch {
      if error is CancellationError || Task.isCancelled { throw CancellationError() }
      throw SnapshotSourceError(
        .truncated, operation: operation, message: "the stream ended before the snapshot did (\(error))", cause: error)
    }
  }

  private static func piece(_ line: Data, _ operation: String, _ endpoint: EtcdEndpoint) throws -> SnapshotPiece {
    guard let answer = try? JSONDecoder().decode(GatewayAnswer.Piece.self, from: line) else {
      throw SnapshotSourceError(.corrupt, operation: operation, message: "\(endpoint) sent what is no message of etcd")
    }
    if let error = answer.error {
      throw EtcdErrors.refusal(error.code ?? 2, error.message ?? "", operation: operation, endpoint: endpoint)
    }
    return SnapshotPiece(
      bytes: ByteBuffer(data: answer.result?.blob ?? Data()), remaining: answer.result?.remaining?.value ?? 0)
  }

  // MARK: Calls

  private func call<Answer: Decodable>(
    _ path: String, _ body: [String: String], _ what: String, _ token: String? = nil
  ) async throws -> Answer {
    let operation = "\(what) \(endpoint)"
    let response = try await send(path, body, operation, token)
    guard response.status == .ok else { throw try await refusal(response, operation) }
    do {
      return try JSONDecoder().decode(Answer.self, from: try await response.body.collect(upTo: Self.answerLimit))
    } catch {
      if Task.isCancelled { throw CancellationError() }
      throw SnapshotSourceError(
        .configuration, operation: operation,
        message: "the answer is not what etcd's JSON gateway sends; check endpoints, or use the API grpc", cause: error)
    }
  }

  private func send(
    _ path: String, _ body: [String: String], _ operation: String, _ token: String?
  ) async throws -> HTTPClientResponse {
    let base = serverName.map { "https://\($0):\(endpoint.port)" } ?? "\(endpoint)"
    var request = HTTPClientRequest(url: "\(base)/v3/\(path)")
    request.method = .POST
    if let token { request.headers.add(name: "Authorization", value: token) }
    request.body = .bytes(ByteBuffer(data: try JSONEncoder().encode(body)))
    do {
      return try await client.execute(request, timeout: TimeAmount(limit))
    } catch {
      if error is CancellationError || Task.isCancelled { throw CancellationError() }
      throw EtcdErrors.connection("\(error)", operation: operation, endpoint: endpoint, cause: error)
    }
  }

  private func refusal(_ response: HTTPClientResponse, _ operation: String) async throws -> SnapshotSourceError {
    let body = try? await response.body.collect(upTo: 64 << 10)
    let error = body.flatMap { try? JSONDecoder().decode(GatewayAnswer.Failure.self, from: $0) }
    return EtcdErrors.refusal(
      error?.code ?? (response.status == .notFound ? 12 : 2),
      error?.message ?? body.map { String(buffer: $0) } ?? "status \(response.status.code)", operation: operation,
      endpoint: endpoint)
  }
}
