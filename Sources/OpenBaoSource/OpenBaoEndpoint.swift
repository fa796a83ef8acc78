/// Where an OpenBao or Vault server is and how to log in there.
public struct OpenBaoEndpoint: Sendable {
  /// Seconds and minutes after which a silent server counts as gone.
  public struct Timeouts: Sendable {
    public var connect: Duration
    /// For a whole call with a small answer.
    public var call: Duration
    /// Until the first byte of a snapshot: the server writes all of it to its disk first.
    public var firstByte: Duration
    /// Between two pieces of a snapshot.
    public var idle: Duration
    /// Until the server serves again after a restore.
    public var recovery: Duration
    /// Until somebody unseals a server that came back sealed and that does not unseal itself.
    public var unseal: Duration
    /// Between two looks at a server that recovers.
    public var poll: Duration

    public init(
      connect: Duration = .seconds(10), call: Duration = .seconds(30), firstByte: Duration = .seconds(600),
      idle: Duration = .seconds(60), recovery: Duration = .seconds(300), unseal: Duration = .seconds(15),
      poll: Duration = .seconds(1)
    ) {
      self.connect = connect
      self.call = call
      self.firstByte = firstByte
      self.idle = idle
      self.recovery = recovery
      self.unseal = unseal
      self.poll = poll
    }
  }

  /// `https://host:port`; a path is kept.
  public var address: String
  public var login: Login
  /// Sent as `X-Vault-Namespace` with the login; snapshots themselves exist in the root namespace only.
  public var namespace: String?
  /// PEM; trusted in place of the system's certificates.
  public var caCertificates: String?
  /// The name in the server's certificate, where it is not the host of ``address``.
  public var tlsServerName: String?
  public var timeouts: Timeouts

  public init(
    address: String, login: Login, namespace: String? = nil, caCertificates: String? = nil,
    tlsServerName: String? = nil, timeouts: Timeouts = Timeouts()
  ) {
    self.address = address
    self.login = login
    self.namespace = namespace
    self.caCertificates = caCertificates
    self.tlsServerName = tlsServerName
    self.timeouts = timeouts
  }
}
