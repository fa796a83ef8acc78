/// Which etcd cluster, and how to talk to it. Descriptions never show the password or the key.
public struct EtcdConfiguration: Sendable {
  /// Which of etcd's APIs is used; both give the same bytes.
  public enum API: String, Sendable, Hashable, CaseIterable {
    case grpc
    /// The JSON gateway, for where a proxy passes HTTP/1 only.
    case gateway
  }

  public struct TLS: Sendable {
    /// PEM; trusted in place of the system's certificates.
    public var caCertificates: String?
    /// PEM: the certificate that etcd knows us by, with its chain, and its key.
    public var clientCertificate: String?
    public var clientKey: String?
    /// The name in the members' certificates, where it is not the endpoint's host.
    public var serverName: String?
    /// Takes any certificate: only where a person wrote so.
    public var insecureSkipVerify: Bool

    public init(
      caCertificates: String? = nil, clientCertificate: String? = nil, clientKey: String? = nil,
      serverName: String? = nil, insecureSkipVerify: Bool = false
    ) {
      self.caCertificates = caCertificates
      self.clientCertificate = clientCertificate
      self.clientKey = clientKey
      self.serverName = serverName
      self.insecureSkipVerify = insecureSkipVerify
    }
  }

  /// A user of etcd's own; taking a snapshot needs the role `root`.
  public struct User: Sendable, CustomStringConvertible, CustomReflectable {
    public var name: String
    public var password: String

    public init(name: String, password: String) {
      self.name = name
      self.password = password
    }

    public var description: String { "User(\(name))" }
    public var customMirror: Mirror { Mirror(self, children: ["name": name]) }
  }

  public struct Timeouts: Sendable {
    /// For a connection and a call with a small answer, at each endpoint.
    public var call: Duration
    /// Between two pieces of the snapshot, the first included.
    public var idle: Duration

    public init(call: Duration = .seconds(15), idle: Duration = .seconds(60)) {
      self.call = call
      self.idle = idle
    }
  }

  /// `https://host:port`, or `http://host:port`; the members of one cluster.
  public var endpoints: [String]
  public var tls: TLS
  public var user: User?
  public var api: API
  public var timeouts: Timeouts

  public init(
    endpoints: [String], tls: TLS = TLS(), user: User? = nil, api: API = .grpc, timeouts: Timeouts = Timeouts()
  ) {
    self.endpoints = endpoints
    self.tls = tls
    self.user = user
    self.api = api
    self.timeouts = timeouts
  }
}
