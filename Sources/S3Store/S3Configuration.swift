public import StoreHTTP

/// Where an ``S3Store`` is and how it behaves. Holds no secret but through ``credentials``, which redacts itself.
public struct S3Configuration: Sendable {
  /// Encryption that the store does at rest, in addition to ours.
  public enum ServerSideEncryption: Sendable, Hashable {
    /// `AES256`
    case s3
    /// `aws:kms`; without a key the account's own.
    /// - Parameter bucketKey: Fewer calls of KMS, by a key for the bucket; nil for what the bucket says.
    case kms(keyID: String?, bucketKey: Bool? = nil)
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

  /// What guards the bytes of an object on their way, in addition to the signature.
  public enum Checksum: String, Sendable, Hashable, CaseIterable {
    /// ``crc32c`` behind https, ``sha256`` otherwise; ``md5`` where the server refuses them.
    case automatic
    /// `x-amz-checksum-sha256`, of the hash that the signature has anyway.
    case sha256
    /// `x-amz-checksum-crc32c`, and a payload that is not signed: the cheapest. TLS or a trusted network must keep others
    /// from changing it.
    case crc32c
    /// `Content-MD5`, for servers that know nothing newer.
    case md5
    /// Only what the signature guards; AWS and object lock demand more for some requests, which get it.
    case none
  }

  /// Which of the headers for what is stored go with an object.
  public struct Extras: OptionSet, Sendable, Hashable {
    public var rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// ``objectLock`` and ``legalHold``.
    public static let lock = Extras(rawValue: 1)
    public static let storageClass = Extras(rawValue: 2)
    public static let tags = Extras(rawValue: 4)
    public static let all: Extras = [.lock, .storageClass, .tags]
  }

  public var bucket: String
  /// URL of a server that is not AWS; https unless it says `http://`. nil for AWS in ``region``.
  public var endpoint: String?
  /// At AWS a wrong one is corrected by what the service says, once, and kept for the store's life.
  public var region: String
  /// `endpoint/bucket/key` rather than `bucket.endpoint/key`. Also used where the other cannot work: for an endpoint that
  /// is an IP address, and for a bucket with dots behind https, where no certificate would match.
  public var usePathStyle: Bool
  /// ``StaticCredentials`` for keys of a Secret (in ``AssumeRoleCredentials`` where there is a role too), else
  /// ``DefaultCredentials``.
  public var credentials: any CredentialsProvider
  public var serverSideEncryption: ServerSideEncryption?
  /// For example `STANDARD_IA`.
  public var storageClass: String?
  public var objectLock: ObjectLock?
  /// Keeps each new object until a person lifts the hold. The bucket must have object lock on.
  public var legalHold = false
  /// Of each new object: at most ten. Needs `s3:PutObjectTagging`.
  public var tags: [String: String] = [:]
  /// Says that we pay for requests, which a bucket may demand.
  public var requesterPays = false
  public var checksum = Checksum.automatic
  /// Which extras an object gets, by its key: a lease that lives for a run should not be locked for years, and a
  /// manifest in an archive class could not be read.
  public var extras: @Sendable (_ key: String) -> Extras = { _ in .all }

  /// TLS, proxy and limits of time.
  public var http: StoreHTTPSettings

  /// AWS's endpoint of a region; tests have their own.
  var regionalEndpoint: @Sendable (_ region: String) -> String = { S3Endpoint.aws(region: $0) }

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
