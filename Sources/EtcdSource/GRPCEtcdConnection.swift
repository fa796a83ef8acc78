import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import NIOCore
import NIOFoundationCompat
import SnapshotSource

/// etcd over gRPC, its own protocol.
struct GRPCEtcdConnection: EtcdConnection {
  let endpoint: EtcdEndpoint
  private let client: GRPCClient<HTTP2ClientTransport.Posix>
  private let limit: Duration

  static func with<Value: Sendable>(
    _ endpoint: EtcdEndpoint, _ configuration: EtcdConfiguration,
    _ body: @escaping @Sendable (any EtcdConnection) async throws -> Value
  ) async throws -> Value {
    let transport = try HTTP2ClientTransport.Posix(
      target: target(endpoint), transportSecurity: try security(endpoint, configuration.tls),
      config: .defaults {
        $0.http2.authority = configuration.tls.serverName
        // What a member may send ahead of a slow store: enough for one piece and the next.
        $0.http2.targetWindowSize = 1 << 20
      })
    let limit = configuration.timeouts.call
    return try await withGRPCClient(transport: transport) { client in
      try await body(GRPCEtcdConnection(endpoint: endpoint, client: client, limit: limit))
    }
  }

  private static func target(_ endpoint: EtcdEndpoint) -> any ResolvableTarget {
    if endpoint.isIPv4 { return .ipv4(address: endpoint.host, port: endpoint.port) }
    if endpoint.isIPv6 { return .ipv6(address: endpoint.host, port: endpoint.port) }
    return .dns(host: endpoint.host, port: endpoint.port)
  }

  private static func security(
    _ endpoint: EtcdEndpoint, _ tls: EtcdConfiguration.TLS
  ) throws -> HTTP2ClientTransport.Posix.TransportSecurity {
    guard endpoint.isSecure else { return .plaintext }
    return .tls { config in
      if let certificates = tls.caCertificates {
        config.trustRoots = .certificates([.bytes(Array(certificates.utf8), format: .pem)])
      }
      if let certificate = tls.clientCertificate, let key = tls.clientKey {
        config.certificateChain = [.bytes(Array(certificate.utf8), format: .pem)]
        config.privateKey = .bytes(Array(key.utf8), format: .pem)
      }
      config.serverCertificateVerification = tls.insecureSkipVerify ? .noVerification : .fullVerification
    }
  }

  private var options: CallOptions {
    var options = CallOptions.defaults
    options.timeout = limit
    return options
  }

  private func metadata(_ token: String?) -> Metadata {
    var metadata = Metadata()
    if let token { metadata.addString(token, forKey: "token") }
    return metadata
  }

  func authenticate(_ user: EtcdConfiguration.User) async throws -> String {
    var message = Etcdserverpb_AuthenticateRequest()
    message.name = user.name
    message.password = user.password
    let request = ClientRequest(message: message)
    return try await mapping("login at \(endpoint)") {
      try await Etcdserverpb_Auth.Client(wrapping: client).authenticate(request: request, options: options) {
        try $0.message.token
      }
    }
  }

  func status(token: String?) async throws -> EtcdMember {
    let request = ClientRequest(message: Etcdserverpb_StatusRequest(), metadata: metadata(token))
    let answer = try await mapping("status of \(endpoint)") {
      try await Etcdserverpb_Maintenance.Client(wrapping: client).status(request: request, options: options) {
        try $0.message
      }
    }
    return EtcdMember(
      endpoint: endpoint, clusterID: answer.header.clusterID, memberID: answer.header.memberID,
      version: answer.version, databaseSize: answer.dbSize, leader: answer.leader == 0 ? nil : answer.leader,
      raftTerm: answer.raftTerm, raftAppliedIndex: max(answer.raftAppliedIndex, answer.raftIndex),
      isLearner: answer.isLearner, errors: answer.errors)
  }

  func hashKV(token: String?) async throws -> (hash: UInt32, revision: Int64) {
    let request = ClientRequest(message: Etcdserverpb_HashKVRequest(), metadata: metadata(token))
    return try await mapping("hash of \(endpoint)") {
      try await Etcdserverpb_Maintenance.Client(wrapping: client).hashKV(request: request, options: options) {
        (try $0.message.hash, try $0.message.header.revision)
      }
    }
  }

  func snapshot(token: String?, hand: @escaping @Sendable (SnapshotPiece) async throws -> Void) async throws {
    let request = ClientRequest(message: Etcdserverpb_SnapshotRequest(), metadata: metadata(token))
    try await mapping("snapshot of \(endpoint)", isStream: true) {
      try await Etcdserverpb_Maintenance.Client(wrapping: client).snapshot(request: request) { response in
        for try await message in response.messages {
          try await hand(SnapshotPiece(bytes: ByteBuffer(data: message.blob), remaining: message.remainingBytes))
        }
      }
    }
  }

  private func mapping<Value: Sendable>(
    _ operation: String, isStream: Bool = false, _ body: () async throws -> Value
  ) async throws -> Value {
    do {
      return try await body()
    } catch let error as RPCError {
      if Task.isCancelled { throw CancellationError() }
      // What ended the stream on our side comes out as it was.
      if let cause = error.cause as? SnapshotSourceError { throw cause }
      throw failure(error, operation, isStream: isStream)
    }
  }

  private func failure(_ error: RPCError, _ operation: String, isStream: Bool) -> SnapshotSourceError {
    var mapped: SnapshotSourceError
    if let cause = error.cause {
      mapped = EtcdErrors.connection("\(cause)", operation: operation, endpoint: endpoint, cause: error)
    } else {
      mapped = EtcdErrors.refusal(error.code.rawValue, error.message, operation: operation, endpoint: endpoint)
    }
    if isStream, mapped.code == .unreachable {
      mapped.code = .truncated
      mapped.message = "the stream ended before the snapshot did: \(mapped.message)"
    }
    return mapped
  }
}
