public import KubernetesModel

/// Which backups are read back, when, and how deep.
public struct Verification: Codable, Sendable, Hashable {
  public static let defaultLatest = 1

  /// As ``BackupPolicySpec/schedule``, in the policy's time zone; `spec.suspend` holds for it too.
  public var schedule: String
  /// The age identity that opens the artifacts; default key `identity.txt`. Without it, encrypted artifacts are compared as
  /// they are stored.
  public var identitySecretRef: SecretReference?
  /// How many of the newest backups; default ``defaultLatest``.
  public var latest: Int?
  /// All of them, those first that were longest not read back.
  public var all: Bool?

  public init(
    schedule: String, identitySecretRef: SecretReference? = nil, latest: Int? = nil, all: Bool? = nil
  ) {
    self.schedule = schedule
    self.identitySecretRef = identitySecretRef
    self.latest = latest
    self.all = all
  }

  /// nil for all.
  public var count: Int? { all == true ? nil : latest ?? Self.defaultLatest }
}

extension Backup {
  /// How far a backup was read back, from the least to the most.
  public enum VerificationDepth: String, Codable, Sendable, Hashable, CaseIterable, Comparable {
    /// The bytes in the bucket are those that were uploaded: their SHA-256 is the manifest's. That they can be decrypted, and
    /// what is in them, nobody looked at.
    case stored = "Stored"
    /// They were decrypted and decompressed, and what came out is what the source gave.
    case plain = "Plain"
    /// What came out was checked by its own format: database pages, checksums within, certificates, archive members.
    case content = "Content"

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
  }

  /// What was found when a backup was read back.
  public struct Verification: Codable, Sendable, Hashable {
    /// When the last look ended.
    public var time: Timestamp
    /// What every artifact was found good to; nil where one was not.
    public var depth: VerificationDepth?
    /// For people.
    public var message: String?
    /// One line for each artifact: what was compared.
    public var evidence: [String]?
    /// What a person should know, though the backup is as it was made: an expired certificate, for example.
    public var warnings: [String]?
    /// What is wrong with the backup.
    public var failure: Failure?
    /// The value of ``HoldfastAPI/verifyNowAnnotation`` that was last answered.
    public var request: String?
    /// Why that one could not be answered; nil where it was, and the verdict is in the other fields.
    public var requestFailure: Failure?

    public init(
      time: Timestamp, depth: VerificationDepth? = nil, message: String? = nil, evidence: [String]? = nil,
      warnings: [String]? = nil, failure: Failure? = nil, request: String? = nil,
      requestFailure: Failure? = nil
    ) {
      self.time = time
      self.depth = depth
      self.message = message
      self.evidence = evidence
      self.warnings = warnings
      self.failure = failure
      self.request = request
      self.requestFailure = requestFailure
    }
  }
}
