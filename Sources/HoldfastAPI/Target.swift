public import KubernetesModel

/// The object storage, or volume, that backups go to.
public struct Target: Codable, Sendable, Hashable {
  public enum Provider: String, Codable, Sendable, Hashable, CaseIterable {
    case s3, gcs, azure, filesystem
  }

  public struct GCS: Codable, Sendable, Hashable {
    public var project: String?
    public init(project: String? = nil) { self.project = project }
  }

  public struct Azure: Codable, Sendable, Hashable {
    public var storageAccount: String?
    public var container: String?
    public init(storageAccount: String? = nil, container: String? = nil) {
      self.storageAccount = storageAccount
      self.container = container
    }
  }

  public struct Filesystem: Codable, Sendable, Hashable {
    public struct PersistentVolumeClaim: Codable, Sendable, Hashable {
      public var claimName: String
      public init(claimName: String) { self.claimName = claimName }
    }
    public var persistentVolumeClaim: PersistentVolumeClaim?
    /// A folder, for runs outside a cluster; refused in a BackupPolicy.
    public var path: String?
    public init(persistentVolumeClaim: PersistentVolumeClaim? = nil, path: String? = nil) {
      self.persistentVolumeClaim = persistentVolumeClaim
      self.path = path
    }
  }

  public struct ServerSideEncryption: Codable, Sendable, Hashable {
    /// `AES256` or `aws:kms`.
    public var type: String
    public var kmsKeyID: String?
    public init(type: String, kmsKeyID: String? = nil) {
      self.type = type
      self.kmsKeyID = kmsKeyID
    }
  }

  public struct ObjectLock: Codable, Sendable, Hashable {
    /// `governance` or `compliance`.
    public var mode: String
    /// Go-style duration with `d` and `w`.
    public var retainFor: String
    public init(mode: String, retainFor: String) {
      self.mode = mode
      self.retainFor = retainFor
    }
  }

  /// Default s3.
  public var provider: Provider?
  /// URL; default the provider's own.
  public var endpoint: String?
  /// Required but for filesystem.
  public var bucket: String?
  public var pathPrefix: String?
  /// Default `us-east-1`.
  public var region: String?
  /// `endpoint/bucket/key` rather than `bucket.endpoint/key`; default false.
  public var usePathStyle: Bool?
  public var roleArn: String?
  public var credentialsSecretRef: SecretReference?
  public var caBundle: CABundle?
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

  public init(
    provider: Provider? = nil, endpoint: String? = nil, bucket: String? = nil, pathPrefix: String? = nil,
    region: String? = nil, usePathStyle: Bool? = nil, roleArn: String? = nil,
    credentialsSecretRef: SecretReference? = nil, caBundle: CABundle? = nil, partSize: IntOrString? = nil,
    concurrency: Int? = nil, gcs: GCS? = nil, azure: Azure? = nil, filesystem: Filesystem? = nil,
    serverSideEncryption: ServerSideEncryption? = nil, storageClass: String? = nil, objectLock: ObjectLock? = nil
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
    self.partSize = partSize
    self.concurrency = concurrency
    self.gcs = gcs
    self.azure = azure
    self.filesystem = filesystem
    self.serverSideEncryption = serverSideEncryption
    self.storageClass = storageClass
    self.objectLock = objectLock
  }
}
