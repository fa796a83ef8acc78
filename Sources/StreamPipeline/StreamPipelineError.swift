/// What went wrong in a pipeline. Errors of encryption are `AgeError`; errors of a source or consumer pass unchanged.
public struct StreamPipelineError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure. More codes may come: keep a `default`.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private let name: String

    private init(_ name: String) {
      self.name = name
    }

    public var description: String { name }

    /// A setting that cannot be, for example level 40. Correct it.
    public static let settingInvalid = Code("settingInvalid")
    /// An encoding, or an order of encodings, that this version does not know. Use a newer version.
    public static let unsupportedEncoding = Code("unsupportedEncoding")
    /// The bytes are not zstd, break its rules, or fail its checksum; also where other bytes follow the last frame.
    public static let compressedDataCorrupt = Code("compressedDataCorrupt")
    /// The compressed data ends before the end of a frame.
    public static let truncated = Code("truncated")
    /// Decompressing would take more memory than allowed. Raise the limit if the file is trusted.
    public static let windowTooLarge = Code("windowTooLarge")
    /// The stored bytes are more or fewer than expected: the object is not the one that was written.
    public static let storedSizeMismatch = Code("storedSizeMismatch")
    /// The stored bytes' SHA-256 is not the expected one: the object was damaged or replaced.
    public static let storedDigestMismatch = Code("storedDigestMismatch")
    /// The decoded bytes are more or fewer than expected.
    public static let plainSizeMismatch = Code("plainSizeMismatch")
    /// The decoded bytes' SHA-256 is not the expected one.
    public static let plainDigestMismatch = Code("plainDigestMismatch")
    /// The consumer returned before it read the stream to its end. A fault of the caller.
    public static let outputNotConsumed = Code("outputNotConsumed")
    /// A stage was used after its end. A fault of the caller.
    public static let alreadyFinished = Code("alreadyFinished")
    /// libzstd could not get memory, or failed in another way that is not the data's fault.
    public static let compressorFailed = Code("compressorFailed")
  }

  public var code: Code
  public var message: String
  public var cause: (any Error)?

  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  public var description: String {
    guard let cause else { return "\(message) (\(code))" }
    return "\(message) (\(code)): \(cause)"
  }
}
