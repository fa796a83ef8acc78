extension Target {
  /// What only Google Cloud Storage has.
  public struct GCS: Codable, Sendable, Hashable {
    public var project: String?
    /// The project that pays for requests, where the bucket's owner does not.
    public var userProject: String?
    /// `projects/P/locations/L/keyRings/R/cryptoKeys/K`; default the bucket's own key.
    public var kmsKeyName: String?
    /// `projects/N/locations/global/workloadIdentityPools/P/providers/Q`: the pod's own token is exchanged there.
    public var workloadIdentityProvider: String?
    /// E-mail address of a service account to take on after that; nil for the pool's principal itself.
    public var serviceAccount: String?

    public init(
      project: String? = nil, userProject: String? = nil, kmsKeyName: String? = nil,
      workloadIdentityProvider: String? = nil, serviceAccount: String? = nil
    ) {
      self.project = project
      self.userProject = userProject
      self.kmsKeyName = kmsKeyName
      self.workloadIdentityProvider = workloadIdentityProvider
      self.serviceAccount = serviceAccount
    }
  }

  /// What only Azure Blob Storage has.
  public struct Azure: Codable, Sendable, Hashable {
    public enum Cloud: String, Codable, Sendable, Hashable, CaseIterable {
      case `public`, china, usgovernment
    }

    public enum AccessTier: String, Codable, Sendable, Hashable, CaseIterable {
      case hot = "Hot"
      case cool = "Cool"
      case cold = "Cold"
    }

    public var storageAccount: String?
    /// The same as ``Target/bucket``.
    public var container: String?
    /// Default public.
    public var cloud: Cloud?
    /// Default the account's own.
    public var accessTier: AccessTier?
    public var encryptionScope: String?
    /// Of an application or a user-assigned managed identity.
    public var clientID: String?
    /// With ``clientID``: the pod's own token is exchanged in this tenant, without the workload identity webhook.
    public var tenantID: String?

    public init(
      storageAccount: String? = nil, container: String? = nil, cloud: Cloud? = nil, accessTier: AccessTier? = nil,
      encryptionScope: String? = nil, clientID: String? = nil, tenantID: String? = nil
    ) {
      self.storageAccount = storageAccount
      self.container = container
      self.cloud = cloud
      self.accessTier = accessTier
      self.encryptionScope = encryptionScope
      self.clientID = clientID
      self.tenantID = tenantID
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

  /// Encryption that S3 does at rest, on top of the policy's own.
  public struct ServerSideEncryption: Codable, Sendable, Hashable {
    /// `AES256` or `aws:kms`.
    public var type: String
    public var kmsKeyID: String?
    /// Fewer calls to KMS; with `aws:kms` only.
    public var bucketKey: Bool?
    public init(type: String, kmsKeyID: String? = nil, bucketKey: Bool? = nil) {
      self.type = type
      self.kmsKeyID = kmsKeyID
      self.bucketKey = bucketKey
    }
  }

  /// What keeps the objects of a backup from being deleted: a retention (``mode`` with ``retainFor``), a legal hold, or
  /// both.
  public struct ObjectLock: Codable, Sendable, Hashable {
    /// `governance` or `compliance`.
    public var mode: String?
    /// Go-style duration with `d` and `w`.
    public var retainFor: String?
    /// Until a person takes it off.
    public var legalHold: Bool?
    public init(mode: String? = nil, retainFor: String? = nil, legalHold: Bool? = nil) {
      self.mode = mode
      self.retainFor = retainFor
      self.legalHold = legalHold
    }
  }
}

extension Target {
  /// How a pod shows the store who it is.
  public enum Identity: Sendable, Hashable {
    /// Keys of this Secret.
    case secret(String)
    /// A token of the pod's ServiceAccount for this audience, exchanged for credentials.
    case token(audience: String)
    /// What the platform gives the pod: variables, a webhook's token, or a metadata server.
    case ambient
    /// A volume asks nobody.
    case none
  }

  /// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
  static let awsAudience = "sts.amazonaws.com"
  /// https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity
  static let azureAudience = "api://AzureADTokenExchange"

  /// Which one of a valid target is used.
  public var identity: Identity {
    if let name = credentialsSecretRef?.name { return .secret(name) }
    switch resolvedProvider {
    case .filesystem: return .none
    case .s3: return roleArn == nil ? .ambient : .token(audience: Self.awsAudience)
    case .azure:
      return azure?.clientID != nil && azure?.tenantID != nil ? .token(audience: Self.azureAudience) : .ambient
    case .gcs:
      // What a provider accepts where its own list of audiences is empty:
      // https://cloud.google.com/iam/docs/workload-identity-federation-with-kubernetes
      return gcs?.workloadIdentityProvider.map { .token(audience: "https://iam.googleapis.com/\($0)") } ?? .ambient
    }
  }

  /// The bucket's name; for azure the container's.
  public var bucketName: String? { (resolvedProvider == .azure ? azure?.container : nil) ?? bucket }
}
