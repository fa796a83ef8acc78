public import StoreHTTP

/// Where an ``AzureStore`` is and how it behaves. Holds no secret but through ``credentials``, which redacts itself.
///
/// `resolve(container:…)` makes one of what a policy, its Secret and the environment say.
public struct AzureConfiguration: Sendable {
  /// Keeps each new blob from being changed or deleted until its retention ends. The container must support
  /// version-level immutability.
  /// https://learn.microsoft.com/azure/storage/blobs/immutable-version-level-worm-policies
  public struct Immutability: Sendable, Hashable {
    public enum Mode: String, Sendable, Hashable {
      /// Who has the right to may shorten or remove it; `governance` elsewhere.
      case unlocked = "Unlocked"
      /// Nobody may, until it ends; `compliance` elsewhere.
      case locked = "Locked"
    }
    public var mode: Mode
    /// From the moment a blob is written.
    public var retention: Duration

    public init(mode: Mode, retention: Duration) {
      self.mode = mode
      self.retention = retention
    }
  }

  public var storageAccount: String
  public var container: String
  /// URL of the blob service where it is not `https://<account>.blob.<suffix of the cloud>`: a custom domain, a private
  /// endpoint, or an emulator. https unless it says `http://`. An emulator has the account as the first segment of the
  /// path (`http://127.0.0.1:10000/devstoreaccount1`), which is added where the host is an address or a bare name.
  public var endpoint: String?
  public var cloud: AzureCloud
  public var credentials: AzureCredentials
  /// Name of an encryption scope of the account. A key of one's own (customer-managed key) is the account's matter, and
  /// a scope's, and needs nothing here.
  public var encryptionScope: String?
  /// nil for the account's default.
  public var accessTier: AzureAccessTier?
  public var immutability: Immutability?
  /// Puts a legal hold on each new blob, which has no end: someone must clear it before retention can delete.
  public var legalHold: Bool
  /// Blob index tags of each new blob; ten at most.
  public var tags: [String: String]

  /// TLS, proxy and limits of time of the blob service.
  public var http: StoreHTTPSettings
  /// Where tokens of workload identities and client secrets come from is reached through this proxy. Managed identity is
  /// always asked directly.
  public var identityProxy: HTTPProxy?

  public init(
    storageAccount: String, container: String, endpoint: String? = nil, cloud: AzureCloud = .publicCloud,
    credentials: AzureCredentials, encryptionScope: String? = nil, accessTier: AzureAccessTier? = nil,
    immutability: Immutability? = nil, legalHold: Bool = false, tags: [String: String] = [:],
    http: StoreHTTPSettings = StoreHTTPSettings(), identityProxy: HTTPProxy? = nil
  ) {
    self.storageAccount = storageAccount
    self.container = container
    self.endpoint = endpoint
    self.cloud = cloud
    self.credentials = credentials
    self.encryptionScope = encryptionScope
    self.accessTier = accessTier
    self.immutability = immutability
    self.legalHold = legalHold
    self.tags = tags
    self.http = http
    self.identityProxy = identityProxy
  }
}
