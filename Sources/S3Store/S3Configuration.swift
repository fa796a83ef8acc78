/// Where an ``S3Store`` is and how it behaves. Holds no secret but through ``credentials``, which redacts itself.
public struct S3Configuration: Sendable {
  /// Encryption that the store does at rest, in addition to ours.
  public enum ServerSideEncryption: Sendable, Hashable {
    /// `AES256`
    case s3
    /// `aws:kms`; nil for the account's own key.
    case kms(keyID: String?)
  }

  /// Keeps each new object from deletion until its retention ends. The bucket must have object lock on.
  public struct ObjectLock: Sendable, Hashable {
    public enum Mode: String, Sendable, Hashable {
      case governance = "GOVERNANCE"
      case compliance = "COMPLIANCE"
    }
    public var mode: Mode
    /// From the moment an object is written.
    public var retention: Duration

    public init(mode: Mode, retention: Duration) {
      self.mode = mode
      self.retention = retention
    }
  }

  public var bucket: String
  /// URL of a server that is not AWS; https unless it says `http://`. nil for AWS in ``region``.
  public var endpoint: String?
  public var region: String
  /// `endpoint/bucket/key` rather than `bucket.endpoint/key`. Also used where the other cannot work: for an endpoint that
  /// is an IP address, and for a bucket with dots behind https, where no certificate would match.
  public var usePathStyle: Bool
  public var credentials: any CredentialsProvider
  /// PEM. Trusted in addition to the system's.
  public var caCertificates: [UInt8]?
  public var serverSideEncryption: ServerSideEncryption?
  /// For example `STANDARD_IA`.
  public var storageClass: String?
  public var objectLock: ObjectLock?

  /// Connections kept open; as many as parts in flight, and two more for what goes on beside them.
  public var connections: Int
  public var connectTimeout: Duration
  /// The longest silence on a connection.
  public var idleTimeout: Duration
  /// From the start of a request to the head of its answer, the sending of a part included.
  public var requestTimeout: Duration

  public init(
    bucket: String, endpoint: String? = nil, region: String = "us-east-1", usePathStyle: Bool = false,
    credentials: any CredentialsProvider, caCertificates: [UInt8]? = nil,
    serverSideEncryption: ServerSideEncryption? = nil, storageClass: String? = nil, objectLock: ObjectLock? = nil,
    connections: Int = 5, connectTimeout: Duration = .seconds(10), idleTimeout: Duration = .seconds(60),
    requestTimeout: Duration = .seconds(180)
  ) {
    self.bucket = bucket
    self.endpoint = endpoint
    self.region = region
    self.usePathStyle = usePathStyle
    self.credentials = credentials
    self.caCertificates = caCertificates
    self.serverSideEncryption = serverSideEncryption
    self.storageClass = storageClass
    self.objectLock = objectLock
    self.connections = connections
    self.connectTimeout = connectTimeout
    self.idleTimeout = idleTimeout
    self.requestTimeout = requestTimeout
  }
}
