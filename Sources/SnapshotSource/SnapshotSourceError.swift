/// Why a capture or a restore at a source failed.
public struct SnapshotSourceError: Error, Sendable, CustomStringConvertible {
  /// What went wrong, for programs. More may come; handle unknown ones as ``failed``.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let rawValue: String
    private init(_ rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }

    /// No connection, or no answer in time. Worth another try.
    public static let unreachable = Code("unreachable")
    /// The server's certificate is not trusted. Set the CA bundle.
    public static let certificateUntrusted = Code("certificateUntrusted")
    /// The login or the permission was refused. A person must act.
    public static let unauthorized = Code("unauthorized")
    /// The stream ended before the snapshot did. Worth another try.
    public static let truncated = Code("truncated")
    /// The snapshot failed its own checks. Worth another try, then a look at the source.
    public static let corrupt = Code("corrupt")
    /// The configuration names something that is not there, for example a missing Secret key. A person must act.
    public static let configuration = Code("configuration")
    /// The source answered with an error.
    public static let failed = Code("failed")
    /// The destination cannot read what the snapshot is: another version of it is needed. Nothing was touched.
    public static let incompatible = Code("incompatible")
    /// There is no room for the snapshot. Nothing was touched; a person must act.
    public static let noSpace = Code("noSpace")
    /// Somebody still uses what would be replaced. Nothing was touched; stop that first.
    public static let inUse = Code("inUse")
    /// A destructive step began and did not come to its end. The message says what is there now; a person must act.
    public static let partlyDone = Code("partlyDone")
    /// Something else is where the restore would write, and nothing was changed. Another conflict policy, or another place.
    public static let conflict = Code("conflict")
    /// The destination may not be written, and nothing was changed. A person must act.
    public static let forbidden = Code("forbidden")
    /// A destructive step began and nobody knows how it ended. Never retried.
    public static let outcomeUnknown = Code("outcomeUnknown")
  }

  public var code: Code
  /// What was being done, for example `GET /v1/sys/storage/raft/snapshot`.
  public var operation: String
  /// What is wrong and what to do, for people; never a secret.
  public var message: String
  public var cause: (any Error)?

  public init(_ code: Code, operation: String, message: String, cause: (any Error)? = nil) {
    self.code = code
    self.operation = operation
    self.message = message
    self.cause = cause
  }

  public var description: String { "\(operation): \(message)" }
}
