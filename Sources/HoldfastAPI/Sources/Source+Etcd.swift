extension Source {
  /// A snapshot of an etcd cluster, taken from one member that is healthy.
  public struct Etcd: Codable, Sendable, Hashable {
    public enum API: String, Codable, Sendable, Hashable, CaseIterable {
      case grpc
      /// JSON over HTTP/1.1, for proxies that pass no gRPC.
      case gateway
    }

    /// URLs of members, for example `https://10.0.0.11:2379`.
    public var endpoints: [String]
    public var tls: TLSSettings?
    /// A Secret with keys `username` and `password`.
    public var authSecretRef: NameReference?
    /// Default grpc.
    public var api: API?
    /// Without a byte for so long, a member counts as gone; default 1m.
    public var timeout: String?

    public init(
      endpoints: [String], tls: TLSSettings? = nil, authSecretRef: NameReference? = nil, api: API? = nil,
      timeout: String? = nil
    ) {
      self.endpoints = endpoints
      self.tls = tls
      self.authSecretRef = authSecretRef
      self.api = api
      self.timeout = timeout
    }
  }
}

extension Source.Etcd {
  public static let defaultTimeout = Duration.seconds(60)
  public var resolvedAPI: API { api ?? .grpc }
  public var resolvedTimeout: Duration { timeout.flatMap { try? DurationText.parse($0) } ?? Self.defaultTimeout }
}
