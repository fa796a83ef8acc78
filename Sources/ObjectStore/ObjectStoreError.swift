/// Why an operation on object storage failed.
public struct ObjectStoreError: Error, Sendable, CustomStringConvertible {
  /// What went wrong, for programs. More may come; handle unknown ones as ``failed``.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let rawValue: String
    private init(_ rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }

    public static let notFound = Code("notFound")
    public static let alreadyExists = Code("alreadyExists")
    /// The bucket, container or folder does not exist. A person must make it.
    public static let bucketNotFound = Code("bucketNotFound")
    /// There are no credentials anywhere that was looked. A person must act.
    public static let credentialsNotFound = Code("credentialsNotFound")
    /// The credentials lack the permission. A person must act.
    public static let accessDenied = Code("accessDenied")
    /// The secret key is wrong, or a proxy changed the request.
    public static let signatureMismatch = Code("signatureMismatch")
    /// The clocks of the node and of the store are too far apart.
    public static let clockSkew = Code("clockSkew")
    public static let regionMismatch = Code("regionMismatch")
    /// Object lock or retention keeps the object.
    public static let locked = Code("locked")
    /// No connection, or none that lasted.
    public static let unreachable = Code("unreachable")
    public static let certificateUntrusted = Code("certificateUntrusted")
    public static let timeout = Code("timeout")
    /// 429 or 503: come back later.
    public static let throttled = Code("throttled")
    /// 5xx.
    public static let serverError = Code("serverError")
    /// What the store has, or answered, is not what was sent: a wrong ETag, checksum or length.
    public static let integrity = Code("integrity")
    /// The store cannot do this, for example conditional writes.
    public static let unsupported = Code("unsupported")
    /// The configuration is wrong or names something that is not there.
    public static let configuration = Code("configuration")
    /// The disk, quota or account is full. A person must act.
    public static let outOfSpace = Code("outOfSpace")
    public static let failed = Code("failed")
  }

  public var code: Code
  /// Another try of the same call may succeed.
  public var isRetryable: Bool
  /// What the store asked to wait for.
  public var retryAfter: Duration?
  /// What was being done, for example `PUT s3://bucket/key`.
  public var operation: String
  /// What is wrong and what to do, for people; never a secret.
  public var message: String
  public var cause: (any Error)?

  public init(
    _ code: Code, isRetryable: Bool = false, retryAfter: Duration? = nil, operation: String, message: String,
    cause: (any Error)? = nil
  ) {
    self.code = code
    self.isRetryable = isRetryable
    self.retryAfter = retryAfter
    self.operation = operation
    self.message = message
    self.cause = cause
  }

  public var description: String { "\(operation): \(message)" }
}
