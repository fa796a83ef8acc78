public import StoreHTTP

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
  public var serverSideEncryption: ServerSideEncryption?
  /// For example `STANDARD_IA`.
  public var storageClass: String?
  public var objectLock: ObjectLock?

  /// TLS, proxy and limits of time.
  public var http: StoreHTTPSettings

  public init(
    bucket: String, endpoint: String? = nil, region: String = "us-east-1", usePathStyle: Bool = false,
    credentials: any CredentialsProvider,
    serverSideEncryption: ServerSideEncryption? = nil, storageClass: String? = nil, objectLock: ObjectLock? = nil,
    http: StoreHTTPSettings = StoreHTTPSettings()
  ) {
    self.bucket = bucket
    self.endpoint = endpoint
    self.region = region
    self.usePathStyle = usePathStyle
    self.credentials = credentials
    self.serverSideEncryption = serverSideEncryption
    self.storageClass = storageClass
    self.objectLock = objectLock
    self.http = http
  }
}
