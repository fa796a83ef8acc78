/// How a store talks HTTP: TLS, proxy and limits of time. Holds no secret but what a proxy's URL may carry.
public struct StoreHTTPSettings: Sendable {
  /// PEM. Trusted in addition to the system's.
  public var caCertificates: [UInt8]?
  /// Takes any certificate: only where a person wrote so.
  public var insecureSkipVerify: Bool
  public var proxy: HTTPProxy?
  /// Connections kept open; as many as parts in flight, and two more for what goes on beside them.
  public var connections: Int
  public var connectTimeout: Duration
  /// The longest silence on a connection.
  public var idleTimeout: Duration
  /// From the start of a request to the head of its answer, the sending of a part included.
  public var requestTimeout: Duration

  public init(
    caCertificates: [UInt8]? = nil, insecureSkipVerify: Bool = false, proxy: HTTPProxy? = nil, connections: Int = 5,
    connectTimeout: Duration = .seconds(10), idleTimeout: Duration = .seconds(60),
    requestTimeout: Duration = .seconds(180)
  ) {
    self.caCertificates = caCertificates
    self.insecureSkipVerify = insecureSkipVerify
    self.proxy = proxy
    self.connections = connections
    self.connectTimeout = connectTimeout
    self.idleTimeout = idleTimeout
    self.requestTimeout = requestTimeout
  }
}
