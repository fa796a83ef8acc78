public import KubernetesModel

/// The object storage, or volume, that backups go to.
///
/// A field of another provider than ``provider`` is refused, not ignored.
public struct Target: Codable, Sendable, Hashable {
  public enum Provider: String, Codable, Sendable, Hashable, CaseIterable {
    case s3, gcs, azure, filesystem
  }

  /// Checksums that go along with S3 uploads, for the server to verify.
  public enum Checksum: String, Codable, Sendable, Hashable, CaseIterable {
    /// The best that the server takes.
    case auto
    case sha256, crc32c
    case disabled = "none"
  }

  /// Default s3.
  public var provider: Provider?
  /// URL; default the provider's own.
  public var endpoint: String?
  /// Required but for filesystem; the container for azure.
  public var bucket: String?
  public var pathPrefix: String?
  /// Default `us-east-1`.
  public var region: String?
  /// `endpoint/bucket/key` rather than `bucket.endpoint/key`; default false.
  public var usePathStyle: Bool?
  /// A role to take on: with the keys of ``credentialsSecretRef``, or with the pod's own token.
  public var roleArn: String?
  /// nil for the identity of the pod.
  public var credentialsSecretRef: SecretReference?
  public var caBundle: CABundle?
  /// Takes any certificate of the store; the policy then has the condition `TLSVerified` with status False.
  public var insecureSkipVerify: Bool?
  /// Bytes: an integer or a quantity such as `20Mi`; default 10 MiB, at least 5 MiB.
  public var partSize: IntOrString?
  /// Parts in flight: 1 to 16, default 3.
  public var concurrency: Int?
  public var gcs: GCS?
  public var azure: Azure?
  public var filesystem: Filesystem?
  public var serverSideEncryption: ServerSideEncryption?
  public var storageClass: String?
  public var objectLock: ObjectLock?
  /// Requests are at the expense of the credentials' account, not of the bucket's.
  public var requesterPays: Bool?
  /// On each object; at most 10.
  public var tags: [String: String]?
  /// Default auto.
  public var checksum: Checksum?

  public init(
    provider: Provider? = nil, endpoint: String? = nil, bucket: String? = nil, pathPrefix: String? = nil,
    region: String? = nil, usePathStyle: Bool? = nil, roleArn: String? = nil,
    credentialsSecretRef: SecretReference? = nil, caBundle: CABundle? = nil, insecureSkipVerify: Bool? = nil,
    partSize: IntOrString? = nil, concurrency: Int? = nil, gcs: GCS? = nil, azure: Azure? = nil,
    filesystem: Filesystem? = nil, serverSideEncryption: ServerSideEncryption? = nil, storageClass: String? = nil,
    objectLock: ObjectLock? = nil, requesterPays: Bool? = nil, tags: [String: String]? = nil,
    checksum: Checksum? = nil
  ) {
    self.provider = provider
    self.endpoint = endpoint
    self.bucket = bucket
    self.pathPrefix = pathPrefix
    self.region = region
    self.usePathStyle = usePathStyle
    self.roleArn = roleArn
    self.credentialsSecretRef = credentialsSecretRef
    self.caBundle = caBundle
    self.insecureSkipVerify = insecureSkipVerify
    self.partSize = partSize
    self.concurrency = concurrency
    self.gcs = gcs
    self.azure = azure
    self.filesystem = filesystem
    self.serverSideEncryption = serverSideEncryption
    self.storageClass = storageClass
    self.objectLock = objectLock
    self.requesterPays = requesterPays
    self.tags = tags
    self.checksum = checksum
  }
}
