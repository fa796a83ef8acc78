public import StoreHTTP

/// Where a ``GCSStore`` is and how it behaves. Holds no secret but through ``credentials``, which redacts itself.
///
///     GCSConfiguration(
///       bucket: "backups", endpoint: target.endpoint ?? GCSConfiguration.emulatorEndpoint(environment),
///       credentials: try GoogleCredentials.resolve(
///         json: secret, origin: "key credentials.json of Secret x", endpoint: endpoint, environment: environment))
public struct GCSConfiguration: Sendable {
  /// Keeps each new object from deletion for a time. The bucket must have object retention on.
  /// https://cloud.google.com/storage/docs/object-lock
  public struct Retention: Sendable, Hashable {
    public enum Mode: String, Sendable, Hashable {
      /// Can be shortened by who has `storage.objects.overrideUnlockedRetention`.
      case unlocked = "Unlocked"
      /// Cannot be shortened by anybody.
      case locked = "Locked"
    }
    public var mode: Mode
    /// From the moment an object is written.
    public var duration: Duration

    public init(mode: Mode, duration: Duration) {
      self.mode = mode
      self.duration = duration
    }
  }

  public var bucket: String
  /// URL of a server that is not Google's, or of a private one of Google's; https unless it says `http://`. nil for
  /// `https://storage.googleapis.com`.
  public var endpoint: String?
  /// The project to be billed where the bucket is one whose requester pays; sent to no other bucket.
  /// https://cloud.google.com/storage/docs/requester-pays
  public var userProject: String?
  public var credentials: GoogleCredentials
  /// `projects/<project>/locations/<location>/keyRings/<ring>/cryptoKeys/<key>`; nil for the bucket's own default.
  public var kmsKeyName: String?
  /// For example `NEARLINE`; nil for the bucket's own default.
  public var storageClass: String?
  public var retention: Retention?
  /// Keeps each new object until a person lifts it. https://cloud.google.com/storage/docs/object-holds
  public var temporaryHold: Bool
  public var eventBasedHold: Bool

  /// TLS, proxy and limits of time. Also for the token services, but for `insecureSkipVerify`: what signs or is a
  /// credential goes only to a server that proves its name. The metadata server is always reached directly.
  public var http: StoreHTTPSettings

  public init(
    bucket: String, endpoint: String? = nil, userProject: String? = nil, credentials: GoogleCredentials,
    kmsKeyName: String? = nil, storageClass: String? = nil, retention: Retention? = nil, temporaryHold: Bool = false,
    eventBasedHold: Bool = false, http: StoreHTTPSettings = StoreHTTPSettings()
  ) {
    self.bucket = bucket
    self.endpoint = endpoint
    self.userProject = userProject
    self.credentials = credentials
    self.kmsKeyName = kmsKeyName
    self.storageClass = storageClass
    self.retention = retention
    self.temporaryHold = temporaryHold
    self.eventBasedHold = eventBasedHold
    self.http = http
  }

  /// What `STORAGE_EMULATOR_HOST` says: a URL, or host and port alone, which is http then; nil where it is not set.
  public static func emulatorEndpoint(_ environment: [String: String]) -> String? {
    guard let text = environment["STORAGE_EMULATOR_HOST"], !text.isEmpty else { return nil }
    return text.contains("://") ? text : "http://\(text)"
  }
}
